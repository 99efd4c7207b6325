"""A schedule's settings: when it runs, and whom each run calls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import chain
from pathlib import PurePath
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.durations import Duration
from dialer.domain.moments import Moment
from dialer.domain.occurrences import (
    Due,
    Missed,
    check_cron,
    check_zone,
    choose,
    leave_out,
    occurrences,
)
from dialer.domain.states import ClosedAs, LeadStatus

DEFAULT_WATCH = "inbox/*"
"""What `watch = true` means: any file in the folder `inbox` beside the schedule file."""


class LeadChoice(StrEnum):
    """Whom a run calls of the list it imported."""

    EVERYONE = "everyone again"
    NEW = "new leads only"  # numbers that no earlier run had
    NOT_REACHED = "those not reached"  # not those an earlier run reached, gave up for good or calls


class RunStatus(StrEnum):
    """Where one occurrence of a schedule stands."""

    OPEN = "open"  # noted; being worked on, or interrupted
    STARTED = "started"  # its campaign was started
    SKIPPED = "skipped"  # on purpose, with the reason
    FAILED = "failed"  # a person should look


RUN_MOVES: Mapping[RunStatus, frozenset[RunStatus]] = {
    RunStatus.OPEN: frozenset({RunStatus.STARTED, RunStatus.SKIPPED, RunStatus.FAILED}),
    RunStatus.STARTED: frozenset(),
    RunStatus.SKIPPED: frozenset(),
    RunStatus.FAILED: frozenset(),
}


class PassedOver(StrEnum):
    """Why a run does not call a lead it imported."""

    HAD_BEFORE = "had_before"  # an earlier run of the schedule had the number
    REACHED_BEFORE = "reached_before"  # an earlier run talked with the person
    CLOSED_FOR_GOOD = "closed_for_good"  # the number is wrong, or not to be called
    NEEDS_REVIEW = "needs_review"  # nobody knows how the last call came out
    STILL_OPEN = "still_open"  # the campaign of an earlier run is calling it


@dataclass(frozen=True, slots=True)
class Earlier:
    """How the latest earlier run that called a number left it."""

    status: LeadStatus
    closed_as: ClosedAs | None
    disposition: Disposition | None


def why_pass_over(choice: LeadChoice, earlier: Earlier | None) -> PassedOver | None:
    """Give the reason for which a run does not call a lead, or None to call it.

    `earlier` is None for a number that no earlier run had: nobody has reached it, so both
    choices call it.
    """
    if earlier is None or choice is LeadChoice.EVERYONE:
        return None
    if choice is LeadChoice.NEW:
        return PassedOver.HAD_BEFORE
    if earlier.status is not LeadStatus.CLOSED:
        return PassedOver.STILL_OPEN
    if earlier.disposition and MEANING[earlier.disposition].verdict is Verdict.REVIEW:
        return PassedOver.NEEDS_REVIEW
    match earlier.closed_as:
        case ClosedAs.EXHAUSTED | ClosedAs.STOPPED:
            return None
        case ClosedAs.REACHED:
            return PassedOver.REACHED_BEFORE
        case _:
            return PassedOver.CLOSED_FOR_GOOD


def _cron(value: str) -> str:
    check_cron(value)
    return " ".join(value.split())


def _zone(value: str) -> str:
    check_zone(value)
    return value


def _watch_default(value: object) -> object:
    return DEFAULT_WATCH if value is True else value


def _watch(value: str) -> str:
    path = PurePath(value)
    if not path.name or "*" in str(path.parent) or "?" in str(path.parent):
        raise ValueError('write a folder and a pattern for file names, such as "inbox/*.csv"')
    return value if "*" in path.name or "?" in path.name else f"{value.rstrip('/')}/*"


class ScheduleSpec(BaseModel):
    """The section [schedule] of a schedule file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=150)
    at: Moment | None = None  # once
    cron: Annotated[str, AfterValidator(_cron)] | None = None
    zone: Annotated[str, AfterValidator(_zone)] | None = None  # of `cron`
    watch: Annotated[str, BeforeValidator(_watch_default), AfterValidator(_watch)] | None = None
    leads: LeadChoice = LeadChoice.EVERYONE
    missed: Missed = Missed.SKIP
    late_by: Duration = timedelta(minutes=15)  # later than that an occurrence was missed

    @model_validator(mode="after")
    def _one_trigger(self) -> Self:
        triggers = [name for name in ("at", "cron", "watch") if getattr(self, name) is not None]
        if len(triggers) != 1:
            given = " and ".join(triggers) or "none of them"
            raise ValueError(f"it runs by one of `at`, `cron` and `watch`; {given} is given")
        if self.cron is not None and self.zone is None:
            raise ValueError('`cron` needs a zone, such as zone = "America/New_York"')
        if self.zone is not None and self.cron is None:
            raise ValueError("`zone` belongs to `cron`; a moment in `at` has an offset of its own")
        return self

    def next_after(self, moment: datetime) -> datetime | None:
        """Give when it runs next. None: never by time again."""
        return next(self.moments(after=moment), None)

    def moments(self, *, after: datetime) -> Iterator[datetime]:
        """Give when it runs later than `after`, in order; nothing where files decide."""
        if self.at is not None:
            return iter([self.at.astimezone(UTC)] if self.at > after else [])
        if self.cron is None or self.zone is None:
            return iter([])
        return occurrences(self.cron, self.zone, after=after)

    def due(self, *, first: datetime, now: datetime) -> Due:
        """Decide about the occurrences from `first`, which is one, until `now`."""
        moments = chain([first], self.moments(after=first))
        return choose(moments, now=now, missed=self.missed, late_by=self.late_by)

    def left_out(self, *, first: datetime, now: datetime) -> Due:
        """Leave the occurrences from `first`, which is one, until `now` out, whatever `missed`."""
        return leave_out(chain([first], self.moments(after=first)), now=now)

    def local(self, moment: datetime) -> datetime:
        """Give a moment in the schedule's own zone; in UTC where it has none."""
        if self.zone is not None:
            return moment.astimezone(ZoneInfo(self.zone))
        return moment.astimezone(self.at.tzinfo if self.at is not None else UTC)

    @property
    def when(self) -> str:
        """Say for people when it runs."""
        if self.at is not None:
            return f"once at {self.at.isoformat(sep=' ')}"
        return f"{self.cron} in {self.zone}" if self.cron is not None else f"new in {self.watch}"


class Recipe(BaseModel):
    """All that a schedule needs for a run. Paths are absolute."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schedule: ScheduleSpec
    campaign: CampaignSpec
    lead_file: str | None = None  # read afresh by each run; None: the file that is watched for

    def as_json(self) -> dict[str, Any]:
        """Give what is kept in the schedule's row."""
        return self.model_dump(mode="json")
