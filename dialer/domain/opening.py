"""Openings: when a call to a lead may start.

1. A local date allows the minutes of the campaign's window that every region's law allows, and
   none on a holiday that is kept, on a blackout date, or in a state of emergency.
2. A zone turns these minutes into moments; all zones the lead may be in must agree on them.
3. No call starts in the last five minutes.

Whatever is asked is worked out for whole days and kept: a million leads share few whereabouts.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial

from dialer.domain.legal_hours import legal_days, legal_emergency
from dialer.domain.local_time import Minutes, Span, spans_of_day
from dialer.domain.public_holidays import holiday_on
from dialer.domain.regions import Whereabouts
from dialer.domain.spans import intersect, merge
from dialer.domain.window import Window

SEARCH_DAYS = 60
"""How far ahead an opening is looked for."""

LAST_MINUTES = timedelta(minutes=5)
"""Before closing no call starts, so that hardly any goes on after it."""

_DAY = timedelta(days=1)


def may_start(window: Window, where: Whereabouts, *, now: datetime) -> bool:
    """Tell whether a call may start now. Without a zone it never may."""
    return next_opening(window, where, after=now, search_days=0) == now


def next_opening(
    window: Window, where: Whereabouts, *, after: datetime, search_days: int = SEARCH_DAYS
) -> datetime | None:
    """Give the first moment from `after` on at which a call may start.

    Returns None when there is none within `search_days`, or no zone is known.
    """
    if not where.zones:
        return None
    openings = _openings(window, where)
    first_day = after.astimezone(UTC).date()
    for days in range(search_days + 1):
        for opens, closes in openings.starts_on(first_day + days * _DAY):
            if closes > after:
                return max(opens, after)
    return None


def open_on(window: Window, where: Whereabouts, *, day: date) -> tuple[Span, ...]:
    """Give what is open for a lead on a day of UTC; without a zone nothing is."""
    return _openings(window, where).open_on(day) if where.zones else ()


def openings_between(
    window: Window, where: Whereabouts, *, begins: datetime, ends: datetime
) -> tuple[Span, ...]:
    """Give the stretches between two moments in which calls may start; none without a zone."""
    if not where.zones:
        return ()
    openings = _openings(window, where)
    first, last = begins.astimezone(UTC).date(), ends.astimezone(UTC).date()
    days = (first + n * _DAY for n in range((last - first).days + 1))
    found = merge(span for day in days for span in openings.starts_on(day))
    return intersect(found, ((begins, ends),))


def closing(window: Window, where: Whereabouts, *, now: datetime) -> datetime:
    """Give the end of the time that is open now, or `now` when it is closed."""
    day = now.astimezone(UTC).date()
    openings = _openings(window, where)
    spans = merge([*openings.open_on(day), *openings.open_on(day + _DAY)])
    return next((ends for begins, ends in spans if begins <= now < ends), now)


def kept_holiday(window: Window, regions: frozenset[str], day: date) -> tuple[str, str] | None:
    """Give the region and the name of a holiday on which the campaign does not call."""
    if isinstance(window.holidays, bool):
        asked: Sequence[str] = sorted(regions) if window.holidays else ()
    else:
        asked = window.holidays
    for region in asked:
        if name := holiday_on(day, region=region):
            return region, name
    return None


def callable_minutes(window: Window, regions: frozenset[str], day: date) -> tuple[Minutes, ...]:
    """Give the minutes of a local date in which calls are allowed in all these regions."""
    if window.is_blacked_out(day) or kept_holiday(window, regions, day):
        return ()
    if any(block.covers(region, day) for region in regions for block in window.emergencies):
        return ()
    minutes = window.minutes_on(day)
    if window.legal_override is not None:
        return minutes
    for region in regions:
        if legal_emergency(region, day):
            return ()
        for legal in legal_days(region, day):
            minutes = intersect(minutes, legal.minutes)
    return minutes


class _Openings:
    """The openings of one window for leads of the same whereabouts, day by day."""

    def __init__(self, window: Window, where: Whereabouts) -> None:
        self._where = where
        self._minutes_on = lru_cache(maxsize=128)(partial(callable_minutes, window, where.regions))
        self._open: dict[date, tuple[Span, ...]] = {}
        self._starts: dict[date, tuple[Span, ...]] = {}

    def open_on(self, day: date) -> tuple[Span, ...]:
        """Give what is open in every zone on a UTC day."""
        found = self._open.get(day)
        if found is None:
            found = self._open[day] = self._work_out(day)
        return found

    def starts_on(self, day: date) -> tuple[Span, ...]:
        """Give when calls may start on a UTC day."""
        found = self._starts.get(day)
        if found is None:
            open_spans = merge([*self.open_on(day), *self.open_on(day + _DAY)])
            midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
            found = self._starts[day] = intersect(
                tuple((opens, closes - LAST_MINUTES) for opens, closes in open_spans),
                ((midnight, midnight + _DAY),),
            )
        return found

    def _work_out(self, day: date) -> tuple[Span, ...]:
        first, *others = self._where.zones
        spans = spans_of_day(first, day, minutes_on=self._minutes_on)
        for name in others:
            if not spans:
                break
            spans = intersect(spans, spans_of_day(name, day, minutes_on=self._minutes_on))
        return spans


@lru_cache(maxsize=2048)
def _openings(window: Window, where: Whereabouts) -> _Openings:
    return _Openings(window, where)
