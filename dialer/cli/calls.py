"""`dialer calls`: the calls that Retell knows, ours and others'."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from dialer.cli.call_lists import list_calls
from dialer.cli.call_views import show_call, show_found
from dialer.cli.exits import ExitCode, WrongUsage
from dialer.cli.output import AsJson, Yes, confirm, print_fields, print_json, say
from dialer.cli.reading import read_pairs, read_past
from dialer.cli.web_calls import web
from dialer.cli.worlds import actor, load_settings, opened_database, opened_world
from dialer.errors import ProviderUnavailable, Unreachable, UserError

app = typer.Typer(no_args_is_help=True, help="Look at calls, stop them, listen to them.")

app.command("list")(list_calls)
app.command()(web)

CallId = Annotated[str, typer.Argument(help="Call, by Retell's id.", metavar="CALL_ID")]


@app.callback()
def calls() -> None:
    """Work with the calls that Retell knows."""


@app.command()
def show(
    call_id: Annotated[
        str | None, typer.Argument(help="Call, by Retell's id.", metavar="CALL_ID")
    ] = None,
    *,
    lead: Annotated[
        int | None, typer.Option("--lead", help="All calls of a lead, as kept here.", min=1)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a call: how it came out, its latencies, what each product cost, what was said."""
    from dialer.actions import calls as at_retell

    if (call_id is None) is (lead is None):
        raise WrongUsage("name a call or a lead", fix="dialer calls show CALL_ID, or --lead ID")
    settings = load_settings()
    if lead is not None:
        with opened_database(settings) as database:
            _show_of_lead(at_retell.calls_of_lead(database, lead), lead=lead, as_json=as_json)
        return
    with opened_world(settings) as world:
        found = at_retell.show_call(world, call_id or "")
    print_json(found) if as_json else show_found(found)


def _show_of_lead(found: list[dict[str, Any]], *, lead: int, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for one in found:
        show_call(one)
    if not found:
        say(f"lead {lead} has no call yet")


@app.command()
def stop(call_id: CallId, *, yes: Yes = False) -> None:
    """Hang up. How the call came out is learned as of any other."""
    from dialer.actions import calls as at_retell

    confirm(f"Hang up call {call_id}?", yes=yes, declined=f"call {call_id} goes on")
    with opened_world(load_settings()) as world:
        at_retell.stop_call(world, call_id, actor=actor())
    say(f"call {call_id} is stopped")


@app.command()
def update(
    call_id: CallId,
    pairs: Annotated[
        list[str] | None, typer.Argument(help="What to keep with it.", metavar="KEY=VALUE…")
    ] = None,
    *,
    unset: Annotated[
        list[str] | None, typer.Option("--unset", help="A key to take away.", metavar="KEY")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change the metadata of a call at Retell; by what we wrote there ourselves it is known."""
    from dialer.actions import calls as at_retell

    values = read_pairs(pairs or (), option=f"dialer calls update {call_id}")
    if not values and not unset:
        raise WrongUsage("nothing is to be changed", fix="write KEY=VALUE, or --unset KEY")
    with opened_world(load_settings()) as world:
        metadata = at_retell.update_metadata(
            world, call_id, values=values, without=unset or (), actor=actor()
        )
    print_json(metadata) if as_json else print_fields(metadata)


@app.command()
def delete(call_id: CallId, *, yes: Yes = False) -> None:
    """Have Retell forget a call, with transcript and recording; what is kept here stays."""
    from dialer.actions import calls as at_retell

    question = f"Have Retell forget call {call_id}, with transcript and recording, for good?"
    confirm(question, yes=yes, declined=f"call {call_id} was not deleted")
    with opened_world(load_settings()) as world:
        at_retell.delete_call(world, call_id, actor=actor())
    say(f"Retell has forgotten call {call_id}; what is kept here stays")


@app.command()
def sync(
    *,
    since: Annotated[
        str | None,
        typer.Option(help='From then on: "30d", or "2026-12-01 09:00 America/Chicago".'),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring in calls of ours that we missed, and others' calls, which count for the caps.

    May be run as often as one likes. Exit code 1 when not everything was seen.
    """
    from dialer.actions.call_sync import fields_of, sync_calls

    with opened_world(load_settings()) as world:
        now = world.clock.now()
        start = None if since is None else read_past(since, option="--since", now=now)
        synced = sync_calls(world, since=start)
    fields = fields_of(synced)
    print_json(fields) if as_json else print_fields(fields)
    for one in synced.compared.differences:
        say(one.sentence)
    if not synced.compared.complete or not synced.others.complete:
        say("not all calls were seen; run it again, it goes on from there")
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def recording(
    call_id: CallId,
    *,
    to: Annotated[
        Path | None, typer.Option("--to", help="File to write; without it: standard output.")
    ] = None,
    scrubbed: Annotated[
        bool, typer.Option("--scrubbed", help="The one without personal data.")
    ] = False,
) -> None:
    """Fetch the recording of a call, by a link that Retell gives just now."""
    from dialer.actions.calls import open_recording

    if to is None and sys.stdout.isatty():
        raise WrongUsage("a recording is nothing to read", fix="add --to call.wav")
    with opened_world(load_settings()) as world, ExitStack() as stack:
        found = stack.enter_context(open_recording(world, call_id, scrubbed=scrubbed))
        written = _write(found.chunks, to=to)
    say(f"{written:,} bytes" + ("" if to is None else f" in {to}"))


def _write(chunks: Any, *, to: Path | None) -> int:
    """Write what comes in; a file appears only once it is whole."""
    if to is None:
        return sum(sys.stdout.buffer.write(chunk) for chunk in chunks)
    unfinished = to.with_name(f".{to.name}.part")
    try:
        with unfinished.open("wb") as file:
            written = sum(file.write(chunk) for chunk in chunks)
        unfinished.replace(to)
    except OSError as error:
        raise UserError(f"{to} cannot be written", why=str(error), fix="choose another") from error
    except ProviderUnavailable as error:
        raise Unreachable(f"{to} was not written", why=error.message, fix="try again") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return written
