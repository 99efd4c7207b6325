"""Campaigns that begin by themselves, and what is left over of stopped ones."""

from contextlib import suppress
from datetime import datetime
from functools import partial

from dialer.actions.control import begin
from dialer.actions.preflight import look_before_start
from dialer.actions.world import World
from dialer.domain.states import CampaignStatus, ClosedAs
from dialer.errors import RefusedByRule
from dialer.store import campaigns, incidents, leads
from dialer.store.tables import Campaign


def start_campaigns(world: World) -> None:
    """Start the scheduled campaigns whose time has come.

    One that may not start is told of once, and starts as soon as it may.
    """
    now = world.clock.now()
    waiting = world.db.read(lambda tx: campaigns.in_status(tx, CampaignStatus.SCHEDULED))
    for row in waiting:
        if row.start_at is None or row.start_at <= now:
            _start(world, row, now=now)


def _start(world: World, row: Campaign, *, now: datetime) -> None:
    try:
        found = look_before_start(world.db, row, now=now)
    except RefusedByRule as error:
        tell = partial(
            incidents.open_incident,
            code="start_refused",
            subject=f"campaign:{row.id}",
            sentence=f"{error.what}: {error.why}. It starts once that is mended.",
            now=now,
        )
        world.db.transact(tell)
        return
    with suppress(RefusedByRule):  # started or stopped by somebody in the meantime
        world.db.transact(partial(begin, row=row, found=found, now=now, actor="system"))


def close_left_overs(world: World) -> None:
    """Close the leads that came back to a campaign while it was being stopped."""
    now = world.clock.now()
    for campaign_id in world.db.read(leads.waiting_in_stopped):
        close = partial(
            leads.close_waiting, closed_as=ClosedAs.STOPPED, now=now, campaign_id=campaign_id
        )
        world.db.transact(close)
