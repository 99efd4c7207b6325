"""Appointments: which of the times on offer suits, and what the person is told."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

MOST_OFFERED = 3
FURTHEST = timedelta(days=90)
"""Times later than so are not offered."""
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Calendars:
    """Where the times are that may be booked: files in a folder, or else the table."""

    folder: Path | None = None
    usual: str = "appointments"


@dataclass(frozen=True, slots=True, order=True)
class Offer:
    """A time that may be booked, once."""

    starts_at: datetime
    ends_at: datetime


def free_offers(
    offers: Iterable[Offer], *, booked: Collection[datetime], now: datetime
) -> list[Offer]:
    """Give the times ahead that nobody has, the first first."""
    return sorted(
        one
        for one in offers
        if now < one.starts_at <= now + FURTHEST and one.starts_at not in booked
    )


def fitting(offers: Iterable[Offer], *, wanted: datetime) -> Offer | None:
    """Give the time that begins when it is wanted."""
    return next((one for one in offers if one.starts_at == wanted), None)


def nearest(offers: Iterable[Offer], *, wanted: datetime) -> list[Offer]:
    """Give up to three times that lie nearest to the one that is wanted, the first first."""
    by_distance = sorted(offers, key=lambda one: (abs(one.starts_at - wanted), one.starts_at))
    return sorted(by_distance[:MOST_OFFERED])


def confirmation_number(seed: str, *, again: int) -> str:
    """Give a number that can be said on the telephone; another one each time `again` grows."""
    digits = f"{(int(seed.replace('-', ''), 16) + again * 7_919) % 10**_DIGITS:0{_DIGITS}d}"
    return f"{digits[:3]} {digits[3:]}"
