"""The state machines can fail: each guard that is broken by hand is found."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.exc import IntegrityError

import dialer.actions.dial
import dialer.actions.facts
import dialer.actions.look_up
import dialer.actions.plan
import dialer.actions.reconcile
import dialer.actions.record
import dialer.domain.gates
from dialer.domain.states import AttemptStatus
from dialer.errors import IllegalMove
from dialer.store import attempts, gate
from simulation.machine_engine import EngineMachine

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


BREAKS: tuple[Break, ...] = (
    one_line_too_many,
    no_send_deadline,
    absence_believed_at_once,
    nobody_looks,
    events_not_swept,
    ends_not_idempotent,
    unknown_frees_its_line,
)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("broken", BREAKS, ids=lambda one: one.__name__)
def test_a_machine_finds_what_is_broken(monkeypatch: pytest.MonkeyPatch, broken: Break) -> None:
    broken(monkeypatch)
    with pytest.raises(FAILURES):
        run_state_machine_as_test(EngineMachine, settings=SEARCH)
