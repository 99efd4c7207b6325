"""Callbacks: calls that somebody asked for at a time of their own.

A callback is a promise with a date. It comes before everything else of its campaign and waits
for no cadence, but the law and the window hold for it as for any call.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dialer.domain.durations import Duration
from dialer.domain.spoken_times import read_time

TOLERANCE = timedelta(minutes=15)
"""So much earlier or later is still the time that was asked for."""
_NOTHING = frozenset({"", "none", "null", "n/a", "na", "no", "not specified", "unknown", "-"})
_EARLIEST_EPOCH = 1_000_000_000  # a smaller number is no moment of our time
_MILLISECONDS = 100_000_000_000


class CallbackSpec(BaseModel):
    """Where the time of a callback stands in a call's analysis, and how promises are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: tuple[str, ...] = ("callback_time", "callback_at", "callback_datetime", "call_back_time")
    formats: tuple[str, ...] = ()  # tried first, as Python's strptime reads them
    at_most: int = Field(default=3, ge=0, le=20)  # dated callbacks of one lead
    furthest: Duration = timedelta(days=90)  # who names a later time was misunderstood
    again_after: Duration = timedelta(minutes=15)  # once, when nobody was reached

    @field_validator("keys", "formats", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("formats")
    @classmethod
    def _usable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if "%" not in one:
                raise ValueError(f'{one!r} is not a format such as "%m/%d/%Y %I:%M %p"')
        return value


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call's analysis says of a callback; `at` is None when it could not be read."""

    text: str
    at: datetime | None


def asked_time(
    spec: CallbackSpec,
    found: Mapping[str, object] | None,
    *,
    zone_name: str,
    said_at: datetime,
) -> Asked | None:
    """Find the time that somebody asked to be called at; None when none is named.

    `found` is the analysis's custom data. Of several keys the first with a value counts.
    """
    for key in spec.keys:
        value = (found or {}).get(key)
        text = "" if value is None or isinstance(value, bool) else " ".join(str(value).split())
        if text.lower().rstrip(".") not in _NOTHING:
            moment = read_asked(spec, text, zone_name=zone_name, said_at=said_at)
            return Asked(text[:200], moment)
    return None


def read_asked(
    spec: CallbackSpec, text: str, *, zone_name: str, said_at: datetime
) -> datetime | None:
    """Read a time that somebody asked for; None when it is none, past or too far away."""
    moment = _epoch(text) or read_time(
        text, zone_name=zone_name, said_at=said_at, formats=spec.formats
    )
    if moment is None or not said_at < moment <= said_at + spec.furthest:
        return None
    return moment


def _epoch(text: str) -> datetime | None:
    """Read seconds, or milliseconds, since 1970."""
    if not text.isdecimal() or len(text) > 13 or int(text) < _EARLIEST_EPOCH:
        return None
    seconds = int(text) / 1000 if int(text) > _MILLISECONDS else int(text)
    return datetime.fromtimestamp(seconds, UTC)


def promise_due(
    asked_at: datetime, *, now: datetime, opening: Callable[[datetime], datetime | None]
) -> datetime | None:
    """Give when to call for a promise: then, a little earlier if it closes, or at the opening.

    Never earlier than `now`; None when nothing ever opens.
    """
    wanted = max(asked_at, now)
    due_at = opening(wanted)
    if due_at is not None and due_at - asked_at <= TOLERANCE:
        return due_at
    earlier = opening(max(asked_at - TOLERANCE, now))
    return earlier if earlier is not None and earlier < wanted else due_at
