"""When a schedule is due, found by watching the hands of a clock; nothing here knows of cron."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

NEW_YORK, LORD_HOWE = "America/New_York", "Australia/Lord_Howe"
A_MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)
LONGEST_JUMP = timedelta(hours=2)
"""Clocks are set by less than that."""
EVERY_DAY = tuple(range(7))


@dataclass(frozen=True)
class Hands:
    """What a clock shows when a schedule is due; without hours, at these minutes of each hour."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...] = ()
    zone: str = NEW_YORK
    days: tuple[int, ...] = EVERY_DAY  # Monday is 0

    @property
    def settings(self) -> dict[str, Any]:
        """Say it as a schedule's settings do."""
        minutes, hours = _listed(self.minutes), _listed(self.hours) or "*"
        days = "*" if self.days == EVERY_DAY else _listed([day + 1 for day in self.days])
        return {"cron": f"{minutes} {hours} * * {days}", "zone": self.zone}

    def moments(self, *, after: datetime, until: datetime) -> list[datetime]:
        """Give the moments later than `after`, up to `until`."""
        found = self._shown(after, until) if self.hours else self._passed(after, until)
        return sorted(one for one in found if after < one <= until)

    def _shown(self, after: datetime, until: datetime) -> set[datetime]:
        """Give when the hands show it, each time of a day once."""
        days = ((until - after).days + 4) if after < until else 0
        first = after.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) - A_DAY
        return {
            first_shown(day + timedelta(hours=hour, minutes=minute), self.zone)
            for day in (first + n * A_DAY for n in range(days))
            if day.weekday() in self.days
            for hour in self.hours
            for minute in self.minutes
        }

    def _passed(self, after: datetime, until: datetime) -> set[datetime]:
        """Give the minutes that pass while the long hand shows it, however often that is."""
        first, zone = after.replace(second=0, microsecond=0), ZoneInfo(self.zone)
        minutes = (first + n * A_MINUTE for n in range((until - first) // A_MINUTE + 1))
        return {one for one in minutes if one.astimezone(zone).minute in self.minutes}


@dataclass(frozen=True)
class Once:
    """A schedule that is due at one moment."""

    at: datetime

    @property
    def settings(self) -> dict[str, Any]:
        """Say it as a schedule's settings do."""
        return {"at": self.at.isoformat()}

    def moments(self, *, after: datetime, until: datetime) -> list[datetime]:
        """Give the moment if it is later than `after`, up to `until`."""
        return [self.at] if after < self.at <= until else []


@lru_cache(maxsize=10_000)
def first_shown(wall: datetime, zone_name: str) -> datetime:
    """Give the first minute at which a clock shows a time, or a later one if it jumps over it."""
    zone = ZoneInfo(zone_name)
    moment = wall.replace(tzinfo=zone).astimezone(UTC) - LONGEST_JUMP
    while moment.astimezone(zone).replace(tzinfo=None) < wall:
        moment += A_MINUTE
    return moment


def _listed(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))
