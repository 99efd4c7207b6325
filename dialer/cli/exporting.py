"""Taking results, leads and rejected rows home: `campaigns export` and `lists export`."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from dialer.cli.exits import WrongUsage
from dialer.cli.output import AsJson, print_fields, print_json, say
from dialer.cli.worlds import actor, load_settings, opened_database, opened_world
from dialer.domain.counts import how_many
from dialer.errors import AccountProblem, LookUpFailed, Unreachable
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
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            help="In the columns of hubspot, salesforce, pipedrive, or of your own TOML file.",
        ),
    ] = None,
    batch: Annotated[
        bool,
        typer.Option("--retell-batch", help="Who is still to be called, for Retell's batch calls."),
    ] = False,
    close: Annotated[
        bool, typer.Option("--close", help="With --retell-batch: call them here no more.")
    ] = False,
    to: Output = None,
    form: Format = None,
) -> None:
    """Write one row per lead with its result."""
    if close and not batch:
        raise WrongUsage("--close goes with --retell-batch", fix="leave it out")
    if batch:
        if leads or profile is not None or form is not None:
            raise WrongUsage(
                "--retell-batch has a form of its own",
                fix="leave out --leads, --profile and --format",
            )
        _export_batch(campaign_id, close=close, to=to)
        return
    write, chosen = _writer(leads=leads, profile=profile), _format(form, to=to)
    with opened_database(load_settings()) as database:
        _say_exported(write(database, campaign_id, _target(to), form=chosen), "leads", to=to)


def _writer(*, leads: bool, profile: str | None) -> "Callable[..., Exported]":
    from dialer.actions.export import export_leads, export_results
    from dialer.actions.profile_export import export_profile, read_profile

    if leads and profile is not None:
        raise WrongUsage("a profile names its own columns", fix="leave out --leads or --profile")
    if profile is not None:
        return partial(export_profile, profile=read_profile(profile))
    return export_leads if leads else export_results


def _export_batch(campaign_id: int, *, close: bool, to: Path | None) -> None:
    from dialer.actions.batch_export import export_batch

    with opened_world(load_settings()) as world:
        done = export_batch(world, campaign_id, _target(to), close=close, actor=actor())
    for warning in done.warnings:
        say(f"warning: {warning}")
    for reason, count in done.left_out.most_common():
        say(f"{count:,} left out: {reason}")
    say(f"{how_many(done.rows, 'lead')} written" + (f" to {to}" if to else ""))
    if close:
        say(f"{done.closed:,} of them are closed here")
    elif done.rows:
        say(
            "they still wait here: a resume would call them, too;"
            f" dialer campaigns export {campaign_id} --retell-batch --close hands them over"
        )


def learn_batch(
    batch_call_id: Annotated[
        str, typer.Argument(metavar="BATCH", help="Its id, such as batch_call_….")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Learn now whom a batch of Retell's dashboard called, so that the caps per person count it."""
    from dataclasses import asdict

    from dialer.actions.other_calls import ask_batch

    try:
        with opened_world(load_settings()) as world:
            batch = ask_batch(world, batch_call_id)
    except (LookUpFailed, AccountProblem) as error:
        raise Unreachable(
            "Retell did not tell the calls of that batch",
            why=error.message,
            fix="dialer doctor, then again",
        ) from error
    fields = asdict(batch)
    if as_json:
        print_json(fields)
        return
    print_fields(fields)
    if not batch.complete:
        say("warning: Retell did not give all of them; ask again later")


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
