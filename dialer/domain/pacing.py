"""Pacing: when the next calls may start, over everything and over each telephony path."""

from bisect import bisect_right, insort
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

CLAIM_AHEAD = timedelta(seconds=1)
"""A claim never takes more attempts than can be sent within this time."""


@dataclass(frozen=True, slots=True)
class Pace:
    """So many calls a second, the next of them at `next_at` or later."""

    calls_per_second: float
    next_at: datetime | None = None  # None: none was sent yet

    @property
    def gap(self) -> timedelta:
        """The time between two sends, rounded up: a second never holds one too many."""
        return timedelta(microseconds=ceil(1_000_000 / self.calls_per_second))

    def start(self, now: datetime) -> datetime:
        """Give the next moment; one further ahead than a claim ever looks is no moment.

        Such a one was written before the clock was set back or the pace was raised.
        """
        if self.next_at is None or self.next_at > now + CLAIM_AHEAD + self.gap:
            return now
        return max(self.next_at, now)

    def room(self, now: datetime) -> int:
        """Count the attempts that can be sent within the time a claim looks ahead."""
        room = now + CLAIM_AHEAD - self.start(now)
        if room <= timedelta(0):
            return 0
        return max(1, int(room.total_seconds() * self.calls_per_second))


class Moments:
    """Gives the attempts of one claim the moments at which they are sent.

    Each lies apart from the others by the pace over everything, and from those of its own path by
    the path's. A moment that waits for its path leaves the ones before it to other paths.
    """

    def __init__(
        self, everything: Pace | None, paths: Mapping[str, Pace], *, now: datetime
    ) -> None:
        self.now = now
        self._gap = timedelta(0) if everything is None else everything.gap
        self._first = now if everything is None else everything.start(now)  # nothing fits before
        self._later: list[datetime] = []  # taken at or behind `_first`, in order
        self._paths = paths
        self._path_next = {path: pace.start(now) for path, pace in paths.items()}
        self._used: set[str] = set()

    def of(self, path: str | None) -> datetime:
        """Give the moment at which an attempt over this path could be sent; None is any path."""
        moment = max(self._first, self._path_next.get(path or "", self._first))
        place = bisect_right(self._later, moment - self._gap)
        for taken in self._later[place:]:
            if taken >= moment + self._gap:
                break
            moment = taken + self._gap
        return moment

    def is_near(self, moment: datetime) -> bool:
        """Tell whether a claim looks so far ahead."""
        return moment < self.now + CLAIM_AHEAD

    def take(self, path: str | None) -> datetime:
        """Use up the moment that `of` gives."""
        moment = self.of(path)
        if path is None or path not in self._paths:
            self._first = moment + self._gap
        else:
            self._path_next[path] = moment + self._paths[path].gap
            self._used.add(path)
            insort(self._later, moment)
        return moment

    @property
    def next_at(self) -> datetime:
        """The next moment over everything."""
        last = self._later[-1] + self._gap if self._later else self._first
        return max(self._first, last)

    @property
    def path_next_at(self) -> dict[str, datetime]:
        """The next moments of the paths that were used."""
        return {path: self._path_next[path] for path in self._used}
