"""Results that are told to the customer's own systems: what, where, and when it is tried again."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dialer.domain.result_events import ResultEvent


class ResultSpec(BaseModel):
    """Where a campaign's results go. Without an address nothing is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str | None = Field(default=None, max_length=2000)
    secret: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]{1,60}$")  # its name only
    events: tuple[ResultEvent, ...] = Field(default=tuple(ResultEvent), min_length=1)

    @field_validator("address")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value.isprintable() or not value.isascii() or " " in value:
            raise ValueError("an address holds no blanks and no letters beyond ASCII")
        parts = urlsplit(value)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("an address looks like https://crm.example.com/dialer")
        if parts.username is not None or parts.fragment:
            raise ValueError("an address holds no password and no fragment; requests are signed")
        return value

    @model_validator(mode="after")
    def _is_signed(self) -> Self:
        if self.address is not None and self.secret is None:
            raise ValueError('an address needs the name of a secret: secret = "crm"')
        return self


DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=8),
    timedelta(hours=8),
)
"""Between a try and the next one; after the last one a message is a dead letter."""

JITTER = 0.2
"""A delay is up to so much longer, so that what failed together does not come back together."""

MOST_WAIT = timedelta(days=1)
"""No Retry-After makes us wait longer."""

GIVEN_UP_AFTER = timedelta(hours=30)
"""So long after its first day has begun a message has no tries left, whatever the jitter."""

LONGEST_REST = timedelta(minutes=5)
"""An address that keeps failing is tried once in such a while, with one message."""


class Step(StrEnum):
    """What becomes of a message after a try."""

    DELIVERED = "delivered"
    LATER = "later"
    DEAD = "dead"  # every try is used up; a person decides
    GONE = "gone"  # the address says that it wants no more


class Next(NamedTuple):
    """The step, and the moment of the next try where there is one."""

    step: Step
    at: datetime | None = None


def after_try(
    tries: int,
    *,
    status: int | None,
    retry_after: timedelta | None,
    now: datetime,
    chance: float,
) -> Next:
    """Say what follows a try; `tries` counts it, `status` is None when no answer came.

    `chance` lies between 0 and 1. Only 2xx is a delivery; a redirect is a failure as any other.
    """
    if status is not None and 200 <= status < 300:
        return Next(Step.DELIVERED)
    if status == 410:
        return Next(Step.GONE)
    if tries > len(DELAYS):
        return Next(Step.DEAD)
    wait = DELAYS[tries - 1] * (1 + JITTER * chance)
    return Next(Step.LATER, now + max(wait, _asked(retry_after)))


def rest_after(failures: int, *, retry_after: timedelta | None) -> timedelta:
    """Say how long an address is left alone after so many failures in a row."""
    grown = timedelta(seconds=2 ** min(failures, 20))
    return max(min(grown, LONGEST_REST), _asked(retry_after))


def _asked(retry_after: timedelta | None) -> timedelta:
    return min(max(retry_after or timedelta(0), timedelta(0)), MOST_WAIT)
