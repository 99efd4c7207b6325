"""When calls may start: on ordinary days, on those when the clocks change, and in many places."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialer.domain.local_time import local_times
from dialer.domain.opening import LAST_MINUTES, callable_minutes, may_start, next_opening
from dialer.domain.regions import Whereabouts
from dialer.domain.window import DAYS, Window

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CHANGES = {
    "America/New_York": ((2026, 3, 8), (2026, 11, 1)),
    "America/Los_Angeles": ((2026, 3, 8), (2026, 11, 1)),
    "Europe/Berlin": ((2026, 3, 29), (2026, 10, 25)),
    "Australia/Lord_Howe": ((2026, 10, 4), (2026, 4, 5)),  # by half an hour
    "America/Havana": ((2026, 3, 8), (2026, 11, 1)),  # at midnight
    "Pacific/Auckland": ((2026, 9, 27), (2026, 4, 5)),
}
"""Six zones, the day the clock goes forward and the day it goes back."""
REGIONS = ["US-FL", "US-AL", "US-NE", "US-TX", "US-PA", "CA-ON", "AU", "GB", "DE"]

minutes_of_day = st.integers(min_value=0, max_value=24 * 60)
zones = st.lists(
    st.sampled_from([*CHANGES, "America/Phoenix", "Asia/Kolkata", "Asia/Kathmandu"]),
    min_size=1,
    max_size=3,
    unique=True,
).map(tuple)
places = st.builds(Whereabouts, zones, st.frozensets(st.sampled_from(REGIONS), max_size=2))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Draw a window of one or two intervals, with and without what narrows it further."""
    edges = sorted(draw(st.lists(minutes_of_day, min_size=2, max_size=4, unique=True)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    days = draw(st.lists(st.sampled_from(DAYS), min_size=1, unique=True))
    return Window.model_validate(
        {
            "hours": [{"days": days, "opens": opens, "closes": closes} for opens, closes in pairs],
            "holidays": draw(st.sampled_from([True, False, "US"])),
            "blackout": draw(st.sampled_from([[], ["2026-03-08"], ["2026-10-30/2026-11-01"]])),
            "legal_override": draw(st.sampled_from([None, "The law is not asked here."])),
        }
    )


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """Draw a moment, mostly in the days when some clock changes."""
    if draw(st.booleans()):
        day = draw(st.sampled_from([day for pair in CHANGES.values() for day in pair]))
        start = datetime(*day, tzinfo=UTC) - DAY
        return start + timedelta(seconds=draw(st.integers(0, 3 * 86_400)))
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(
        seconds=draw(st.integers(0, 2 * 365 * 86_400))
    )


# -- the plain truth, minute by minute


class Oracle:
    """Looks at every minute and at every zone's wall clock."""

    def __init__(self, window: Window, where: Whereabouts) -> None:
        self._zones = [ZoneInfo(name) for name in where.zones]
        self._allowed = lru_cache(maxsize=None)(
            lambda day: callable_minutes(window, where.regions, day)
        )
        self._is_open = lru_cache(maxsize=None)(self._look)

    def _look(self, minute: datetime) -> bool:
        for zone in self._zones:
            local = minute.astimezone(zone)
            now = local.hour * 60 + local.minute
            if not any(opens <= now < closes for opens, closes in self._allowed(local.date())):
                return False
        return bool(self._zones)

    def may_start(self, moment: datetime) -> bool:
        """The wall clocks show an allowed minute now and for five minutes more."""
        first = moment.replace(second=0, microsecond=0)
        last = (moment + LAST_MINUTES).replace(second=0, microsecond=0)
        span = range(int((last - first) / MINUTE) + 1)
        return all(self._is_open(first + number * MINUTE) for number in span)

    def first(self, after: datetime, *, days: int) -> datetime | None:
        if self.may_start(after):
            return after
        moment = after.replace(second=0, microsecond=0)
        for number in range(1, days * 24 * 60):
            if self.may_start(moment + number * MINUTE):
                return moment + number * MINUTE
        return None


@settings(derandomize=True, max_examples=120, deadline=None)
@given(windows(), places, moments())
@example(
    Window(days=("sun",), opens=150, closes=300, legal_override="not asked here"),
    Whereabouts(("America/New_York",), frozenset()),
    datetime(2026, 3, 8, 5, tzinfo=UTC),
)
@example(
    Window(days=("sun",), opens=30, closes=105),
    Whereabouts(("America/New_York",), frozenset()),
    datetime(2026, 11, 1, 5, 50, tzinfo=UTC),
)
@example(
    Window(days=("sun",), opens=0, closes=30),
    Whereabouts(("America/Havana",), frozenset()),
    datetime(2026, 11, 1, 4, 20, tzinfo=UTC),
)
@example(
    Window(days=("sun",), opens=0, closes=30),
    Whereabouts(("America/Havana",), frozenset()),
    datetime(2026, 11, 1, 4, 27, tzinfo=UTC),
)
def test_the_next_opening_is_the_first_allowed_minute(
    window: Window, where: Whereabouts, after: datetime
) -> None:
    oracle = Oracle(window, where)
    found = next_opening(window, where, after=after)
    expected = oracle.first(after, days=3)
    if expected is not None:
        assert found == expected
    elif found is not None:
        assert found > after + 2 * DAY
        assert oracle.may_start(found)
        assert not oracle.may_start(found - MINUTE)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(windows(), places, moments())
def test_an_opening_is_allowed_and_never_earlier_than_asked(
    window: Window, where: Whereabouts, after: datetime
) -> None:
    found = next_opening(window, where, after=after)
    assert may_start(window, where, now=after) is (found == after)
    if found is not None:
        assert found >= after
        assert Oracle(window, where).may_start(found)
        assert may_start(window, where, now=found)
        assert next_opening(window, where, after=found) == found


@settings(derandomize=True, max_examples=100, deadline=None)
@given(windows(), places, places, moments())
def test_one_more_place_never_opens_a_window_earlier(
    window: Window, here: Whereabouts, there: Whereabouts, after: datetime
) -> None:
    zones = tuple(dict.fromkeys(here.zones + there.zones))
    both = next_opening(window, Whereabouts(zones, here.regions | there.regions), after=after)
    for alone in (here, there):
        opening = next_opening(window, alone, after=after)
        assert both is None or (opening is not None and both >= opening)


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize(
    "hours", [[(0, 60)], [(30, 100)], [(150, 170)], [(0, 1440)], [(0, 90), (150, 240)]]
)
def test_every_minute_of_the_days_when_the_clock_changes(
    name: str, forward: bool, hours: list[tuple[int, int]]
) -> None:
    day = CHANGES[name][0 if forward else 1]
    start = datetime(*day, tzinfo=ZoneInfo(name)).astimezone(UTC) - 3 * HOUR
    window = Window(
        hours=[{"days": DAYS, "opens": opens, "closes": closes} for opens, closes in hours],
        holidays=False,
    )
    where = Whereabouts((name,), frozenset())
    oracle = Oracle(window, where)
    expected: datetime | None = next_opening(window, where, after=start + 30 * HOUR)
    for minute in reversed(range(30 * 60)):
        moment = start + minute * MINUTE
        allowed = oracle.may_start(moment)
        assert may_start(window, where, now=moment) is allowed
        expected = moment if allowed else expected
        assert next_opening(window, where, after=moment) == expected


# -- edges


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo("America/New_York"))  # type: ignore[arg-type]


NEW_YORK = Whereabouts(("America/New_York",), frozenset())


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ((2026, 3, 4, 8, 59, 59), False),
        ((2026, 3, 4, 9, 0), True),
        ((2026, 3, 4, 19, 54, 59), True),
        ((2026, 3, 4, 19, 55), False),
        ((2026, 3, 4, 20, 0), False),
    ],
)
def test_a_window_is_half_open_and_its_last_five_minutes_start_no_call(
    moment: tuple[int, ...], allowed: bool
) -> None:
    assert may_start(Window(days=DAYS), NEW_YORK, now=at(*moment)) is allowed


