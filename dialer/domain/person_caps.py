"""Caps per person: how often one number may be called, by whatever campaign or system.

A person hears a phone ring, whoever makes it: calls of all campaigns count, and those of other
systems that are known. The campaign whose call comes next decides how much it adds to them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dialer.domain.durations import Duration, format_duration
from dialer.domain.hold import Hold, HoldCode
from dialer.domain.legal_hours import LegalMaximum
from dialer.domain.local_time import clock_in
from dialer.domain.regions import name_of

DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)


def _none_at_all(value: object) -> object:
    return None if value == "none" else value


Cap = Annotated[Annotated[int, Field(ge=1)] | None, BeforeValidator(_none_at_all)]
"""The most calls within some time; "none" in a campaign file, which knows no null."""


class PersonCaps(BaseModel):
    """How often a campaign lets itself call one number, counting the calls of everybody.

    Days, weeks and months are the last 24 hours, 7 days and 30 days: nobody is called twice
    around midnight. None sets no cap.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    gap: Duration = timedelta(hours=3)  # since a call by another campaign or system
    calls_per_day: Cap = 2
    calls_per_week: Cap = 7
    calls_per_month: Cap = 10

    @model_validator(mode="after")
    def _not_below_zero(self) -> Self:
        if self.gap < timedelta(0):
            raise ValueError("gap may not be below zero")
        return self


class PersonCall(NamedTuple):
    """A call to a number that rang, may have rung, or may be ringing."""

    at: datetime
    campaign_id: int | None  # None: another system's


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """The calls to a number, and what is about to call it once more."""

    calls: Sequence[PersonCall]
    campaign_id: int
    caps: PersonCaps
    keeps_promise: bool  # the person asked for this call


def why_called_enough(
    person: PersonFacts, *, legal: LegalMaximum | None, zone_name: str, now: datetime
) -> Hold | None:
    """Give the gravest reason why a number was called enough for now, or None.

    `until` is the first moment at which neither the law nor a cap refuses. A promised call passes
    the campaign's own caps, because the person asked for it, but never the law. The sentence
    names moments by the clock of `zone_name`.
    """
    if not person.calls:
        return None
    newest_first = sorted((call.at for call in person.calls), reverse=True)
    refusals = [
        rule.refusal(newest_first, zone_name=zone_name, now=now)
        for rule in _rules(person, legal)
        if rule.refuses(newest_first, now=now)
    ]
    if not person.keeps_promise:
        refusals += _too_soon(person, zone_name=zone_name, now=now)
    if not refusals:
        return None
    return replace(refusals[0], until=max(one.until for one in refusals if one.until is not None))


class _Rule(NamedTuple):
    """The most calls within a period, and who allows no more."""

    code: HoldCode
    most: int
    period: timedelta
    words: str  # the period's
    who: str

    def free_at(self, newest_first: Sequence[datetime]) -> datetime:
        """Give when the last call too many is old enough; ask only with so many calls."""
        return newest_first[self.most - 1] + self.period

    def refuses(self, newest_first: Sequence[datetime], *, now: datetime) -> bool:
        return len(newest_first) >= self.most and self.free_at(newest_first) > now

    def refusal(self, newest_first: Sequence[datetime], *, zone_name: str, now: datetime) -> Hold:
        counted = sum(at > now - self.period for at in newest_first)
        return Hold(
            self.code,
            f"Called {_times(counted)} in the last {self.words}, most recently"
            f" {clock_in(newest_first[0], zone_name)}; {self.who} allows {self.most}.",
            until=self.free_at(newest_first),
        )


def _rules(person: PersonFacts, legal: LegalMaximum | None) -> Iterator[_Rule]:
    """Give the rules that count calls, the gravest first."""
    if legal is not None:
        yield _Rule(HoldCode.LEGAL_MAXIMUM, legal.calls, DAY, "24 hours", name_of(legal.region))
    if person.keeps_promise:
        return
    for most, period, words in (
        (person.caps.calls_per_day, DAY, "24 hours"),
        (person.caps.calls_per_week, WEEK, "7 days"),
        (person.caps.calls_per_month, MONTH, "30 days"),
    ):
        if most is not None:
            yield _Rule(HoldCode.CALLED_OFTEN, most, period, words, "the campaign")


def _too_soon(person: PersonFacts, *, zone_name: str, now: datetime) -> Iterator[Hold]:
    """Refuse a call soon after another's; what its own calls leave is the cadence's matter."""
    others = [call for call in person.calls if call.campaign_id != person.campaign_id]
    latest = max(others, key=lambda call: call.at, default=None)
    if latest is None or latest.at + person.caps.gap <= now:
        return
    who = "Another system" if latest.campaign_id is None else f"Campaign {latest.campaign_id}"
    yield Hold(
        HoldCode.CALLED_LATELY,
        f"{who} called {clock_in(latest.at, zone_name)}; the campaign waits"
        f" {format_duration(person.caps.gap)} after others.",
        until=latest.at + person.caps.gap,
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
