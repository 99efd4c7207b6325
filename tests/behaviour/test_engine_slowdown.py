"""Slowing down: too many calls at Retell, and too many calls of unknown outcome."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from factories import NOW, Stage
from scripted_retell import Act, ScriptedRetell, executed_then_silent, placed, refused, silent

from dialer.domain.lines import lines_in_force
from dialer.domain.states import AttemptStatus, LeadStatus


def limit(stage: Stage) -> int:
    """Give the lines that may be busy now."""
    return lines_in_force(stage.gate(), now=stage.clock.now()).lines


def all_busy(stage: Stage, lines: int = 10, *acts: Act) -> list[str]:
    """Send on every line, answered by `acts` and then with calls."""
    stage.lines(lines)
    stage.leads(lines)
    claimed = stage.claim()
    stage.retell.then(*acts)
    stage.dial(*claimed)
    return claimed


def test_a_429_shrinks_the_limit_to_seventy_percent(stage: Stage) -> None:
    all_busy(stage, 10, *[placed] * 9, refused(429))
    assert limit(stage) == 7


def test_the_limit_recovers_by_one_line_every_thirty_seconds_after_a_minute(stage: Stage) -> None:
    all_busy(stage, 10, *[placed] * 9, refused(429))
    seen = []
    for _ in range(7):
        seen.append(limit(stage))
        stage.clock.pass_time(seconds=30)
    assert seen == [7, 7, 8, 9, 10, 10, 10]


def test_a_burst_of_429_counts_once(stage: Stage) -> None:
    stage.leads(10)
    claimed = stage.claim()

    def while_the_next_is_sent(retell: ScriptedRetell, body: dict[str, Any]) -> httpx.Response:
        stage.dial(claimed[len(retell.posted)])
        return refused(429)(retell, body)

    stage.retell.then(*[while_the_next_is_sent] * 4, refused(429))
    stage.dial(claimed[0])
    assert len(stage.retell.posted) == 5
    assert limit(stage) == 7
    assert stage.gate().busy_streak == 1


def test_refusals_of_later_requests_wait_twice_as_long_each(stage: Stage) -> None:
    stage.lead()
    waits = []
    for _ in range(8):
        stage.retell.then(refused(429))
        stage.dial(*stage.claim())
        until = stage.gate().backing_off_until
        assert until is not None
        waits.append((until - stage.clock.now()).total_seconds())
        stage.clock.moment = until
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_call_placed_in_between_ends_the_streak(stage: Stage) -> None:
    stage.leads(3)
    for act in (refused(429), placed, refused(429)):
        stage.lines(len(stage.retell.calls) + 1)
        stage.retell.then(act)
        stage.dial(*stage.claim())
        if act is not placed:
            assert stage.gate().backing_off_until == stage.clock.now() + timedelta(seconds=1)
        stage.clock.pass_time(seconds=120)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("17", 17), ("Wed, 04 Mar 2026 15:02:00 GMT", 120), ("nonsense", 1), ("0", 1)],
)
def test_retry_after_is_honoured(stage: Stage, header: str, seconds: int) -> None:
    stage.lead()
    stage.retell.then(refused(429, Retry_After=header))
    stage.dial(*stage.claim())
    assert stage.gate().backing_off_until == NOW + timedelta(seconds=seconds)
    stage.clock.pass_time(seconds=seconds - 0.001)
    assert stage.claim() == []
    stage.clock.pass_time(seconds=0.001)
    assert len(stage.claim()) == 1


def test_a_longer_wait_that_was_asked_for_is_not_cut_short(stage: Stage) -> None:
    claimed = all_busy(stage, 2)
    stage.deliver(*[stage.retell.end(one) for one in claimed])
    stage.leads(2)
    first, second = stage.claim()
    stage.retell.then(refused(429, Retry_After="60"), refused(429))
    stage.dial(first)
    stage.dial(second)
    assert stage.gate().backing_off_until == NOW + timedelta(seconds=60)


def test_attempts_claimed_before_the_back_off_are_given_back(stage: Stage) -> None:
    leads = stage.leads(3)
    first, second, third = stage.claim()
    stage.retell.then(refused(429, Retry_After="30"))
    stage.dial(first, second, third)
    assert len(stage.retell.posted) == 1
    assert stage.status(second) is AttemptStatus.CANCELLED
    rows = [stage.lead_row(one) for one in leads]
    assert {(row.status, row.attempts) for row in rows} == {(LeadStatus.READY, 0)}


def test_a_call_that_ends_for_want_of_lines_slows_down_like_a_429(stage: Stage) -> None:
    claimed = all_busy(stage)
    stage.deliver(stage.retell.end(claimed[0], "concurrency_limit_reached"))
    lead = stage.lead_row(stage.attempt_row(claimed[0]).lead_id)
    assert (lead.status, lead.attempts) == (LeadStatus.READY, 0)
    assert limit(stage) == 7


def test_a_shrunken_limit_never_falls_below_one(stage: Stage) -> None:
    stage.lines(1)
    stage.lead()
    stage.retell.then(refused(429))
    stage.dial(*stage.claim())
    assert limit(stage) == 1


def five_unknown(stage: Stage) -> list[str]:
    return all_busy(stage, 5, *[silent] * 5)


def test_five_unknown_in_a_row_stop_claiming_for_a_minute(stage: Stage) -> None:
    stage.leads(3)
    stage.lines(20)
    claimed = stage.claim()
    stage.retell.then(*[silent] * 3)
    stage.dial(*claimed)
    assert stage.gate().breaker_until is None
    stage.leads(5)
    stage.retell.then(silent, silent)
    claimed = stage.claim()
    stage.dial(*claimed[:2])
    assert stage.gate().breaker_until == NOW + timedelta(minutes=1)
    stage.leads(2)
    assert stage.claim() == []


def test_after_a_minute_one_probe_goes_out(stage: Stage) -> None:
    five_unknown(stage)
    stage.lines(20)
    stage.leads(5)
    stage.clock.pass_time(seconds=59)
    assert stage.claim() == []
    stage.clock.pass_time(seconds=1)
    (probe,) = stage.claim()
    assert stage.claim() == []
    stage.dial(probe)
    assert stage.gate().breaker_until is None
    assert len(stage.claim()) == 4


def test_a_probe_of_unknown_outcome_keeps_the_breaker_open(stage: Stage) -> None:
    five_unknown(stage)
    stage.lines(20)
    stage.leads(5)
    stage.clock.pass_time(seconds=60)
    (probe,) = stage.claim()
    stage.retell.then(silent)
    stage.dial(probe)
    assert stage.gate().breaker_until == stage.clock.now() + timedelta(seconds=60)
    assert stage.claim() == []


def test_a_call_that_is_known_in_between_ends_the_streak(stage: Stage) -> None:
    all_busy(stage, 9, *[silent] * 4, placed, *[silent] * 4)
    assert stage.gate().breaker_until is None


def test_more_than_five_percent_unknown_open_the_breaker(stage: Stage) -> None:
    all_busy(stage, 20, silent, *[placed] * 18, silent)
    assert stage.gate().breaker_until is not None


def test_five_percent_unknown_or_less_do_not(stage: Stage) -> None:
    all_busy(stage, 40, silent, *[placed] * 38, silent)
    assert stage.gate().breaker_until is None


def test_a_few_sends_are_no_sample(stage: Stage) -> None:
    all_busy(stage, 10, silent, *[placed] * 8, silent)
    assert stage.gate().breaker_until is None


def test_calls_of_unknown_outcome_that_were_found_are_not_unknown(stage: Stage) -> None:
    stage.lines(40)
    stage.leads(30)
    stage.retell.then(executed_then_silent, *[placed] * 28)
    claimed = stage.claim()
    stage.dial(*claimed[:29])
    stage.wait(seconds=5)
    assert stage.status(claimed[0]) is AttemptStatus.PLACED
    stage.retell.then(silent)
    stage.dial(claimed[29])
    assert stage.gate().breaker_until is None
