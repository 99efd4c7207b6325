"""Waits between attempts, as people write them in campaign files.

"4h"                               so long after the attempt
"next day"                         not before the next local date begins
"tomorrow same time"               one local day later, when clocks show the same
"… at another time of day"         moreover in a part of the day not tried yet
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

from dialer.domain.durations import format_duration, parse_duration
from dialer.domain.local_time import zone

ANOTHER = "at another time of day"
_WORDS = re.compile(
    r"(?P<amount>.*?)\s*\b(?P<other>at (?:another|a different) time(?: of (?:the )?day)?)?",
    re.DOTALL,
)


class Until(StrEnum):
    """What a wait counts."""

    PASSED = ""  # elapsed time
    NEXT_DAY = "next day"  # until the local date changes
    SAME_TIME = "tomorrow same time"  # until the clock shows the same on the next day


_SAID = {
    "next day": Until.NEXT_DAY,
    "the next day": Until.NEXT_DAY,
    "tomorrow": Until.NEXT_DAY,
    "tomorrow same time": Until.SAME_TIME,
    "tomorrow at the same time": Until.SAME_TIME,
    "next day same time": Until.SAME_TIME,
    "next day at the same time": Until.SAME_TIME,
}


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait: so long or until then, and whether in a part of the day not tried yet."""

    length: timedelta = timedelta(0)
    until: Until = Until.PASSED
    elsewhen: bool = False

    def ends_at(self, after: datetime, *, zone_name: str) -> datetime:
        """Give the earliest moment after this wait; parts of the day are not its matter."""
        if self.until is Until.PASSED:
            return after + self.length
        there = zone(zone_name)
        local = after.astimezone(there)
        clock = local.time() if self.until is Until.SAME_TIME else time()
        tomorrow = datetime.combine(local.date() + timedelta(days=1), clock, there)
        return max(tomorrow.astimezone(UTC), after)

    def __str__(self) -> str:
        words = self.until.value or format_duration(self.length)
        return f"{words} {ANOTHER}" if self.elsewhen else words


def parse_wait(value: object) -> Wait:
    """Read a wait.

    Raises:
        ValueError: the text is not a wait.
    """
    if isinstance(value, Wait):
        return value
    if isinstance(value, timedelta):
        return Wait(value)
    text = " ".join(str(value).lower().split())
    found = _WORDS.fullmatch(text)
    amount, other = (found["amount"], found["other"]) if found else (text, None)
    if amount in _SAID:
        until = _SAID[amount]
        if other and until is Until.SAME_TIME:
            raise ValueError(f"{value!r} contradicts itself: the same time, or another")
        return Wait(until=until, elsewhen=bool(other))
    try:
        return Wait(parse_duration(amount), elsewhen=bool(other))
    except ValueError as error:
        raise ValueError(
            f'{value!r} is not a duration such as "20m", "4h" or "1d", nor "next day" or'
            f' "tomorrow same time"; "{ANOTHER}" may follow'
        ) from error


WaitField = Annotated[Wait, BeforeValidator(parse_wait), PlainSerializer(str, return_type=str)]
"""A pydantic field that holds a wait and is written as text."""


def part_of_day(moment: datetime, *, zone_name: str, parts: Sequence[int]) -> int | None:
    """Give the place of the part of the day a moment lies in; None outside of all.

    `parts` are the minutes of the day at which a part begins, the last one where the last ends.
    """
    local = moment.astimezone(zone(zone_name))
    minute = local.hour * 60 + local.minute
    for place, (begins, ends) in enumerate(pairwise(parts)):
        if begins <= minute < ends:
            return place
    return None


def next_part(moment: datetime, *, zone_name: str, parts: Sequence[int]) -> datetime:
    """Give the beginning of the next part of a day after a moment, be it tomorrow."""
    there = zone(zone_name)
    day = moment.astimezone(there).date()
    for date in (day, day + timedelta(days=1), day + timedelta(days=2)):
        for minute in parts[:-1]:
            wall = datetime.combine(date, time(minute // 60, minute % 60), there)
            begins = wall.astimezone(UTC)
            if begins > moment:
                return begins
    raise AssertionError("every day has a part")
