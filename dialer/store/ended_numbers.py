"""Leads that closed as their numbers do not exist: a range of an index in each campaign."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, or_, select, text

from dialer.domain.next_call import REPLACED
from dialer.domain.states import NOT_BEGUN, CampaignStatus, ClosedAs
from dialer.store.tables import CLOSED, Campaign, Lead, table

campaign = table(Campaign)
lead = table(Lead)


def campaigns_of_late(tx: Connection, *, since: datetime, most: int) -> list[tuple[int, str]]:
    """Give the newest campaigns but tests that have begun and were not over before a moment."""
    columns = campaign.c
    chosen = select(columns.id, columns.name).where(
        columns.status.not_in((*NOT_BEGUN, CampaignStatus.ARCHIVED)),
        columns.test_of.is_(None),
        or_(columns.finished_at.is_(None), columns.finished_at >= since),
    )
    rows = tx.execute(chosen.order_by(columns.id.desc()).limit(most))
    return [(row.id, row.name) for row in rows]


def wrong(
    tx: Connection, campaign_ids: Collection[int], *, after: datetime
) -> dict[int, tuple[int, datetime]]:
    """Count the leads of campaigns that closed so after a moment, and tell when the first did."""
    mine = select(lead.c.campaign_id, func.count(), func.min(lead.c.closed_at)).where(
        lead.c.campaign_id.in_(campaign_ids),
        text(CLOSED),
        lead.c.closed_as == ClosedAs.INVALID_NUMBER,
        lead.c.closed_at > after,
        or_(lead.c.held_reason.is_(None), lead.c.held_reason != REPLACED),
    )
    rows = tx.execute(mine.group_by(lead.c.campaign_id))
    return {campaign_id: (count, since) for campaign_id, count, since in rows}
