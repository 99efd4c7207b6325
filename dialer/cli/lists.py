"""`dialer lists`: lead files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.exits import ExitCode, WrongUsage
from dialer.cli.importing import changed_options, rejects_path, say_loaded
from dialer.cli.output import AsJson, print_fields, print_json, print_rows, say
from dialer.cli.views import loaded_fields
from dialer.cli.worlds import actor, load_settings, opened_database, opened_world

if TYPE_CHECKING:
    from dialer.config import Settings

app = typer.Typer(no_args_is_help=True, help="Import lead files.")

SHOWN_ROWS = 20


@app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(help="Lead file.")],
    *,
    campaign: Annotated[int | None, typer.Option(help="Campaign that gets the leads.")] = None,
    country: Annotated[
        str | None, typer.Option(help="Country of numbers without a country code.")
    ] = None,
    allow_country: Annotated[
        list[str] | None, typer.Option(help="Countries that may be called, such as US,CA.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--map", help="Which column holds what: phone=Mobile; repeatable."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; store nothing.")
    ] = False,
    as_json: AsJson = False,
    limit: Annotated[
        int | None, typer.Option(min=0, help="With --dry-run: most rows shown of each kind.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Where the rejected rows go, to be corrected.")
    ] = None,
) -> None:
    """Import a lead file into a campaign: every good row, and a file with the others."""
    changed = changed_options(country=country, allow=allow_country, columns=column)
    settings = load_settings()
    if dry_run:
        most = SHOWN_ROWS if limit is None and not as_json else limit
        found = _preview(settings, file, campaign=campaign, changed=changed, limit=most)
        _show_preview(found, as_json=as_json)
        raise typer.Exit(_code_of(found))
    if campaign is None:
        raise WrongUsage("no campaign is named", fix="add --campaign ID, or --dry-run")
    target = rejects or rejects_path(settings, lead_file=file, campaign_id=campaign)
    with opened_world(settings) as world:
        from dialer.actions.load import load

        loaded = load(
            world, campaign, file, actor=actor(), rejects_to=target, changed=changed or None
        )
    (print_json if as_json else print_fields)(loaded_fields(campaign, loaded))
    raise typer.Exit(say_loaded(loaded))


def _preview(
    settings: "Settings",
    file: Path,
    *,
    campaign: int | None,
    changed: dict[str, Any],
    limit: int | None,
) -> dict[str, Any]:
    """Read the file under a campaign's settings, or under the defaults without one."""
    from dialer.leads.outcomes import ImportOptions
    from dialer.leads.preview import preview

    if campaign is None:
        return preview(file, options=ImportOptions(**changed), limit=limit)
    from dialer.actions.control import find
    from dialer.actions.load import options_of
    from dialer.store import campaigns

    with opened_database(settings) as database:
        spec = database.read(lambda tx: campaigns.spec_of(find(tx, campaign)))
    return preview(file, options=options_of(spec, **changed), limit=limit)


def _show_preview(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    if found["file_error"]:
        say(f"error: {found['message']}")
        return
    columns = {name: place for name, place in found["columns"].items() if name != "phone"}
    told = {"phone": ", ".join(found["columns"]["phone"]), **columns}
    say("columns: " + "; ".join(f"{name} is {header}" for name, header in told.items()))
    rows = [{**row, "result": "lead"} for row in found["accepted"]]
    rows += [{**row, "result": row["reason"]} for row in found["rejected"]]
    rows.sort(key=lambda row: row["row"])
    print_rows(("row", "result", "phone", "name", "message"), rows)
    counts = found["counts"]
    say(
        f"{counts['accepted']:,} rows would become leads, {counts['rejected']:,} would not, "
        f"{counts['blank']:,} are blank; nothing was stored"
    )


def _code_of(found: dict[str, Any]) -> ExitCode:
    if found["file_error"]:
        return ExitCode.FAILED
    return ExitCode.REJECTED_ROWS if found["counts"]["rejected"] else ExitCode.DONE
