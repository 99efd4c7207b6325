"""Calling windows: the local hours in which a lead may be called.

A lead may have several possible zones; the window must be open in all of them. This module is
the only one that turns moments into local time.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, model_validator

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEARCH_DAYS = 15
"""How far ahead an opening is looked for; a weekly window opens within a week or never."""


def _parse_minute(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 24 * 60:
        return value
    hours, _, minutes = str(value).strip().partition(":")
    if not (hours.isdigit() and minutes.isdigit() and len(minutes) == 2):
        raise ValueError(f'{value!r} is not a time of day; write for example "09:00"')
    minute = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or minute > 24 * 60:
        raise ValueError(f'{value!r} is not a time of day; the last one is "24:00"')
    return minute


def format_minute(minute: int) -> str:
    """Write a minute of the day as HH:MM."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


MinuteOfDay = Annotated[
    int, BeforeValidator(_parse_minute), PlainSerializer(format_minute, return_type=str)
]


class Window(BaseModel):
    """One daily interval, half-open, in the lead's own local time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri")
    opens: MinuteOfDay = 9 * 60
    closes: MinuteOfDay = 20 * 60

    @model_validator(mode="after")
    def _in_order(self) -> "Window":
        if self.opens >= self.closes:
            raise ValueError(
                "a window never crosses midnight: `opens` must be earlier than `closes`"
            )
        if not self.days:
            raise ValueError("a window needs at least one day")
        return self

    def contains(self, local: datetime) -> bool:
        """Tell whether the wall clock `local` lies inside."""
        minute = local.hour * 60 + local.minute
        return DAYS[local.weekday()] in self.days and self.opens <= minute < self.closes


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Load a zone once.

    Raises:
        KeyError: (zoneinfo.ZoneInfoNotFoundError) the name is not in the zone database.
    """
    return ZoneInfo(name)


def local_times(zones: Iterable[str], *, now: datetime) -> dict[str, str]:
    """Give the local wall clock in every zone, for people and for the record."""
    return {name: now.astimezone(zone(name)).strftime("%a %H:%M") for name in zones}


def is_open(window: Window, zones: Sequence[str], *, now: datetime) -> bool:
    """Tell whether the window is open in every zone. No zone at all means no."""
    return bool(zones) and all(window.contains(now.astimezone(zone(name))) for name in zones)


def next_opening(window: Window, zones: Sequence[str], *, after: datetime) -> datetime | None:
    """Find the first moment from `after` on at which the window is open in every zone.

    Returns None when there is none within two weeks, or no zone is known.
    """
    if not zones:
        return None
    moment = after
    horizon = after + timedelta(days=SEARCH_DAYS)
    while moment <= horizon:
        openings = [_next_in_zone(window, name, after=moment) for name in zones]
        latest = max(openings)
        if latest == moment:
            return moment
        moment = latest
    return None


def _next_in_zone(window: Window, name: str, *, after: datetime) -> datetime:
    local_zone = zone(name)
    local = after.astimezone(local_zone)
    if window.contains(local):
        return after
    day = local.date()
    for offset in range(SEARCH_DAYS + 1):
        opening = _opening_on(window, day + timedelta(days=offset), local_zone, after=after)
        if opening is not None:
            return opening
    return after + timedelta(days=SEARCH_DAYS + 1)


def _opening_on(
    window: Window, day: date, local_zone: ZoneInfo, *, after: datetime
) -> datetime | None:
    """Find the window's first open moment from `after` on among those that `day` has to offer.

    A window opens when the wall clock passes `opens`, which happens twice on a night when it goes
    back, or when the clock jumps into it.
    """
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001
    wall = midnight + timedelta(minutes=window.opens)
    moments = [wall.replace(tzinfo=local_zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    jump = _clock_change(midnight, local_zone)
    if jump is not None:
        moments.append(jump)
    return min(
        (m for m in moments if m >= after and window.contains(m.astimezone(local_zone))),
        default=None,
    )


def _clock_change(midnight: datetime, local_zone: ZoneInfo) -> datetime | None:
    """Find the minute at which the clock changes on a local day or in the hours before it."""
    low = midnight.replace(tzinfo=local_zone).astimezone(UTC) - timedelta(hours=2)
    high = low + timedelta(hours=26)  # no further: the next day may open before its own change
    before = low.astimezone(local_zone).utcoffset()
    if high.astimezone(local_zone).utcoffset() == before:
        return None
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) // timedelta(minutes=2) * timedelta(minutes=1)
        if middle.astimezone(local_zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
