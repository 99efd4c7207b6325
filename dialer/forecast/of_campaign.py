"""A forecast of a campaign that is in the database, of all its waiting leads or of a sample.

A sample of every nth lead runs with an nth of the lines, of the pace and of the limits, so that
its hours are those of the whole; what it counts is told times n.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dialer.actions import control
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.states import LeadStatus
from dialer.errors import UserError
from dialer.forecast.assumptions import Assumptions
from dialer.forecast.figures import Forecast
from dialer.forecast.run import ACTOR, Rehearsal, places_by_number, rehearsal, sum_up
from dialer.store import campaigns, lead_samples, leads
from dialer.store.database import Connection, Database

ENOUGH_LEADS = 1_000
"""Of more than these a sample is played, as far as every line can be divided."""
MOST_PLAYED = 5_000
ROWS_AT_ONCE = 500
STEP = timedelta(minutes=10)
"""After so much of virtual time it is told how far the run has come."""


@dataclass(frozen=True, slots=True)
class Played:
    """A forecast, and which leads it is of: every `nth`."""

    forecast: Forecast
    leads: int
    nth: int


def forecast_campaign(
    db: Database,
    campaign_id: int,
    *,
    days: int,
    assumptions: Assumptions,
    now: datetime,
    tell: Callable[[float], None] = lambda fraction: None,
    enough: int = ENOUGH_LEADS,
    most: int = MOST_PLAYED,
) -> Played:
    """Play a campaign through as if it were started now, or at its time.

    `tell` hears now and then how much of the days has passed. Of more than `enough` leads a sample
    is played, which never has more than `most`.

    Raises:
        NotFound: there is no such campaign.
        UserError: nobody waits in it, or so many with so few lines that a sample says nothing.
    """
    row = db.read(lambda tx: control.find(tx, campaign_id))
    spec = campaigns.spec_of(row)
    waiting = db.read(lambda tx: lead_samples.count_waiting(tx, campaign_id))
    nth = _nth(waiting, assumptions.lines, enough=enough, most=most)
    rows = db.read(lambda tx: lead_samples.every_nth_waiting(tx, campaign_id, nth=nth))
    start_at = max(now, spec.start_at or now)
    smaller = replace(
        assumptions,
        lines=max(1, assumptions.lines // nth),
        calls_per_second=assumptions.calls_per_second / nth,
    )
    with rehearsal(smaller, start_at=start_at) as stage:
        theirs = _smaller(spec, nth)
        made = _put_in(stage.world, theirs, rows, now=start_at)
        places = places_by_number(stage.world)
        control.start(stage.world, made, actor=ACTOR, despite="a forecast")
        _pass(stage, timedelta(days=days), tell=tell)
        found = sum_up(stage, made, theirs, places=places, start_at=start_at)
    return Played(found, waiting, nth)


def _pass(stage: Rehearsal, length: timedelta, *, tell: Callable[[float], None]) -> None:
    """Let time pass, or as much of it as there is something to do in."""
    start_at = stage.clock.now()
    for step in range(1, length // STEP + 1):
        if not stage.lapse.run(until=start_at + step * STEP):
            return
        tell(step * STEP / length)


def _nth(waiting: int, lines: int, *, enough: int, most: int) -> int:
    if not waiting:
        raise UserError("nobody waits in this campaign", fix="upload a list first")
    nth = min(-(-waiting // enough), lines)
    if waiting / nth > most:
        raise UserError(
            f"{waiting:,} leads are too many to play through here",
            why=f"{lines} lines cannot be divided so that a small sample tells of all",
            fix="assume more lines; `dialer campaigns simulate FILE` takes its time",
        )
    return nth


def _smaller(spec: CampaignSpec, nth: int) -> CampaignSpec:
    """Give the settings for an nth of the leads, who are called from now on."""
    given = spec.model_dump(mode="json")
    for name in ("lines", "lines_at_least", "lines_per_minute", "calls_per_day", "dollars_per_day"):
        if (value := given["limits"][name]) is not None:
            whole = isinstance(value, int)
            given["limits"][name] = max(min(value, 1), value // nth) if whole else value / nth
    return CampaignSpec.model_validate({**given, "start_at": None, "results": {}})


def _put_in(world: World, spec: CampaignSpec, rows: list[dict[str, Any]], *, now: datetime) -> int:
    campaign_id = control.create(world, spec, actor=ACTOR)
    fresh = {
        "campaign_id": campaign_id,
        "variables": {},
        "status": LeadStatus.READY,
        "due_at": now,
        "attempts": 0,
        "free_tries": 0,
        "tries": 0,
        "created_at": now,
    }

    def body(tx: Connection) -> None:
        for first in range(0, len(rows), ROWS_AT_ONCE):
            leads.add(tx, [{**row, **fresh} for row in rows[first : first + ROWS_AT_ONCE]])

    world.db.transact(body)
    return campaign_id
