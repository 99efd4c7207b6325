"""The pulse of a campaign: what happened in the last minutes, and what waits for a person."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from dialer.domain.states import CampaignStatus
from dialer.store.tables import HELD, IS_OPEN, Attempt, Campaign, Lead, LeadList, table

attempt = table(Attempt)
campaign = table(Campaign)
lead = table(Lead)
lead_list = table(LeadList)


def sent_since(tx: Connection, campaign_id: int, *, since: datetime) -> list[datetime]:
    """Give when the calls of a campaign were sent, of attempts made since a moment."""
    chosen = select(attempt.c.send_started_at).where(
        attempt.c.campaign_id == campaign_id,
        attempt.c.created_at >= since,
        attempt.c.send_started_at.is_not(None),
    )
    return list(tx.execute(chosen).scalars())


def sent_by_campaign(
    tx: Connection, campaign_ids: Collection[int], *, since: datetime
) -> dict[int, list[datetime]]:
    """Give the same for several campaigns; each has an entry."""
    columns = attempt.c
    chosen = select(columns.campaign_id, columns.send_started_at).where(
        columns.campaign_id.in_(campaign_ids),
        columns.created_at >= since,
        columns.send_started_at.is_not(None),
    )
    found: dict[int, list[datetime]] = {campaign_id: [] for campaign_id in campaign_ids}
    for campaign_id, sent_at in tx.execute(chosen):
        found[campaign_id].append(sent_at)
    return found


def open_attempts(tx: Connection, campaign_id: int) -> int:
    """Count the attempts of a campaign that hold a line."""
    mine = select(func.count()).where(attempt.c.campaign_id == campaign_id, text(IS_OPEN))
    return int(tx.execute(mine.select_from(attempt)).scalar_one())


def held_reasons(tx: Connection, campaign_id: int) -> dict[str, int]:
    """Count the held leads of a campaign by reason."""
    mine = lead.c.campaign_id == campaign_id, text(HELD)
    rows = tx.execute(
        select(lead.c.held_reason, func.count()).where(*mine).group_by(lead.c.held_reason)
    )
    return {reason or "unknown": count for reason, count in rows}


def rejected_lists(tx: Connection, campaign_id: int) -> list[tuple[int, str, int]]:
    """Give the lists of a campaign that have rejected rows still: id, file, rows."""
    columns = lead_list.c
    rows = tx.execute(
        select(columns.id, columns.file_name, columns.rejected)
        .where(columns.campaign_id == campaign_id, columns.rejected > 0)
        .where(columns.purged_at.is_(None))
        .order_by(columns.id.desc())
    )
    return [(list_id, file_name, rejected) for list_id, file_name, rejected in rows]


def running(tx: Connection) -> Mapping[int, str]:
    """Give the running campaigns by id."""
    chosen = select(campaign.c.id, campaign.c.name)
    rows = tx.execute(chosen.where(campaign.c.status == CampaignStatus.RUNNING))
    return {row[0]: row[1] for row in rows}
