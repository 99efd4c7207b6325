"""Taking results, leads and rejected rows home: `campaigns export` and `lists export`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from dialer.cli.exits import WrongUsage
from dialer.cli.output import say
from dialer.cli.worlds import load_settings, opened_database
from dialer.leads.exports import ExportFormat, format_of

if TYPE_CHECKING:
    from dialer.actions.export import Exported

Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write; without it, stdout.")
]
Format = Annotated[
    ExportFormat | None,
    typer.Option("--format", help="By default what the file's name ends with, else csv."),
]


def export_campaign(
    campaign_id: Annotated[int, typer.Argument(metavar="ID", help="The campaign.", min=1)],
    *,
    leads: Annotated[
        bool, typer.Option("--leads", help="The leads as they are stored, with their variables.")
    ] = False,
    to: Output = None,
    form: Format = None,
) -> None:
    """Write one row per lead with its result."""
    from dialer.actions.export import export_leads, export_results

    chosen = _format(form, to=to)
    write = export_leads if leads else export_results
    with opened_database(load_settings()) as database:
        _say_exported(write(database, campaign_id, _target(to), form=chosen), "leads", to=to)


def export_list(
    list_id: Annotated[int, typer.Argument(metavar="LIST", help="List, by its number.", min=1)],
    *,
    rejects: Annotated[
        bool, typer.Option("--rejects", help="The rows that are no leads, to be corrected.")
    ] = False,
    leads: Annotated[bool, typer.Option("--leads", help="The leads that it brought.")] = False,
    to: Output = None,
    form: Format = None,
) -> None:
    """Write the rejected rows of a list, or its leads."""
    from dialer.actions import export

    if rejects == leads:
        raise WrongUsage("what of the list is to be written?", fix="add --rejects, or --leads")
    chosen = _format(form, to=to)
    write, what = (export.export_rejects, "rows") if rejects else (export.export_list, "leads")
    with opened_database(load_settings()) as database:
        _say_exported(write(database, list_id, _target(to), form=chosen), what, to=to)


def _format(form: ExportFormat | None, *, to: Path | None) -> ExportFormat:
    """Give the format asked for, or the one the file's name tells.

    Raises:
        WrongUsage: a workbook would fill the screen.
    """
    chosen = form or (ExportFormat.CSV if to is None else format_of(to))
    if chosen is ExportFormat.XLSX and to is None and sys.stdout.isatty():
        raise WrongUsage("a workbook cannot be shown on a terminal", fix="add --output FILE")
    return chosen


def _target(to: Path | None) -> Path | BinaryIO:
    return sys.stdout.buffer if to is None else to


def _say_exported(exported: "Exported", what: str, *, to: Path | None) -> None:
    for warning in exported.warnings:
        say(f"warning: {warning}")
    say(f"{exported.rows:,} {what} written" + (f" to {to}" if to else ""))
