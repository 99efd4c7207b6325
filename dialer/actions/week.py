"""The week: when schedules run and ran, and in which hours running campaigns call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile

from dialer.actions.facts import whereabouts_at
from dialer.domain.local_time import Span
from dialer.domain.opening import open_on
from dialer.domain.schedule_spec import RunStatus
from dialer.domain.spans import merge
from dialer.domain.states import CampaignStatus
from dialer.domain.week import Piece, Week
from dialer.store import campaigns, leads, schedule_runs, schedules
from dialer.store.database import Connection, Database
from dialer.store.tables import Campaign, Schedule

MOST_A_WEEK = 24 * 7
"""A schedule that runs more often is told of in a sentence."""
MOST_RUNS = 2_000
MOST_CAMPAIGNS = 6
_A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class WeekRun:
    """One run of a week; `status` is None for one that is still to come."""

    at: datetime
    name: str
    schedule_id: int | None = None  # None: a campaign that somebody gave a start
    status: RunStatus | None = None
    campaign_id: int | None = None
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class WeekPlan:
    """What runs in a week, the earliest first."""

    runs: Sequence[WeekRun]
    often: Sequence[Schedule]  # those that run more often than can be shown
    by_folder: Sequence[Schedule]  # those that run when a file appears
    calling: Sequence[Campaign]
    more_calling: int


def plan_of(tx: Connection, week: Week, *, now: datetime) -> WeekPlan:
    """Read what was due in a week and work out what will be."""
    begins, ends = week.span
    rows = schedules.enabled(tx)
    runs = [*_past(tx, begins, min(ends, now)), *_starts(tx, begins, ends)]
    often = []
    for row in rows:
        spec = schedules.recipe_of(row).schedule
        coming = spec.moments(after=max(begins - _A_MOMENT, now))
        moments = list(islice(takewhile(lambda at: at < ends, coming), MOST_A_WEEK + 1))
        if len(moments) > MOST_A_WEEK:
            often.append(row)
        else:
            runs += [WeekRun(at, row.name, row.id) for at in moments]
    calling = campaigns.in_status(tx, CampaignStatus.RUNNING)
    runs.sort(key=lambda one: (one.at, one.name))
    by_folder = [row for row in rows if schedules.recipe_of(row).schedule.watch is not None]
    more = max(0, len(calling) - MOST_CAMPAIGNS)
    return WeekPlan(runs, often, by_folder, calling[:MOST_CAMPAIGNS], more)


def _past(tx: Connection, begins: datetime, ends: datetime) -> list[WeekRun]:
    found = schedule_runs.between(tx, begins, ends, most=MOST_RUNS) if begins < ends else []
    names: Mapping[int, str] = schedules.names(tx, {run.schedule_id for run in found})
    return [
        WeekRun(
            run.due_at,
            names[run.schedule_id],
            run.schedule_id,
            run.status,
            run.campaign_id,
            run.sentence,
        )
        for run in found
    ]


def _starts(tx: Connection, begins: datetime, ends: datetime) -> list[WeekRun]:
    waiting = campaigns.in_status(tx, CampaignStatus.SCHEDULED)
    return [
        WeekRun(row.start_at, row.name, campaign_id=row.id)
        for row in waiting
        if row.start_at is not None and begins <= row.start_at < ends
    ]


def hours_of(db: Database, row: Campaign, week: Week) -> list[Piece]:
    """Give the hours of a week in which any lead that waits may be called, law and holidays asked.

    Looks through the leads of the campaign: a page keeps what it is told.
    """
    window = campaigns.spec_of(row).window
    places = db.read(lambda tx: leads.places_waiting(tx, row.id))
    wheres = {whereabouts_at(place) for place in places}
    spans: list[Span] = []
    for day in week.utc_days:
        spans += merge([span for where in wheres for span in open_on(window, where, day=day)])
    return week.pieces(merge(spans))
