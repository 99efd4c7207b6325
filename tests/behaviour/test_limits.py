"""Limits that an admin changes while the dialer runs."""

from dataclasses import replace

import pytest
from factories import Stage

from dialer.actions import limits
from dialer.actions.limits import Limits
from dialer.errors import UserError
from dialer.store import gate, ledger

USUAL = Limits(lines=2, calls_per_second=3.5, headroom=1, calls_per_day=None, dollars_per_day=None)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"lines": 0}, "lines must be from 1 to 10,000"),
        ({"lines": 10_001}, "lines"),
        ({"calls_per_second": 0.0}, "calls per second"),
        ({"calls_per_second": float("nan")}, "calls per second"),
        ({"calls_per_second": float("inf")}, "calls per second"),
        ({"headroom": -1}, "reserved lines"),
        ({"calls_per_day": 0}, "calls per day"),
        ({"dollars_per_day": -1.0}, "dollars per day"),
    ],
)
def test_a_limit_that_the_settings_would_refuse_is_refused(
    stage: Stage, wrong: dict[str, float], told: str
) -> None:
    before = stage.world.db.read(gate.peek)
    with pytest.raises(UserError, match=told):
        limits.change(stage.world, replace(USUAL, **wrong), actor="ann")
    assert stage.world.db.read(gate.peek) == before


def test_a_change_holds_from_the_next_claim_on_and_is_written_down(stage: Stage) -> None:
    stage.leads(5)
    for _ in range(2):  # the same again changes nothing
        limits.change(stage.world, replace(USUAL, calls_per_second=1000.0), actor="ann")
    assert len(stage.claim()) == 2
    (entry,) = stage.world.db.read(lambda tx: ledger.of_subject(tx, "limits"))
    assert (entry.actor, entry.action) == ("ann", "change_limits")
    assert ((entry.before or {})["lines"], (entry.after or {})["lines"]) == (10, 2)


def test_what_was_changed_is_brought_back_to_the_settings(stage: Stage) -> None:
    before = stage.world.db.read(gate.peek)
    limits.change(stage.world, replace(USUAL, calls_per_day=7), actor="ann")
    limits.bring_back(stage.world, actor="ann")
    assert stage.world.db.read(gate.peek) == before
