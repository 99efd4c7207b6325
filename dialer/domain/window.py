"""Calling windows: the local hours in which a campaign may call, as a campaign file says them.

What the law leaves of them is worked out in `opening.py`.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    field_validator,
    model_validator,
)

from dialer.domain.blocked_dates import Dates, EmergencyBlock
from dialer.domain.local_time import Minutes, format_minute
from dialer.domain.public_holidays import are_known
from dialer.domain.regions import Region
from dialer.domain.spans import merge

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAYS = DAYS[:5]
OPENS, CLOSES = 9 * 60, 20 * 60


def _parse_minute(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 24 * 60:
        return value
    hours, _, minutes = str(value).strip().partition(":")
    if not (hours.isdigit() and minutes.isdigit() and len(minutes) == 2):
        raise ValueError(f'{value!r} is not a time of day; write for example "09:00"')
    minute = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or minute > 24 * 60:
        raise ValueError(f'{value!r} is not a time of day; the last one is "24:00"')
    return minute


MinuteOfDay = Annotated[
    int, BeforeValidator(_parse_minute), PlainSerializer(format_minute, return_type=str)
]


class Hours(BaseModel):
    """One local interval on some days of the week, half-open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: tuple[Day, ...] = WEEKDAYS
    opens: MinuteOfDay = OPENS
    closes: MinuteOfDay = CLOSES

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check(self)
        return self


def _check(hours: Hours) -> None:
    if hours.opens >= hours.closes:
        raise ValueError(
            "a window never crosses midnight: `opens` must be earlier than `closes`;"
            " write two of [[window.hours]] instead, one until 24:00 and one from 00:00"
        )
    if not hours.days:
        raise ValueError("a window needs at least one day")


DEFAULT_HOURS = (
    Hours(days=WEEKDAYS, opens=OPENS, closes=CLOSES),
    Hours(days=("sat",), opens=10 * 60, closes=17 * 60),
)
"""The window of a campaign that names none."""


class Window(BaseModel):
    """When a campaign calls, in the lead's own local time.

    Either one daily interval (`days`, `opens`, `closes`) or a list of them (`hours`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: tuple[Day, ...] | None = None
    opens: MinuteOfDay | None = None
    closes: MinuteOfDay | None = None
    hours: tuple[Hours, ...] | None = None
    holidays: bool | tuple[Region, ...] = True  # kept free: those where the lead is, or these
    blackout: tuple[Dates, ...] = ()  # local dates without calls
    emergencies: tuple[EmergencyBlock, ...] = ()
    legal_override: str | None = Field(default=None, max_length=500)  # why the law is not asked

    @field_validator("holidays", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("holidays")
    @classmethod
    def _known_holidays(cls, value: bool | tuple[str, ...]) -> bool | tuple[str, ...]:
        for region in () if isinstance(value, bool) else value:
            if not are_known(region):
                raise ValueError(
                    f"the holidays of {region!r} are not known; write true for those of each"
                    " lead's own place, or list the dates under blackout"
                )
        return value

    @field_validator("legal_override")
    @classmethod
    def _with_a_reason(cls, value: str | None) -> str | None:
        if value is not None and len(value.strip()) < 10:
            raise ValueError("say in a sentence why the legal calling hours do not hold")
        return value

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.hours is None:
            _check(self._single())
        elif not (self.days is None and self.opens is None and self.closes is None):
            raise ValueError(
                "write either [[window.hours]] or days, opens and closes; together they contradict"
            )
        elif not self.hours:
            raise ValueError("a window needs at least one day")
        else:
            _refuse_overlaps(self.hours)
        return self

    def minutes_on(self, day: date) -> tuple[Minutes, ...]:
        """Give the minutes of a local date in which the campaign calls, as its week says."""
        return minutes_by_weekday(self._hours())[day.weekday()]

    def minutes_by_weekday(self) -> tuple[tuple[Minutes, ...], ...]:
        """Give the minutes of each day of its week, from Monday on."""
        return minutes_by_weekday(self._hours())

    def is_blacked_out(self, day: date) -> bool:
        """Tell whether a local date is one of those without calls."""
        return any(dates.first <= day <= dates.last for dates in self.blackout)

    def _hours(self) -> tuple[Hours, ...]:
        if self.hours is not None:
            return self.hours
        if self.days is None and self.opens is None and self.closes is None:
            return DEFAULT_HOURS
        return (self._single(),)

    def _single(self) -> Hours:
        return Hours.model_construct(
            days=WEEKDAYS if self.days is None else self.days,
            opens=OPENS if self.opens is None else self.opens,
            closes=CLOSES if self.closes is None else self.closes,
        )


def minutes_by_weekday(hours: tuple[Hours, ...]) -> tuple[tuple[Minutes, ...], ...]:
    """Give the minutes of each day of a week, from Monday on."""
    return tuple(merge((one.opens, one.closes) for one in hours if day in one.days) for day in DAYS)


def _refuse_overlaps(hours: tuple[Hours, ...]) -> None:
    """Refuse hours that overlap: it is rather a typing error than what somebody means."""
    latest: dict[Day, Hours] = {}
    for one in sorted(hours, key=lambda hours: hours.opens):
        for day in one.days:
            other = latest.get(day)
            if other is not None and one.opens < other.closes:
                raise ValueError(
                    f"the hours of {day} overlap: {_text(other)} and {_text(one)};"
                    " write one interval, or let the first close before the second opens"
                )
        latest.update(dict.fromkeys(one.days, one))


def _text(hours: Hours) -> str:
    return f"{format_minute(hours.opens)}-{format_minute(hours.closes)}"
