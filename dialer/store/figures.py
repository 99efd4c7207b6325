"""Figures: what screens and monitoring count. Nothing here decides anything."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from dialer.domain.dispositions import Disposition
from dialer.domain.states import CampaignStatus, ClosedAs, LeadStatus
from dialer.store.rows import many
from dialer.store.tables import Attempt, Campaign, Lead, WebhookEvent, table

attempt = table(Attempt)
campaign = table(Campaign)
inbox = table(WebhookEvent)
lead = table(Lead)


@dataclass(slots=True)
class Progress:
    """How far the leads of one campaign are, in the groups that screens show."""

    pending: int = 0  # to be called, not tried yet
    in_flight: int = 0  # an attempt is open
    retry_later: int = 0  # tried, to be called again
    held: int = 0  # waiting for a person
    completed: int = 0  # closed, reached
    closed: int = 0  # closed otherwise
    closed_as: dict[ClosedAs, int] = field(default_factory=dict)
    next_due_at: datetime | None = None  # the earliest lead to be called
    last_due_at: datetime | None = None  # the latest

    @property
    def leads(self) -> int:
        """Count all leads."""
        open_leads = self.pending + self.in_flight + self.retry_later + self.held
        return open_leads + self.finished

    @property
    def finished(self) -> int:
        """Count the closed leads, however they closed."""
        return self.completed + self.closed

    @property
    def begun(self) -> int:
        """Count the leads that were called or are over, but for those held."""
        return self.leads - self.pending - self.held


def campaigns_by_status(tx: Connection) -> dict[CampaignStatus, int]:
    """Count the campaigns but test calls; each status has an entry."""
    counted = select(campaign.c.status, func.count()).where(campaign.c.test_of.is_(None))
    rows = tx.execute(counted.group_by(campaign.c.status))
    return dict.fromkeys(CampaignStatus, 0) | {row[0]: row[1] for row in rows}


def newest_campaigns(tx: Connection, *, most: int) -> list[Campaign]:
    """Read the campaigns made last but test calls, the newest first."""
    listed = select(campaign).where(campaign.c.test_of.is_(None))
    return many(tx, Campaign, listed.order_by(campaign.c.id.desc()).limit(most))


def campaigns_in(
    tx: Connection, statuses: Collection[CampaignStatus], *, before: int | None, most: int
) -> list[Campaign]:
    """Read campaigns but test calls in some statuses, the newest first; those `before` one."""
    chosen = select(campaign).where(campaign.c.status.in_(statuses), campaign.c.test_of.is_(None))
    if before is not None:
        chosen = chosen.where(campaign.c.id < before)
    return many(tx, Campaign, chosen.order_by(campaign.c.id.desc()).limit(most))


def progress(tx: Connection, campaign_ids: Sequence[int]) -> dict[int, Progress]:
    """Count the leads of these campaigns by group; each campaign has an entry."""
    # Written out: PostgreSQL cannot tell that two bound ones are the same expression.
    tried = text("CASE WHEN tries > 0 THEN 1 ELSE 0 END")
    kinds = (lead.c.campaign_id, lead.c.status, lead.c.closed_as)
    statement = (
        select(*kinds, tried, func.count(), func.min(lead.c.due_at), func.max(lead.c.due_at))
        .where(lead.c.campaign_id.in_(campaign_ids))
        .group_by(*kinds, tried)
    )
    found = {campaign_id: Progress() for campaign_id in campaign_ids}
    for campaign_id, status, closed_as, was_tried, leads, first, last in tx.execute(statement):
        sums = found[campaign_id]
        if closed_as is not None:
            sums.closed_as[closed_as] = sums.closed_as.get(closed_as, 0) + leads
        if status is LeadStatus.READY and first is not None:
            sums.next_due_at = min(first, sums.next_due_at or first)
            sums.last_due_at = max(last, sums.last_due_at or last)
        group = _group(status, closed_as=closed_as, tried=bool(was_tried))
        setattr(sums, group, getattr(sums, group) + leads)
    return found


def _group(status: LeadStatus, *, closed_as: ClosedAs | None, tried: bool) -> str:
    match status:
        case LeadStatus.READY:
            return "retry_later" if tried else "pending"
        case LeadStatus.IN_FLIGHT:
            return "in_flight"
        case LeadStatus.HELD:
            return "held"
        case LeadStatus.CLOSED:
            return "completed" if closed_as is ClosedAs.REACHED else "closed"


def dispositions(
    tx: Connection, campaign_ids: Sequence[int]
) -> dict[int, list[tuple[Disposition, int]]]:
    """Count how the attempts of these campaigns came out, the most frequent first."""
    attempts = func.count().label("attempts")
    rows = tx.execute(
        select(attempt.c.campaign_id, attempt.c.disposition, attempts)
        .where(attempt.c.campaign_id.in_(campaign_ids), attempt.c.disposition.is_not(None))
        .group_by(attempt.c.campaign_id, attempt.c.disposition)
        .order_by(attempts.desc(), attempt.c.disposition)
    )
    found: dict[int, list[tuple[Disposition, int]]] = {key: [] for key in campaign_ids}
    for campaign_id, disposition, count in rows:
        found[campaign_id].append((disposition, count))
    return found


def leads_by_status(tx: Connection) -> dict[LeadStatus, int]:
    """Count the leads of all campaigns but test calls; each status has an entry."""
    tests = select(campaign.c.id).where(campaign.c.test_of.is_not(None))
    counted = select(lead.c.status, func.count()).where(lead.c.campaign_id.not_in(tests))
    rows = tx.execute(counted.group_by(lead.c.status))
    return dict.fromkeys(LeadStatus, 0) | {row[0]: row[1] for row in rows}


def new_events(tx: Connection) -> int:
    """Count the webhook events that are not settled yet."""
    # The condition stands as in the partial index, which then answers alone.
    waiting = select(func.count()).select_from(inbox).where(text("status = 'NEW'"))
    return int(tx.execute(waiting).scalar_one())
