"""Durations as people write them in campaign files: "90s", "20m", "4h", "1d", "1d 12h"."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_LONGEST = timedelta(days=3_660)
"""Somewhat more than ten years; a moment further away may be none that a calendar has."""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_A_DAY_HAS = {"s": 86_400, "m": 1_440, "h": 24, "d": 1}


def parse_duration(value: object) -> timedelta:
    """Read a duration; a bare number is refused because its unit would be a guess.

    Raises:
        ValueError: the text is not a duration.
    """
    if isinstance(value, timedelta):
        return value
    text = str(value).strip().lower()
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text).strip():
        raise ValueError(f'{value!r} is not a duration; write for example "20m", "4h" or "1d"')
    days = sum(float(number) / _A_DAY_HAS[unit] for number, unit in parts)
    if days > _LONGEST.days:
        raise ValueError(f"{value!r} is too long; the longest duration is {_LONGEST.days:,} days")
    return sum((timedelta(**{_UNITS[unit]: float(number)}) for number, unit in parts), timedelta(0))


def format_duration(value: timedelta) -> str:
    """Write a duration so that `parse_duration` reads it back."""
    rest = value
    parts = []
    for unit, name in (("d", "days"), ("h", "hours"), ("m", "minutes")):
        count, rest = divmod(rest, timedelta(**{name: 1}))
        if count:
            parts.append(f"{count}{unit}")
    if rest or not parts:
        seconds = f"{rest.total_seconds():.6f}".rstrip("0").rstrip(".")
        parts.append(f"{seconds}s")
    return " ".join(parts)


Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)
]
"""A pydantic field that holds a timedelta and is written as text."""
