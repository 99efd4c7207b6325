"""Caller ids: how a campaign chooses among its numbers, and how much each of them may call."""

from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dialer.domain.durations import Duration

DAY = timedelta(hours=24)
"""A day of a number is the last 24 hours; its first one begins with its first call."""


class CallerIdSpec(BaseModel):
    """How a campaign chooses among its `from_numbers`, and how much each of them may call."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    choose: Literal["round robin", "local presence"] = "round robin"
    weights: dict[str, float] = Field(default_factory=dict)  # by number; 1 where none is named
    calls_per_day: int | None = Field(default=None, ge=1)  # of each number, over all campaigns
    spacing: Duration = timedelta(0)  # between two calls from one number
    warm_up: tuple[int, ...] = ()  # calls on a number's first, second, third … day

    @field_validator("weights")
    @classmethod
    def _above_zero(cls, value: dict[str, float]) -> dict[str, float]:
        for number, weight in value.items():
            if not 0 < weight <= 1000:
                raise ValueError(f"the weight of {number} must be above 0 and at most 1000")
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.spacing < timedelta(0):
            raise ValueError("spacing may not be below zero")
        if any(one < 1 for one in self.warm_up):
            raise ValueError("warm_up needs numbers of calls from 1 on, such as [20, 50, 100]")
        return self

    @property
    def is_limited(self) -> bool:
        """Whether a number's earlier calls matter."""
        return bool(self.calls_per_day is not None or self.spacing or self.warm_up)

    @property
    def most_per_day(self) -> int:
        """The most calls a number may ever make in a day; 0 where none are counted."""
        return max(self.calls_per_day or 0, *self.warm_up, 0)

    def cap(self, *, first_at: datetime | None, now: datetime) -> int | None:
        """Give how many calls a number may make in a day that ends now; None is no cap.

        `first_at` is its first call ever, None before it.
        """
        day = 0 if first_at is None else max(0, (now - first_at) // DAY)
        if day >= len(self.warm_up):
            return self.calls_per_day
        return min(self.warm_up[day], self.calls_per_day or self.warm_up[day])
