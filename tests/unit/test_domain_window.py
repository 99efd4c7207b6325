"""Calling windows, on ordinary days and on those when the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dialer.domain.window import DAYS, Window, is_open, local_times, next_opening

MINUTE = timedelta(minutes=1)
CHANGES = {
    "America/New_York": ((2026, 3, 8), (2026, 11, 1)),
    "America/Los_Angeles": ((2026, 3, 8), (2026, 11, 1)),
    "Europe/Berlin": ((2026, 3, 29), (2026, 10, 25)),
    "Australia/Lord_Howe": ((2026, 10, 4), (2026, 4, 5)),  # by half an hour
    "America/Havana": ((2026, 3, 8), (2026, 11, 1)),  # at midnight
    "Pacific/Auckland": ((2026, 9, 27), (2026, 4, 5)),
}
"""Six zones, the day the clock goes forward and the day it goes back."""

minutes_of_day = st.integers(min_value=0, max_value=24 * 60)
zones = st.lists(
    st.sampled_from([*CHANGES, "America/Phoenix", "Asia/Kolkata", "Asia/Kathmandu"]),
    min_size=1,
    max_size=3,
    unique=True,
)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    opens, closes = sorted(draw(st.lists(minutes_of_day, min_size=2, max_size=2, unique=True)))
    days = draw(st.lists(st.sampled_from(DAYS), min_size=1, unique=True))
    return Window(days=tuple(days), opens=opens, closes=closes)


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """Draw a moment, mostly in the days when some clock changes."""
    if draw(st.booleans()):
        day = draw(st.sampled_from([day for pair in CHANGES.values() for day in pair]))
        start = datetime(*day, tzinfo=UTC) - timedelta(days=1)
        return start + timedelta(seconds=draw(st.integers(0, 3 * 86_400)))
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(
        seconds=draw(st.integers(0, 2 * 365 * 86_400))
    )


def first_open_minute(window: Window, names: list[str], *, after: datetime) -> datetime | None:
    """Look at every minute until the window is open; the plain truth."""
    if is_open(window, names, now=after):
        return after
    moment = after.replace(second=0, microsecond=0) + MINUTE
    while moment <= after + timedelta(days=8):
        if is_open(window, names, now=moment):
            return moment
        moment += MINUTE
    return None


@settings(derandomize=True, max_examples=150, deadline=None)
@given(windows(), zones, moments())
@example(
    Window(days=("sun",), opens=150, closes=300),
    ["America/New_York"],
    datetime(2026, 3, 8, 5, tzinfo=UTC),
)
@example(
    Window(days=("sun",), opens=30, closes=105),
    ["America/New_York"],
    datetime(2026, 11, 1, 5, 50, tzinfo=UTC),
)
@example(
    Window(days=("sun",), opens=0, closes=30),
    ["America/Havana"],
    datetime(2026, 11, 1, 4, 40, tzinfo=UTC),
)
def test_the_next_opening_is_the_first_open_minute(
    window: Window, names: list[str], after: datetime
) -> None:
    found = next_opening(window, names, after=after)
    expected = first_open_minute(window, names, after=after)
    if expected is not None:
        assert found == expected
    elif found is not None:  # further away than was looked
        assert is_open(window, names, now=found)


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize(("opens", "closes"), [(0, 60), (30, 100), (150, 170)])
def test_every_minute_of_the_days_when_the_clock_changes(
    name: str, forward: bool, opens: int, closes: int
) -> None:
    day = CHANGES[name][0 if forward else 1]
    start = datetime(*day, tzinfo=ZoneInfo(name)).astimezone(UTC) - timedelta(hours=3)
    window = Window(days=DAYS, opens=opens, closes=closes)
    expected: datetime | None = next_opening(window, [name], after=start + timedelta(hours=30))
    for minute in reversed(range(30 * 60)):
        moment = start + minute * MINUTE
        local = moment.astimezone(ZoneInfo(name))
        inside = opens <= local.hour * 60 + local.minute < closes
        assert is_open(window, [name], now=moment) is inside
        expected = moment if inside else expected
        assert next_opening(window, [name], after=moment) == expected


@settings(derandomize=True, max_examples=100, deadline=None)
@given(windows(), zones, moments())
def test_an_opening_is_open_and_never_earlier_than_asked(
    window: Window, names: list[str], after: datetime
) -> None:
    found = next_opening(window, names, after=after)
    if found is not None:
        assert found >= after
        assert is_open(window, names, now=found)
        assert next_opening(window, names, after=found) == found


@settings(derandomize=True, max_examples=100, deadline=None)
@given(windows(), zones, moments())
def test_a_second_zone_never_opens_a_window_earlier(
    window: Window, names: list[str], after: datetime
) -> None:
    together = next_opening(window, names, after=after)
    for name in names:
        alone = next_opening(window, [name], after=after)
        assert alone is not None
        assert together is None or together >= alone


def test_without_a_zone_it_is_never_open() -> None:
    now = datetime(2026, 3, 4, 15, tzinfo=UTC)
    assert not is_open(Window(days=DAYS, opens=0, closes=1440), [], now=now)
    assert next_opening(Window(days=DAYS, opens=0, closes=1440), [], after=now) is None


def test_zones_without_a_common_hour_never_open() -> None:
    window = Window(days=DAYS, opens=540, closes=600)
    names = ["America/New_York", "America/Los_Angeles"]
    assert next_opening(window, names, after=datetime(2026, 3, 4, tzinfo=UTC)) is None


def test_a_zone_nobody_knows_is_an_error_and_not_an_opening() -> None:
    with pytest.raises(KeyError):
        is_open(Window(), ["Middle/Earth"], now=datetime(2026, 3, 4, tzinfo=UTC))


def test_local_times_are_written_for_people() -> None:
    now = datetime(2026, 3, 4, 15, tzinfo=UTC)
    assert local_times(["America/New_York", "Asia/Kolkata"], now=now) == {
        "America/New_York": "Wed 10:00",
        "Asia/Kolkata": "Wed 20:30",
    }


@pytest.mark.parametrize(
    ("text", "minute"), [("09:00", 540), ("9:05", 545), ("24:00", 1440), ("0:01", 1), (600, 600)]
)
def test_a_time_of_day_is_read(text: object, minute: int) -> None:
    assert Window.model_validate({"opens": 0, "closes": text}).closes == minute


@pytest.mark.parametrize("text", ["9", "24:01", "12:60", "noon", "-1:00", "12:0", "", True])
def test_what_is_no_time_of_day_is_refused(text: object) -> None:
    with pytest.raises(ValidationError, match="not a time of day"):
        Window.model_validate({"opens": text})


@pytest.mark.parametrize("minute", [-1, 1441])
def test_a_minute_that_no_day_has_is_refused(minute: int) -> None:
    with pytest.raises(ValidationError, match="not a time of day"):
        Window.model_validate({"closes": minute})


def test_a_window_never_crosses_midnight() -> None:
    with pytest.raises(ValidationError, match="never crosses midnight"):
        Window.model_validate({"opens": "22:00", "closes": "06:00"})


def test_a_window_needs_a_day() -> None:
    with pytest.raises(ValidationError, match="at least one day"):
        Window.model_validate({"days": []})


def test_a_window_is_written_as_it_is_read() -> None:
    window = Window.model_validate({"opens": "9:30", "closes": "24:00"})
    assert window.model_dump(mode="json") | {"days": None} == {
        "days": None,
        "opens": "09:30",
        "closes": "24:00",
    }
    assert Window.model_validate(window.model_dump(mode="json")) == window
