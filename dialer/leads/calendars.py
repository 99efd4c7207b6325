"""Calendars: the times a team offers, as the events of an .ics file.

Events without an end last half an hour. Cancelled ones, and those of whole days, are no times
that can be booked. What repeats is followed as far as times are offered; a time without a zone
is by the clock of the calendar's zone, or else UTC.

https://www.rfc-editor.org/rfc/rfc5545
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any

import icalendar
from dateutil.rrule import rrulestr

from dialer.domain.appointments import FURTHEST, Offer
from dialer.domain.local_time import zone as zone_named
from dialer.errors import UserError

USUAL_LENGTH = timedelta(minutes=30)
MOST_BYTES = 5_000_000
MOST_OFFERS = 5_000


def read_calendar(path: Path, *, now: datetime) -> tuple[Offer, ...]:
    """Give the times of a file from today on; it is read again when it changes, and each day.

    Raises:
        UserError: it cannot be read.
    """
    try:
        state = path.stat()
        if state.st_size > MOST_BYTES:
            raise UserError(f"{path} is larger than {MOST_BYTES:,} bytes")
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return _read(path, (state.st_mtime_ns, state.st_size), today)
    except OSError as error:
        raise UserError(f"{path} cannot be read", why=error.strerror or str(error)) from error


@lru_cache(maxsize=64)
def _read(path: Path, _state: tuple[int, int], today: datetime) -> tuple[Offer, ...]:
    try:
        calendar: Any = icalendar.Calendar.from_ical(path.read_bytes())
        zone = _zone_of(calendar)
        offers = {
            one
            for event in calendar.walk("VEVENT")
            for one in _offers(event, zone, since=today, until=today + FURTHEST + timedelta(days=2))
        }
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UserError(f"{path} is not a calendar", why=str(error)[:200]) from error
    return tuple(sorted(offers)[:MOST_OFFERS])


def _zone_of(calendar: Any) -> tzinfo:
    try:
        return zone_named(str(calendar.get("X-WR-TIMEZONE") or "UTC"))
    except KeyError:
        return UTC


def _offers(event: Any, zone: tzinfo, *, since: datetime, until: datetime) -> Iterator[Offer]:
    start = event.get("DTSTART")
    if start is None or not isinstance(start.dt, datetime):
        return
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    first = _local(start.dt, zone)
    length = _length(event, first, zone)
    for begins in _beginnings(event, first, zone, since=since, until=until):
        moment = begins.astimezone(UTC)
        if since <= moment <= until:
            yield Offer(moment, moment + length)


def _local(moment: datetime, zone: tzinfo) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _length(event: Any, first: datetime, zone: tzinfo) -> timedelta:
    if (end := event.get("DTEND")) is not None and isinstance(end.dt, datetime):
        length = _local(end.dt, zone) - first
    elif (duration := event.get("DURATION")) is not None:
        length = duration.dt
    else:
        length = USUAL_LENGTH
    return length if length > timedelta(0) else USUAL_LENGTH


def _beginnings(
    event: Any, first: datetime, zone: tzinfo, *, since: datetime, until: datetime
) -> Iterator[datetime]:
    """Give when an event begins; what repeats does so by the wall clock, also in summer time."""
    there = first.tzinfo
    left_out = {_local(one.dt, zone).astimezone(UTC) for one in _dates(event, "EXDATE")}
    rules = _many(event.get("RRULE"))
    found = [first, *(_local(one.dt, zone) for one in _dates(event, "RDATE"))]
    begin, end = (moment.astimezone(there).replace(tzinfo=None) for moment in (since, until))
    for rule in rules:
        text = _by_the_wall(rule.to_ical().decode(), first)
        wall = rrulestr(text, dtstart=first.replace(tzinfo=None))
        found += [one.replace(tzinfo=there) for one in wall.between(begin, end, inc=True)]
    yield from (one for one in found if one.astimezone(UTC) not in left_out)


def _by_the_wall(rule: str, first: datetime) -> str:
    """Write the end of a rule as the wall clock shows it, as its beginning is."""
    parts = []
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name.upper() == "UNTIL" and value.endswith("Z"):
            until = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            part = f"UNTIL={until.astimezone(first.tzinfo):%Y%m%dT%H%M%S}"
        parts.append(part)
    return ";".join(parts)


def _dates(event: Any, name: str) -> Iterator[Any]:
    for group in _many(event.get(name)):
        yield from (one for one in group.dts if isinstance(one.dt, datetime))


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
