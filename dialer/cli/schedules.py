"""`dialer schedules`: stamp out campaigns by the clock, or by files that appear."""

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.exits import ExitCode
from dialer.cli.importing import progress_shown
from dialer.cli.output import (
    AsJson,
    Yes,
    confirm,
    print_fields,
    print_json,
    print_rows,
    say,
    say_mode,
)
from dialer.cli.schedule_views import (
    FILE_COLUMNS,
    LIST_COLUMNS,
    RUN_COLUMNS,
    file_fields,
    run_fields,
    schedule_fields,
)
from dialer.cli.worlds import actor, load_settings, opened_database, opened_world
from dialer.domain.counts import how_many

if TYPE_CHECKING:
    from dialer.config import Settings
    from dialer.domain.schedule_spec import Recipe, ScheduleSpec
    from dialer.store.database import Database
    from dialer.store.tables import ScheduleRun

app = typer.Typer(
    no_args_is_help=True, help="Make campaigns by the clock, or by files that appear."
)

SHOWN_RUNS = 20
SHOWN_MOMENTS = 3

ScheduleId = Annotated[int, typer.Argument(metavar="ID", help="The schedule.", min=1)]
Limit = Annotated[int, typer.Option(min=1, help="Most runs shown.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen; store nothing.")]


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List all schedules, the newest first."""
    from dialer.store import schedule_runs, schedules

    with opened_database(load_settings()) as database:
        found = database.read(
            lambda tx: [
                schedule_fields(
                    row, next(iter(schedule_runs.of_schedule(tx, row.id, most=1)), None)
                )
                for row in schedules.every(tx)
            ]
        )
    if as_json:
        print_json(found)
        return
    print_rows(LIST_COLUMNS, found)
    if not found:
        say("no schedule yet: dialer schedules create campaigns/schedule-example.toml")


@app.command()
def create(
    file: Annotated[Path, typer.Argument(help="Schedule file (TOML).")],
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make a schedule of a schedule file; it runs from its next occurrence on."""
    from dialer.actions import schedule
    from dialer.actions.schedule_file import read_schedule_file

    recipe = read_schedule_file(file)
    settings = load_settings()
    say_mode(settings)
    _say_lead_file(recipe)
    if dry_run:
        schedule.first_run_at(recipe.schedule, now=datetime.now(UTC))
        _say_moments(recipe.schedule)
        say(f"{file} is a schedule; nothing was stored")
        return
    with opened_world(settings) as world:
        schedule_id = schedule.create(world, recipe, actor=actor())
        row = world.db.read(lambda tx: schedule.find(tx, schedule_id))
    (print_json if as_json else print_fields)(schedule_fields(row, None))
    _say_moments(recipe.schedule)
    _say_running(settings)


@app.command()
def show(schedule_id: ScheduleId, *, limit: Limit = SHOWN_RUNS, as_json: AsJson = False) -> None:
    """Show one schedule: its settings, its runs, and the files of its folder."""
    from dialer.store import schedules

    with opened_database(load_settings()) as database:
        fields, runs = _described(database, schedule_id, limit=limit)
        row = database.read(lambda tx: schedules.get(tx, schedule_id))
        seen = database.read(lambda tx: schedules.files_seen(tx, schedule_id))
    assert row is not None
    history, files = [run_fields(run) for run in runs], [file_fields(one) for one in seen]
    if as_json:
        print_json({**fields, "spec": row.spec, "history": history, "inbox": files})
        return
    print_fields(fields)
    print_rows(RUN_COLUMNS, history)
    if files:
        print_rows(FILE_COLUMNS, files)


@app.command()
def history(schedule_id: ScheduleId, *, limit: Limit = 1000, as_json: AsJson = False) -> None:
    """List the runs of a schedule, the newest first: what was due, and what became of it."""
    with opened_database(load_settings()) as database:
        _, runs = _described(database, schedule_id, limit=limit)
    found = [run_fields(run) for run in runs]
    if as_json:
        print_json(found)
    else:
        print_rows(RUN_COLUMNS, found)


def _described(
    database: "Database", schedule_id: int, *, limit: int
) -> "tuple[dict[str, Any], list[ScheduleRun]]":
    from dialer.actions.schedule import find
    from dialer.store import schedule_runs

    row = database.read(lambda tx: find(tx, schedule_id))
    runs = database.read(lambda tx: schedule_runs.of_schedule(tx, schedule_id, most=limit))
    return schedule_fields(row, runs[0] if runs else None), runs


