"""Caps per person: how often one number may be called, by whatever campaign or system."""

from datetime import timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dialer.domain.durations import Duration


class PersonCaps(BaseModel):
    """How often a campaign lets itself call one number, counting the calls of everybody.

    Days, weeks and months are the last 24 hours, 7 days and 30 days: nobody is called twice
    around midnight. None sets no cap.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    gap: Duration = timedelta(hours=3)  # since a call by another campaign or system
    calls_per_day: int | None = Field(default=2, ge=1)
    calls_per_week: int | None = Field(default=7, ge=1)
    calls_per_month: int | None = Field(default=10, ge=1)

    @model_validator(mode="after")
    def _not_below_zero(self) -> Self:
        if self.gap < timedelta(0):
            raise ValueError("gap may not be below zero")
        return self
