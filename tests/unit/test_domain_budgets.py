"""Budgets of a day, ramp-up, and campaigns that hold themselves."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dialer.domain.campaign_limits import CampaignLimits, HoldRules, lines_now
from dialer.domain.day_budget import (
    Allowance,
    DayLimits,
    DayUse,
    calls_left,
    terms_of,
    why_used_up,
)
from dialer.domain.dispositions import Disposition
from dialer.domain.hold import HoldCode
from dialer.domain.local_time import last_midnight, next_midnight
from dialer.domain.self_hold import ANSWERED, FAILED, too_many_failed, too_many_opted_out

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


def limits(*, calls: int | None = None, dollars: float | None = None) -> DayLimits:
    return DayLimits(calls, dollars, "America/Chicago", whose="this campaign")


@pytest.mark.parametrize(
    ("limit", "use", "left"),
    [
        (limits(calls=10), DayUse(10), 0),
        (limits(calls=10), DayUse(12), 0),
        (limits(calls=10), DayUse(9), 1),
        (limits(dollars=1), DayUse(4, known_cents=100, usual_cents=20), 0),
        (limits(dollars=1), DayUse(4, known_cents=81, usual_cents=20), 0),
        (limits(dollars=1), DayUse(4, known_cents=80, usual_cents=20), 1),
        (limits(dollars=1), DayUse(4, known_cents=40, unknown_costs=3, usual_cents=20), 0),
        (limits(dollars=1), DayUse(4, known_cents=40, unknown_costs=2, usual_cents=20), 1),
        (limits(dollars=1), DayUse(0, usual_cents=0), 100),
        (limits(calls=3, dollars=1), DayUse(1, usual_cents=20), 2),
        (limits(calls=30, dollars=1), DayUse(1, usual_cents=20), 5),
    ],
)
def test_calls_left_of_a_day(limit: DayLimits, use: DayUse, left: int) -> None:
    assert calls_left(limit, use) == left
    assert (why_used_up(limit, use, now=NOW) is None) == (left > 0)


def test_without_a_limit_nothing_is_counted() -> None:
    assert not limits().are_set
    assert calls_left(limits(), DayUse(10**6)) is None
    assert why_used_up(limits(), DayUse(10**6), now=NOW) is None


@pytest.mark.parametrize(
    ("limit", "use", "words"),
    [
        (limits(calls=1200), DayUse(1200), "Today's 1,200 calls of this campaign are made"),
        (limits(dollars=5), DayUse(9, known_cents=500), "Today's 5.00 dollars of this campaign"),
    ],
)
def test_a_day_that_is_used_up_says_what_and_until_when(
    limit: DayLimits, use: DayUse, words: str
) -> None:
    hold = why_used_up(limit, use, now=NOW)
    assert hold is not None
    assert hold.code is HoldCode.DAY_USED_UP
    assert words in hold.sentence
    assert "it goes on Thu 2026-03-05 00:00 in America/Chicago." in hold.sentence
    assert hold.until == datetime(2026, 3, 5, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("limit", "left", "age_s", "trusted"),
    [
        (limits(calls=10), 5, 59, True),
        (limits(calls=10), 5, 60, False),
        (limits(calls=10), 5, -1, False),
        (limits(calls=11), 5, 1, False),
        (limits(calls=10, dollars=1), 5, 0.9, False),
        (limits(dollars=1), 5, 0.9, True),
        (limits(dollars=1), 100, 1, False),
        (limits(dollars=1), 101, 1, True),
    ],
)
def test_an_allowance_is_counted_anew_in_time(
    limit: DayLimits, left: int, age_s: float, trusted: bool
) -> None:
    counted_for = limit if limit.calls is None else limits(calls=10)
    known = Allowance(terms_of(counted_for, now=NOW), left, counted_at=NOW)
    assert known.is_trusted(limit, now=NOW + timedelta(seconds=age_s)) == trusted


def test_an_allowance_of_yesterday_is_none_of_today() -> None:
    before = datetime(2026, 3, 4, 5, 59, 59, tzinfo=UTC)  # 23:59:59 in Chicago
    known = Allowance(terms_of(limits(calls=10), now=before), 5, counted_at=before)
    assert not known.is_trusted(limits(calls=10), now=before + timedelta(seconds=1))


@settings(derandomize=True)
@given(
    st.integers(1, 50),
    st.floats(0.5, 50),
    st.lists(st.floats(0, 80), max_size=60),
    st.integers(0, 20),
)
def test_money_is_never_promised_twice(
    calls: int, dollars: float, costs: list[float], open_calls: int
) -> None:
    use = DayUse(len(costs), sum(costs), open_calls, usual_cents=25)
    left = calls_left(limits(calls=calls, dollars=dollars), use)
    assert left is not None
    assert left == 0 or use.cents + left * 25 <= dollars * 100 + 1e-6


ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "America/Havana",
    "Asia/Beirut",
    "Pacific/Apia",
    "UTC",
)


@settings(derandomize=True)
@given(st.integers(0, 3 * 365 * 24 * 60), st.sampled_from(ZONES))
def test_a_day_lies_between_two_midnights_whatever_the_clocks_do(minutes: int, name: str) -> None:
    now = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    begins, ends = last_midnight(name, before=now), next_midnight(name, after=now)
    assert begins <= now < ends
    assert timedelta(hours=22) < ends - begins < timedelta(hours=26)
    assert begins.astimezone(ZoneInfo(name)).date() == now.astimezone(ZoneInfo(name)).date()


@pytest.mark.parametrize(
    ("given", "minutes", "lines"),
    [
        ({}, 0, None),
        ({"lines": 7}, 0, 7),
        ({"lines_per_minute": 5}, 0, 1),
        ({"lines_per_minute": 5}, 0.2, 2),
        ({"lines_per_minute": 5}, 3, 16),
        ({"lines_per_minute": 0.5}, 1.9, 1),
        ({"lines": 7, "lines_per_minute": 5}, 1, 6),
        ({"lines": 7, "lines_per_minute": 5}, 60, 7),
        ({"lines": 7, "lines_per_minute": 5}, -3, 1),
    ],
)
def test_a_campaign_ramps_up(given: dict[str, float], minutes: float, lines: int | None) -> None:
    now = NOW + timedelta(minutes=minutes)
    found = lines_now(CampaignLimits.model_validate(given), started_at=NOW, now=now)
    assert found == lines


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"lines": 2, "lines_at_least": 3}, "lines_at_least may not be more than lines"),
        ({"zone": "Chicago"}, "'Chicago' is not a zone"),
        ({"calls_per_day": 0}, "greater than or equal to 1"),
        ({"dollars_per_day": 0}, "greater than 0"),
    ],
)
def test_limits_that_make_no_sense_are_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        CampaignLimits.model_validate(given)


GOOD, BAD, OUT = Disposition.TALKED, Disposition.PROVIDER_ERROR, Disposition.OPTED_OUT


@pytest.mark.parametrize(
    ("ended", "holds"),
    [
        ([BAD] * 19, False),
        ([BAD] * 20, True),
        ([BAD] * 10 + [GOOD] * 10, False),
        ([BAD] * 11 + [GOOD] * 9, True),
        ([Disposition.NO_ANSWER] * 50, False),
    ],
)
def test_a_campaign_whose_calls_fail_holds_itself(ended: list[Disposition], holds: bool) -> None:
    assert (too_many_failed(HoldRules(), ended) is not None) == holds
    assert too_many_failed(HoldRules(failed_share=None), ended) is None


@pytest.mark.parametrize(
    ("answered", "holds"),
    [
        ([OUT] * 99, False),
        ([OUT] * 5 + [GOOD] * 95, False),
        ([OUT] * 6 + [GOOD] * 94, True),
    ],
)
def test_a_campaign_whose_people_opt_out_holds_itself(
    answered: list[Disposition], holds: bool
) -> None:
    assert (too_many_opted_out(HoldRules(), answered) is not None) == holds
    assert too_many_opted_out(HoldRules(opted_out_share=None), answered) is None


def test_the_sentences_name_the_figures() -> None:
    failing = too_many_failed(HoldRules(), [BAD] * 15 + [GOOD] * 5)
    leaving = too_many_opted_out(HoldRules(), [OUT] * 9 + [GOOD] * 91)
    assert failing is not None
    assert leaving is not None
    assert failing.sentence == (
        "15 of the 20 calls of the last 2 minutes failed technically; the campaign allows 50%."
    )
    assert "9 of the last 100 people who answered" in leaving.sentence


def test_a_call_fails_or_is_answered_and_never_both() -> None:
    assert not FAILED & ANSWERED
    assert {Disposition.DIAL_FAILED, Disposition.PROVIDER_ERROR, Disposition.BLOCKED} == FAILED
