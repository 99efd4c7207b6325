"""The cadence: what a disposition means for the next attempt, refusals first."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dialer.domain.cadence import (
    DEFAULT_DELAYS,
    USUAL_GAP,
    Cadence,
    Close,
    Retry,
    next_step,
    place,
)
from dialer.domain.dispositions import MEANING, Disposition, Verdict, refine
from dialer.domain.opening import may_start, next_opening
from dialer.domain.regions import Whereabouts
from dialer.domain.states import ClosedAs
from dialer.domain.waits import Until, Wait, next_part, parse_wait, part_of_day
from dialer.domain.window import DAYS, Window

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)  # Wednesday, 10:00 in New York
NEW_YORK = "America/New_York"
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DAY = timedelta(days=1)
CLOSING = {
    Verdict.REACHED: ClosedAs.REACHED,
    Verdict.SUPPRESS: ClosedAs.SUPPRESSED,
    Verdict.INVALID: ClosedAs.INVALID_NUMBER,
    Verdict.REVIEW: ClosedAs.EXHAUSTED,
}
RETRIED = sorted(DEFAULT_DELAYS)


def step_of(cadence: Cadence, disposition: Disposition, **given: Any) -> Close | Retry:
    counts = {"times": 1, "attempts": 1, "free_tries": 0} | given
    return next_step(cadence, disposition, **{"now": NOW, "zone_name": NEW_YORK} | counts)


def cadence_of(**settings: Any) -> Cadence:
    return Cadence.model_validate(settings)


# -- what closes a lead


@pytest.mark.parametrize("disposition", Disposition)
def test_every_disposition_has_a_meaning_and_a_wait_or_an_end(disposition: Disposition) -> None:
    meaning = MEANING[disposition]
    assert meaning.sentence.endswith(".")
    assert (meaning.verdict in CLOSING) != (disposition in DEFAULT_DELAYS)
    step = step_of(Cadence(), disposition)
    if meaning.verdict in CLOSING:
        assert step == Close(CLOSING[meaning.verdict])
    else:
        assert isinstance(step, Retry)
        assert step.due_at > NOW


@pytest.mark.parametrize("disposition", Disposition)
def test_what_costs_the_lead_an_attempt_is_what_rang(disposition: Disposition) -> None:
    meaning = MEANING[disposition]
    assert meaning.rang == (meaning.verdict not in (Verdict.FREE, Verdict.WAIT, Verdict.INVALID))
    assert Cadence().is_counted(disposition, rang=meaning.rang) == meaning.rang


def test_the_last_attempt_closes_the_lead() -> None:
    cadence = Cadence(max_attempts=3)
    assert isinstance(step_of(cadence, Disposition.NO_ANSWER, attempts=2), Retry)
    assert step_of(cadence, Disposition.NO_ANSWER, attempts=3) == Close(ClosedAs.EXHAUSTED)


def test_somebody_reached_by_the_last_attempt_was_reached() -> None:
    assert step_of(Cadence(max_attempts=1), Disposition.TALKED) == Close(ClosedAs.REACHED)


def test_free_tries_are_not_free_for_ever() -> None:
    cadence = Cadence(max_free_tries=4)
    free = Disposition.PROVIDER_ERROR
    assert isinstance(step_of(cadence, free, attempts=0, free_tries=3), Retry)
    assert step_of(cadence, free, attempts=0, free_tries=4) == Close(ClosedAs.EXHAUSTED)


def test_free_tries_before_do_not_end_a_lead_whose_phone_rings() -> None:
    step = step_of(Cadence(max_free_tries=4), Disposition.NO_ANSWER, free_tries=9)
    assert isinstance(step, Retry)


def test_attempts_that_do_not_count_are_bounded_like_free_ones() -> None:
    cadence = cadence_of(counts={"busy": False}, max_free_tries=4)
    assert isinstance(step_of(cadence, Disposition.BUSY, attempts=0, free_tries=3), Retry)
    assert step_of(cadence, Disposition.BUSY, attempts=0, free_tries=4) == Close(ClosedAs.EXHAUSTED)


def test_a_busy_retell_is_waited_for_as_often_as_it_takes() -> None:
    step = step_of(Cadence(), Disposition.PROVIDER_BUSY, times=500, attempts=99, free_tries=99)
    assert step == Retry(NOW + MINUTE)


def test_a_kind_of_attempt_may_be_limited_by_itself() -> None:
    cadence = cadence_of(at_most={"declined": 2})
    assert isinstance(step_of(cadence, Disposition.DECLINED, times=1), Retry)
    assert step_of(cadence, Disposition.DECLINED, times=2) == Close(ClosedAs.EXHAUSTED)
    assert isinstance(step_of(cadence, Disposition.BUSY, times=4), Retry)


# -- when the next attempt is due


@pytest.mark.parametrize(
    ("disposition", "times", "expected", "elsewhen"),
    [
        (Disposition.NO_ANSWER, 1, NOW + 4 * HOUR, True),
        (Disposition.NO_ANSWER, 2, NOW + DAY, True),
        (Disposition.NO_ANSWER, 3, NOW + 2 * DAY, True),
        (Disposition.NO_ANSWER, 4, NOW + 4 * DAY, True),
        (Disposition.NO_ANSWER, 9, NOW + 4 * DAY, True),
        (Disposition.BUSY, 1, NOW + 20 * MINUTE, False),
        (Disposition.BUSY, 2, NOW + 4 * HOUR, True),
        (Disposition.VOICEMAIL, 1, datetime(2026, 3, 5, 5, tzinfo=UTC), True),
        (Disposition.DECLINED, 1, datetime(2026, 3, 5, 5, tzinfo=UTC), True),
        (Disposition.QUICK_HANGUP, 1, NOW + 3 * DAY, False),
        (Disposition.PROVIDER_ERROR, 1, NOW + MINUTE, False),
        (Disposition.PROVIDER_ERROR, 2, NOW + 5 * MINUTE, False),
        (Disposition.PROVIDER_ERROR, 3, NOW + 15 * MINUTE, False),
    ],
)
def test_the_default_cadence(
    disposition: Disposition, times: int, expected: datetime, elsewhen: bool
) -> None:
    assert step_of(Cadence(), disposition, times=times) == Retry(expected, elsewhen)


def test_a_second_quick_hang_up_closes_the_lead() -> None:
    step = step_of(Cadence(), Disposition.QUICK_HANGUP, times=2)
    assert step == Close(ClosedAs.EXHAUSTED)


def test_whoever_declines_late_in_the_evening_is_not_called_that_day() -> None:
    late = datetime(2026, 3, 5, 4, 59, tzinfo=UTC)  # 23:59 in New York
    step = step_of(Cadence(), Disposition.DECLINED, now=late)
    assert step == Retry(late + USUAL_GAP, elsewhen=True)


def test_a_written_gap_lengthens_written_waits_and_an_unwritten_one_does_not() -> None:
    waits = {"no_answer": "1h", "busy": "1m"}
    free, gapped = cadence_of(delays=waits), cadence_of(delays=waits, min_gap="2h")
    assert step_of(free, Disposition.NO_ANSWER) == Retry(NOW + HOUR)
    assert step_of(gapped, Disposition.NO_ANSWER) == Retry(NOW + 2 * HOUR)
    assert step_of(gapped, Disposition.BUSY) == Retry(NOW + MINUTE)
    assert step_of(gapped, Disposition.PROVIDER_ERROR) == Retry(NOW + MINUTE)


def test_tomorrow_same_time_is_what_the_clock_shows() -> None:
    cadence = cadence_of(delays={"no_answer": "tomorrow same time"})
    before_the_change = datetime(2026, 3, 7, 15, tzinfo=UTC)  # 10:00, the night loses an hour
    step = step_of(cadence, Disposition.NO_ANSWER, now=before_the_change)
    assert step == Retry(before_the_change + 23 * HOUR)


def test_jitter_is_drawn_from_the_attempt_and_only_lengthens() -> None:
    cadence = cadence_of(delays={"no_answer": "1h"}, jitter="10m")
    drawn = [step_of(cadence, Disposition.NO_ANSWER, seed=f"attempt {n}") for n in range(50)]
    assert drawn == [
        step_of(cadence, Disposition.NO_ANSWER, seed=f"attempt {n}") for n in range(50)
    ]
    moments = [step.due_at for step in drawn if isinstance(step, Retry)]
    assert len(set(moments)) == 50
    assert all(NOW + HOUR <= one < NOW + HOUR + 10 * MINUTE for one in moments)
    assert max(moments) - min(moments) > 5 * MINUTE


waits = st.builds(
    Wait,
    st.timedeltas(timedelta(0), 30 * DAY),
    st.sampled_from(Until),
    st.booleans(),
)


@settings(derandomize=True)
@given(
    st.dictionaries(st.sampled_from(RETRIED), st.lists(waits, min_size=1, max_size=5)),
    st.sampled_from(RETRIED),
    st.integers(-1, 12),
)
def test_a_wait_is_one_of_those_given_and_the_last_one_repeats(
    delays: dict[Disposition, list[Wait]], disposition: Disposition, times: int
) -> None:
    given = delays.get(disposition) or list(DEFAULT_DELAYS[disposition])
    expected = given[-1] if times >= len(given) else given[max(times, 1) - 1]
    assert cadence_of(delays=delays).wait(disposition, times=times) == expected


# -- properties


@settings(derandomize=True)
@given(
    st.sampled_from(Disposition),
    st.integers(0, 60),
    st.integers(0, 120),
    st.integers(1, 60),
    st.dictionaries(
        st.sampled_from([Disposition.BUSY, Disposition.NO_ANSWER, Disposition.DIAL_FAILED]),
        st.booleans(),
    ),
)
def test_a_retry_lies_in_the_future_and_never_beyond_the_allowed_attempts(
    disposition: Disposition,
    attempts: int,
    free_tries: int,
    times: int,
    counts: dict[Disposition, bool],
) -> None:
    cadence = Cadence(counts=counts)
    step = step_of(cadence, disposition, attempts=attempts, free_tries=free_tries, times=times)
    verdict = MEANING[disposition].verdict
    if isinstance(step, Retry) and verdict is not Verdict.WAIT:
        assert step.due_at > NOW
        assert attempts < cadence.max_attempts
        if not cadence.is_counted(disposition, rang=verdict is Verdict.RETRY):
            assert free_tries < cadence.max_free_tries


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)).map(  # noqa: DTZ001
    lambda one: one.replace(tzinfo=UTC, second=0, microsecond=0)
)
windows = st.sampled_from(
    [
        Window(),
        Window(days=DAYS, opens=540, closes=660),
        Window(days=("mon", "thu"), opens=600, closes=1140),
        Window.model_validate(
            {
                "hours": [
                    {"opens": "09:00", "closes": "12:00"},
                    {"opens": "15:00", "closes": "20:00"},
                ]
            }
        ),
    ]
)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.sampled_from(RETRIED),
    st.integers(1, 6),
    moments,
    st.lists(st.timedeltas(HOUR, 10 * DAY), max_size=4),
    windows,
    st.sampled_from([NEW_YORK, "America/Los_Angeles", "Europe/London"]),
    st.timedeltas(timedelta(0), HOUR),
)
def test_a_due_time_is_inside_the_window_and_never_earlier_than_the_cadence_allows(
    disposition: Disposition,
    times: int,
    now: datetime,
    ago: Sequence[timedelta],
    window: Window,
    zone_name: str,
    jitter: timedelta,
) -> None:
    cadence = Cadence(jitter=jitter)
    step = step_of(
        cadence, disposition, times=times, now=now, attempts=1, zone_name=zone_name, seed="a"
    )
    assume(isinstance(step, Retry))
    assert isinstance(step, Retry)
    where = Whereabouts((zone_name,), frozenset({"US-NY"}))
    due_at = place(
        cadence,
        step,
        called_at=[now - one for one in ago],
        zone_name=zone_name,
        opening=lambda after: next_opening(window, where, after=after),
    )
    assert due_at is not None
    assert may_start(window, where, now=due_at)
    assert due_at >= step.due_at
    assert (
        due_at - now
        >= DEFAULT_DELAYS[disposition][min(times, len(DEFAULT_DELAYS[disposition])) - 1].length
    )
    if MEANING[disposition].verdict is Verdict.RETRY and disposition not in (
        Disposition.BUSY,
        Disposition.CALLBACK,
    ):
        assert due_at - now >= USUAL_GAP


# -- another part of the day


def placed(due_at: datetime, *called_at: datetime, window: Window | None = None) -> datetime | None:
    where = Whereabouts((NEW_YORK,), frozenset({"US-NY"}))
    return place(
        Cadence(),
        Retry(due_at, elsewhen=True),
        called_at=called_at,
        zone_name=NEW_YORK,
        opening=lambda after: next_opening(window or Window(), where, after=after),
    )


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """Give a moment in New York in the first days of March 2026, before the clocks change."""
    return datetime(2026, 3, day, hour + 5, minute, tzinfo=UTC)


def test_a_due_time_in_a_part_of_the_day_not_tried_stays() -> None:
    assert placed(local(4, 14), local(4, 10)) == local(4, 14)


def test_a_due_time_in_a_part_tried_already_moves_to_the_next_part() -> None:
    assert placed(local(4, 10, 30), local(3, 9, 30)) == local(4, 11)


def test_parts_tried_are_left_out_over_night() -> None:
    tried = (local(3, 9), local(3, 12), local(3, 18))
    assert placed(local(4, 18), *tried) == local(5, 14)


def test_where_every_part_was_tried_one_other_than_the_last_will_do() -> None:
    tried = (local(2, 9), local(2, 12), local(3, 15), local(3, 18))
    assert placed(local(4, 18), *tried) == local(5, 9)


def test_where_the_window_has_one_part_only_the_first_opening_will_do() -> None:
    morning = Window(days=DAYS, opens=9 * 60, closes=11 * 60)
    assert placed(local(4, 10), local(3, 10), window=morning) == local(4, 10)


def test_where_nothing_ever_opens_there_is_no_due_time() -> None:
    nowhere = place(
        Cadence(),
        Retry(NOW, elsewhen=True),
        called_at=[NOW],
        zone_name=NEW_YORK,
        opening=lambda after: None,
    )
    assert nowhere is None


def test_an_opening_that_comes_no_more_leaves_the_first_one() -> None:
    openings = iter([local(4, 10)])
    due_at = place(
        Cadence(),
        Retry(local(4, 10), elsewhen=True),
        called_at=[local(3, 10)],
        zone_name=NEW_YORK,
        opening=lambda after: next(openings, None),
    )
    assert due_at == local(4, 10)


def test_parts_of_the_day_go_by_the_local_clock() -> None:
    parts = Cadence().day_parts
    places = {
        hour: part_of_day(local(4, hour), zone_name=NEW_YORK, parts=parts) for hour in range(5, 19)
    }
    assert [places[hour] for hour in (8, 9, 11, 13, 14, 17)] == [None, 0, 1, 1, 2, 3]
    assert part_of_day(local(4, 18) + 2 * HOUR, zone_name=NEW_YORK, parts=parts) is None
    assert next_part(local(4, 18), zone_name=NEW_YORK, parts=parts) == local(5, 9)
    assert next_part(local(4, 9), zone_name=NEW_YORK, parts=parts) == local(4, 11)


# -- what campaign files say


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"delays": {"talked": "1h"}}, "closes the lead"),
        ({"delays": {"busy": []}}, "one wait or more"),
        ({"delays": {"busy": [timedelta(seconds=-1)]}}, "none below zero"),
        ({"delays": {"busy": "5"}}, "not a duration"),
        ({"delays": {"busy": "next year"}}, "not a duration"),
        ({"delays": {"busy": "tomorrow same time at another time of day"}}, "contradicts itself"),
        ({"delays": {"abducted": "1h"}}, "Input should be"),
        ({"delays": "1h"}, "valid dictionary"),
        ({"at_most": {"talked": 2}}, "closes the lead"),
        ({"at_most": {"busy": 0}}, "from 1 on"),
        ({"counts": {"talked": False}}, "makes no difference"),
        ({"counts": {"provider_busy": True}}, "makes no difference"),
        ({"day_parts": ["09:00", "20:00"]}, "three times of day"),
        ({"day_parts": ["09:00", "13:00", "11:00"]}, "later than the one before"),
        ({"day_parts": ["09:00", "09:00", "11:00"]}, "later than the one before"),
        ({"min_gap": timedelta(hours=-1)}, "below zero"),
        ({"retries": "whenever"}, "before fresh"),
        ({"max_days": 0}, "greater than or equal"),
    ],
)
def test_a_cadence_that_makes_no_sense_is_refused(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        cadence_of(**settings)


def test_delays_are_written_as_one_wait_or_several_and_read_back() -> None:
    cadence = cadence_of(
        delays={
            "busy": "20m",
            "no_answer": ["4h", "1d 12h at another time of day"],
            "voicemail": ["next day at another time of day", "tomorrow same time"],
        },
        min_gap="90m",
        at_most={"busy": 3},
        counts={"busy": False},
        day_parts=["08:00", "12:00", "18:00"],
    )
    assert cadence.wait(Disposition.BUSY, times=7) == Wait(20 * MINUTE)
    assert cadence.wait(Disposition.NO_ANSWER, times=2) == Wait(36 * HOUR, elsewhen=True)
    assert Cadence.model_validate(cadence.model_dump(mode="json")) == cadence


@settings(derandomize=True)
@given(waits)
def test_a_wait_is_written_so_that_it_is_read_back(wait: Wait) -> None:
    assume(wait.until is Until.PASSED or wait.length == timedelta(0))
    assume(not (wait.until is Until.SAME_TIME and wait.elsewhen))
    assert parse_wait(str(wait)) == wait


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4h", Wait(4 * HOUR)),
        (" Next  Day ", Wait(until=Until.NEXT_DAY)),
        ("tomorrow", Wait(until=Until.NEXT_DAY)),
        ("tomorrow same time", Wait(until=Until.SAME_TIME)),
        ("next day at the same time", Wait(until=Until.SAME_TIME)),
        ("next day at another time of day", Wait(until=Until.NEXT_DAY, elsewhen=True)),
        ("2d at a different time", Wait(2 * DAY, elsewhen=True)),
    ],
)
def test_the_words_for_a_wait(text: str, expected: Wait) -> None:
    assert parse_wait(text) == expected


# -- what the analysis adds


LONG, SHORT = 60 * SECOND, 5 * SECOND


@pytest.mark.parametrize(
    ("disposition", "hung_up_after", "in_voicemail", "call_successful", "expected"),
    [
        ("talked", LONG, True, True, "voicemail"),
        ("talked", None, True, None, "voicemail"),
        ("talked", SHORT, True, True, "voicemail"),
        ("inactive", None, True, None, "voicemail"),
        ("transferred", None, True, None, "transferred"),
        ("opted_out", None, True, None, "opted_out"),
        ("callback", None, True, None, "callback"),
        ("unknown", None, True, None, "unknown"),
        ("no_answer", None, True, None, "no_answer"),
        ("talked", SHORT, None, None, "quick_hangup"),
        ("talked", SHORT, False, False, "quick_hangup"),
        ("talked", SHORT, False, True, "talked"),
        ("talked", 6 * SECOND, None, None, "talked"),
        ("talked", None, None, None, "talked"),
        ("talked", LONG, False, False, "talked"),
        ("inactive", SHORT, None, None, "inactive"),
    ],
)
def test_what_duration_and_analysis_make_of_an_end(
    disposition: str,
    hung_up_after: timedelta | None,
    in_voicemail: bool | None,
    call_successful: bool | None,
    expected: str,
) -> None:
    found = refine(
        Disposition(disposition),
        hung_up_after=hung_up_after,
        quick=Cadence().quick_hangup,
        in_voicemail=in_voicemail,
        call_successful=call_successful,
    )
    assert found == expected
