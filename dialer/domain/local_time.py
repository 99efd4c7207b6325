"""Local time: what clocks on walls show, and when.

This module is the only one that turns moments into local time and back.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dialer.domain.spans import merge

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)

Minutes = tuple[int, int]
"""Minutes of a local day, from and until: (540, 720) is 09:00 up to, not including, 12:00."""
Span = tuple[datetime, datetime]
"""Moments, from and until, in UTC."""


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Load a zone once.

    Raises:
        KeyError: (zoneinfo.ZoneInfoNotFoundError) the name is not in the zone database.
    """
    try:
        return ZoneInfo(name)
    except (OSError, ValueError) as error:  # a folder of the database, or no name of a file at all
        raise ZoneInfoNotFoundError(f"no time zone found with key {name}") from error


def local_times(zones: Iterable[str], *, now: datetime) -> dict[str, str]:
    """Give the local wall clock in every zone, for people and for the record."""
    return {name: now.astimezone(zone(name)).strftime("%a %H:%M") for name in zones}


def clock_in(at: datetime, zone_name: str) -> str:
    """Write in a sentence what the clock of a zone shows at a moment, with the whole date."""
    return f"{at.astimezone(zone(zone_name)):%a %Y-%m-%d %H:%M} in {zone_name}"


def last_midnight(name: str, *, before: datetime) -> datetime:
    """Give the moment at which the local day of `before` began."""
    return _midnight(name, before.astimezone(zone(name)).date())


def next_midnight(name: str, *, after: datetime) -> datetime:
    """Give the moment at which the local day of `after` ends."""
    return _midnight(name, after.astimezone(zone(name)).date() + _DAY)


def _midnight(name: str, day: date) -> datetime:
    """Where the clock jumps over midnight, the day begins with the jump."""
    return datetime.combine(day, time(), tzinfo=zone(name)).astimezone(UTC)


def moment_of(local: datetime, *, zone_name: str) -> datetime | None:
    """Give the moment at which a zone's wall clock shows a time; the first one of two.

    Returns None for a time that does not come, because the clock is set forward over it.

    Raises:
        ValueError: it lies before the first or after the last moment there is.
    """
    try:
        moment = local.replace(tzinfo=zone(zone_name)).astimezone(UTC)
        shown = moment.astimezone(zone(zone_name)).replace(tzinfo=None)
    except OverflowError as error:
        raise ValueError(f"no clock of {zone_name} ever shows {local}") from error
    return moment if shown == local.replace(fold=0) else None


def format_minute(minute: int) -> str:
    """Write a minute of the day as HH:MM."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def spans_of_day(
    name: str, day: date, *, minutes_on: Callable[[date], Sequence[Minutes]]
) -> tuple[Span, ...]:
    """Give the stretches of one UTC day in which the zone's wall clock shows certain minutes.

    `minutes_on` tells which, for each local date. Right on days when the clock changes: a time
    that does not come gives nothing, and one that comes twice gives both.
    """
    found = []
    for begins, ends, offset in _steady_stretches(name, day):
        local_day = (begins + offset).date()
        while (midnight := _utc(local_day) - offset) < ends:
            for opens, closes in minutes_on(local_day):
                span = (
                    max(begins, midnight + opens * _MINUTE),
                    min(ends, midnight + closes * _MINUTE),
                )
                if span[0] < span[1]:
                    found.append(span)
            local_day += _DAY
    return merge(found)


@lru_cache(maxsize=16384)
def _steady_stretches(name: str, day: date) -> tuple[tuple[datetime, datetime, timedelta], ...]:
    """Divide a UTC day where the zone's clock changes, with the offset of each part."""
    begins, ends = _utc(day), _utc(day + _DAY)
    before, after = _offset(name, begins), _offset(name, ends - _MINUTE)
    if before == after:
        return ((begins, ends, before),)
    low, high = begins, ends - _MINUTE
    while high - low > _MINUTE:
        middle = low + (high - low) // (2 * _MINUTE) * _MINUTE
        if _offset(name, middle) == before:
            low = middle
        else:
            high = middle
    return (begins, high, before), (high, ends, after)


def _utc(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _offset(name: str, moment: datetime) -> timedelta:
    return moment.astimezone(zone(name)).utcoffset() or timedelta(0)
