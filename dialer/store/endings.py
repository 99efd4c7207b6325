"""Which campaigns have come to their end. Asked every few seconds, so by index only."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, or_, select, text, update

from dialer.domain.priority import Priority
from dialer.domain.states import OVER, CampaignStatus, ClosedAs, LeadStatus, ListStatus
from dialer.store import results
from dialer.store.rows import many
from dialer.store.tables import IS_OPEN, Attempt, Campaign, Lead, LeadList, table
from dialer.store.types import UtcDateTime

attempt = table(Attempt)
campaign = table(Campaign)
lead = table(Lead)
lead_list = table(LeadList)

TO_TAKE_BACK = timedelta(hours=1)
"""So long after an edit no lead is given up because of it, but for the end itself."""
_WAITING = (LeadStatus.READY, LeadStatus.HELD)
_HALTED = (CampaignStatus.PAUSED, CampaignStatus.HELD)


_IS_OPEN = IS_OPEN.replace("status", "attempt.status")


def _has_lead(*chosen: Any) -> ColumnElement[bool]:
    return select(lead.c.id).where(lead.c.campaign_id == campaign.c.id, *chosen).exists()


def _is_importing() -> ColumnElement[bool]:
    return (
        select(lead_list.c.id)
        .where(
            lead_list.c.campaign_id == campaign.c.id,
            lead_list.c.status == ListStatus.IMPORTING,
        )
        .exists()
    )


_now = bindparam("now", type_=UtcDateTime)
_TOO_LATE = and_(
    campaign.c.status == CampaignStatus.RUNNING,
    campaign.c.pending_after.is_(None),
    campaign.c.edited_at.is_(None)
    | (campaign.c.edited_at <= bindparam("edited_before", type_=UtcDateTime)),
    ~_has_lead(lead.c.status.in_([LeadStatus.IN_FLIGHT, LeadStatus.HELD])),
    # Each priority is a range of the index of its own.
    ~_has_lead(
        lead.c.status == LeadStatus.READY,
        lead.c.priority.in_([int(one) for one in Priority]),
        lead.c.due_at < campaign.c.ends_at,
    ),
    ~_is_importing(),
)
_ENDED = select(campaign).where(
    campaign.c.status.in_([CampaignStatus.RUNNING, *_HALTED]),
    campaign.c.ends_at.is_not(None),
    or_(campaign.c.ends_at <= _now, _TOO_LATE),
    _has_lead(lead.c.status.in_(_WAITING)),
)
_WITHOUT_OPEN_LEADS = select(campaign).where(
    (campaign.c.status == CampaignStatus.RUNNING)
    | campaign.c.status.in_(_HALTED) & (campaign.c.ends_at <= _now),
    ~_has_lead(lead.c.status.in_([LeadStatus.READY, LeadStatus.IN_FLIGHT, LeadStatus.HELD])),
    ~_is_importing(),
)
_TO_SUMMARIZE = (
    select(campaign.c.id)
    .where(
        campaign.c.status.in_(OVER),  # also if it was archived at once
        campaign.c.summary.is_(None),
        ~select(attempt.c.id)
        .where(attempt.c.campaign_id == campaign.c.id, text(_IS_OPEN))
        .exists(),
    )
    .order_by(campaign.c.finished_at)
    .limit(bindparam("most"))
)


def ended(tx: Connection, *, now: datetime) -> list[Campaign]:
    """Give the campaigns that call nobody any more because of their end date, and have leads left.

    That is at their end, and before it where no lead becomes due in time and nobody could still
    change that: none is in a call, none waits for a person, and whoever edited the campaign has
    had some time to take it back.
    """
    return many(tx, Campaign, _ENDED, now=now, edited_before=now - TO_TAKE_BACK)


def close_some(
    tx: Connection, campaign_id: int, *, most: int, closed_as: ClosedAs, reason: str, now: datetime
) -> int:
    """Close up to `most` leads of a campaign that wait; give how many."""
    chosen = (
        select(lead.c.id)
        .where(lead.c.campaign_id == campaign_id, lead.c.status.in_(_WAITING))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    closed = {"status": LeadStatus.CLOSED, "closed_as": closed_as, "closed_at": now}
    ids = tx.execute(
        update(lead)
        .where(lead.c.id.in_(chosen))
        .values(**closed, held_reason=reason, due_at=None, wanted_at=None)
        .returning(lead.c.id)
    ).scalars()
    those = list(ids)
    results.tell_these_closed(tx, those, now=now)
    return len(those)


def without_open_leads(tx: Connection, *, now: datetime) -> list[Campaign]:
    """Give the campaigns in which every lead is closed, and no list is being imported.

    Those that run, and those that are paused or held at their end date.
    """
    return many(tx, Campaign, _WITHOUT_OPEN_LEADS, now=now)


def to_summarize(tx: Connection, *, most: int) -> list[int]:
    """Give the campaigns that are over, without a summary, and whose last call has ended."""
    return list(tx.execute(_TO_SUMMARIZE, {"most": most}).scalars())
