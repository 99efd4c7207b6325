"""From which of a campaign's numbers a lead is called, and when from none."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dialer.domain.caller_id import DAY, CallerIdSpec
from dialer.domain.hold import Hold, HoldCode
from dialer.domain.numbers import Callee, Chosen, Numbers, NumberUse, Pool
from dialer.domain.pacing import Moments, Pace
from dialer.domain.rotation import whose_turn

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
NEW_YORK, BUFFALO, DALLAS, TOLL_FREE, LONDON = (
    "+12125550000",
    "+17165550000",
    "+12145550000",
    "+18005550000",
    "+442071234567",
)
OURS = (NEW_YORK, BUFFALO, DALLAS)


def pool(*numbers: str, now: datetime = NOW, moments: Moments | None = None, **spec: Any) -> Pool:
    """Make a pool in which every number is free."""
    known = Numbers(moments or Moments(None, {}, now=now))
    return Pool(CallerIdSpec.model_validate(spec), numbers or OURS, known)


def ring(a_pool: Pool, phone: str = "+13105550142", **callee: Any) -> Chosen | Hold:
    """Ask for the number from which a lead is called."""
    return a_pool.choose(Callee(phone, **{"region": None, "turn": 0, **callee}))


def number_of(found: Chosen | Hold) -> str:
    assert isinstance(found, Chosen), found
    return found.number


# -- refusals


@pytest.mark.parametrize(
    ("use", "spec", "until", "why"),
    [
        (NumberUse(calls=5, oldest_at=NOW - HOUR), {"calls_per_day": 5}, NOW + 23 * HOUR, "used"),
        (NumberUse(calls=6, oldest_at=NOW - HOUR), {"calls_per_day": 5}, NOW + 23 * HOUR, "used"),
        (NumberUse(last_send_at=NOW), {"spacing": "30s"}, NOW + 30 * SECOND, "a moment ago"),
        (NumberUse(last_send_at=NOW - 29 * SECOND), {"spacing": "30s"}, NOW + SECOND, "moment ago"),
        (
            NumberUse(calls=2, oldest_at=NOW - HOUR, first_at=NOW - HOUR),
            {"warm_up": [2, 9]},
            NOW + 23 * HOUR,
            "used up",
        ),
        (
            NumberUse(calls=9, oldest_at=NOW - HOUR, first_at=NOW - 25 * HOUR),
            {"warm_up": [2, 9, 20]},
            NOW + 23 * HOUR,
            "used up",
        ),
        (
            NumberUse(calls=9, oldest_at=NOW - 2 * HOUR, first_at=NOW - 47 * HOUR),
            {"warm_up": [2, 9, 20]},
            NOW + HOUR,  # its third day begins
            "used up",
        ),
        (
            NumberUse(calls=4, oldest_at=NOW - HOUR, first_at=NOW - 72 * HOUR),
            {"warm_up": [2, 9], "calls_per_day": 4},
            NOW + 23 * HOUR,
            "used up",
        ),
        (
            NumberUse(calls=4, oldest_at=NOW, first_at=NOW),
            {"warm_up": [9], "calls_per_day": 4},
            NOW + DAY,
            "used up",
        ),
    ],
)
def test_a_number_that_called_enough_or_a_moment_ago_calls_nobody(
    use: NumberUse, spec: dict[str, Any], until: datetime, why: str
) -> None:
    a_pool = pool(NEW_YORK, **spec)
    a_pool.known.uses[NEW_YORK] = use
    refused = ring(a_pool)
    assert isinstance(refused, Hold)
    assert (refused.code, refused.until) == (HoldCode.NO_NUMBER, until)
    assert why in refused.sentence
    assert a_pool.why_none() == refused


def test_nobody_is_called_from_a_number_that_rests() -> None:
    a_pool = pool()
    a_pool.known.resting = dict.fromkeys(OURS, NOW + HOUR) | {DALLAS: NOW + MINUTE}
    assert ring(a_pool) == Hold(
        HoldCode.NO_NUMBER,
        "None of the campaign's numbers may call now (resting: 3).",
        until=NOW + MINUTE,
    )


def test_the_sentence_counts_every_reason() -> None:
    moments = Moments(None, {"custom": Pace(1, NOW + 2 * SECOND)}, now=NOW)
    a_pool = pool(*OURS, TOLL_FREE, moments=moments, calls_per_day=5, spacing="9s")
    a_pool.known.resting = {NEW_YORK: NOW + HOUR}
    a_pool.known.paths = {TOLL_FREE: "custom"}
    a_pool.known.uses = {
        BUFFALO: NumberUse(calls=5, oldest_at=NOW - HOUR),
        DALLAS: NumberUse(last_send_at=NOW - SECOND),
    }
    refused = ring(a_pool)
    assert isinstance(refused, Hold)
    assert refused.until == NOW + 2 * SECOND
    assert refused.sentence == (
        "None of the campaign's numbers may call now (resting: 1, used up for the day: 1, "
        "called a moment ago: 1, waiting for their provider's pace: 1)."
    )


@pytest.mark.parametrize(
    ("use", "spec"),
    [
        (NumberUse(calls=4), {"calls_per_day": 5}),
        (NumberUse(last_send_at=NOW - 30 * SECOND), {"spacing": "30s"}),
        (NumberUse(last_send_at=NOW + HOUR), {"spacing": "30s"}),  # the clock was set back
        (NumberUse(calls=9, last_send_at=NOW), {}),
        (NumberUse(calls=9, first_at=NOW - 48 * HOUR), {"warm_up": [1, 2]}),
        (NumberUse(calls=2, first_at=NOW - 24 * HOUR), {"warm_up": [1, 3]}),
        (NumberUse(), {"warm_up": [1]}),
    ],
)
def test_a_number_below_its_limits_calls(use: NumberUse, spec: dict[str, Any]) -> None:
    a_pool = pool(NEW_YORK, **spec)
    a_pool.known.uses[NEW_YORK] = use
    assert a_pool.why_none() is None
    assert ring(a_pool) == Chosen(NEW_YORK, NOW)


def test_calls_given_in_one_claim_count_at_once_for_every_campaign() -> None:
    first = pool(NEW_YORK, calls_per_day=2)
    first.known.uses[NEW_YORK] = NumberUse()
    other = Pool(CallerIdSpec(), (NEW_YORK,), first.known)  # which sets no cap of its own
    assert isinstance(ring(first), Chosen)
    assert isinstance(ring(other), Chosen)
    assert isinstance(ring(first), Hold)
    assert isinstance(ring(other), Chosen)


def test_a_number_named_twice_is_one_number() -> None:
    a_pool = pool(NEW_YORK, NEW_YORK, BUFFALO)
    assert [number_of(ring(a_pool, turn=turn)) for turn in range(4)] == [NEW_YORK, BUFFALO] * 2


# -- another number after a failure


def test_who_could_not_be_reached_from_a_number_is_called_from_another() -> None:
    a_pool = pool(NEW_YORK, BUFFALO)
    assert {number_of(ring(a_pool, turn=n, failed_from=NEW_YORK)) for n in range(9)} == {BUFFALO}


def test_the_same_number_calls_again_when_no_other_is_free() -> None:
    a_pool = pool(NEW_YORK, BUFFALO)
    a_pool.known.resting = {BUFFALO: NOW + HOUR}
    assert number_of(ring(a_pool, failed_from=NEW_YORK)) == NEW_YORK


def test_another_number_comes_before_one_nearby() -> None:
    a_pool = pool(NEW_YORK, DALLAS, choose="local presence")
    assert number_of(ring(a_pool, "+12125550142", failed_from=NEW_YORK)) == DALLAS


# -- local presence


@pytest.mark.parametrize(
    ("phone", "region", "called_from"),
    [
        ("+12125550142", None, {NEW_YORK}),  # the same area code
        ("+12125550142", "US-TX", {NEW_YORK}),  # before the state its list names
        ("+15185550142", None, {NEW_YORK, BUFFALO}),  # Albany: the same state
        ("+13105550142", "US-TX", {DALLAS}),  # the state its list names
        ("+13105550142", None, {NEW_YORK, BUFFALO, DALLAS, TOLL_FREE}),  # the same country
        ("+442079460000", None, {LONDON}),
        ("+33142685300", None, {NEW_YORK, BUFFALO, DALLAS, TOLL_FREE, LONDON}),
    ],
)
def test_a_lead_is_called_from_the_nearest_numbers(
    phone: str, region: str | None, called_from: set[str]
) -> None:
    a_pool = pool(*OURS, TOLL_FREE, LONDON, choose="local presence")
    found = [number_of(ring(a_pool, phone, region=region, turn=turn)) for turn in range(20)]
    assert set(found) == called_from


def test_a_number_nearby_that_is_used_up_makes_way_for_the_next_nearest() -> None:
    a_pool = pool(choose="local presence", calls_per_day=1)
    a_pool.known.uses = {number: NumberUse() for number in OURS}
    found = [number_of(ring(a_pool, "+12125550142")) for _ in range(3)]
    assert found == [NEW_YORK, BUFFALO, DALLAS]
    assert isinstance(ring(a_pool, "+12125550142"), Hold)


# -- whose turn it is

weights = st.lists(st.integers(1, 9), min_size=1, max_size=6)


@settings(derandomize=True)
@given(weights, st.integers(1, 120))
def test_after_any_number_of_turns_everybody_has_his_share_give_or_take_one(
    shares: list[int], turns: int
) -> None:
    had = Counter(whose_turn(shares, turn=turn) for turn in range(turns))
    for place, share in enumerate(shares):
        assert abs(had[place] - turns * share / sum(shares)) < 1


@settings(derandomize=True)
@given(weights, st.integers(0, 10_000), st.integers(1, 60))
def test_any_run_of_turns_is_fair_within_two_and_a_whole_rotation_exactly(
    shares: list[int], start: int, turns: int
) -> None:
    run = Counter(whose_turn(shares, turn=turn) for turn in range(start, start + turns))
    whole = Counter(whose_turn(shares, turn=start + turn) for turn in range(sum(shares)))
    for place, share in enumerate(shares):
        assert abs(run[place] - turns * share / sum(shares)) < 2
        assert whole[place] % share == 0
        assert whole[place] * sum(shares) == share * sum(whole.values())


@settings(derandomize=True)
@given(st.lists(st.floats(1e-9, 1000), min_size=1, max_size=8), st.integers(0, 10**12))
def test_every_weight_has_a_turn(shares: list[float], turn: int) -> None:
    assert 0 <= whose_turn(shares, turn=turn) < len(shares)
    assert {whose_turn(shares, turn=one) for one in range(2100)} == set(range(len(shares)))


def test_a_pool_calls_by_weight() -> None:
    a_pool = pool(weights={NEW_YORK: 2, DALLAS: 0.5})
    found = Counter(number_of(ring(a_pool, turn=turn)) for turn in range(70))
    assert found == {NEW_YORK: 40, BUFFALO: 20, DALLAS: 10}


def test_the_turn_of_a_number_that_rests_goes_to_the_others_by_their_weights() -> None:
    a_pool = pool(weights={BUFFALO: 3})
    a_pool.known.resting = {DALLAS: NOW + HOUR}
    found = Counter(number_of(ring(a_pool, turn=turn)) for turn in range(40))
    assert found == {NEW_YORK: 10, BUFFALO: 30}


# -- whatever the sequence of claims

Log = list[tuple[str, datetime, datetime]]  # the number, the moment of the claim, of the send

specs = st.builds(
    CallerIdSpec,
    choose=st.sampled_from(["round robin", "local presence"]),
    calls_per_day=st.none() | st.integers(1, 6),
    spacing=st.sampled_from([timedelta(0), SECOND / 5, 10 * SECOND, 25 * HOUR]),
    warm_up=st.sampled_from([(), (1,), (1, 3, 5)]),
)
claims = st.lists(
    st.tuples(
        st.sampled_from([timedelta(0), SECOND / 2, 20 * SECOND, HOUR, 9 * HOUR, 30 * HOUR]),
        st.integers(1, 5),
    ),
    max_size=25,
)


def use_of(number: str, log: Log, *, now: datetime) -> NumberUse:
    """Give what the database says of a number."""
    ours = [(claimed_at, send_at) for one, claimed_at, send_at in log if one == number]
    latest = [claimed_at for claimed_at, _ in ours if claimed_at > now - DAY]
    return NumberUse(
        calls=len(latest),
        oldest_at=min(latest, default=None),
        last_send_at=max((send_at for _, send_at in ours), default=None),
        first_at=min((claimed_at for claimed_at, _ in ours), default=None),
    )


def is_free(number: str, log: Log, spec: CallerIdSpec, *, at: datetime, now: datetime) -> bool:
    """Tell from all its calls whether a number may make one more."""
    mine = [row for row in log if row[0] == number]
    caps = [] if spec.calls_per_day is None else [spec.calls_per_day]
    day = (now - mine[0][1]) // DAY if mine else 0
    if day < len(spec.warm_up):
        caps.append(spec.warm_up[day])
    calls = sum(claimed_at > now - DAY for _, claimed_at, _ in mine)
    spaced = not mine or not spec.spacing or max(row[2] for row in mine) + spec.spacing <= at
    return spaced and all(calls < cap for cap in caps)


@settings(derandomize=True, max_examples=200)
@given(specs, st.none() | st.sampled_from([1.0, 8.0]), claims)
def test_no_sequence_of_claims_passes_a_cap_or_the_spacing_and_no_free_number_is_left_unused(
    spec: CallerIdSpec, pace: float | None, steps: list[tuple[timedelta, int]]
) -> None:
    log: Log = []
    now, next_at = NOW, None
    for wait, leads in steps:
        now += wait
        moments = Moments(Pace(pace, next_at) if pace else None, {}, now=now)
        uses = {number: use_of(number, log, now=now) for number in OURS}
        a_pool = Pool(spec, OURS, Numbers(moments, uses=uses))
        for turn in range(leads):
            at = moments.of(None)
            free = {one for one in OURS if is_free(one, log, spec, at=at, now=now)}
            found = ring(a_pool, turn=turn)
            if not free or at >= now + SECOND:
                assert isinstance(found, Hold)
                assert found.until is not None
                assert found.until > now
                continue
            assert number_of(found) in free
            assert found == Chosen(number_of(found), at)
            log.append((number_of(found), now, at))
        next_at = moments.next_at


# -- settings


def test_the_cap_of_each_day() -> None:
    spec = CallerIdSpec(warm_up=(20, 50), calls_per_day=40)
    days = [None, NOW, NOW - 24 * HOUR, NOW - 48 * HOUR, NOW + HOUR]
    assert [spec.cap(first_at=first_at, now=NOW) for first_at in days] == [20, 20, 40, 40, 20]
    assert (spec.most_per_day, CallerIdSpec().most_per_day) == (50, 0)


@pytest.mark.parametrize(
    "changes",
    [{"weights": {"+1": 0}}, {"weights": {"+1": 1001}}, {"spacing": -SECOND}, {"warm_up": [0]}],
)
def test_settings_without_sense_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CallerIdSpec.model_validate(changes)
