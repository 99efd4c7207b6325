"""What the figures of a campaign tell."""

from datetime import timedelta
from typing import Any

import pytest
from factories import NOW

from dialer.domain.pulse import MINUTES, Speed, by_minute, rate, time_left, why_this_fast

FREE = {
    "lines": 20,
    "in_use": 5,
    "ours": 5,
    "cap": None,
    "calls_per_second": 1.0,
    "others": 0,
    "due": True,
}


def left(**changes: Any) -> timedelta | None:
    """Guess how long a hundred leads take, ten of them a minute."""
    usual = {"waiting": 100, "finished": 0, "attempts": 0, "calls_per_minute": 10.0}
    return time_left(**{**usual, "last_due_in": None, **changes})


def test_calls_are_counted_by_minute_the_present_one_last() -> None:
    ago = [timedelta(seconds=s) for s in (5, 59, 61, 29 * 60 + 30, 31 * 60)]
    counts = by_minute([NOW - one for one in ago], now=NOW)
    assert (len(counts), counts[-1], counts[-2], counts[0]) == (MINUTES, 2, 1, 1)
    assert sum(counts) == 4


def test_the_minute_that_is_not_over_does_not_count() -> None:
    assert rate([0] * 20 + [3] * 10 + [100]) == 3.0
    assert rate([5] * 20 + [3] * 5 + [0] * 5 + [100]) == 1.5
    assert rate([]) == 0.0


def test_a_campaign_that_has_just_begun_is_as_fast_as_it_is_since_then() -> None:
    assert rate([0] * 30) == 0.0
    assert rate([0] * 28 + [10, 100]) == 10.0
    assert rate([0] * 27 + [10, 60, 100]) == 60.0
    assert rate([0] * 25 + [10, 60, 0, 60, 100]) == 40.0


def test_a_pause_between_calls_is_no_beginning() -> None:
    assert rate([0] * 5 + [60] + [0] * 21 + [60, 60, 100]) == 12.0
    assert rate([60] * 14 + [0] * 15 + [100]) == 0.0


def test_the_time_left_is_no_less_than_until_the_last_lead_is_due() -> None:
    hours = timedelta(hours=4)
    assert left(last_due_in=hours) == hours
    assert left(last_due_in=hours, calls_per_minute=0) == hours
    assert left(last_due_in=hours, calls_per_minute=0.25) == timedelta(minutes=400)
    assert left(last_due_in=timedelta(minutes=-1)) == timedelta(minutes=10)
    assert left(last_due_in=timedelta(minutes=-1), calls_per_minute=0) is None


def test_the_time_left_is_a_guess_by_what_one_lead_took() -> None:
    assert left(finished=50, attempts=100) == timedelta(minutes=20)
    assert left(finished=2, attempts=100) == timedelta(minutes=10)
    assert left(finished=2, attempts=9, calls_per_minute=0) is None
    assert left(waiting=0, finished=2, attempts=9) is None


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"due": False, "ours": 0}, "No lead is due"),
        ({"cap": 5}, "all 5 lines it may use"),
        ({"in_use": 20}, "All lines are in use"),
        ({}, "at most 1 call is started per second"),
        ({"calls_per_second": 2.5}, "at most 2.5 calls are started per second"),
        ({"others": 1}, "Another campaign runs"),
        ({"others": 3}, "3 others run"),
    ],
)
def test_what_bounds_it_is_said(changes: dict[str, object], word: str) -> None:
    assert word in " ".join(why_this_fast(Speed(**{**FREE, **changes})))  # type: ignore[arg-type]
