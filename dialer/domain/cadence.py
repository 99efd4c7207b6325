"""Cadence: when the next attempt is due, by disposition."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.durations import Duration
from dialer.domain.states import ClosedAs
from dialer.domain.waits import Until, Wait, WaitField, next_part, parse_wait, part_of_day
from dialer.domain.window import MinuteOfDay

_H = timedelta(hours=1)
_M = timedelta(minutes=1)
_D = timedelta(days=1)


def _elsewhen(*lengths: timedelta) -> tuple[Wait, ...]:
    return tuple(Wait(length, elsewhen=True) for length in lengths)


def _plain(*lengths: timedelta) -> tuple[Wait, ...]:
    return tuple(Wait(length) for length in lengths)


_USUAL = _elsewhen(4 * _H, _D, 2 * _D, 4 * _D)
_NEXT_DAY = (Wait(until=Until.NEXT_DAY, elsewhen=True), *_elsewhen(2 * _D, 4 * _D))

DEFAULT_DELAYS: Mapping[Disposition, tuple[Wait, ...]] = {
    Disposition.NO_ANSWER: _USUAL,
    Disposition.VOICEMAIL: _NEXT_DAY,
    Disposition.IVR: _plain(_D, 2 * _D),
    Disposition.INACTIVE: _plain(_D),
    Disposition.QUICK_HANGUP: _plain(3 * _D),
    Disposition.BUSY: (*_plain(20 * _M), *_USUAL),
    Disposition.DECLINED: _NEXT_DAY,
    Disposition.CALLBACK: _plain(_D),
    Disposition.STOPPED_BY_US: _plain(_D),
    Disposition.BLOCKED: _plain(_D),
    Disposition.DIAL_FAILED: _plain(15 * _M, _H, 4 * _H),
    Disposition.PROVIDER_ERROR: _plain(_M, 5 * _M, 15 * _M),
    Disposition.PROVIDER_BUSY: _plain(timedelta(seconds=15), _M),
    Disposition.ACCOUNT_PROBLEM: _plain(_M),
}
DEFAULT_AT_MOST: Mapping[Disposition, int] = {Disposition.QUICK_HANGUP: 2}
DEFAULT_PARTS = (9 * 60, 11 * 60, 14 * 60, 17 * 60, 20 * 60)
USUAL_GAP = 3 * _H
_WITHOUT_GAP = (Disposition.BUSY, Disposition.CALLBACK)
"""After these the next attempt may come sooner: nobody was disturbed, or somebody asked for it."""
_STEPS = 64  # parts of the day looked at for one not tried yet: about two weeks


class Cadence(BaseModel):
    """How often a lead is tried, and how long it waits in between.

    `delays` maps a disposition to a list of waits: the first after the first such attempt and so
    on; the last one repeats. Waits that a campaign file writes itself are meant as they stand;
    `min_gap` lengthens them only where it is written, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_attempts: int = Field(default=5, ge=1, le=50)
    max_free_tries: int = Field(default=10, ge=1, le=100)
    max_days: int = Field(default=30, ge=1, le=366)  # from the first attempt to the last
    min_gap: Duration | None = None  # between two attempts of which the first one rang
    jitter: Duration = timedelta(0)  # up to so much longer, so that retries spread
    day_parts: tuple[MinuteOfDay, ...] = DEFAULT_PARTS
    retries: Literal["before fresh", "after fresh"] = "before fresh"
    quick_hangup: Duration = 6 * timedelta(seconds=1)  # hung up sooner is no conversation
    voicemail_retries: bool = False  # also where only the analysis heard the voicemail
    delays: dict[Disposition, tuple[WaitField, ...]] = Field(default_factory=dict)
    at_most: dict[Disposition, int] = Field(default_factory=dict)  # attempts that end so
    counts: dict[Disposition, bool] = Field(default_factory=dict)  # towards max_attempts

    @field_validator("delays", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {
            key: tuple(parse_wait(one) for one in waits)
            if isinstance(waits, list | tuple)
            else (parse_wait(waits),)
            for key, waits in value.items()
        }

    @field_validator("delays")
    @classmethod
    def _retried_only(
        cls, value: dict[Disposition, tuple[Wait, ...]]
    ) -> dict[Disposition, tuple[Wait, ...]]:
        for disposition, waits in value.items():
            _refuse_closing(disposition, what="delay")
            if not waits or min(one.length for one in waits) < timedelta(0):
                raise ValueError(f'"{disposition}" needs one wait or more, none below zero')
        return value

    @field_validator("at_most")
    @classmethod
    def _at_least_one(cls, value: dict[Disposition, int]) -> dict[Disposition, int]:
        for disposition, most in value.items():
            _refuse_closing(disposition, what="number of attempts")
            if most < 1:
                raise ValueError(f'"{disposition}" needs a number from 1 on')
        return value

    @field_validator("counts")
    @classmethod
    def _countable(cls, value: dict[Disposition, bool]) -> dict[Disposition, bool]:
        for disposition in value:
            if MEANING[disposition].verdict not in (Verdict.RETRY, Verdict.FREE):
                raise ValueError(f'whether "{disposition}" counts makes no difference')
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        parts = self.day_parts
        if len(parts) < 3 or list(parts) != sorted(set(parts)) or parts[-2] >= 24 * 60:
            raise ValueError(
                "day_parts need three times of day or more, each later than the one before, such"
                ' as ["09:00", "13:00", "20:00"]'
            )
        for name in ("min_gap", "jitter", "quick_hangup"):
            if (getattr(self, name) or timedelta(0)) < timedelta(0):
                raise ValueError(f"{name} may not be below zero")
        return self

    def wait(self, disposition: Disposition, *, times: int) -> Wait:
        """Give the wait after the `times`-th attempt (from 1) that ended in `disposition`."""
        waits = self.delays.get(disposition) or DEFAULT_DELAYS[disposition]
        return waits[min(max(times, 1), len(waits)) - 1]

    def gap(self, disposition: Disposition) -> timedelta:
        """Give the shortest time between an attempt that ended so and the next one."""
        if disposition in _WITHOUT_GAP or MEANING[disposition].verdict is not Verdict.RETRY:
            return timedelta(0)
        if self.min_gap is not None:
            return self.min_gap
        return timedelta(0) if disposition in self.delays else USUAL_GAP

    def earliest(
        self, disposition: Disposition, *, times: int, after: datetime, zone_name: str
    ) -> datetime:
        """Give the first moment for another attempt, before window and jitter."""
        waited = self.wait(disposition, times=times).ends_at(after, zone_name=zone_name)
        return max(waited, after + self.gap(disposition))

    def most_of(self, disposition: Disposition) -> int | None:
        """Give the number of attempts that may end so; the last of them closes the lead."""
        return self.at_most.get(disposition, DEFAULT_AT_MOST.get(disposition))

    def is_counted(self, disposition: Disposition, *, rang: bool) -> bool:
        """Tell whether an attempt that ended so counts towards `max_attempts`."""
        return self.counts.get(disposition, rang)


def _refuse_closing(disposition: Disposition, *, what: str) -> None:
    if disposition not in DEFAULT_DELAYS:
        raise ValueError(f'"{disposition}" closes the lead, so it has no {what}')


@dataclass(frozen=True, slots=True)
class Close:
    """The lead is finished."""

    closed_as: ClosedAs


@dataclass(frozen=True, slots=True)
class Retry:
    """The lead is due again, before its window has been asked.

    `elsewhen` asks for a part of the day in which it was not called yet.
    """

    due_at: datetime
    elsewhen: bool = False


def next_step(
    cadence: Cadence,
    disposition: Disposition,
    *,
    times: int,
    attempts: int,
    free_tries: int,
    now: datetime,
    zone_name: str = "UTC",
    seed: str = "",
) -> Close | Retry:
    """Decide what becomes of a lead after an attempt came out as `disposition`.

    `times` counts its attempts that came out so, `attempts` those that count, `free_tries` those
    that cost the lead nothing; all with this one included. The same `seed` gives the same jitter.
    """
    match MEANING[disposition].verdict:
        case Verdict.REACHED:
            return Close(ClosedAs.REACHED)
        case Verdict.SUPPRESS:
            return Close(ClosedAs.SUPPRESSED)
        case Verdict.INVALID:
            return Close(ClosedAs.INVALID_NUMBER)
        case Verdict.REVIEW:
            return Close(ClosedAs.EXHAUSTED)
        case Verdict.RETRY | Verdict.FREE if attempts >= cadence.max_attempts:
            return Close(ClosedAs.EXHAUSTED)
        case Verdict.RETRY | Verdict.FREE as verdict if (
            free_tries >= cadence.max_free_tries
            and not cadence.is_counted(disposition, rang=verdict is Verdict.RETRY)
        ):
            return Close(ClosedAs.EXHAUSTED)
        case _ if (most := cadence.most_of(disposition)) is not None and times >= most:
            return Close(ClosedAs.EXHAUSTED)
    due_at = cadence.earliest(disposition, times=times, after=now, zone_name=zone_name)
    elsewhen = cadence.wait(disposition, times=times).elsewhen
    return Retry(due_at + cadence.jitter * _chance(seed), elsewhen=elsewhen)


def _chance(seed: str) -> float:
    """Draw a number from 0 up to 1, the same one for the same seed."""
    if not seed:
        return 0.0
    return int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=4).digest()) / 2**32


def place(
    cadence: Cadence,
    retry: Retry,
    *,
    called_at: Sequence[datetime],
    zone_name: str,
    opening: Callable[[datetime], datetime | None],
) -> datetime | None:
    """Give the moment a retry is due: open, and where asked in a part of the day not tried yet.

    `opening` gives the first allowed moment from one on. Where every part was tried, one other
    than the last will do; where the window leaves none, the first opening. Never earlier than the
    retry asks for; None when nothing ever opens.
    """
    first = opening(retry.due_at)
    if first is None or not retry.elsewhen or not called_at:
        return first
    parts = cadence.day_parts
    tried = [part_of_day(one, zone_name=zone_name, parts=parts) for one in called_at]
    avoided = set(tried)
    if len(avoided - {None}) >= len(parts) - 1:
        avoided = {tried[-1]}
    moment: datetime | None = first
    for _ in range(_STEPS):
        if moment is None:
            break
        part = part_of_day(moment, zone_name=zone_name, parts=parts)
        if part is not None and part not in avoided:
            return moment
        moment = opening(next_part(moment, zone_name=zone_name, parts=parts))
    return first
