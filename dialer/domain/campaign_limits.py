"""Limits of one campaign: its share of lines, calls and money, and when it holds itself."""

from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dialer.domain.durations import Duration
from dialer.domain.zone_names import check_zone

MOST = 1_000_000_000
"""No limit is higher: where one cannot be counted any more, no campaign's claim would succeed."""


class CampaignLimits(BaseModel):
    """What one campaign may use of the whole. None sets no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lines: int | None = Field(default=None, ge=1, le=MOST)
    # Before others get more, while leads are due.
    lines_at_least: int = Field(default=0, ge=0, le=MOST)
    # So many more, minute by minute after the start.
    lines_per_minute: float | None = Field(default=None, gt=0, le=MOST)
    calls_per_day: int | None = Field(default=None, ge=1, le=MOST)
    dollars_per_day: float | None = Field(default=None, gt=0, le=MOST)
    zone: str | None = None  # whose midnight begins a day; None: the default zone, else UTC

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return None if value is None else check_zone(value)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.lines is not None and self.lines_at_least > self.lines:
            raise ValueError("lines_at_least may not be more than lines")
        return self


class HoldRules(BaseModel):
    """When a campaign holds itself, and whether it goes on without a person. None: never."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    failed_share: float | None = Field(default=0.5, gt=0, le=1)  # more than so much failed …
    failed_among: int = Field(default=20, ge=1)  # … of so many calls or more …
    failed_within: Duration = timedelta(minutes=2)  # … that began in the last while
    opted_out_share: float | None = Field(default=0.05, gt=0, le=1)  # more than so much …
    opted_out_among: int = Field(default=100, ge=1)  # … of the latest so many answered calls
    resume: Literal["after check", "by hand"] = "after check"  # where a check can tell


def lines_now(limits: CampaignLimits, *, started_at: datetime | None, now: datetime) -> int | None:
    """Give how many lines a campaign may use at this moment; None sets no limit.

    A campaign that ramps up begins with one line and gets the others evenly, minute by minute.
    """
    if limits.lines_per_minute is None or started_at is None:
        return limits.lines
    minutes = max(now - started_at, timedelta(0)) / timedelta(minutes=1)
    ramped = 1 + int(minutes * limits.lines_per_minute)
    return ramped if limits.lines is None else min(ramped, limits.lines)
