"""`dialer calls web`: talk to the agent as a lead, without a phone."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.exits import WrongUsage
from dialer.cli.output import AsJson, print_fields, print_json, say, say_mode
from dialer.cli.worlds import actor, load_settings, opened_world

if TYPE_CHECKING:
    from dialer.actions.world import World
    from dialer.config import Settings
    from dialer.retell.web_calls import TypedTalk, WebCall

SPEAKERS = {"agent": "Agent", "user": "You"}


def web(
    lead: Annotated[int, typer.Argument(help="Lead, by its number.", metavar="LEAD", min=1)],
    *,
    lines: Annotated[
        list[str] | None,
        typer.Option("--say", help="In a rehearsal: say this, and hang up after the last one."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a call in a browser with what the agent is told of a lead: a test, which counts nowhere.

    Prints what joins it. In a rehearsal you talk by typing: here on a terminal, or with --say.
    """
    from dialer.actions.web_calls import open_web_call

    settings = load_settings()
    say_mode(settings)
    if lines and settings.mode == "live":
        raise WrongUsage(
            "a live agent is talked with by voice", fix=f"open {_page(settings, lead)}"
        )
    with opened_world(settings) as world:
        call = open_web_call(world, lead, actor=actor())
        fields = _fields(call, settings, lead)
        is_typed = settings.mode == "simulator" and (lines or sys.stdin.isatty()) and not as_json
        if is_typed:
            if not lines:
                say("type what you say; an empty line hangs up")
            _talk(world, call, lines or _typed())
            return
    print_json(fields) if as_json else print_fields(fields)
    say("join it with Retell's browser kit before then; the page makes a call of its own")


def _fields(call: "WebCall", settings: "Settings", lead: int) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "access_token": call.access_token,
        "join_by": call.join_by,
        "transport": call.transport,
        "page": _page(settings, lead),
    }


def _page(settings: "Settings", lead: int) -> str:
    return f"{settings.public_url or settings.web_url}/leads/{lead}/talk"


def _talk(world: "World", call: "WebCall", lines: "Iterator[str] | Sequence[str]") -> None:
    """Let a person type with the agent until one of them hangs up."""
    from dialer.actions.web_calls import join_talk, leave_talk
    from dialer.actions.web_calls import say as tell

    talk = join_talk(world, call.access_token)
    heard = _print_new(talk, known=0)
    for line in lines:
        if not line.strip():
            break
        talk = tell(world, call.access_token, line)
        heard = _print_new(talk, known=heard)
        if talk.is_over:
            break
    if not talk.is_over:
        talk = leave_talk(world, call.access_token)
    say(f"the call is over ({talk.disconnection_reason}); dialer calls show {call.call_id}")


def _print_new(talk: "TypedTalk", *, known: int) -> int:
    """Print what was said since, and give how much is known now."""
    for line in talk.lines[known:]:
        sys.stdout.write(f"{SPEAKERS.get(line.role, line.role)}: {line.content}\n")
    sys.stdout.flush()
    return len(talk.lines)


def _typed() -> Iterator[str]:
    while line := sys.stdin.readline():
        yield line
