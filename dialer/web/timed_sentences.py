"""Moments in sentences: the text stays as it is written, with UTC behind each moment.

Sentences name a moment with its whole date and whose clock shows it. What is written in another
way, or is no day there is, stays plain text.
"""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from markupsafe import Markup, escape

from dialer.domain.local_time import zone

_MOMENT = re.compile(
    r"(?:\b[A-Z][a-z]{2} )?"
    r"\b(?:(?P<iso>\d{4}-\d\d-\d\d)|(?P<day>\d{1,2} [A-Z][a-z]{2} \d{4})),?(?: at)? "
    r"(?P<clock>\d\d:\d\d(?::\d\d)?) "
    r"(?:UTC(?P<offset>[+-]\d\d:\d\d)?|in (?P<zone>[A-Z]\w+(?:/[\w+-]+)*))"
)
"""As in "2026-03-04 15:00 UTC", "Wed 04 Mar 2026, 15:00:00 UTC", "… 09:00 in America/Chicago"."""
IN_WORDS = "%a %d %b %Y, %H:%M"


def timed(text: str | None, zone_name: str | None = None) -> Markup:
    """Mark the moments of a sentence; with a zone, those in UTC are shown by its clock.

    Where nothing was said, nothing stands.

    Whatever else stands in the sentence is escaped, unless it is markup already.
    """
    if isinstance(text, Markup):
        return text
    found, end = Markup(""), 0
    text = text or ""
    for one in _MOMENT.finditer(text):
        at = _read(one)
        if at is None:
            continue
        shown = one[0]
        if zone_name is not None and one["zone"] is None:
            with suppress(OverflowError):  # at either end of time, no other clock can show it
                shown = f"{at.astimezone(zone(zone_name)):{IN_WORDS} %Z}"
        found += escape(text[end : one.start()]) + marked(at, shown=shown)
        end = one.end()
    return found + escape(text[end:])


def marked(at: datetime, *, shown: str) -> Markup:
    """Show a moment, with UTC behind what is shown."""
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        utc.isoformat(), utc.strftime("%Y-%m-%d %H:%M:%S UTC"), shown
    )


def _read(one: re.Match[str]) -> datetime | None:
    written = f"{one['iso'] or one['day']} {one['clock']}"
    day = "%Y-%m-%d" if one["iso"] else "%d %b %Y"
    seconds = ":%S" if one["clock"].count(":") > 1 else ""
    try:
        at = datetime.strptime(written, f"{day} %H:%M{seconds}").replace(tzinfo=_clock_of(one))
        at.astimezone(UTC)
    except (ValueError, KeyError, OverflowError):
        return None
    return at


def _clock_of(one: re.Match[str]) -> tzinfo:
    if one["zone"]:
        return zone(one["zone"])
    if not one["offset"]:
        return UTC
    hours, minutes = int(one["offset"][1:3]), int(one["offset"][4:])
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(ahead if one["offset"][0] == "+" else -ahead)
