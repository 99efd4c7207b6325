"""Leads that closed as their numbers do not exist: a range of an index in each campaign."""

from datetime import datetime

from sqlalchemy import Connection, func, or_, select, text

from dialer.domain.states import NOT_BEGUN, CampaignStatus, ClosedAs
from dialer.store.tables import CLOSED, Campaign, Lead, table

campaign = table(Campaign)
lead = table(Lead)

MOST = 100_000
"""So many are counted at most."""


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


def wrong(tx: Connection, campaign_id: int, *, after: datetime) -> tuple[int, datetime | None]:
    """Count the leads of a campaign that closed so after a moment, and tell when the first did."""
    # The order is that of the index; without one, SQLite takes another for as good.
    mine = select(lead.c.closed_at).where(
        lead.c.campaign_id == campaign_id,
        text(CLOSED),
        lead.c.closed_as == ClosedAs.INVALID_NUMBER,
        lead.c.closed_at > after,
    )
    found = mine.order_by(lead.c.id.desc()).limit(MOST).subquery()
    count, since = tx.execute(select(func.count(), func.min(found.c.closed_at))).one()
    return int(count), since
