"""When calls may start: by the pace over everything, and by that of each telephony path."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.domain.lines import GateState, after_claim, send_times
from dialer.domain.pacing import Moments, Pace

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ROUNDING = timedelta(microseconds=1)
PATHS = (None, "retell-twilio", "retell-telnyx", "custom")


def take_near(moments: Moments, path: str | None) -> datetime | None:
    """Take a moment if a claim looks so far ahead."""
    return moments.take(path) if moments.is_near(moments.of(path)) else None


@settings(derandomize=True, max_examples=200)
@given(
    st.none() | st.floats(0.2, 40),
    st.dictionaries(st.sampled_from(PATHS[1:]), st.floats(0.2, 20)),
    st.lists(
        st.tuples(st.integers(0, 3000), st.lists(st.sampled_from(PATHS), max_size=12)), max_size=12
    ),
)
def test_no_pace_is_passed_whatever_the_claims(
    pace: float | None,
    paths: dict[str, float],
    claims: list[tuple[int, list[str | None]]],
) -> None:
    gate, now = GateState(10_000, pace, path_calls_per_second=paths), NOW
    sent: list[tuple[datetime, str | None]] = []
    for wait_ms, wanted in claims:
        now += timedelta(milliseconds=wait_ms)
        moments = send_times(gate, now=now)
        for path in wanted:
            at = take_near(moments, path)
            if at is not None:
                assert now <= at < now + SECOND
                sent.append((at, path))
        gate = after_claim(gate, moments)
    limits = [(paths[path], [at for at, one in sent if one == path]) for path in paths]
    if pace is not None:
        limits.append((pace, [at for at, _ in sent]))
    for calls_per_second, moments_of_it in limits:
        gap = timedelta(seconds=1 / calls_per_second) - ROUNDING
        assert all(later - earlier >= gap for earlier, later in pairwise(sorted(moments_of_it)))


def test_no_more_of_one_path_is_taken_than_it_sends_within_a_second() -> None:
    moments = send_times(GateState(99, 20, path_calls_per_second={"custom": 3}), now=NOW)
    taken = [take_near(moments, "custom") for _ in range(5)]
    assert [at is None for at in taken] == [False, False, False, True, True]
    assert take_near(moments, "retell-telnyx") is not None


def test_a_moment_that_waits_for_its_path_leaves_those_before_it_to_others() -> None:
    path = {"custom": Pace(1, NOW + SECOND / 2)}
    moments = Moments(Pace(4), path, now=NOW)
    assert [moments.take("custom"), *(moments.take(None) for _ in range(3))] == [
        NOW + SECOND / 2,
        NOW,
        NOW + SECOND / 4,
        NOW + SECOND * 3 / 4,
    ]
    assert moments.next_at == NOW + SECOND
    assert moments.path_next_at == {"custom": NOW + SECOND * 3 / 2}


def test_the_pace_goes_on_behind_the_last_moment_taken() -> None:
    moments = Moments(Pace(4), {"custom": Pace(1, NOW + SECOND / 2)}, now=NOW)
    moments.take(None)
    moments.take("custom")
    assert moments.next_at == NOW + SECOND * 3 / 4


def test_a_path_without_a_pace_is_not_held_up() -> None:
    moments = Moments(None, {"custom": Pace(1)}, now=NOW)
    assert [moments.take("retell-twilio") for _ in range(3)] == [NOW] * 3
    assert moments.path_next_at == {}


@pytest.mark.parametrize(
    ("next_at", "start"),
    [
        (None, NOW),
        (NOW - SECOND, NOW),
        (NOW + SECOND / 2, NOW + SECOND / 2),
        (NOW + SECOND * 5 / 4, NOW + SECOND * 5 / 4),
        (NOW + SECOND * 3 / 2, NOW),  # written before the clock was set back
    ],
)
def test_where_a_pace_goes_on(next_at: datetime | None, start: datetime) -> None:
    assert Pace(4, next_at).start(NOW) == start


def test_what_a_claim_did_not_use_stays_as_it_was() -> None:
    at = {"custom": NOW, "retell-twilio": NOW + SECOND}
    gate = GateState(9, path_calls_per_second={"custom": 1}, path_next_send_at=at)
    moments = send_times(gate, now=NOW)
    moments.take("custom")
    assert after_claim(gate, moments) == replace(
        gate, turn=gate.turn + 1, path_next_send_at={**at, "custom": NOW + SECOND}
    )
