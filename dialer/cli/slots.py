"""`dialer slots`: the times that agents may book, where they are not in a file of their own."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.exits import WrongUsage
from dialer.cli.output import AsJson, print_json, print_rows, say
from dialer.cli.worlds import load_settings, opened_world

app = typer.Typer(no_args_is_help=True, help="Times that agents may book.")

CalendarName = Annotated[
    str | None, typer.Option("--calendar", help="Calendar; that of the settings, if left out.")
]


@app.callback()
def slots() -> None:
    """Offer times, and see who booked which."""


@app.command("list")
def list_slots(*, calendar: CalendarName = None, as_json: AsJson = False) -> None:
    """Show the times ahead of a calendar, and who has booked them."""
    from dialer.actions.slots import slots_of

    settings = load_settings()
    with opened_world(settings) as world:
        rows = slots_of(world, calendar or settings.calendar)
    if as_json:
        print_json(rows)
    else:
        columns = ("starts_at", "ends_at", "confirmation", "lead_id", "name", "note")
        print_rows(columns, rows)


@app.command("import")
def import_slots(
    file: Annotated[Path, typer.Argument(help="Calendar file (.ics); its events are the times.")],
    *,
    calendar: CalendarName = None,
) -> None:
    """Put the events of a file into the table. Those that are there stay as they are."""
    from dialer.actions.slots import import_file

    settings = load_settings()
    name = calendar or settings.calendar
    with opened_world(settings) as world:
        added = import_file(world, file, calendar=name)
    say(f'{added:,} new times in calendar "{name}"')


@app.command()
def withdraw(
    start: Annotated[str, typer.Argument(help="When it begins: 2026-12-01T15:00-05:00")],
    *,
    calendar: CalendarName = None,
) -> None:
    """Offer a time no longer. Whoever has booked it keeps it."""
    from dialer.actions.slots import withdraw_slot

    settings = load_settings()
    try:
        moment = datetime.fromisoformat(start)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise WrongUsage(f"{start} is no moment with an offset", fix="2026-12-01T15:00-05:00")
    with opened_world(settings) as world:
        withdraw_slot(world, calendar or settings.calendar, starts_at=moment)
    say("it is not offered any more")