def test_midnight_closes_nothing_that_is_open_on_both_sides() -> None:
    always = Window(days=DAYS, opens=0, closes=1440, holidays=False)
    where = Whereabouts(("America/New_York", "Asia/Kathmandu"), frozenset())
    for minute in range(2 * 24 * 60):
        assert may_start(always, where, now=at(2026, 3, 4) + minute * MINUTE)


def test_without_a_zone_it_is_never_open() -> None:
    nowhere = Whereabouts((), frozenset({"US-NY"}))
    always = Window(days=DAYS, opens=0, closes=1440)
    assert not may_start(always, nowhere, now=at(2026, 3, 4, 12))
    assert next_opening(always, nowhere, after=at(2026, 3, 4, 12)) is None


def test_zones_without_a_common_hour_never_open() -> None:
    window = Window(days=DAYS, opens=540, closes=600)
    where = Whereabouts(("America/New_York", "America/Los_Angeles"), frozenset())
    assert next_opening(window, where, after=at(2026, 3, 4)) is None


def test_a_window_shorter_than_its_last_minutes_never_opens() -> None:
    window = Window(days=DAYS, opens=540, closes=545)
    assert next_opening(window, NEW_YORK, after=at(2026, 3, 4)) is None


def test_an_opening_is_looked_for_sixty_days_ahead() -> None:
    window = Window(days=DAYS, holidays=False, blackout=["2026-03-04/2026-05-01"])
    assert next_opening(window, NEW_YORK, after=at(2026, 3, 4)) == at(2026, 5, 2, 9)
    longer = Window(days=DAYS, holidays=False, blackout=["2026-03-04/2026-06-01"])
    assert next_opening(longer, NEW_YORK, after=at(2026, 3, 4)) is None


