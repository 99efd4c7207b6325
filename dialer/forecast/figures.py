"""Figures: what came of a virtual run."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from dialer.domain.local_time import format_minute
from dialer.forecast.virtual_clock import from_ms
from dialer.simulator.calls import Call
from dialer.store.outlook import LeadWhereabouts
from dialer.store.report import Progress

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class ZoneFigures:
    """The calls to leads that may be in one zone, and the range of its clock at their starts."""

    zone: str
    calls: int
    earliest: str
    latest: str


@dataclass(frozen=True, slots=True)
class CallFigures:
    """How many calls there were, and when."""

    calls: int
    first_at: datetime | None
    last_at: datetime | None
    by_day: dict[date, int]  # in the zone of the report
    by_hour: dict[int, int]  # of the lead's own day
    zones: list[ZoneFigures]
    hours: float  # in which some call was open
    busy_share: float  # of all lines, in these hours


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a forecast says. `violations` are faults of the engine: none of them may ever be."""

    status: str  # of the campaign, at the end
    held_text: str | None
    start_at: datetime
    ended_at: datetime  # when nothing was left to do, or the days were over
    zone: str
    progress: Progress
    calls: CallFigures
    most_lines: int
    violations: list[str]

    @property
    def waiting(self) -> int:
        """The leads that are not closed yet."""
        return self.progress.leads - self.progress.closed


def count_calls(
    calls: Collection[Call],
    *,
    places: Mapping[str, LeadWhereabouts],
    zone: str,
    lines: int,
    now_ms: int,
) -> CallFigures:
    """Count calls; those still going on last until now."""
    moments = [from_ms(call.created_ms) for call in calls]
    day_of = ZoneInfo(zone)
    hours, by_zone = _by_local_time(calls, places)
    open_ms, used_ms = _open_and_used_ms(
        [(call.created_ms, call.ended_ms or now_ms) for call in calls]
    )
    return CallFigures(
        calls=len(calls),
        first_at=min(moments, default=None),
        last_at=max(moments, default=None),
        by_day=dict(sorted(Counter(at.astimezone(day_of).date() for at in moments).items())),
        by_hour=dict(sorted(hours.items())),
        zones=by_zone,
        hours=open_ms / HOUR_MS,
        busy_share=used_ms / (open_ms * lines) if open_ms else 0.0,
    )


def _by_local_time(
    calls: Iterable[Call], places: Mapping[str, LeadWhereabouts]
) -> tuple[Counter[int], list[ZoneFigures]]:
    hours: Counter[int] = Counter()
    minutes: dict[str, list[int]] = {}
    for call in calls:
        place = places.get(call.request.to_number)
        at = from_ms(call.created_ms)
        shown = {name: at.astimezone(_zone(name)) for name in (place.zones if place else ())}
        hours.update(local.hour for local in list(shown.values())[:1])  # one hour for each call
        for name, local in shown.items():
            minutes.setdefault(name, []).append(60 * local.hour + local.minute)
    found = [
        ZoneFigures(name, len(those), format_minute(min(those)), format_minute(max(those)))
        for name, those in minutes.items()
    ]
    return hours, sorted(found, key=lambda one: (-one.calls, one.zone))


def _open_and_used_ms(calls: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Give for how long some call was open, and how long all calls were together."""
    open_ms = reached_ms = 0
    for begins_ms, ends_ms in sorted(calls):
        open_ms += max(0, ends_ms - max(begins_ms, reached_ms))
        reached_ms = max(reached_ms, ends_ms)
    return open_ms, sum(ends_ms - begins_ms for begins_ms, ends_ms in calls)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
