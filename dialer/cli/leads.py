"""`dialer leads`: single leads."""

from typing import Annotated

import typer

from dialer.cli.output import say
from dialer.cli.worlds import actor, load_settings, opened_world

app = typer.Typer(no_args_is_help=True, help="Promise a lead a call at a time.")


@app.callback()
def leads() -> None:
    """Work with single leads."""


@app.command("callback")
def promise(
    lead: Annotated[int, typer.Argument(help="Lead, by its number.", metavar="LEAD")],
    time: Annotated[
        str, typer.Argument(help='When, by the clock where the lead is: "2026-12-01 15:00".')
    ],
) -> None:
    """Promise a lead a call at a time; it goes before everybody else of its campaign.

    The law and the campaign's window hold for it as for any call.
    """
    from dialer.actions.callbacks import promise_callback

    with opened_world(load_settings()) as world:
        due_at = promise_callback(world, lead, time, actor=actor())
    if due_at is None:
        say(f"lead {lead} is in a call; the promise is kept after it")
    else:
        say(f"lead {lead} is called at {due_at:%Y-%m-%d %H:%M} UTC")
