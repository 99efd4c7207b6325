"""`dialer webhooks`: what Retell sent and nobody could settle."""

from typing import Annotated

import typer

from dialer.cli.output import AsJson, print_json, print_rows, say
from dialer.cli.worlds import actor, load_settings, opened_database, opened_world

app = typer.Typer(help="See webhooks that could not be settled.", no_args_is_help=True)

EventId = Annotated[int, typer.Argument(metavar="ID", help="As `webhooks dead` shows it.", min=1)]
_COLUMNS = ("id", "event_id", "received_at", "tries", "error")


@app.command()
def dead(
    *,
    bodies: Annotated[bool, typer.Option("--bodies", help="Their bodies as they came.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the dead letters nobody has acknowledged."""
    from dialer.store import webhooks

    with opened_database(load_settings()) as database:
        found = database.read(webhooks.dead)
    columns = (*_COLUMNS, "raw") if bodies else _COLUMNS
    rows = [{name: getattr(one, name) for name in columns} for one in found]
    if as_json:
        print_json(rows)
    else:
        print_rows(columns, rows)


@app.command()
def replay(event_id: EventId) -> None:
    """Settle a dead letter again."""
    from dialer.actions import dead_letters

    with opened_world(load_settings()) as world:
        dead_letters.replay(world, event_id, actor=actor())
    say(f"webhook {event_id} is new again; it is settled within seconds")


@app.command()
def acknowledge(
    event_id: EventId,
    *,
    note: Annotated[str, typer.Option(help="What it was, for the activity log.")],
) -> None:
    """Say that a dead letter was seen and is to stay as it is."""
    from dialer.actions import dead_letters

    with opened_world(load_settings()) as world:
        dead_letters.acknowledge(world, event_id, actor=actor(), note=note)
    say(f"webhook {event_id} is acknowledged")
