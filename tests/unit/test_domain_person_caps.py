"""How often one person may be called, by whomever; refusals first."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dialer.domain.hold import CALLED_ENOUGH, Hold, HoldCode
from dialer.domain.legal_hours import LegalMaximum, LegalTable, legal_maximum, legal_table
from dialer.domain.person_caps import PersonCall, PersonCaps, PersonFacts, why_called_enough
from dialer.domain.regions import regions_of

NOW = datetime(2026, 3, 4, 20, 0, tzinfo=UTC)  # Wednesday, 15:00 in New York
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OURS, ANOTHER, ELSEWHERE = 1, 2, None
FLORIDA = LegalMaximum(3, "US-FL")
NONE = {"gap": "0s", "calls_per_day": None, "calls_per_week": None, "calls_per_month": None}


def asked(
    *ago: timedelta,
    by: int | None = OURS,
    caps: dict[str, Any] | None = None,
    legal: LegalMaximum | None = None,
    keeps_promise: bool = False,
) -> Hold | None:
    """Ask for one more call of campaign 1 to somebody who was called so long ago."""
    calls = [PersonCall(NOW - one, by) for one in ago]
    person = PersonFacts(calls, OURS, PersonCaps(**(caps or {})), keeps_promise=keeps_promise)
    return why_called_enough(person, legal=legal, zone_name="America/New_York", now=NOW)


def only(**cap: Any) -> dict[str, Any]:
    """Give caps of which only one is set."""
    return NONE | cap


REFUSED: list[tuple[dict[str, Any], Sequence[timedelta], HoldCode, str, datetime]] = [
    (
        {"legal": FLORIDA, "caps": NONE},
        (HOUR, 2 * HOUR, 23 * HOUR),
        HoldCode.LEGAL_MAXIMUM,
        "Called 3 times in the last 24 hours, most recently Wed 2026-03-04 14:00"
        " in America/New_York; Florida allows 3.",
        NOW + HOUR,
    ),
    (
        {},
        (55 * MINUTE, 5 * HOUR),
        HoldCode.CALLED_OFTEN,
        "Called 2 times in the last 24 hours, most recently Wed 2026-03-04 14:05"
        " in America/New_York; the campaign allows 2.",
        NOW + 19 * HOUR,
    ),
    (
        {"caps": only(calls_per_day=1)},
        (5 * HOUR,),
        HoldCode.CALLED_OFTEN,
        "Called once in the last 24 hours, most recently Wed 2026-03-04 10:00"
        " in America/New_York; the campaign allows 1.",
        NOW + 19 * HOUR,
    ),
    (
        {"caps": only(calls_per_day=2)},
        (HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR),  # a campaign that allows more called
        HoldCode.CALLED_OFTEN,
        "Called 4 times in the last 24 hours, most recently Wed 2026-03-04 14:00"
        " in America/New_York; the campaign allows 2.",
        NOW + 22 * HOUR,
    ),
    (
        {"caps": only(calls_per_week=2)},
        (30 * HOUR, 6 * DAY),
        HoldCode.CALLED_OFTEN,
        "Called 2 times in the last 7 days, most recently Tue 2026-03-03 09:00"
        " in America/New_York; the campaign allows 2.",
        NOW + DAY,
    ),
    (
        {"caps": only(calls_per_month=1)},
        (29 * DAY,),
        HoldCode.CALLED_OFTEN,
        "Called once in the last 30 days, most recently Tue 2026-02-03 15:00"
        " in America/New_York; the campaign allows 1.",
        NOW + DAY,
    ),
    (
        {"by": ANOTHER},
        (HOUR,),
        HoldCode.CALLED_LATELY,
        "Campaign 2 called Wed 2026-03-04 14:00 in America/New_York; the campaign waits 3h after"
        " others.",
        NOW + 2 * HOUR,
    ),
    (
        {"by": ELSEWHERE, "caps": only(gap="90m")},
        (HOUR,),
        HoldCode.CALLED_LATELY,
        "Another system called Wed 2026-03-04 14:00 in America/New_York; the campaign waits 1h 30m"
        " after others.",
        NOW + 30 * MINUTE,
    ),
]


@pytest.mark.parametrize(("facts", "ago", "code", "sentence", "until"), REFUSED)
def test_who_was_called_enough_is_not_called(
    facts: dict[str, Any], ago: Sequence[timedelta], code: HoldCode, sentence: str, until: datetime
) -> None:
    assert asked(*ago, **facts) == Hold(code, sentence, until=until)


def test_several_refusals_give_the_gravest_and_the_moment_all_of_them_end() -> None:
    caps = {"calls_per_day": 1, "calls_per_week": 3}
    hold = asked(HOUR, 2 * HOUR, 3 * HOUR, by=ANOTHER, caps=caps, legal=FLORIDA)
    assert hold is not None
    assert (hold.code, hold.until) == (HoldCode.LEGAL_MAXIMUM, NOW + 7 * DAY - 3 * HOUR)
    hold = asked(HOUR, by=ANOTHER, caps=caps | {"gap": "2d"})
    assert hold is not None
    assert (hold.code, hold.until) == (HoldCode.CALLED_OFTEN, NOW + 47 * HOUR)


def test_a_promised_call_passes_the_campaigns_own_caps_but_never_the_law() -> None:
    often = (HOUR, 2 * HOUR, 3 * HOUR)
    assert asked(*often, by=ANOTHER, keeps_promise=True) is None
    hold = asked(*often, by=ANOTHER, keeps_promise=True, legal=FLORIDA)
    assert hold is not None
    assert (hold.code, hold.until) == (HoldCode.LEGAL_MAXIMUM, NOW + 21 * HOUR)


def test_a_campaign_can_only_narrow_the_law() -> None:
    ten = only(calls_per_day=10)
    assert asked(HOUR, 2 * HOUR, caps=ten, legal=FLORIDA) is None
    hold = asked(HOUR, 2 * HOUR, 3 * HOUR, caps=ten, legal=FLORIDA)
    assert hold is not None
    assert hold.code is HoldCode.LEGAL_MAXIMUM


def test_who_was_not_called_or_not_lately_is_called() -> None:
    assert asked(legal=FLORIDA) is None
    assert asked(4 * HOUR, by=ANOTHER, legal=FLORIDA) is None
    assert asked(HOUR, legal=FLORIDA) is None  # its own wait is the cadence's matter


def test_a_call_is_old_enough_at_the_end_of_its_period() -> None:
    for cap, period in (("day", DAY), ("week", 7 * DAY), ("month", 30 * DAY)):
        caps = only(**{f"calls_per_{cap}": 1})
        assert asked(period - timedelta(microseconds=1), caps=caps) is not None
        assert asked(period, caps=caps) is None
    gap = only(gap="3h")
    assert asked(3 * HOUR, by=ANOTHER, caps=gap) is None


def test_without_caps_only_the_law_refuses() -> None:
    often = [number * MINUTE for number in range(50)]
    assert asked(*often, by=ANOTHER, caps=NONE) is None
    assert asked(*often, by=ANOTHER, caps=NONE, legal=FLORIDA) is not None


@pytest.mark.parametrize(
    "caps", [{"gap": "-1s"}, {"gap": timedelta(-1)}, {"calls_per_day": 0}, {"calls_per_week": "x"}]
)
def test_caps_that_make_no_sense_are_refused(caps: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PersonCaps(**caps)


def test_a_campaign_file_can_set_no_cap() -> None:
    caps = PersonCaps(calls_per_day="none")
    assert (caps.calls_per_day, caps.calls_per_week) == (None, 7)
    assert PersonCaps.model_validate(caps.model_dump(mode="json")) == caps


# -- the law


@pytest.mark.parametrize(
    ("phone", "own", "maximum"),
    [
        ("+13055550123", None, None),  # fictional: it rings nobody
        ("+13052345678", None, LegalMaximum(3, "US-FL")),
        ("+14052345678", None, LegalMaximum(3, "US-OK")),
        ("+12122345678", "US-MD", LegalMaximum(3, "US-MD")),
        ("+12122345678", None, LegalMaximum(3, "US")),
        ("+442072345678", None, None),
    ],
)
def test_the_legal_maximum_is_that_of_all_places_the_person_may_be(
    phone: str, own: str | None, maximum: LegalMaximum | None
) -> None:
    assert legal_maximum(regions_of(phone, own=own)) == maximum


def test_the_lowest_maximum_holds() -> None:
    countries = [rule for rule in legal_table().rules if rule.regions == ("US",)]
    states = [rule for rule in legal_table().rules if rule.calls_per_day and rule not in countries]
    lowest = min(rule.calls_per_day or 0 for rule in countries)
    assert all((rule.calls_per_day or 0) <= lowest for rule in states)


def test_a_maximum_of_no_calls_is_refused() -> None:
    table = legal_table().model_dump(mode="json")
    table["rules"][0]["calls_per_day"] = 0
    with pytest.raises(ValidationError):
        LegalTable.model_validate(table)


# -- whatever the history

moments = st.integers(min_value=0, max_value=32 * 24 * 60).map(lambda ago: NOW - ago * MINUTE)
calls = st.builds(PersonCall, moments, st.sampled_from([OURS, ANOTHER, ELSEWHERE]))
cap = st.none() | st.integers(min_value=1, max_value=12)
all_caps = st.builds(
    PersonCaps,
    gap=st.integers(min_value=0, max_value=3 * 24 * 60).map(lambda wait: wait * MINUTE),
    calls_per_day=cap,
    calls_per_week=cap,
    calls_per_month=cap,
)
people = st.builds(
    PersonFacts,
    calls=st.lists(calls, max_size=30),
    campaign_id=st.just(OURS),
    caps=all_caps,
    keeps_promise=st.booleans(),
)
laws = st.none() | st.builds(LegalMaximum, st.integers(min_value=1, max_value=5), st.just("US-FL"))


def ask(person: PersonFacts, legal: LegalMaximum | None, *, now: datetime) -> Hold | None:
    return why_called_enough(person, legal=legal, zone_name="America/New_York", now=now)


@given(people, laws)
def test_until_is_the_first_moment_at_which_nothing_refuses(
    person: PersonFacts, legal: LegalMaximum | None
) -> None:
    hold = ask(person, legal, now=NOW)
    if hold is None:
        return
    assert hold.code in CALLED_ENOUGH
    assert hold.until is not None
    assert hold.until > NOW
    assert ask(person, legal, now=hold.until) is None
    assert ask(person, legal, now=hold.until - timedelta(microseconds=1)) is not None


@given(people, laws, calls)
def test_one_call_more_never_lets_a_call_through_earlier(
    person: PersonFacts, legal: LegalMaximum | None, call: PersonCall
) -> None:
    free_at = _free_at(ask(person, legal, now=NOW))
    more = PersonFacts(
        [*person.calls, call], person.campaign_id, person.caps, keeps_promise=person.keeps_promise
    )
    assert _free_at(ask(more, legal, now=NOW)) >= free_at


@given(people, laws)
def test_the_order_in_which_calls_are_known_does_not_matter(
    person: PersonFacts, legal: LegalMaximum | None
) -> None:
    turned = PersonFacts(
        person.calls[::-1], person.campaign_id, person.caps, keeps_promise=person.keeps_promise
    )
    first, second = ask(person, legal, now=NOW), ask(turned, legal, now=NOW)
    assert _free_at(first) == _free_at(second)
    assert (first and first.code) == (second and second.code)


def _free_at(hold: Hold | None) -> datetime:
    return NOW if hold is None or hold.until is None else hold.until
