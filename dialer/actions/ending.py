"""Ending: a campaign is over when nothing of it can become due any more.

1. Leads that still wait at its end date, or could only be called after it, close as exhausted.
2. A campaign in which every lead is closed is finished.
3. What came of it is written down once its last call has ended.
"""

from contextlib import suppress
from functools import partial

from dialer.actions.control import move
from dialer.actions.world import World
from dialer.domain.hold import HoldCode
from dialer.domain.states import CampaignStatus, ClosedAs
from dialer.errors import RefusedByRule
from dialer.store import campaigns, endings
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.summary import summary_of

PART = 2_000
"""So many leads are closed in one transaction; claims and sends wait for no longer."""
PARTS_AT_ONCE = 20
"""After so many the next run goes on, so that what else is due gets its turn."""
SUMMARIES_AT_ONCE = 5


def close_ended(world: World) -> None:
    """Close the leads that still wait in campaigns whose end date leaves them no time."""
    for row in world.db.read(partial(endings.ended, now=world.clock.now())):
        for _ in range(PARTS_AT_ONCE):
            if world.db.transact(partial(_close_some, world=world, campaign_id=row.id)) < PART:
                break


def _close_some(tx: Connection, *, world: World, campaign_id: int) -> int:
    now = world.clock.now()
    campaigns.hold_still(tx, [campaign_id])  # nobody moves its end meanwhile
    if campaign_id not in {row.id for row in endings.ended(tx, now=now)}:
        return 0
    close = partial(endings.close_some, closed_as=ClosedAs.EXHAUSTED, now=now)
    return close(tx, campaign_id, most=PART, reason=HoldCode.CAMPAIGN_ENDED)


def finish_campaigns(world: World) -> None:
    """Finish the campaigns in which every lead is closed."""
    for row in world.db.read(partial(endings.without_open_leads, now=world.clock.now())):
        with suppress(RefusedByRule):  # somebody changed it in the meantime
            world.db.transact(partial(_finish, world=world, campaign_id=row.id))


def _finish(tx: Connection, *, world: World, campaign_id: int) -> None:
    now = world.clock.now()
    campaigns.lock(tx, campaign_id)  # whoever lets a lead go again holds it still
    for row in endings.without_open_leads(tx, now=now):
        if row.id == campaign_id:
            move(tx, row, CampaignStatus.FINISHED, actor="system", now=now, finished_at=now)


def write_summaries(world: World) -> None:
    """Write down what came of the campaigns that are over, once their last call has ended.

    Costs that Retell tells later are not in it; screens count anew.
    """
    for campaign_id in world.db.read(partial(endings.to_summarize, most=SUMMARIES_AT_ONCE)):
        summary = world.db.read(partial(summary_of, campaign_id=campaign_id))
        keep = partial(_keep_summary, world=world, campaign_id=campaign_id, summary=summary)
        world.db.transact(keep)


def _keep_summary(
    tx: Connection, *, world: World, campaign_id: int, summary: dict[str, object]
) -> None:
    row = campaigns.lock(tx, campaign_id)
    if row is None or row.summary is not None:
        return
    campaigns.change(tx, campaign_id, summary=summary)
    log_action(
        tx,
        actor="system",
        action="summary",
        subject=f"campaign:{campaign_id}",
        now=world.clock.now(),
        after=summary,
    )
