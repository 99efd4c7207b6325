"""When a schedule runs: moments of a cron expression in a zone, and which of them still count.

An expression that chooses hours means the wall clock: a time that the clock jumps over counts
right after the jump, and one that the clock shows twice counts the first time. An expression for
every hour ("*/20 * * * *") means elapsed time, and goes on through the change.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

FIELDS = 5
MOST_KEPT = 100
"""Occurrences looked at one by one; an older one is skipped whatever the settings say."""

_SOME_DAY = datetime(2024, 1, 1)  # noqa: DTZ001  # a wall clock has no zone
_HOUR = 1  # the place of the hours in an expression
_EVERY = ("*", "*/1")


class Missed(StrEnum):
    """What becomes of the occurrences at which the dialer was down."""

    SKIP = "skip"
    ONCE = "catch up once"  # one run, for the latest
    ALL = "catch up all"  # one run for each


def check_cron(expression: str) -> None:
    """Refuse an expression that cannot be read, or that never comes.

    Raises:
        ValueError: the text says what is wanted.
    """
    wanted = 'write minute, hour, day, month, weekday, such as "0 9 * * mon-fri"'
    if len(expression.split()) != FIELDS:
        raise ValueError(f"a cron expression has five fields; {wanted}")
    try:
        next(CronSim(expression, _SOME_DAY))
    except (CronSimError, StopIteration) as error:
        raise ValueError(f"{str(error) or 'no such day ever comes'}; {wanted}") from error


def check_zone(name: str) -> None:
    """Refuse a name that is no zone.

    Raises:
        ValueError: the text says what is wanted.
    """
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # a folder of zones is an OSError
        raise ValueError(f'{name!r} is not a zone such as "America/New_York"') from error


def occurrences(expression: str, zone_name: str, *, after: datetime) -> Iterator[datetime]:
    """Give the moments of an expression later than `after`, in order, without end."""
    local = after.astimezone(ZoneInfo(zone_name))
    if expression.split()[_HOUR] in _EVERY:
        return (moment.astimezone(UTC) for moment in CronSim(expression, local))
    walls = CronSim(expression, local.replace(tzinfo=None))
    moments = (_first_moment(wall, zone_name) for wall in walls)
    # The clock shows a wall time for the second time, or several that it jumped over at once.
    return (moment for moment, _ in groupby(moments) if moment > after)


def _first_moment(wall: datetime, zone_name: str) -> datetime:
    """Find when a wall clock first shows `wall`, or the first moment after it that exists."""
    local_zone = ZoneInfo(zone_name)
    while True:
        moment = wall.replace(tzinfo=local_zone).astimezone(UTC)
        if moment.astimezone(local_zone).replace(tzinfo=None) == wall:
            return moment
        wall += timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Due:
    """The occurrences from one look to the next: those to run, and how many are left out."""

    run: tuple[datetime, ...]
    skipped: int
    first_skipped: datetime | None = None
    last_skipped: datetime | None = None


def choose(
    moments: Iterable[datetime], *, now: datetime, missed: Missed, late_by: timedelta
) -> Due:
    """Decide about the occurrences until `now`. `moments` are in order, and at least one is past.

    An occurrence was missed when it is later than `late_by`, or when a newer one is due as well.
    """
    past, first, count = _past(moments, now=now)
    newest = past[-1]
    run: tuple[datetime, ...] = ()
    if missed is Missed.ALL:
        run = tuple(past)[-MOST_KEPT:]
    elif missed is Missed.ONCE or now - newest <= late_by:
        run = (newest,)
    if len(run) == count:
        return Due(run, 0)
    left = [moment for moment in past if moment not in run]
    return Due(run, count - len(run), first, left[-1])


def leave_out(moments: Iterable[datetime], *, now: datetime) -> Due:
    """Decide to run none of the occurrences until `now`. `moments` are as for `choose`."""
    past, first, count = _past(moments, now=now)
    return Due((), count, first, past[-1])


def _past(
    moments: Iterable[datetime], *, now: datetime
) -> tuple[Sequence[datetime], datetime | None, int]:
    """Give the latest occurrences until `now`, the first of all, and how many there are."""
    past: deque[datetime] = deque(maxlen=MOST_KEPT + 1)
    first, count = None, 0
    for moment in takewhile(lambda one: one <= now, moments):
        first = first or moment
        past.append(moment)
        count += 1
    return past, first, count