@app.command()
def enable(schedule_id: ScheduleId) -> None:
    """Let a schedule run, from its next occurrence on."""
    from dialer.actions import schedule

    settings = load_settings()
    say_mode(settings)
    with opened_world(settings) as world:
        next_run_at = schedule.enable(world, schedule_id, actor=actor())
    when = f"; next run {next_run_at:%Y-%m-%d %H:%M} UTC" if next_run_at else ""
    say(f"schedule {schedule_id} is enabled{when}")
    _say_running(settings)


@app.command()
def disable(schedule_id: ScheduleId) -> None:
    """Let a schedule make no further campaign; those it made go on."""
    from dialer.actions import schedule

    with opened_world(load_settings()) as world:
        schedule.disable(world, schedule_id, actor=actor())
    say(f"schedule {schedule_id} is disabled; go on: dialer schedules enable {schedule_id}")


@app.command("run-now")
def run_now(
    schedule_id: ScheduleId,
    *,
    file: Annotated[
        Path | None, typer.Option(help="Lead file, instead of the schedule's own.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Run once now, after a question, whether the schedule is enabled or not."""
    from dialer.actions import schedule
    from dialer.store import schedules

    settings = load_settings()
    say_mode(settings)
    with opened_world(settings) as world:
        row = world.db.read(lambda tx: schedule.find(tx, schedule_id))
        recipe = schedules.recipe_of(row)
        path = schedule.file_by_hand(row, recipe, file)
        leads = _count_leads(recipe, path)
        if dry_run:
            say(f"{how_many(leads, 'lead')} could be imported from {path}; nothing was stored")
            return
        phones = "real phones will ring" if settings.mode == "live" else "simulator, no phone rings"
        confirm(
            f'Run schedule {schedule_id} "{row.name}" now: '
            f"call up to {how_many(leads, 'lead')} of {path.name} ({phones})?",
            yes=yes,
            declined=f"schedule {schedule_id} was not run",
        )
        with progress_shown(path) as tell:
            run = schedule.run_now(
                world,
                schedule_id,
                actor=actor(),
                rejects_in=settings.create_home() / "rejects",
                file=file,
                tell=tell,
            )
    (print_json if as_json else print_fields)(run_fields(run))
    raise typer.Exit(_say_run(run))


def _count_leads(recipe: "Recipe", path: Path) -> int:
    """Count the leads that would be imported, before those of earlier runs are passed over."""
    from dialer.actions.load import options_of
    from dialer.actions.preview import Preview
    from dialer.leads.rows import read_leads

    options = options_of(recipe.campaign)
    read_leads(path, options=options).close()  # says what is wrong, where a preview only tells
    found = Preview(path, options=options, limit=0).look(now=datetime.now(UTC))
    return int(found["counts"]["accepted"])


def _say_run(run: "ScheduleRun") -> ExitCode:
    """Say what became of a run; give the exit code that tells the same."""
    from dialer.domain.schedule_spec import RunStatus

    if run.status is RunStatus.OPEN:
        say(f"run {run.id} waits for an older run; dialer schedules show {run.schedule_id}")
        return ExitCode.DONE
    say(f"run {run.id}: {run.sentence}")
    if run.status is RunStatus.FAILED:
        return ExitCode.FAILED
    if run.campaign_id is not None:
        say(f"dialer campaigns watch {run.campaign_id}")
    return ExitCode.REJECTED_ROWS if run.rejected else ExitCode.DONE


def _say_lead_file(recipe: "Recipe") -> None:
    """Say what a person might not expect: a list that is not there yet, files that are."""
    from dialer.actions.inbox import files_in

    if recipe.lead_file is not None and not Path(recipe.lead_file).is_file():
        say(f"warning: there is no file {recipe.lead_file} yet; each run reads it when it is due")
    if recipe.schedule.watch is not None:
        there = sum(1 for _ in files_in(recipe.schedule.watch))
        say(f"watching {recipe.schedule.watch}; {how_many(there, 'file')} there now will be taken")


def _say_moments(spec: "ScheduleSpec") -> None:
    for moment in islice(spec.moments(after=datetime.now(UTC)), SHOWN_MOMENTS):
        say(f"runs at {spec.local(moment):%a %Y-%m-%d %H:%M %Z} ({moment:%H:%M} UTC)")


def _say_running(settings: "Settings") -> None:
    if settings.is_embedded and not settings.broker_file.exists():
        say("nothing runs by itself until the dialer runs: dialer up")
