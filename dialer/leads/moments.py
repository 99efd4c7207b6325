"""Moments as people write them in a list: when a lead may be called at the earliest.

Never guessed: 03/04/2026 is two different days, so it is none. Where a local time could mean
several moments, the latest is taken, because nobody may be called too early.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from dialer.domain.zones import parse_zone
from dialer.leads.cells import shown

_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})(\d{2})(\d{2})(?!\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?!\d)")
_DAY_MONTH = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.|er|º)?[\s-]*(?:de\s+|of\s+)?([^\W\d_]+)\.?,?[\s-]*(?:de\s+|del\s+)?(\d{4})(?!\d)"
)
_MONTH_DAY = re.compile(r"([^\W\d_]+)\.?\s*(\d{1,2})(?:st|nd|rd|th)?(?:,\s*|\s+)(\d{4})(?!\d)")
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+")
_CLOCK = re.compile(
    r"(?:t|[\s,]+(?:at\s+)?)(\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?)?\s*([ap]\.?m\.?)?"
    r"\s*(.*)"
)
_OFFSET = re.compile(r"(?:utc|gmt)?([+-])(\d{2}):?(\d{2})?")
_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan january januar janvier janv enero ene gennaio gen janeiro januari",
            "feb february februar fevrier fev febrero febbraio fevereiro februari",
            "mar march marz mrz mars marzo marco maart mrt maerz",
            "apr april avril avr abril abr aprile",
            "may mai mayo maggio mag maio mei maj",
            "jun june juni juin junio giugno giu junho",
            "jul july juli juillet juil julio luglio lug julho",
            "aug august aout agosto ago augustus augusti",
            "sep sept september septembre septiembre settembre set setembro",
            "oct october oktober okt octobre octubre ottobre ott outubro out",
            "nov november novembre noviembre novembro",
            "dec december dezember dez decembre diciembre dic dicembre dezembro",
        ),
        start=1,
    )
    for word in words.split()
}
_LAST_PLACE_ON_EARTH = timezone(timedelta(hours=-12))
_YEARS = range(2000, 2101)


class UnreadableMoment(ValueError):
    """A text that is no moment, or more than one; the text of the error tells a person."""


def parse_moment(text: str, *, zones: str) -> datetime:
    """Read a date, with a time or without (then midnight), as a moment in UTC.

    A local time is one in the lead's `zones` (names joined by ","); where they differ, and where
    a clock is turned back, the latest moment counts. Without zones it is the time of the last
    place on earth.

    Raises:
        UnreadableMoment: it cannot be read, or means two days.
    """
    found = _parsed(text, zones)
    if isinstance(found, str):
        raise UnreadableMoment(found)
    return found


@lru_cache(maxsize=4096)
def _parsed(text: str, zones: str) -> datetime | str:
    try:
        return max(_moments(text, zones=zones))
    except UnreadableMoment as problem:
        return str(problem)
    except (ValueError, OverflowError):
        return _unreadable(text)


def _moments(text: str, *, zones: str) -> Iterator[datetime]:
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char)).strip()
    plain = _WEEKDAY.sub("", plain, count=1) if _WEEKDAY.match(plain) else plain
    day, rest = _split_date(plain, text=text)
    clock, place = _clock(rest, text=text)
    places = [place] if place is not None else [ZoneInfo(zone) for zone in zones.split(",") if zone]
    for zone in places or [_LAST_PLACE_ON_EARTH]:
        for fold in (0, 1):
            local = datetime.combine(day, clock.replace(fold=fold), tzinfo=zone)
            yield local.astimezone(UTC)


def _split_date(plain: str, *, text: str) -> tuple[date, str]:
    """Take the date off the front."""
    if match := _YEAR_FIRST.match(plain):
        parts = match.group(1, 3, 4) if match[1] else match.group(5, 6, 7)
        found = int(parts[0]), int(parts[1]), int(parts[2])
    elif match := _YEAR_LAST.match(plain):
        year = int(match[4])
        found = (year, *_month_and_day(int(match[1]), int(match[3]), year=year, text=text))
    elif (match := _DAY_MONTH.match(plain)) and match[2] in _MONTHS:
        found = int(match[3]), _MONTHS[match[2]], int(match[1])
    elif (match := _MONTH_DAY.match(plain)) and match[1] in _MONTHS:
        found = int(match[3]), _MONTHS[match[1]], int(match[2])
    else:
        raise UnreadableMoment(_unreadable(text))
    if found[0] not in _YEARS:
        raise UnreadableMoment(_unreadable(text))
    return date(*found), plain[match.end() :]


def _month_and_day(first: int, second: int, *, year: int, text: str) -> tuple[int, int]:
    if first > 12 or first == second:
        return second, first
    if second > 12:
        return first, second
    raise UnreadableMoment(
        f'"{shown(text)}" is two different days. Write {date(year, first, second)} or '
        f"{date(year, second, first)}, whichever is meant."
    )


def _clock(rest: str, *, text: str) -> tuple[time, tzinfo | None]:
    """Read what follows the date: nothing, or a time, and perhaps where that time is."""
    if not rest.strip():
        return time(), None
    match = _CLOCK.fullmatch(rest)
    if match is None or (match[2] is None and match[4] is None):
        raise UnreadableMoment(_unreadable(text))
    hour = int(match[1])
    if match[4]:
        if not 1 <= hour <= 12:
            raise UnreadableMoment(_unreadable(text))
        hour = hour % 12 + (12 if match[4].startswith("p") else 0)
    return time(hour, int(match[2] or 0), int(match[3] or 0)), _place(match[5].strip(), text=text)


def _place(word: str, *, text: str) -> tzinfo | None:
    if not word:
        return None
    if word in ("z", "utc", "gmt"):
        return UTC
    if match := _OFFSET.fullmatch(word):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(offset if match[1] == "+" else -offset)
    if zone := parse_zone(word.strip("()[]")):
        return ZoneInfo(zone)
    raise UnreadableMoment(_unreadable(text))


def _unreadable(text: str) -> str:
    return f'"{shown(text)}" is not a date. Write it as 2026-11-23 or 2026-11-23 14:30.'
