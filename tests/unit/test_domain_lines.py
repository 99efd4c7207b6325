"""How many lines may be busy, how fast calls may start, and who gets the free ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.domain.lines import (
    BREAKER_REST,
    GateState,
    Want,
    after_claim,
    after_placed,
    after_unknown,
    backed_off,
    claimable,
    deal,
    lines_in_force,
    resting,
    send_times,
)

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)

wants = st.lists(
    st.builds(
        Want,
        campaign_id=st.integers(1, 1000),
        due=st.integers(0, 30),
        in_use=st.integers(0, 20),
        cap=st.none() | st.integers(1, 20),
        weight=st.floats(0.01, 1000),
    ),
    max_size=6,
    unique_by=lambda want: want.campaign_id,
)


def room(want: Want) -> int:
    """Say how many lines a campaign could use at all."""
    below_cap = want.due if want.cap is None else max(0, want.cap - want.in_use)
    return min(want.due, below_cap)


@settings(derandomize=True)
@given(st.integers(0, 60), wants)
def test_nobody_is_dealt_more_than_is_free_due_or_below_its_cap(
    free: int, chosen: list[Want]
) -> None:
    dealt = deal(free, chosen)
    assert sum(dealt.values()) <= free
    assert set(dealt) == {want.campaign_id for want in chosen}
    for want in chosen:
        assert 0 <= dealt[want.campaign_id] <= room(want)


@settings(derandomize=True)
@given(st.integers(0, 60), wants)
def test_no_line_is_idle_while_somebody_is_hungry(free: int, chosen: list[Want]) -> None:
    assert sum(deal(free, chosen).values()) == min(free, sum(room(want) for want in chosen))


@settings(derandomize=True)
@given(st.integers(0, 60), wants)
def test_nobody_gets_a_line_before_a_poorer_one_that_could_use_it(
    free: int, chosen: list[Want]
) -> None:
    dealt = deal(free, chosen)
    for rich in chosen:
        given_to_rich = dealt[rich.campaign_id]
        for poor in chosen:
            if given_to_rich and dealt[poor.campaign_id] < room(poor):
                before = (rich.in_use + given_to_rich - 1) / rich.weight
                assert before <= (poor.in_use + dealt[poor.campaign_id]) / poor.weight


@settings(derandomize=True)
@given(st.integers(0, 60), wants, st.randoms())
def test_the_order_of_the_campaigns_makes_no_difference(
    free: int, chosen: list[Want], chance: Random
) -> None:
    shuffled = list(chosen)
    chance.shuffle(shuffled)
    assert deal(free, shuffled) == deal(free, chosen)


def test_equal_campaigns_get_equal_shares() -> None:
    assert deal(7, [Want(1, 9, 0), Want(2, 9, 0), Want(3, 9, 0)]) == {1: 3, 2: 2, 3: 2}


def test_whoever_has_more_lines_already_waits() -> None:
    assert deal(4, [Want(1, 9, 6), Want(2, 9, 0)]) == {1: 0, 2: 4}


@pytest.mark.parametrize(
    ("gate", "lines", "why"),
    [
        (GateState(10), 10, "our own limit"),
        (GateState(10, provider_lines=8), 8, "Retell allows 8"),
        (GateState(10, provider_lines=8, foreign_calls=3, headroom=1), 4, "3 are used by others"),
        (GateState(10, provider_lines=2, foreign_calls=9), 0, "Retell allows 2"),
        (GateState(3, provider_lines=20, headroom=1), 3, "our own limit"),
        (GateState(10, shrunk_to=7, shrunk_at=NOW), 7, "Retell refused calls lately"),
        (GateState(5, shrunk_to=7, shrunk_at=NOW), 5, "our own limit"),
    ],
)
def test_the_lines_in_force_are_the_fewest_and_say_why(
    gate: GateState, lines: int, why: str
) -> None:
    in_force = lines_in_force(gate, now=NOW)
    assert in_force.lines == lines
    assert why in in_force.sentence


def test_nothing_is_claimable_while_everything_is_paused_or_waits() -> None:
    now = NOW
    for gate in (
        GateState(5, everything_paused=True),
        GateState(5, backing_off_until=now + SECOND),
        GateState(5, breaker_until=now + SECOND),
        GateState(5, calls_per_second=1, next_send_at=now + SECOND),
    ):
        assert claimable(gate, open_attempts=0, unsent=0, now=now) == 0
        assert claimable(gate, open_attempts=0, unsent=0, now=now + SECOND) > 0 or (
            gate.everything_paused
        )


@settings(derandomize=True)
@given(st.integers(0, 50), st.integers(0, 60), st.integers(0, 10))
def test_open_attempts_are_never_more_than_the_limit_after_a_claim(
    lines: int, open_attempts: int, unsent: int
) -> None:
    free = claimable(GateState(lines), open_attempts=open_attempts, unsent=unsent, now=NOW)
    assert free >= 0
    assert free == 0 or open_attempts + free <= lines


@settings(derandomize=True)
@given(st.floats(0.1, 200), st.integers(1, 40), st.integers(0, 5000))
def test_no_more_is_claimed_than_the_pace_sends_within_a_second(
    pace: float, rounds: int, step_ms: int
) -> None:
    gate, now, sent = GateState(10_000, calls_per_second=pace), NOW, []
    for _ in range(rounds):
        count = claimable(gate, open_attempts=0, unsent=0, now=now)
        times = send_times(gate, now=now)
        moments = [times.take(None) for _ in range(count)]
        assert all(now <= moment < now + SECOND for moment in moments)
        sent += moments
        gate = after_claim(gate, times)
        now += timedelta(milliseconds=step_ms)
    gap = timedelta(seconds=1 / pace) - timedelta(microseconds=2)
    assert all(later - earlier >= gap for earlier, later in pairwise(sent))


def test_without_a_pace_everything_is_sent_at_once() -> None:
    gate = GateState(10)
    assert claimable(gate, open_attempts=0, unsent=0, now=NOW) == 10
    times = send_times(gate, now=NOW)
    assert [times.take(None), times.take(None)] == [NOW, NOW]
    assert after_claim(gate, times) == replace(gate, turn=1)


def test_one_probe_goes_out_when_the_breaker_is_half_open() -> None:
    gate = GateState(10, breaker_until=NOW)
    assert claimable(gate, open_attempts=5, unsent=0, now=NOW) == 1
    assert claimable(gate, open_attempts=6, unsent=1, now=NOW) == 0


def back_off(gate: GateState, *, sent_at: datetime, now: datetime) -> GateState:
    return backed_off(gate, sent_at=sent_at, retry_after=None, now=now)


def test_a_refusal_of_an_older_request_tells_nothing_new() -> None:
    first = back_off(GateState(10), sent_at=NOW, now=NOW + SECOND)
    assert back_off(first, sent_at=NOW, now=NOW + 2 * SECOND) == first
    assert back_off(first, sent_at=NOW + 2 * SECOND, now=NOW + 3 * SECOND).busy_streak == 2


def test_an_older_refusal_may_still_ask_for_a_longer_wait() -> None:
    first = back_off(GateState(10), sent_at=NOW, now=NOW + SECOND)
    second = backed_off(first, sent_at=NOW, retry_after=60 * SECOND, now=NOW + SECOND)
    assert second == replace(first, backing_off_until=NOW + 61 * SECOND)


def test_the_limit_shrinks_from_the_one_in_force_and_never_to_nothing() -> None:
    assert back_off(GateState(100), sent_at=NOW, now=NOW).shrunk_to == 70
    assert back_off(GateState(100, provider_lines=10), sent_at=NOW, now=NOW).shrunk_to == 7
    assert back_off(GateState(1), sent_at=NOW, now=NOW).shrunk_to == 1


def test_resting_leaves_the_limit_alone() -> None:
    gate = resting(GateState(10), sent_at=NOW, retry_after=None, now=NOW)
    assert (gate.backing_off_until, gate.shrunk_to) == (NOW + SECOND, None)


def test_a_clear_answer_ends_the_streaks_and_closes_the_breaker() -> None:
    gate = GateState(10, unknown_streak=3, busy_streak=2, breaker_until=NOW)
    assert after_placed(gate) == GateState(10)


@pytest.mark.parametrize(
    ("streak", "sends", "unknown", "opens"),
    [
        (0, 1, 1, False),
        (3, 19, 19, False),
        (4, 5, 5, True),
        (0, 20, 1, False),
        (0, 20, 2, True),
        (0, 100, 5, False),
        (0, 100, 6, True),
    ],
)
def test_the_breaker_opens_for_five_in_a_row_or_more_than_five_percent(
    streak: int, sends: int, unknown: int, opens: bool
) -> None:
    gate = GateState(10, unknown_streak=streak)
    after = after_unknown(gate, sends=sends, unknown=unknown, now=NOW)
    assert after.breaker_until == (NOW + BREAKER_REST if opens else None)
    assert after.unknown_streak == streak + 1


FREE = st.integers(0, 40)
WANTS = st.lists(
    st.builds(
        Want,
        campaign_id=st.integers(1, 10**6),
        due=st.integers(0, 30),
        in_use=st.integers(0, 30),
        cap=st.none() | st.integers(0, 30),
        weight=st.floats(0.1, 10),
        at_least=st.integers(0, 10),
    ),
    max_size=6,
    unique_by=lambda want: want.campaign_id,
)


def room_of(want: Want) -> int:
    """Give how many lines a campaign could use."""
    return min(want.due, max(0, want.cap - want.in_use) if want.cap is not None else want.due)


@settings(derandomize=True)
@given(FREE, WANTS)
def test_no_line_is_left_while_somebody_could_use_it(free: int, wants: list[Want]) -> None:
    dealt = deal(free, wants)
    assert sum(dealt.values()) == min(free, sum(map(room_of, wants)))
    assert all(dealt[want.campaign_id] <= room_of(want) for want in wants)


@settings(derandomize=True)
@given(FREE, WANTS)
def test_nobody_gets_more_while_another_has_less_than_it_was_promised(
    free: int, wants: list[Want]
) -> None:
    dealt = deal(free, wants)
    starved = [
        want
        for want in wants
        if want.in_use + dealt[want.campaign_id] < want.at_least
        and dealt[want.campaign_id] < room_of(want)
    ]
    for want in wants if starved else ():
        assert (
            dealt[want.campaign_id] == 0 or want.in_use + dealt[want.campaign_id] <= want.at_least
        )


def test_a_promise_of_lines_comes_before_weight() -> None:
    heavy = Want(1, due=10, in_use=0, weight=9)
    promised = Want(2, due=10, in_use=0, at_least=3)
    assert deal(4, [heavy, promised]) == {1: 1, 2: 3}


def test_a_promise_is_kept_only_while_leads_are_due() -> None:
    assert deal(4, [Want(1, due=10, in_use=0), Want(2, due=1, in_use=0, at_least=3)]) == {
        1: 3,
        2: 1,
    }