def test_a_date_without_calls_is_the_date_on_the_wall_of_each_zone() -> None:
    window = Window(days=DAYS, opens=0, closes=1440, holidays=False, blackout=["2026-12-24"])
    tokyo = Whereabouts(("Asia/Tokyo",), frozenset())
    assert not may_start(window, tokyo, now=datetime(2026, 12, 23, 16, tzinfo=UTC))
    assert may_start(window, NEW_YORK, now=datetime(2026, 12, 23, 16, tzinfo=UTC))
    both = Whereabouts(("America/New_York", "Asia/Tokyo"), frozenset())
    found = next_opening(window, both, after=datetime(2026, 12, 23, 16, tzinfo=UTC))
    assert found == at(2026, 12, 25)


def test_a_day_that_a_zone_skipped_offers_nothing() -> None:
    window = Window(days=("fri",), holidays=False)  # Samoa had no Friday, 30 December 2011
    apia = Whereabouts(("Pacific/Apia",), frozenset())
    found = next_opening(window, apia, after=datetime(2011, 12, 30, 9, tzinfo=UTC))
    assert found is not None
    assert found.astimezone(ZoneInfo("Pacific/Apia")).date() == date(2012, 1, 6)


def test_a_zone_nobody_knows_is_an_error_and_not_an_opening() -> None:
    with pytest.raises(KeyError):
        may_start(Window(), Whereabouts(("Middle/Earth",), frozenset()), now=at(2026, 3, 4))


def test_local_times_are_written_for_people() -> None:
    now = datetime(2026, 3, 4, 15, tzinfo=UTC)
    assert local_times(["America/New_York", "Asia/Kolkata"], now=now) == {
        "America/New_York": "Wed 10:00",
        "Asia/Kolkata": "Wed 20:30",
    }
