"""Schedule: stamp out campaigns when their time comes, or when a file appears.

An occurrence becomes a row first (`noting`); then whoever holds the row works on it (`stamping`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from dialer.actions.load import Progress
from dialer.actions.noting import in_utc, leave_out, note_due
from dialer.actions.stamping import work_on
from dialer.actions.world import World
from dialer.domain.schedule_spec import Recipe, ScheduleSpec
from dialer.errors import NotFound, RefusedByRule
from dialer.log import get_logger
from dialer.store import schedule_runs, schedules
from dialer.store.database import Connection, is_outage
from dialer.store.ledger import log_action
from dialer.store.tables import Schedule, ScheduleRun

log = get_logger(__name__)

WORKS_FOR = timedelta(minutes=2)
"""After so long no further run is begun; the next tick does. No task may take ten minutes."""


def create(world: World, recipe: Recipe, *, actor: str) -> int:
    """Make an enabled schedule and give its id.

    Raises:
        RefusedByRule: one of this name runs already, or its only moment is past.
        NotFound: the folder to watch is not there.
    """
    now = world.clock.now()
    spec = recipe.schedule
    next_run_at = first_run_at(spec, now=now)
    make_folder(spec)

    def body(tx: Connection) -> int:
        refuse_twin(tx, spec.name)
        schedule_id = schedules.add(tx, recipe, next_run_at=next_run_at, now=now)
        subject = f"schedule:{schedule_id}"
        log_action(tx, actor=actor, action="create", subject=subject, now=now)
        return schedule_id

    return world.db.transact(body)


def enable(world: World, schedule_id: int, *, actor: str) -> datetime | None:
    """Let a schedule run, from its next occurrence on; gives that."""
    now = world.clock.now()

    def body(tx: Connection) -> datetime | None:
        row = find(tx, schedule_id)
        if row.enabled:
            return row.next_run_at
        refuse_deleted(row)
        refuse_twin(tx, row.name)
        next_run_at = first_run_at(schedules.recipe_of(row).schedule, now=now)
        schedules.change(tx, schedule_id, enabled=True, next_run_at=next_run_at)
        subject = f"schedule:{schedule_id}"
        log_action(tx, actor=actor, action="enable", subject=subject, now=now)
        return next_run_at

    return world.db.transact(body)


def disable(world: World, schedule_id: int, *, actor: str) -> None:
    """Let a schedule make no further campaign. Those it made go on. May be called twice."""
    now = world.clock.now()

    def body(tx: Connection) -> None:
        find(tx, schedule_id)
        row = schedules.lock(tx, schedule_id)
        if row.enabled:
            leave_out(tx, row, because="disabled", now=now)
            schedules.change(tx, schedule_id, enabled=False, next_run_at=None)
            subject = f"schedule:{schedule_id}"
            log_action(tx, actor=actor, action="disable", subject=subject, now=now)

    world.db.transact(body)


def run_now(
    world: World,
    schedule_id: int,
    *,
    actor: str,
    rejects_in: Path,
    file: Path | None = None,
    tell: Callable[[Progress], None] = lambda progress: None,
) -> ScheduleRun:
    """Run once by hand, whether the schedule is enabled or not, and give the run as it ended.

    It is still open when an older run of the schedule is not finished; a tick goes on with it.

    Raises: as `ask_run`.
    """
    run_id = ask_run(world, schedule_id, actor=actor, file=file)
    work_on(world, run_id, rejects_in=rejects_in, tell=tell)
    run = world.db.read(lambda tx: schedule_runs.get(tx, run_id))
    assert run is not None
    return run


def ask_run(world: World, schedule_id: int, *, actor: str, file: Path | None = None) -> int:
    """Note a run by hand and give its id; the next tick works on it, or whoever calls `work_on`.

    Raises:
        NotFound: there is no such schedule.
        RefusedByRule: it takes its lists from a folder and no file is named, or it was deleted.
    """
    now = world.clock.now()

    def body(tx: Connection) -> int:
        row = find(tx, schedule_id)
        refuse_deleted(row)
        file_by_hand(row, schedules.recipe_of(row), file)
        run_id = schedule_runs.add(
            tx,
            schedule_id,
            f"by hand:{world.new_id()}",
            due_at=now,
            actor=actor,
            file=str(file.resolve()) if file is not None else None,
        )
        assert run_id is not None
        subject = f"schedule:{schedule_id}"
        log_action(tx, actor=actor, action="run_now", subject=subject, now=now)
        return run_id

    return world.db.transact(body)


def file_by_hand(row: Schedule, recipe: Recipe, file: Path | None) -> Path:
    """Give the list of a run by hand: the file a person named, or the schedule's own.

    Raises:
        RefusedByRule: there is neither.
    """
    if file is None and recipe.lead_file is None:
        raise RefusedByRule(
            f"schedule {row.id} takes its lists from a folder",
            fix="put a file there, or name one with --file",
        )
    return file or Path(recipe.lead_file or "")


def run_due(world: World, *, rejects_in: Path) -> int:
    """Note what is due and work on what is noted; gives the number of runs worked on.

    May be called at any moment by anybody, and by several at once.
    """
    begun_at = world.clock.now()
    for row in world.db.read(schedules.enabled):
        try:
            note_due(world, row)
        except Exception as error:  # one schedule that fails must not stop the others
            if is_outage(error):
                raise
            log.exception("schedule_failed", schedule_id=row.id)
    worked_on = 0
    for run_id in world.db.read(schedule_runs.open_ids):
        if world.clock.now() - begun_at > WORKS_FOR:
            break
        worked_on += work_on(world, run_id, rejects_in=rejects_in)
    return worked_on


def first_run_at(spec: ScheduleSpec, *, now: datetime) -> datetime | None:
    """Give when a schedule runs first; None: not by time.

    Raises:
        RefusedByRule: the only one is past.
    """
    next_run_at = spec.next_after(now)
    if spec.at is not None and next_run_at is None:
        raise RefusedByRule(
            f"{spec.at.isoformat(sep=' ')} is past, so it would never run",
            fix="correct at, or dialer schedules run-now",
        )
    return next_run_at


def find(tx: Connection, schedule_id: int) -> Schedule:
    """Read a schedule.

    Raises:
        NotFound: there is none with this id.
    """
    row = schedules.get(tx, schedule_id)
    if row is None:
        raise NotFound(
            f"there is no schedule {schedule_id}", fix="dialer schedules list shows them all"
        )
    return row


def refuse_deleted(row: Schedule) -> None:
    """Keep a schedule that was deleted from making campaigns.

    Raises:
        RefusedByRule: it was.
    """
    if row.deleted_at is not None:
        raise RefusedByRule(
            f'schedule {row.id} "{row.name}" was deleted at {in_utc(row.deleted_at)}',
            fix="make a new one",
        )


def refuse_twin(tx: Connection, name: str) -> None:
    """Keep people from being called twice because a file was given twice."""
    twin = schedules.enabled_named(tx, name)
    if twin is not None:
        raise RefusedByRule(
            f'schedule {twin.id} runs under the name "{name}" already',
            why="two of them would call everybody twice",
            fix=f"dialer schedules disable {twin.id}, or choose another name",
        )


def make_folder(spec: ScheduleSpec) -> None:
    if spec.watch is None:
        return
    folder = Path(spec.watch).parent
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise NotFound(
            f"the folder {folder} is not there", why=str(error), fix=f"mkdir -p {folder}"
        ) from error
