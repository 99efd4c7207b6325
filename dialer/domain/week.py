"""A week on the wall: seven local days, and what lies in each of their hours."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dialer.domain.local_time import Span, last_midnight, next_midnight, zone

MINUTES = 24 * 60
_DAY = timedelta(days=1)
_NOON = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Piece:
    """What of a span falls on one day, in minutes of the wall clock."""

    day: date
    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday on, by the clock of one zone."""

    monday: date
    zone: str

    @classmethod
    def of(cls, day: date, *, zone_name: str) -> "Week":
        """Give the week that a day is in."""
        return cls(day - timedelta(days=day.weekday()), zone_name)

    @property
    def days(self) -> tuple[date, ...]:
        """The seven days."""
        return tuple(self.monday + n * _DAY for n in range(7))

    @property
    def span(self) -> Span:
        """Its first moment, and the first one after it; 167 or 169 hours where clocks change."""
        first, last = self.days[0], self.days[-1]
        begins = last_midnight(self.zone, before=self._noon(first))
        return begins, next_midnight(self.zone, after=self._noon(last))

    @property
    def utc_days(self) -> tuple[date, ...]:
        """The days of UTC that any moment of it falls on."""
        begins, ends = self.span
        count = (ends.date() - begins.date()).days + 1
        return tuple(begins.date() + n * _DAY for n in range(count))

    def has(self, moment: datetime) -> bool:
        """Tell whether a moment lies in it."""
        begins, ends = self.span
        return begins <= moment < ends

    def minute_of(self, moment: datetime) -> int:
        """Give the minute of the day that the clock shows then."""
        local = moment.astimezone(zone(self.zone))
        return local.hour * 60 + local.minute

    def day_of(self, moment: datetime) -> date:
        """Give the local day of a moment."""
        return moment.astimezone(zone(self.zone)).date()

    def pieces(self, spans: Iterable[Span]) -> list[Piece]:
        """Divide spans at midnight; what lies outside of the week is left out."""
        first, last = self.span
        found = []
        for begins, ends in spans:
            begins, ends = max(begins, first), min(ends, last)
            while begins < ends:
                midnight = min(ends, next_midnight(self.zone, after=begins))
                found.append(self._piece(begins, midnight))
                begins = midnight
        return found

    def _piece(self, begins: datetime, ends: datetime) -> Piece:
        start, end = self.minute_of(begins), self.minute_of(ends)
        over = self.day_of(ends) != self.day_of(begins)
        # Where the clock is set back an end may be shown earlier than its beginning.
        return Piece(self.day_of(begins), start, MINUTES if over else max(end, start + 1))

    def _noon(self, day: date) -> datetime:
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone(self.zone))
        return (midnight + _NOON).astimezone(UTC)
