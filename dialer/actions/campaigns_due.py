"""Campaigns that begin or end by themselves."""

from contextlib import suppress
from functools import partial

from dialer.actions.control import begin
from dialer.actions.world import World
from dialer.domain.states import CampaignStatus, ClosedAs
from dialer.errors import RefusedByRule
from dialer.log import get_logger
from dialer.store import campaigns, leads
from dialer.store.database import Connection

log = get_logger(__name__)


def start_campaigns(world: World) -> None:
    """Start the scheduled campaigns whose time has come."""
    now = world.clock.now()
    waiting = world.db.read(lambda tx: campaigns.in_status(tx, CampaignStatus.SCHEDULED))
    for row in waiting:
        if row.start_at is None or row.start_at <= now:
            with suppress(RefusedByRule):  # started or stopped by somebody in the meantime
                world.db.transact(partial(begin, row=row, now=now, actor="system"))


def finish_campaigns(world: World) -> None:
    """Finish the running campaigns in which every lead is closed."""
    now = world.clock.now()

    def body(tx: Connection) -> list[int]:
        return [
            campaign_id
            for campaign_id in campaigns.without_open_leads(tx)
            if campaigns.move(
                tx,
                campaign_id,
                current=CampaignStatus.RUNNING,
                target=CampaignStatus.FINISHED,
                finished_at=now,
            )
        ]

    if not world.db.read(campaigns.without_open_leads):
        return
    for campaign_id in world.db.transact(body):
        log.info("campaign_finished", campaign_id=campaign_id)


def close_left_overs(world: World) -> None:
    """Close the leads that came back to a campaign while it was being stopped."""
    now = world.clock.now()
    for campaign_id in world.db.read(leads.waiting_in_stopped):
        close = partial(
            leads.close_waiting, closed_as=ClosedAs.STOPPED, now=now, campaign_id=campaign_id
        )
        world.db.transact(close)
