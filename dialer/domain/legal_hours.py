"""Legal calling hours and numbers of calls: what the law of a region allows, whatever the campaign
says.

The table is `legal/hours.toml`. It is not legal advice.
"""

import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dialer.domain.blocked_dates import EmergencyBlock
from dialer.domain.local_time import Minutes
from dialer.domain.public_holidays import holiday_on
from dialer.domain.regions import Region, country_of
from dialer.domain.window import Hours, MinuteOfDay, minutes_by_weekday


class HolidayHours(BaseModel):
    """An interval in which calls are allowed on public holidays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opens: MinuteOfDay
    closes: MinuteOfDay


class LegalRule(BaseModel):
    """What some regions allow. `holidays`: the hours on holidays; None: as on other days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    regions: tuple[Region, ...] = Field(min_length=1)
    hours: tuple[Hours, ...] = Field(min_length=1)
    holidays: tuple[HolidayHours, ...] | None = None
    calls_per_day: int | None = Field(default=None, ge=1)  # to one person in 24 hours, by whomever

    @field_validator("holidays", mode="before")
    @classmethod
    def _none_at_all(cls, value: object) -> object:
        return () if value == "none" else value


class LegalTable(BaseModel):
    """All rules, and where they come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    date: date
    sources: str
    notice: str
    rules: tuple[LegalRule, ...]
    emergencies: tuple[EmergencyBlock, ...] = ()

    @model_validator(mode="after")
    def _one_rule_each(self) -> Self:
        regions = [region for rule in self.rules for region in rule.regions]
        if twice := {region for region in regions if regions.count(region) > 1}:
            raise ValueError(f"more than one rule for {', '.join(sorted(twice))}")
        return self


class LegalDay(NamedTuple):
    """What one region allows on one local date."""

    region: str
    minutes: tuple[Minutes, ...]
    holiday: str | None  # the one whose special hours these are


class LegalMaximum(NamedTuple):
    """The most calls to one person in 24 hours, and the region whose rule it is."""

    calls: int
    region: str


@cache
def legal_table() -> LegalTable:
    """Read the table that comes with the dialer."""
    text = (files("dialer.domain") / "legal" / "hours.toml").read_text(encoding="utf-8")
    return LegalTable.model_validate(tomllib.loads(text))


def legal_days(region: str, day: date) -> Iterator[LegalDay]:
    """Give what a region allows on a local date, then its country; nothing without a rule."""
    for ruled in dict.fromkeys((region, country_of(region))):
        rule = _rules().get(ruled)
        if rule is None:
            continue
        holiday = holiday_on(day, region=ruled) if rule.holidays is not None else None
        if holiday is None:
            yield LegalDay(ruled, _week(ruled)[day.weekday()], None)
        else:
            special = tuple((one.opens, one.closes) for one in rule.holidays or ())
            yield LegalDay(ruled, special, holiday)


def legal_emergency(region: str, day: date) -> EmergencyBlock | None:
    """Give the state of emergency that holds in a region on a local date."""
    return next((one for one in legal_table().emergencies if one.covers(region, day)), None)


@lru_cache(maxsize=1024)
def legal_maximum(regions: frozenset[str]) -> LegalMaximum | None:
    """Give the lowest maximum of these regions and their countries; None where there is none.

    Of two that are the same, a state's is given before its country's.
    """
    found = [
        LegalMaximum(rule.calls_per_day, region)
        for region in sorted(regions | {country_of(one) for one in regions})
        if (rule := _rules().get(region)) is not None and rule.calls_per_day is not None
    ]
    return min(found, key=lambda one: (one.calls, -len(one.region)), default=None)


@cache
def _rules() -> dict[str, LegalRule]:
    return {region: rule for rule in legal_table().rules for region in rule.regions}


@cache
def _week(region: str) -> tuple[tuple[Minutes, ...], ...]:
    return minutes_by_weekday(_rules()[region].hours)
