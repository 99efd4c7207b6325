"""Campaigns that begin by themselves, and what is left over of those that are over."""

from contextlib import suppress
from datetime import datetime
from functools import partial

from dialer.actions.control import begin
from dialer.actions.preflight import look_before_start
from dialer.actions.world import World
from dialer.domain.hold_checks import CHECK_EVERY
from dialer.domain.states import CampaignStatus, ClosedAs
from dialer.errors import RefusedByRule
from dialer.log import get_logger
from dialer.store import campaigns, leads
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Campaign

log = get_logger(__name__)


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
    """Start a campaign, or say why not; one that was refused is looked at once a minute."""
    if row.checked_at is not None and now - row.checked_at < CHECK_EVERY:
        return
    if not world.db.transact(partial(campaigns.claim_check, row=row, now=now)):
        return
    try:
        found = look_before_start(world, row, now=now)
    except RefusedByRule as error:
        sentence = f"It starts once this is mended: {error.why}."
        world.db.transact(partial(_keep_waiting, row=row, sentence=sentence, now=now))
        return
    with suppress(RefusedByRule):  # started or stopped by somebody in the meantime
        world.db.transact(partial(begin, row=row, found=found, now=now, actor="system"))


def _keep_waiting(tx: Connection, *, row: Campaign, sentence: str, now: datetime) -> None:
    """Tell people, once, why a campaign whose time has come does not start."""
    reason = "start_refused"
    if campaigns.keep_waiting(tx, row.id, reason=reason, sentence=sentence):
        told: dict[str, object] = {"why": sentence}
        subject = f"campaign:{row.id}"
        log_action(tx, actor="system", action=reason, subject=subject, now=now, after=told)
        log.error(reason, campaign_id=row.id)


def close_left_overs(world: World) -> None:
    """Close the leads that came back to a campaign while it was being stopped or finished."""
    now = world.clock.now()
    for campaign_id in world.db.read(leads.waiting_in_vain):
        close = partial(
            leads.close_waiting, closed_as=ClosedAs.STOPPED, now=now, campaign_id=campaign_id
        )
        world.db.transact(close)
