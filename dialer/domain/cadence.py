"""Cadence: when the next attempt is due, by disposition."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.durations import Duration, parse_duration
from dialer.domain.states import ClosedAs

_H = timedelta(hours=1)
_M = timedelta(minutes=1)
_D = timedelta(days=1)
_USUAL = (4 * _H, _D, 2 * _D, 4 * _D)

DEFAULT_DELAYS: Mapping[Disposition, tuple[timedelta, ...]] = {
    Disposition.NO_ANSWER: _USUAL,
    Disposition.VOICEMAIL: (_D, 2 * _D, 4 * _D),
    Disposition.IVR: (_D, 2 * _D),
    Disposition.INACTIVE: (_D,),
    Disposition.BUSY: (20 * _M, *_USUAL),
    Disposition.DECLINED: (_D, 2 * _D, 4 * _D),
    Disposition.CALLBACK: (_D,),
    Disposition.STOPPED_BY_US: (_D,),
    Disposition.BLOCKED: (_D,),
    Disposition.DIAL_FAILED: (15 * _M, _H, 4 * _H),
    Disposition.PROVIDER_ERROR: (_M, 5 * _M, 15 * _M),
    Disposition.PROVIDER_BUSY: (timedelta(seconds=15), _M),
    Disposition.ACCOUNT_PROBLEM: (_M,),
}


class Cadence(BaseModel):
    """How often a lead is tried, and how long it waits in between.

    `delays` maps a disposition to a list of waits: the first after the first such attempt and so
    on; the last one repeats.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_attempts: int = Field(default=5, ge=1, le=50)
    max_free_tries: int = Field(default=10, ge=1, le=100)
    delays: dict[Disposition, tuple[Duration, ...]] = Field(default_factory=dict)

    @field_validator("delays", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {
            key: tuple(parse_duration(one) for one in waits)
            if isinstance(waits, list | tuple)
            else (parse_duration(waits),)
            for key, waits in value.items()
        }

    @field_validator("delays")
    @classmethod
    def _retried_only(
        cls, value: dict[Disposition, tuple[timedelta, ...]]
    ) -> dict[Disposition, tuple[timedelta, ...]]:
        for disposition, waits in value.items():
            if disposition not in DEFAULT_DELAYS:
                raise ValueError(f'"{disposition}" closes the lead, so it has no delay')
            if not waits or min(waits) < timedelta(0):
                raise ValueError(f'"{disposition}" needs one wait or more, none below zero')
        return value

    def delay(self, disposition: Disposition, *, times: int) -> timedelta:
        """Give the wait after the `times`-th attempt (from 1) that ended in `disposition`."""
        waits = self.delays.get(disposition) or DEFAULT_DELAYS[disposition]
        return waits[min(max(times, 1), len(waits)) - 1]


@dataclass(frozen=True, slots=True)
class Close:
    """The lead is finished."""

    closed_as: ClosedAs


@dataclass(frozen=True, slots=True)
class Retry:
    """The lead is due again, before its window has been asked."""

    due_at: datetime


def next_step(
    cadence: Cadence,
    disposition: Disposition,
    *,
    times: int,
    attempts: int,
    free_tries: int,
    now: datetime,
) -> Close | Retry:
    """Decide what becomes of a lead after an attempt came out as `disposition`.

    `times` counts its attempts that came out so, `attempts` those that rang or may have rung,
    `free_tries` those that cost the lead nothing; all with this one included.
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
        case Verdict.FREE if free_tries >= cadence.max_free_tries:
            return Close(ClosedAs.EXHAUSTED)
        case _:
            return Retry(now + cadence.delay(disposition, times=times))
