"""`dialer lists`: lead files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli import import_flags as flags
from dialer.cli.exits import ExitCode, WrongUsage
from dialer.cli.exporting import export_list
from dialer.cli.importing import Asked, asking, progress_shown, rejects_path, say_loaded
from dialer.cli.output import AsJson, Yes, confirm, print_fields, print_json, print_rows, say
from dialer.cli.views import LIST_FIELDS, list_fields, loaded_fields
from dialer.cli.worlds import actor, load_settings, opened_database, opened_world
from dialer.domain.counts import how_many

if TYPE_CHECKING:
    from dialer.config import Settings

app = typer.Typer(no_args_is_help=True, help="Import lead files, look at them, undo them.")

app.command("export")(export_list)

SHOWN_ROWS = 20

CampaignOption = Annotated[int | None, typer.Option("--campaign", help="Campaign of the leads.")]
ListId = Annotated[int, typer.Argument(help="List, by its number.", metavar="LIST")]


@app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(help="Lead file: CSV, TSV, XLSX, XLS, ODS.")],
    *,
    campaign: CampaignOption = None,
    country: flags.Country = None,
    allow_country: flags.AllowCountry = None,
    column: flags.Column = None,
    sheet: flags.Sheet = None,
    encoding: flags.Encoding = None,
    delimiter: flags.Delimiter = None,
    header_row: flags.HeaderRow = None,
    known: flags.Known = "skip",
    not_called_within: flags.NotCalledWithin = None,
    missing_variable: flags.MissingVariable = None,
    dry_run: flags.DryRun = False,
    as_json: AsJson = False,
    limit: flags.Limit = None,
    rejects: flags.Rejects = None,
    processes: flags.Processes = None,
    yes: Yes = False,
) -> None:
    """Import a lead file into a campaign: every good row, and a file with the others.

    An import that was interrupted goes on when the same command is given again. A file of which
    most of the first rows are no leads is imported only after a question.
    """
    asked = Asked.of(
        country=country,
        allow=allow_country,
        columns=column,
        sheet=sheet,
        encoding=encoding,
        delimiter=delimiter,
        header_row=header_row,
        known=known,
        not_called_within=not_called_within,
        missing_variable=missing_variable,
        processes=processes,
    )
    settings = load_settings()
    if dry_run:
        most = SHOWN_ROWS if limit is None and not as_json else limit
        found = _preview(settings, file, campaign=campaign, asked=asked, limit=most)
        _show_preview(found, as_json=as_json)
        raise typer.Exit(_code_of(found))
    if campaign is None:
        raise WrongUsage("no campaign is named", fix="add --campaign ID, or --dry-run")
    target = rejects or rejects_path(settings, lead_file=file, campaign_id=campaign)
    from dialer.actions.load import load

    with opened_world(settings) as world, progress_shown(file) as tell:
        order = asked.order(tell, asking(file, yes=yes))
        loaded = load(world, campaign, file, actor=actor(), rejects_to=target, order=order)
    (print_json if as_json else print_fields)(loaded_fields(campaign, loaded))
    raise typer.Exit(say_loaded(loaded))


@app.command("list")
def list_lists(*, campaign: CampaignOption = None, as_json: AsJson = False) -> None:
    """Show the imported lists, the newest first."""
    from dialer.store import lists

    with opened_database(load_settings()) as database:
        rows = database.read(lambda tx: lists.every(tx, campaign_id=campaign))
    found = [list_fields(row) for row in rows]
    if as_json:
        print_json(found)
        return
    print_rows(LIST_FIELDS, found)
    if not found:
        say("no list yet: dialer lists import FILE --campaign ID")


@app.command()
def undo(list_id: ListId, *, yes: Yes = False, as_json: AsJson = False) -> None:
    """Take the leads of a list out again, as far as nobody has called them."""
    from dialer.actions.undo import undo as take_back

    confirm(
        f"Remove the leads of list {list_id} that were never called?",
        yes=yes,
        declined="nothing was removed",
    )
    with opened_world(load_settings()) as world:
        undone = take_back(world, list_id, actor=actor())
    fields = {
        "list_id": undone.list_id,
        "removed": undone.removed,
        "kept": undone.kept,
        "updated": undone.updated,
    }
    if as_json:
        kept = [
            {"lead_id": lead.id, "row": lead.row, "phone": lead.phone, "attempts": lead.attempts}
            for lead in undone.kept_leads
        ]
        print_json({**fields, "kept_leads": kept})
    else:
        print_fields(fields)
    say(f"removed {how_many(undone.removed, 'lead')}; {undone.kept:,} called already and kept")
    if undone.updated:
        say(f"what this list changed in {how_many(undone.updated, 'older lead')} stays")


def _preview(
    settings: "Settings", file: Path, *, campaign: int | None, asked: Asked, limit: int | None
) -> dict[str, Any]:
    """Read the file under a campaign's settings, or under the defaults without one."""
    from dialer.actions.load import look_at
    from dialer.actions.preview import Preview
    from dialer.bootstrap import import_limits
    from dialer.leads.options import ImportOptions

    if campaign is None:
        now = datetime.now(UTC)
        options = ImportOptions(limits=import_limits(settings), read_at=now, **asked.changed)
        preview = Preview(file, options=options, limit=limit, processes=asked.processes)
        return preview.look(now=now)
    with opened_world(settings) as world:
        return look_at(world, campaign, file, order=asked.order(), limit=limit)


def _show_preview(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    if found["file_error"]:
        say(f"error: {found['message']}")
        return
    say("columns: " + "; ".join(f"{name} is {_told(at)}" for name, at in found["columns"].items()))
    for warning in found["warning_details"]:
        say(f"warning: {warning['message']}")
    rows = [{**row, "result": "lead"} for row in found["accepted"]]
    rows += [{**row, "result": row["reason"]} for row in found["rejected"]]
    rows.sort(key=lambda row: row["row"])
    print_rows(("row", "result", "phone", "name", "message"), rows)
    counts = found["counts"]
    if found["reasons"]:
        often = sorted(found["reasons"].items(), key=lambda one: -one[1])
        say("rejected: " + ", ".join(f"{reason} {count:,}" for reason, count in often))
    become = "row would become a lead" if counts["accepted"] == 1 else "rows would become leads"
    say(
        f"{counts['accepted']:,} {become}, {counts['rejected']:,} would not, "
        f"{counts['blank']:,} blank; nothing was stored"
    )


def _told(at: str | list[str]) -> str:
    return at if isinstance(at, str) else ", ".join(at)


def _code_of(found: dict[str, Any]) -> ExitCode:
    if found["file_error"]:
        return ExitCode.FAILED
    return ExitCode.REJECTED_ROWS if found["counts"]["rejected"] else ExitCode.DONE
