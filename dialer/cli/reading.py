"""Reading what people type as arguments."""

from collections.abc import Iterable
from datetime import datetime

from dialer.cli.exits import WrongUsage


def read_number(text: str, *, country: str) -> str:
    """Read a number as a person types it.

    Raises:
        WrongUsage: it is none.
    """
    from dialer.domain.phones import Phone as Found
    from dialer.domain.phones import parse_phone

    found = parse_phone(text, country=country.upper(), allow_fictional=True, allowed_countries=None)
    if isinstance(found, Found):
        return found.e164
    raise WrongUsage(
        f"{text} is not a telephone number", why=found.message, fix="write it as +14155552671"
    )


def read_past(text: str, *, option: str, now: datetime) -> datetime:
    """Read a moment, or how long ago it was: "2h", "30d".

    Raises:
        WrongUsage: it is neither.
    """
    return _moment(text, option=option, now=now, sign=-1)


def read_ahead(text: str, *, option: str, now: datetime) -> datetime:
    """Read a moment, or how far ahead it is: "2h", "90d". Raises: as `read_past`."""
    return _moment(text, option=option, now=now, sign=1)


def _moment(text: str, *, option: str, now: datetime, sign: int) -> datetime:
    from dialer.domain.durations import parse_duration
    from dialer.domain.written_moments import read_moment

    try:
        return now + sign * parse_duration(text)
    except (ValueError, OverflowError):
        pass
    try:
        return read_moment(text)
    except ValueError as error:
        fix = f'{option} 2h, or {option} "2026-12-01 09:00 America/Chicago"'
        raise WrongUsage(f"{option} {text} is no moment", why=str(error), fix=fix) from error


def read_pairs(texts: Iterable[str], *, option: str) -> dict[str, str]:
    """Read "key=value" pairs; the last one of a key counts.

    Raises:
        WrongUsage: one is no pair.
    """
    from dialer.domain import pairs

    try:
        return pairs.read_pairs(texts)
    except ValueError as error:
        raise WrongUsage(str(error), fix=f"write {option} order=1234") from error


def read_values(texts: Iterable[str], *, option: str) -> dict[str, str | float | bool]:
    """Read pairs whose values may be numbers, true or false. Raises: as `read_pairs`."""
    from dialer.domain import pairs

    try:
        return pairs.read_values(texts)
    except ValueError as error:
        raise WrongUsage(str(error), fix=f"write {option} order=1234") from error
