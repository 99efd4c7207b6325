"""`dialer dnc import`: numbers from a file, into our list or into a registry."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.dnc import Campaign, Country, Expires, Note, Reason, day_of, wish
from dialer.cli.exits import ExitCode, WrongUsage
from dialer.cli.import_flags import Column, Delimiter, Encoding, HeaderRow, Rejects, Sheet
from dialer.cli.importing import Asked, progress_shown
from dialer.cli.output import AsJson, print_fields, print_json, say
from dialer.cli.worlds import actor, load_settings, opened_world
from dialer.domain.counts import how_many

if TYPE_CHECKING:
    from dialer.config import Settings
    from dialer.domain.do_not_call import OptOut


def import_file(
    file: Annotated[
        Path, typer.Argument(help="A table with a phone column, or one number a line.")
    ],
    *,
    registry: Annotated[
        bool,
        typer.Option("--registry", help="A registry of others: area code,number or digits."),
    ] = False,
    name: Annotated[
        str | None, typer.Option("--name", help="Of the registry; by default after its country.")
    ] = None,
    dated: Annotated[
        str | None,
        typer.Option("--dated", help="Day the registry was downloaded.", metavar="DAY"),
    ] = None,
    campaign: Campaign = None,
    reason: Reason = "imported",
    note: Note = None,
    expires: Expires = None,
    country: Country = "US",
    column: Column = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    header_row: HeaderRow = None,
    rejects: Rejects = None,
    as_json: AsJson = False,
) -> None:
    """Put all numbers of a file on the list, and close the leads that wait for a call to them.

    May be given again with the same file, which then adds nothing.
    """
    from dialer.domain.do_not_call import OptOutSource

    settings = load_settings()
    target = rejects or _rejects_path(settings, file)
    asked = Asked.of(
        country=country,
        columns=column,
        sheet=sheet,
        encoding=encoding,
        delimiter=delimiter,
        header_row=header_row,
    )
    if registry:
        if campaign is not None or expires is not None:
            raise WrongUsage(
                "a registry holds everywhere and does not expire",
                fix="leave out --campaign and --expires, or --registry",
            )
        place = name or f"{asked.changed['country'].lower()}-national"
        fields = _register(settings, file, place, asked=asked, dated=dated, rejects_to=target)
    else:
        if name is not None or dated is not None:
            raise WrongUsage("--name and --dated belong to a registry", fix="add --registry")
        said = wish(
            OptOutSource.FILE, reason, note=note or file.name, campaign=campaign, expires=expires
        )
        fields = _import(settings, file, said, asked=asked, rejects_to=target)
    (print_json if as_json else print_fields)(fields)
    say(
        f"{how_many(fields['numbers'], 'number')}, {fields['added']:,} of them new; "
        f"{how_many(fields['rejected'], 'line')} rejected; "
        f"{how_many(fields['closed'], 'waiting lead')} closed"
    )
    if fields["rejects_file"]:
        say(f"lines that are no numbers: {fields['rejects_file']}")
    raise typer.Exit(ExitCode.REJECTED_ROWS if fields["rejected"] else ExitCode.DONE)


def _register(
    settings: "Settings",
    file: Path,
    name: str,
    *,
    asked: Asked,
    dated: str | None,
    rejects_to: Path,
) -> dict[str, Any]:
    from dialer.actions.load import Progress
    from dialer.actions.register import register

    day = None if dated is None else day_of(dated, option="--dated")
    if day is not None and day > datetime.now(UTC).date():
        raise WrongUsage(f"--dated {day} has not come yet", fix="name the day of the download")
    with opened_world(settings) as world, progress_shown(file) as tell:
        done = register(
            world,
            file,
            name=name,
            country=asked.changed["country"],
            dated=day,
            actor=actor(),
            rejects_to=rejects_to,
            tell=lambda rows, fraction: tell(Progress(rows, fraction)),
        )
    if day is None:
        say(
            "warning: nobody said of which day the registry is, so no campaign that sells will"
            " start; add --dated DAY"
        )
    return {
        "registry": done.name,
        "dated": done.dated,
        "lines": done.lines,
        "numbers": done.numbers,
        "added": done.added,
        "rejected": done.rejected,
        "reasons": done.reasons,
        "closed": done.closed,
        "rejects_file": str(done.rejects) if done.rejects else None,
    }


def _import(
    settings: "Settings", file: Path, wish: "OptOut", *, asked: Asked, rejects_to: Path
) -> dict[str, Any]:
    from dialer.actions.load import Progress
    from dialer.actions.opt_out_files import import_opt_outs
    from dialer.bootstrap import import_limits
    from dialer.leads.options import ImportOptions

    options = ImportOptions(limits=import_limits(settings), **asked.changed)
    with opened_world(settings) as world, progress_shown(file) as tell:
        done = import_opt_outs(
            world,
            file,
            wish,
            options=options,
            rejects_to=rejects_to,
            tell=lambda rows, fraction: tell(Progress(rows, fraction)),
        )
    if done.unmarked:
        say(f"{how_many(done.unmarked, 'row')} without a mark in the file's own do-not-call column")
    return {
        "campaign_id": wish.campaign_id,
        "expires_at": wish.expires_at,
        "rows": done.rows,
        "numbers": done.numbers,
        "added": done.added,
        "unmarked": done.unmarked,
        "rejected": done.rejected,
        "reasons": dict(done.reasons),
        "closed": done.closed,
        "rejects_file": str(done.rejects) if done.rejects else None,
    }


def _rejects_path(settings: "Settings", file: Path) -> Path:
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return settings.create_home() / "rejects" / f"{file.stem}-do-not-call-{moment}.csv"
