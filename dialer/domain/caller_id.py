"""Caller ids: which of a campaign's numbers calls a lead."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dialer.domain.durations import Duration


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
