"""Parts: work on all leads of a campaign, in transactions so short that no claim waits for them.

A draft that takes over another campaign's leads, and leads that follow a window which was edited.
How far the work is stands in the campaign's row: it goes on after a crash, in any process.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from dialer.actions.openings import opening_for
from dialer.actions.readable import readable
from dialer.actions.world import World
from dialer.domain.hold import HoldCode
from dialer.domain.selection import LeadSource
from dialer.domain.states import OVER, CampaignStatus
from dialer.log import get_logger
from dialer.store import campaigns, leads, pending
from dialer.store.database import Connection
from dialer.store.tables import Campaign, Lead

log = get_logger(__name__)

PART = 1_000
"""A stretch of so many ids is done in one transaction."""
PARTS_AT_ONCE = 50
"""After so many the next run goes on, so that what else is due gets its turn."""


def carry_on(world: World) -> None:
    """Do some parts of all the work that is left. May be called at any moment, by anybody."""
    for row in readable(world.db.read(pending.campaigns_with_some)):
        do_parts(world, row.id, most=PARTS_AT_ONCE)


def do_parts(world: World, campaign_id: int, *, most: int | None = None) -> None:
    """Do parts of the work on one campaign's leads, to its end unless there is a `most`."""
    first, last = world.db.read(partial(_bounds, campaign_id=campaign_id))
    part = partial(_do_part, world=world, campaign_id=campaign_id, first=first, last=last)
    done = 0
    while (most is None or done < most) and world.db.transact(part):
        done += 1


def _bounds(tx: Connection, *, campaign_id: int) -> tuple[int, int]:
    """Give the first and the last id of the leads that are worked on."""
    row = campaigns.get(tx, campaign_id)
    if row is None or row.copied_from is None or not _is_copying(row):
        return pending.bounds(tx, campaign_id) or (1, 0)
    source = LeadSource.read(row.copied_from)
    return pending.bounds(tx, source.campaign_id, list_id=source.list_id) or (1, 0)


def _is_copying(row: Campaign) -> bool:
    """Tell whether what is left to do for a campaign is copying: nobody waits in a draft."""
    return row.status is CampaignStatus.DRAFT


def _do_part(tx: Connection, *, world: World, campaign_id: int, first: int, last: int) -> bool:
    """Do the next part; False when none is left."""
    row = campaigns.lock(tx, campaign_id)
    if row is None or row.pending_after is None:
        return False
    after = max(row.pending_after, first - 1)
    until = after + PART
    is_last = until >= last or row.status in OVER
    pending.advance(tx, campaign_id, to=None if is_last else until)
    now = world.clock.now()
    if row.status in OVER:
        return False
    if _is_copying(row):
        _copy(tx, row, after=after, until=until, now=now)
    else:
        _follow(tx, row, after=after, until=until, now=now)
    return not is_last


def _copy(tx: Connection, row: Campaign, *, after: int, until: int, now: datetime) -> None:
    source = LeadSource.read(row.copied_from or {})
    others = [one for one in campaigns.children(tx, source.campaign_id) if one.id != row.id]
    copied = pending.copy(
        tx,
        source,
        children=called(others),
        target=row.id,
        after=after,
        until=until,
        now=now,
    )
    log.info("leads_copied", campaign_id=row.id, leads=copied)


def called(children: Sequence[Campaign]) -> list[int]:
    """Give those of the children of a campaign whose leads were called, or may still be."""
    return [one.id for one in children if one.started_at is not None or one.status not in OVER]


def _follow(tx: Connection, row: Campaign, *, after: int, until: int, now: datetime) -> None:
    """Let waiting leads follow the window as it is now, whichever way it was moved."""
    spec = campaigns.spec_of(row)
    by_opening: dict[datetime, list[int]] = defaultdict(list)
    shut: dict[HoldCode, list[int]] = defaultdict(list)
    for lead in pending.lock_following(tx, row.id, after=after, until=until):
        wanted_at = lead.wanted_at or lead.due_at or now
        opening = opening_for(spec, lead, after=max(wanted_at, now))
        if opening is None:
            shut[HoldCode.NEVER_OPEN if lead.zones else HoldCode.NO_ZONE].append(lead.id)
        elif not _is_due_already(lead, opening, now=now) and opening != lead.due_at:
            by_opening[opening].append(lead.id)
    for opening, lead_ids in by_opening.items():
        pending.make_due(tx, lead_ids, at=opening, now=now)
    for reason, lead_ids in shut.items():
        leads.hold_those(tx, lead_ids, reason=reason)


def _is_due_already(lead: Lead, opening: datetime, *, now: datetime) -> bool:
    """Tell whether a lead is due and may be called: it keeps its place in the order."""
    return lead.due_at is not None and lead.due_at <= now and opening == now
