"""Campaigns that begin by themselves, and what is left over of those that are over."""

from contextlib import suppress
from functools import partial

from dialer.actions.control import begin
from dialer.actions.world import World
from dialer.domain.states import CampaignStatus, ClosedAs
from dialer.errors import RefusedByRule
from dialer.store import campaigns, leads


def start_campaigns(world: World) -> None:
    """Start the scheduled campaigns whose time has come."""
    now = world.clock.now()
    waiting = world.db.read(lambda tx: campaigns.in_status(tx, CampaignStatus.SCHEDULED))
    for row in waiting:
        if row.start_at is None or row.start_at <= now:
            with suppress(RefusedByRule):  # started or stopped by somebody in the meantime
                world.db.transact(partial(begin, row=row, now=now, actor="system"))


def close_left_overs(world: World) -> None:
    """Close the leads that came back to a campaign while it was being stopped or finished."""
    now = world.clock.now()
    for campaign_id in world.db.read(leads.waiting_in_vain):
        close = partial(
            leads.close_waiting, closed_as=ClosedAs.STOPPED, now=now, campaign_id=campaign_id
        )
        world.db.transact(close)
