"""Times as people say them: "tomorrow at 3 pm", "next Tuesday 10:00", "in two hours", ISO.

A reader, not a guesser: a text of which a part makes no sense gives no time at all.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from dialer.domain.local_time import zone

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_NAMES = (
    "january february march april may june july august september october november december"
)
_MONTHS = _MONTH_NAMES.split()
_COUNTED = "zero one two three four five six seven eight nine ten eleven twelve"
_NUMBERS: dict[str, float] = {word: number for number, word in enumerate(_COUNTED.split())}
_NUMBERS |= {"a": 1, "an": 1, "half": 0.5, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40}
_UNITS = {
    "minute": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "hr": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_HOURS = {"morning": 10, "noon": 12, "midday": 12, "lunchtime": 12, "afternoon": 15, "evening": 18}
_FILLERS = re.compile(
    r"\b(please|in the|the|around|about|approximately|by|(?<!day )after|local time|o'?clock|of"
    r"|this|coming|call (me )?back|call me|sometime|some time)\b|[,.]"
)
_AMOUNT = r"(\d{1,4}(?:\.\d{1,4})?|[a-z]+)"
_UNIT = rf"({'|'.join(_UNITS)})s?"
_IN = re.compile(rf"in (?:half )?{_AMOUNT}(?: (?:and a|a|an))? ?{_UNIT}(?: and (?:a )?half)?")
_CLOCK = re.compile(r"(\d{1,2})(?:[:h](\d{2})(?::\d{2})?)? ?(am|pm|a m|p m)?")
_NEXT = re.compile(r"next (\w+)")
_HOUR_WORDS = "|".join(_COUNTED.split()[1:])
_MINUTES = {"five": 5, "ten": 10, "quarter": 15, "fifteen": 15, "twenty": 20, "half": 30}
_MINUTES |= {"thirty": 30, "forty": 40, "forty five": 45}
_PAST = re.compile(rf"\b(?:a )?({'|'.join(_MINUTES)}) (past|to) (\d{{1,2}}|{_HOUR_WORDS})\b")
_HOUR_MINUTES = re.compile(rf"\b({_HOUR_WORDS})[ -](fifteen|twenty|thirty|forty[ -]five|forty)\b")
_HALF_SAID = re.compile(r"\b(am|pm|a m|p m|morning|noon|afternoon|evening|night|tonight)\b")
_EVENING_BEGINS = 8
"""An hour below this without "am" is meant in the afternoon: "at 3"."""


def read_time(
    text: str, *, zone_name: str, said_at: datetime, formats: Sequence[str] = ()
) -> datetime | None:
    """Read what somebody said at a moment about a later one, by the clock where they are.

    A day without a time of day means the time of day at which it was said; a time of day without
    a day the next time clocks show it. Returns None for a text that is no time, or a past one.
    `formats` are tried first, as `datetime.strptime` reads them.
    """
    there = zone(zone_name)
    now = said_at.astimezone(there)
    wanted = " ".join(text.split())
    found = (
        _by_formats(wanted, formats, now=now)
        or _iso(wanted, now=now)
        or _in_so_long(wanted.lower(), now=now)
        or _spoken(wanted.lower(), now=now)
    )
    if found is None:
        return None
    try:
        moment = found.astimezone(UTC)
    except OverflowError:  # the last day of the year 9999
        return None
    return moment if moment > said_at else None


def _by_formats(text: str, formats: Sequence[str], *, now: datetime) -> datetime | None:
    for one in formats:
        try:
            found = datetime.strptime(text, one)  # noqa: DTZ007
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)
    return None


def _iso(text: str, *, now: datetime) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", text):
        found = datetime.combine(found.date(), now.time())
    return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)


def _in_so_long(text: str, *, now: datetime) -> datetime | None:
    """Read "in two hours", "in an hour and a half", "in half an hour", "in 3 days"."""
    found = _IN.fullmatch(text.rstrip(".").replace("in a couple of ", "in two "))
    if found is None:
        return None
    amount = _NUMBERS.get(found[1])
    if amount is None:
        if not found[1][0].isdigit():
            return None
        amount = float(found[1])
    if "in half " in text and found[1] != "half":
        amount = amount / 2
    if text.rstrip(".").endswith("half"):
        amount += 0.5
    unit = _UNITS[found[2]]
    if unit >= _UNITS["day"]:  # the same time of day, also when the clocks change in between
        return now + timedelta(days=round(amount * unit.days))
    return (now.astimezone(UTC) + amount * unit).astimezone(now.tzinfo)


def _spoken(text: str, *, now: datetime) -> datetime | None:
    """Read a day, a time of day, or both in either order; every word must be understood."""
    rest = " ".join(_FILLERS.sub(" ", text.replace("a.m.", "am").replace("p.m.", "pm")).split())
    if rest.isdigit():  # rather a count, or a word for "yes", than a time of day
        return None
    rest = _with_figures(rest)
    day, rest = _take_day(rest, now=now)
    clock, rest = _take_clock(rest)
    if set(rest.split()) - {"at", "on"} or (day is None and clock is None):
        return None
    wanted = clock or now.time()
    if day is None:
        today = datetime.combine(now.date(), wanted, now.tzinfo)
        return today if today > now else today + timedelta(days=1)
    return datetime.combine(day, wanted, now.tzinfo)


def _with_figures(text: str) -> str:
    """Write "half past three", "quarter to four" and "three thirty" as clocks show them."""
    half = "" if _HALF_SAID.search(text) else " pm"

    def clock(hour: str, minutes: int) -> str:
        counted = int(hour) if hour.isdigit() else int(_NUMBERS[hour])
        counted = (counted - 1 if minutes < 0 else counted) or 12
        in_the_afternoon = half if 1 <= counted < _EVENING_BEGINS else ""
        return f"{counted}:{minutes % 60:02d}{in_the_afternoon}"

    def past(found: re.Match[str]) -> str:
        minutes = _MINUTES[found[1]]
        return clock(found[3], minutes if found[2] == "past" else -minutes)

    def after(found: re.Match[str]) -> str:
        return clock(found[1], _MINUTES[found[2].replace("-", " ")])

    return _HOUR_MINUTES.sub(after, _PAST.sub(past, text))


def _take_day(text: str, *, now: datetime) -> tuple[date | None, str]:
    today = now.date()
    if text.startswith("in ") and (found := re.match(rf"in {_AMOUNT} (day|week)s?\b", text)):
        amount = _NUMBERS.get(found[1]) or (int(found[1]) if found[1].isdigit() else 0)
        if amount:
            days = int(amount) * _UNITS[found[2]].days
            return today + timedelta(days=days), text[found.end() :].strip()
    for words, days in (
        ("day after tomorrow", 2),
        ("tomorrow", 1),
        ("next day", 1),
        ("today", 0),
        ("tonight", 0),
        ("next week", 7),
        ("week from now", 7),
    ):
        if re.search(rf"\b{words}\b", text):
            instead = "evening" if words == "tonight" and not re.search(r"\d", text) else " "
            if words == "tonight" and instead == " ":
                instead = " evening "
            return today + timedelta(days=days), _without(text, words, instead)
    for place, name in enumerate(_DAYS):
        if found := re.search(rf"\b(?:next )?(?:{name}|{name[:3]}s?|thurs|tues)\b", text):
            if name[:3] not in found[0]:
                continue
            days = (place - today.weekday() - 1) % 7 + 1  # after today, never today
            return today + timedelta(days=days), _without(text, re.escape(found[0]), " ")
    return _take_date(text, today=today)


def _take_date(text: str, *, today: date) -> tuple[date | None, str]:
    """Read "December 1", "1st December 2026", "2026-12-01"."""
    if found := re.search(r"\b(\d{4})-(\d{2})-(\d{2})\b", text):
        return _date(found, *(int(part) for part in found.groups()), text=text, today=today)
    for place, name in enumerate(_MONTHS, start=1):
        month = rf"(?:{name}|{name[:3]})"
        day, year = r"(\d{1,2})(?:st|nd|rd|th)?", r"(?: (\d{4})\b(?!:))?"
        found = re.search(rf"\b{day} {month}\b{year}", text) or re.search(
            rf"\b{month} {day}\b{year}", text
        )
        if found:
            year_said = int(found[2]) if found[2] else 0
            return _date(found, year_said, place, int(found[1]), text=text, today=today)
    return None, text


def _date(
    found: re.Match[str], year: int, month: int, day: int, *, text: str, today: date
) -> tuple[date | None, str]:
    try:
        chosen = date(year or today.year, month, day)
        if not year and chosen < today:
            chosen = chosen.replace(year=today.year + 1)
    except ValueError:
        return None, text
    return chosen, _without(text, re.escape(found[0]), " ")


def _take_clock(text: str) -> tuple[time | None, str]:
    part = next((name for name in _HOURS if re.search(rf"\b{name}\b", text)), None)
    rest = _without(text, rf"\b(?:in )?{part}\b", " ") if part else text
    found = _CLOCK.search(rest)
    if found is None:
        word = next((word for word in rest.split() if _NUMBERS.get(word, 0) >= 1), None)
        if word is None or word in ("a", "an"):
            return (time(_HOURS[part]) if part else None), rest
        number = str(int(_NUMBERS[word]))
        found = _CLOCK.search(rest.replace(word, number))
        rest = rest.replace(word, number)
    if found is None:
        return None, rest
    clock = _clock(found, part=part)
    left = f"{rest[: found.start()]} {rest[found.end() :]}"
    return clock, " ".join(left.split()) if clock else text


def _clock(found: re.Match[str], *, part: str | None) -> time | None:
    hour, minute = int(found[1]), int(found[2] or 0)
    half = (found[3] or "").replace(" ", "")
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    in_the_afternoon = part in ("afternoon", "evening") or (
        part is None and found[2] is None and 1 <= hour < _EVENING_BEGINS
    )
    if not half and in_the_afternoon and hour < 12:
        hour += 12
    if hour > 23 or minute > 59:
        return None
    return time(hour, minute)


def _without(text: str, words: str, instead: str) -> str:
    return " ".join(re.sub(words, instead, text, count=1).split())
