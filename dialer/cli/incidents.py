"""`dialer incidents`: what must not happen, and did."""

from typing import Annotated

import typer

from dialer.cli.output import AsJson, print_json, print_rows, say
from dialer.cli.worlds import actor, load_settings, opened_database, opened_world

app = typer.Typer(help="See what must not have happened, and acknowledge it.", no_args_is_help=True)

_COLUMNS = ("id", "code", "subject", "opened_at", "times", "sentence")


@app.command("list")
def list_incidents(*, as_json: AsJson = False) -> None:
    """Show the incidents nobody has closed."""
    from dialer.store import incidents

    with opened_database(load_settings()) as database:
        found = database.read(incidents.unclosed)
    rows = [{name: getattr(one, name) for name in _COLUMNS} for one in found]
    if as_json:
        print_json(rows)
    else:
        print_rows(_COLUMNS, rows)


@app.command()
def close(
    incident_id: Annotated[int, typer.Argument(metavar="ID", help="As `incidents list` shows it.")],
    *,
    note: Annotated[str, typer.Option(help="What it was, for the activity log.")],
) -> None:
    """Close an incident that you have looked at."""
    from dialer.actions.findings import acknowledge

    with opened_world(load_settings()) as world:
        acknowledge(world, incident_id, actor=actor(), note=note)
    say(f"incident {incident_id} is closed")
