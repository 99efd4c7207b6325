"""Dates on which nobody is called, whatever the hour."""

from datetime import date
from typing import Annotated, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from dialer.domain.regions import Region, country_of


class DateSpan(NamedTuple):
    """Some days in a row, the last one included."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first}/{self.last}" if self.first != self.last else str(self.first)


def _parse_dates(value: object) -> object:
    if isinstance(value, DateSpan):
        return value
    first, _, last = str(value).strip().partition("/")
    try:
        dates = DateSpan(date.fromisoformat(first), date.fromisoformat(last or first))
    except ValueError as error:
        raise ValueError(
            f'{str(value)!r} is no date; write "2026-12-24", or "2026-12-24/2027-01-01" for several'
        ) from error
    if dates.first > dates.last:
        raise ValueError(f"{str(value)!r} ends before it begins; write the earlier date first")
    return dates


Dates = Annotated[DateSpan, BeforeValidator(_parse_dates), PlainSerializer(str, return_type=str)]


class EmergencyBlock(BaseModel):
    """A state of emergency: the dates on which nobody in these regions is called, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    regions: tuple[Region, ...] = Field(min_length=1)
    dates: Dates
    reason: str = Field(min_length=1, max_length=200)

    def covers(self, region: str, day: date) -> bool:
        """Tell whether the block holds there on that local date."""
        there = region in self.regions or country_of(region) in self.regions
        return there and self.dates.first <= day <= self.dates.last
