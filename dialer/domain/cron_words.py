"""Cron expressions in words, for people who do not read five fields."""

from collections.abc import Sequence

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_NAMES = {name[:3].lower(): name for name in (*_DAYS, *_MONTHS)}
MOST_TIMES = 6
"""More times of a day than these are told by their fields."""


def in_words(expression: str) -> str:
    """Say when an expression runs: "At 09:00, Monday to Friday".

    The expression must be one that `check_cron` takes.
    """
    minutes, hours, day, month, weekday = expression.lower().split()
    days = [one for one in (_month_days(day), _weekdays(weekday)) if one]
    parts = [_clock(minutes, hours)]
    if days:  # where both are given cron runs on either of them, unless one is a step
        both = day.startswith("*") or weekday.startswith("*")
        parts.append((" that is also " if both else " or ").join(days))
    elif not hours.startswith("*"):
        parts.append("every day")
    if month != "*":
        parts.append(f"in {_listed(month, first=_MONTHS, begins=1)}")
    said = ", ".join(parts)
    return said[:1].upper() + said[1:]


def _clock(minutes: str, hours: str) -> str:
    if times := _times(minutes, hours):
        return f"at {_joined(times)}"
    return f"{_minutes(minutes)}{_hours(hours)}"


def _times(minutes: str, hours: str) -> list[str]:
    """Give the times of day, where these are few."""
    both = [field.split(",") for field in (hours, minutes)]
    if not all(part.isdigit() for field in both for part in field):
        return []
    found = sorted(f"{int(hour):02d}:{int(minute):02d}" for hour in both[0] for minute in both[1])
    return found if len(found) <= MOST_TIMES else []


def _minutes(field: str) -> str:
    step = _step(field)
    if step is not None:
        return "every minute" if step == 1 else f"every {step} minutes"
    return "every hour" if field == "0" else f"at minute {_plain(field)}"


def _hours(field: str) -> str:
    step = _step(field)
    if step is not None:
        return "" if step == 1 else f", in every {_ordinal(step)} hour"
    start, dash, end = field.partition("-")
    if dash and start.isdigit() and end.isdigit():
        return f" from {int(start):02d}:00 until {int(end):02d}:59"
    return f", in the hours {_plain(field)}"


def _month_days(field: str) -> str:
    step = _step(field)
    if step is not None:
        return "" if step == 1 else f"every {_ordinal(step)} day of the month"
    which = "the last day" if field == "l" else f"day {_plain(field)}"
    return f"on {which} of the month"


def _weekdays(field: str) -> str:
    if _step(field) == 1:
        return ""
    return _listed(field, first=(*_DAYS, _DAYS[0]), begins=0)


def _step(field: str) -> int | None:
    """Give how many steps "*/n" takes at once; None for a field that names its values."""
    if field == "*":
        return 1
    return int(field[2:]) if field.startswith("*/") and field[2:].isdigit() else None


def _listed(field: str, *, first: Sequence[str], begins: int) -> str:
    """Write numbers and short names as names: "mon-fri,0" is "Monday to Friday and Sunday"."""

    def name(word: str) -> str:
        start, nth, count = word.partition("#")
        if nth and count.isdigit():
            return f"the {_ordinal(int(count))} {name(start)} of the month"
        if len(word) == 2 and word.endswith("l"):
            return f"the last {name(word[0])} of the month"
        if word.isdigit() and 0 <= int(word) - begins < len(first):
            return first[int(word) - begins]
        return _NAMES.get(word, word)

    parts = [" to ".join(name(word) for word in part.split("-")) for part in field.split(",")]
    return _joined(parts)


def _joined(parts: Sequence[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def _plain(field: str) -> str:
    parts = [part.replace("-", " to ").split("/") for part in field.split(",")]
    return _joined([f"{one[0]} by {one[1]}s" if len(one) == 2 else one[0] for one in parts])


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
