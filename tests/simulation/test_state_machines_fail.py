"""The state machines can fail: each guard that is broken by hand is found."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy import Connection, update
from sqlalchemy.exc import IntegrityError

import dialer.actions.dial
import dialer.actions.facts
import dialer.actions.look_up
import dialer.actions.noting
import dialer.actions.plan
import dialer.actions.reconcile
import dialer.actions.record
import dialer.actions.schedule
import dialer.actions.schedule_changes
import dialer.actions.stamping
import dialer.domain.gates
import dialer.domain.occurrences
from dialer.domain.states import AttemptStatus
from dialer.errors import IllegalMove
from dialer.store import attempts, gate, schedule_runs, schedules
from simulation.machine_engine import EngineMachine
from simulation.machine_schedules import ScheduleMachine

Break = Callable[[pytest.MonkeyPatch], None]

FAILURES = (AssertionError, IllegalMove, IntegrityError, BaseExceptionGroup)
"""What a broken promise looks like; any other error would be one of the machine itself."""
SEARCH = settings(
    max_examples=200,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # found is enough; nobody reads the smallest example
    suppress_health_check=list(HealthCheck),
)


def one_line_too_many(patch: pytest.MonkeyPatch) -> None:
    usual = dialer.actions.plan.claimable
    patch.setattr(
        dialer.actions.plan, "claimable", lambda *given, **named: usual(*given, **named) + 1
    )


def no_send_deadline(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dialer.actions.dial, "SEND_DEADLINE", timedelta(days=1))


def absence_believed_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dialer.actions.look_up, "ABSENCE_ANSWERS", 0)
    patch.setattr(dialer.actions.look_up, "absence_confirmed", lambda *_, **__: True)


def nobody_looks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(attempts, "due_checks", lambda *_, **__: [])


def events_not_swept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dialer.actions.reconcile, "_settle_overdue", lambda world: 0)


def ends_not_idempotent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(attempts, "outranks", lambda target, current: target >= current)


def unknown_frees_its_line(patch: pytest.MonkeyPatch) -> None:
    counted = str(gate._COUNT_OPEN).replace(f"'{AttemptStatus.UNKNOWN}', ", "")
    patch.setattr(gate, "_COUNT_OPEN", type(gate._COUNT_OPEN)(counted))


def moments_come_twice(patch: pytest.MonkeyPatch) -> None:
    usual, times = schedule_runs.add, count()
    patch.setattr(schedules, "advance", lambda *_, **__: True)
    patch.setattr(
        schedule_runs,
        "add",
        lambda tx, schedule_id, occurrence, **named: usual(
            tx, schedule_id, f"{occurrence} {next(times)}", **named
        ),
    )


def left_out_without_a_word(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dialer.actions.noting, "_note_skipped", lambda *_, **__: None)


def changed_without_a_word(patch: pytest.MonkeyPatch) -> None:
    for module in (dialer.actions.schedule, dialer.actions.schedule_changes):
        patch.setattr(module, "leave_out", lambda *_, **__: None)


def disabled_ones_go_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dialer.actions.stamping, "_is_unwanted", lambda *_, **__: False)


def nobody_asks_who_holds_a_run(patch: pytest.MonkeyPatch) -> None:
    def keep(tx: Connection, run_id: int, *, holder: str, **values: object) -> bool:
        run = schedule_runs.run
        tx.execute(update(run).where(run.c.id == run_id).values(**values))
        return True

    patch.setattr(schedule_runs, "keep", keep)


def nobody_is_passed_over(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dialer.actions.stamping, "pass_over", lambda *_, **__: None)


def jumped_over_hours_come_late(patch: pytest.MonkeyPatch) -> None:
    def first_moment(wall: datetime, zone_name: str) -> datetime:
        return wall.replace(tzinfo=ZoneInfo(zone_name)).astimezone(UTC)

    patch.setattr(dialer.domain.occurrences, "_first_moment", first_moment)


BREAKS: tuple[Break, ...] = (
    one_line_too_many,
    no_send_deadline,
    absence_believed_at_once,
    nobody_looks,
    events_not_swept,
    ends_not_idempotent,
    unknown_frees_its_line,
)


BREAKS_OF_SCHEDULES: tuple[Break, ...] = (
    moments_come_twice,
    left_out_without_a_word,
    changed_without_a_word,
    disabled_ones_go_on,
    nobody_asks_who_holds_a_run,
    nobody_is_passed_over,
    jumped_over_hours_come_late,
)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("broken", [*BREAKS, *BREAKS_OF_SCHEDULES], ids=lambda one: one.__name__)
def test_a_machine_finds_what_is_broken(monkeypatch: pytest.MonkeyPatch, broken: Break) -> None:
    machine: type[RuleBasedStateMachine] = EngineMachine
    if broken in BREAKS_OF_SCHEDULES:
        machine = ScheduleMachine
    broken(monkeypatch)
    with pytest.raises(FAILURES):
        run_state_machine_as_test(machine, settings=SEARCH)
