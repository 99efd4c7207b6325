"""Moments as people type them: "2026-12-01 09:00 America/Chicago", or with an offset."""

from datetime import UTC, datetime

from dialer.domain.local_time import moment_of
from dialer.domain.zone_names import check_zone

EXAMPLE = '"2026-12-01 09:00 America/Chicago" or "2026-12-01T09:00-06:00"'


def read_moment(text: str) -> datetime:
    """Read a moment; the zone is never guessed.

    Raises:
        ValueError: it is none, or names no zone; the text of the error tells a person.
    """
    words = text.split()
    moment = _iso(" ".join(words))
    if moment is not None and moment.tzinfo is not None:
        return _in_utc(moment, text)
    if moment is not None:
        raise ValueError(f"{text!r} names no zone; write for example {EXAMPLE}")
    local = _iso(" ".join(words[:-1]))
    if local is None or local.tzinfo is not None:
        raise ValueError(f"{text!r} is not a moment; write for example {EXAMPLE}")
    name = check_zone(words[-1])
    found = moment_of(local, zone_name=name)
    if found is None:
        raise ValueError(f"the clocks of {name} are set forward over {local}; it does not come")
    return found


def _in_utc(moment: datetime, text: str) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} lies beyond all clocks; write for example {EXAMPLE}") from error


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
