"""Noting: what is due becomes a row, before anybody works on it.

`one_run_per_occurrence` is what makes any number of beats and schedulers harmless.
"""

from datetime import datetime
from functools import partial

from dialer.actions.inbox import look_into
from dialer.actions.world import World
from dialer.domain.occurrences import Due
from dialer.domain.schedule_spec import RunStatus
from dialer.log import get_logger
from dialer.store import schedule_runs, schedules
from dialer.store.database import Connection
from dialer.store.tables import Schedule

log = get_logger(__name__)


def note_due(world: World, row: Schedule) -> None:
    """Make rows of the occurrences that are due."""
    spec = schedules.recipe_of(row).schedule
    if spec.watch is not None:
        look_into(world, row, spec.watch)
        return
    now = world.clock.now()
    first = row.next_run_at
    if first is None or first > now:
        return
    due, target = spec.due(first=first, now=now), spec.next_after(now)
    why = f'missed, noticed at {in_utc(now)}, and left out: missed = "{spec.missed}"'

    def body(tx: Connection) -> bool:
        if not schedules.advance(tx, row.id, current=first, target=target):
            return False
        _note_skipped(tx, row, due, why=why, now=now)
        for moment in due.run:
            add = partial(schedule_runs.add, due_at=moment, actor=f"schedule:{row.id}")
            add(tx, row.id, moment.isoformat())
        return True

    if world.db.transact(body):
        log.info("schedule_due", schedule_id=row.id, runs=len(due.run), skipped=due.skipped)


def leave_out(tx: Connection, row: Schedule, *, because: str, now: datetime) -> None:
    """Note that what is due by now, and was noted by nobody, does not run. `row` is locked.

    Whoever changes a schedule would otherwise take its moments away without a word.
    """
    first = row.next_run_at
    if first is None or first > now:
        return
    due = schedules.recipe_of(row).schedule.left_out(first=first, now=now)
    them = "them" if due.skipped > 1 else "it"
    why = f"left out: the schedule was {because} at {in_utc(now)}, before anybody noted {them}"
    _note_skipped(tx, row, due, why=why, now=now)


def _note_skipped(tx: Connection, row: Schedule, due: Due, *, why: str, now: datetime) -> None:
    """Keep one row for all the occurrences that are left out, with the reason."""
    first, last = due.first_skipped, due.last_skipped
    if first is None or last is None:
        return
    which = f"The run of {in_utc(last)}"
    if due.skipped > 1:
        which = f"{due.skipped:,} runs from {in_utc(first)} to {in_utc(last)}"
    schedule_runs.add(
        tx,
        row.id,
        last.isoformat(),
        due_at=last,
        actor=f"schedule:{row.id}",
        status=RunStatus.SKIPPED,
        sentence=f"{which} {why}.",
        finished_at=now,
    )


def in_utc(moment: datetime) -> str:
    """Write a moment for people."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"
