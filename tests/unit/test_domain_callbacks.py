"""Times that people name, and promises made of them; refusals first."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dialer.domain.callbacks import (
    TOLERANCE,
    Asked,
    CallbackSpec,
    asked_time,
    promise_due,
    read_asked,
)
from dialer.domain.spoken_times import read_time

NEW_YORK = ZoneInfo("America/New_York")
SAID = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)  # Wednesday, 10:30 in New York
HOUR = timedelta(hours=1)
WORDS = (
    "in at on next tomorrow today 3 10:30 pm am monday march 31 2026 a half hour hours two and"
    " week noon tonight days"
)


def read(text: str, **changes: Any) -> str | None:
    """Give what was read as a clock in New York shows it."""
    found = read_time(text, **{"zone_name": "America/New_York", "said_at": SAID} | changes)
    return None if found is None else found.astimezone(NEW_YORK).strftime("%a %Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "never",
        "when hell freezes over",
        "call me back",
        "half past",
        "3pm or 4pm",
        "tomorrow between 3 and 4",
        "10am eastern",
        "2",
        "12/01/2026",
        "25:00",
        "tomorrow at 25",
        "tomorrow at 13 pm",
        "tomorrow at 9:75",
        "February 30 at 3 pm",
        "2026-02-30",
        "in zero foos",
        "in some hours",
        "in a",
        "today at 9 am",  # is over
        "2026-03-01T15:00",  # is over
        "2020-01-01",
        "in 0 minutes",
        "tomorrow tomorrow",
        "9" * 400,
        "in " + "9" * 400 + " days",
        "9999-12-31T23:59",
        "0001-01-01T00:00+10:00",
        "\x00",
    ],
)
def test_what_is_no_time_or_a_past_one_is_not_read(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tomorrow at 3 pm", "Thu 2026-03-05 15:00"),
        ("Tomorrow, 3PM.", "Thu 2026-03-05 15:00"),
        ("tomorrow at 3 p.m.", "Thu 2026-03-05 15:00"),
        ("at 10:30 tomorrow", "Thu 2026-03-05 10:30"),
        ("tomorrow", "Thu 2026-03-05 10:30"),
        ("tomorrow morning", "Thu 2026-03-05 10:00"),
        ("tomorrow at five", "Thu 2026-03-05 17:00"),
        ("tomorrow 12 am", "Thu 2026-03-05 00:00"),
        ("please call me back tomorrow at 10 o'clock", "Thu 2026-03-05 10:00"),
        ("day after tomorrow at noon", "Fri 2026-03-06 12:00"),
        ("today at 5pm", "Wed 2026-03-04 17:00"),
        ("tonight", "Wed 2026-03-04 18:00"),
        ("tonight at 7", "Wed 2026-03-04 19:00"),
        ("3pm", "Wed 2026-03-04 15:00"),
        ("at 3", "Wed 2026-03-04 15:00"),
        ("around 9", None),
        ("at 9", "Thu 2026-03-05 09:00"),
        ("after 5 pm", "Wed 2026-03-04 17:00"),
        ("15:00", "Wed 2026-03-04 15:00"),
        ("10:00", "Thu 2026-03-05 10:00"),
        ("next Tuesday 10:00", "Tue 2026-03-10 10:00"),
        ("Wednesday", "Wed 2026-03-11 10:30"),
        ("on Friday at 2:30pm", "Fri 2026-03-06 14:30"),
        ("Thurs 4pm", "Thu 2026-03-05 16:00"),
        ("monday afternoon", "Mon 2026-03-09 15:00"),
        ("monday in the afternoon at 4", "Mon 2026-03-09 16:00"),
        ("next week", "Wed 2026-03-11 10:30"),
        ("in two hours", "Wed 2026-03-04 12:30"),
        ("in 90 minutes", "Wed 2026-03-04 12:00"),
        ("in half an hour", "Wed 2026-03-04 11:00"),
        ("in an hour and a half", "Wed 2026-03-04 12:00"),
        ("in a couple of hours", "Wed 2026-03-04 12:30"),
        ("in 3 days", "Sat 2026-03-07 10:30"),
        ("in three days at 5pm", "Sat 2026-03-07 17:00"),
        ("in a week", "Wed 2026-03-11 10:30"),
        ("December 1 at 3pm", "Tue 2026-12-01 15:00"),
        ("1st of December 2026, 15:00", "Tue 2026-12-01 15:00"),
        ("5 may at 10", "Tue 2026-05-05 10:00"),
        ("march 3", "Wed 2027-03-03 10:30"),
        ("2026-12-01 at 3 pm", "Tue 2026-12-01 15:00"),
        ("2026-12-01 15:00", "Tue 2026-12-01 15:00"),
        ("2026-12-01T15:00", "Tue 2026-12-01 15:00"),
        ("2026-12-01T20:00:00Z", "Tue 2026-12-01 15:00"),
        ("2026-12-01T15:00-05:00", "Tue 2026-12-01 15:00"),
        ("2026-12-01", "Tue 2026-12-01 10:30"),
    ],
)
def test_times_as_people_and_machines_write_them(text: str, expected: str | None) -> None:
    assert read(text) == expected


def test_a_format_of_the_campaign_comes_first() -> None:
    formats = ["%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p"]
    assert read("12/01/2026 03:00 PM", formats=formats) == "Tue 2026-12-01 15:00"
    assert read("01.12.2026 15:00", formats=formats) == "Tue 2026-12-01 15:00"
    zoned = ["%Y-%m-%d %H:%M %z"]
    assert read("2026-12-01 15:00 +0000", formats=zoned) == "Tue 2026-12-01 10:00"


def test_the_same_words_mean_another_moment_elsewhere() -> None:
    here = read_time("tomorrow at 3 pm", zone_name="America/New_York", said_at=SAID)
    there = read_time("tomorrow at 3 pm", zone_name="America/Los_Angeles", said_at=SAID)
    assert here is not None
    assert there == here + 3 * HOUR


def test_in_three_days_is_the_same_time_of_day_when_the_clocks_change() -> None:
    friday = datetime(2026, 3, 6, 15, 30, tzinfo=UTC)
    assert read("in 3 days", said_at=friday) == "Mon 2026-03-09 10:30"
    assert read("in 72 hours", said_at=friday) == "Mon 2026-03-09 11:30"


@settings(derandomize=True, max_examples=300)
@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(
            st.sampled_from(WORDS.split()),
            max_size=6,
        ).map(" ".join),
    )
)
def test_whatever_is_read_lies_ahead(text: str) -> None:
    found = read_time(text, zone_name="America/New_York", said_at=SAID)
    assert found is None or found > SAID


# -- where the time stands


def asked(found: dict[str, object] | None, **spec: Any) -> Asked | None:
    return asked_time(
        CallbackSpec.model_validate(spec), found, zone_name="America/New_York", said_at=SAID
    )


@pytest.mark.parametrize(
    "found",
    [
        None,
        {},
        {"wants": "tomorrow at 3 pm"},
        *(
            {"callback_time": value}
            for value in (None, "", " ", "none", "N/A", "null", "no.", True)
        ),
    ],
)
def test_where_nothing_is_named_nothing_was_asked(found: dict[str, object] | None) -> None:
    assert asked(found) is None


def test_a_time_nobody_can_read_is_kept_as_it_was_said() -> None:
    assert asked({"callback_time": "some  other time"}) == Asked("some other time", None)
    assert asked({"callback_time": {"when": 3}}) == Asked("{'when': 3}", None)


def test_a_time_too_far_away_was_misunderstood() -> None:
    assert asked({"callback_time": "2027-01-01 10:00"}) == Asked("2027-01-01 10:00", None)
    assert asked({"callback_time": "march 3"}, furthest="365d") is not None


def test_the_first_key_with_a_value_counts_and_keys_may_be_chosen() -> None:
    found = {"callback_time": "none", "callback_at": "tomorrow at 3 pm", "later": "in 2 hours"}
    expected = datetime(2026, 3, 5, 20, tzinfo=UTC)
    assert asked(found) == Asked("tomorrow at 3 pm", expected)
    assert asked(found, keys="later") == Asked("in 2 hours", SAID + 2 * HOUR)


def test_a_machine_may_give_seconds_or_milliseconds() -> None:
    moment = SAID + 5 * HOUR
    for number in (int(moment.timestamp()), int(moment.timestamp() * 1000)):
        assert asked({"callback_time": number}) == Asked(str(number), moment)
    assert read_asked(CallbackSpec(), "99", zone_name="UTC", said_at=SAID) is None


def test_formats_without_a_placeholder_are_refused() -> None:
    with pytest.raises(ValidationError, match="not a format"):
        CallbackSpec.model_validate({"formats": "noon"})


# -- when it is due


def test_a_promise_inside_the_window_is_due_when_it_was_asked_for() -> None:
    due_at = promise_due(SAID + HOUR, now=SAID, opening=lambda after: after)
    assert due_at == SAID + HOUR


def test_a_promise_whose_time_has_come_is_due_now() -> None:
    assert promise_due(SAID - HOUR, now=SAID, opening=lambda after: after) == SAID


def test_a_promise_outside_the_window_waits_for_the_opening() -> None:
    opens = SAID + 5 * HOUR
    due_at = promise_due(SAID + HOUR, now=SAID, opening=lambda after: max(after, opens))
    assert due_at == opens


def test_a_promise_just_after_closing_is_kept_a_little_earlier() -> None:
    closes, opens = SAID + HOUR, SAID + 20 * HOUR

    def opening(after: datetime) -> datetime:
        return after if after < closes else max(after, opens)

    asked_at = closes + timedelta(minutes=5)
    assert promise_due(asked_at, now=SAID, opening=opening) == asked_at - TOLERANCE
    assert promise_due(asked_at + HOUR, now=SAID, opening=opening) == opens


def test_a_promise_that_can_never_be_kept_has_no_time() -> None:
    assert promise_due(SAID, now=SAID, opening=lambda after: None) is None


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("tomorrow at half past three", "15:30"),
        ("tomorrow at quarter to four", "15:45"),
        ("tomorrow at a quarter past 9", "09:15"),
        ("tomorrow at three thirty", "15:30"),
        ("tomorrow at ten forty-five", "10:45"),
        ("tomorrow morning at seven thirty", "07:30"),
        ("tomorrow at half past seven in the evening", "19:30"),
        ("tomorrow at ten to one", "12:50"),
        ("tomorrow at twenty past twelve", "12:20"),
        ("tomorrow at half past three am", "03:30"),
    ],
)
def test_clocks_are_read_as_people_say_them(text: str, clock: str) -> None:
    assert read(text) == f"Thu 2026-03-05 {clock}"


@pytest.mark.parametrize(
    "text", ["half past", "tomorrow at half past 30", "quarter to", "half three"]
)
def test_half_a_clock_is_no_time(text: str) -> None:
    assert read(text) is None
