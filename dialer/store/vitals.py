"""Vital signs: how old the oldest thing is that waits, and how fast webhooks are settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from dialer.domain.priority import Priority
from dialer.domain.states import CampaignStatus, LeadStatus
from dialer.store import first_lead
from dialer.store.rows import many
from dialer.store.tables import Campaign, DialGate, Lead, WebhookEvent, table

campaign = table(Campaign)
dial_gate = table(DialGate)
inbox = table(WebhookEvent)
lead = table(Lead)

LATEST_LETTERS = 100


@dataclass(frozen=True, slots=True)
class Overdue:
    """The lead of a campaign that is due first."""

    due_at: datetime
    campaign_id: int
    campaign: str


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a person wants to know of the database's rows."""

    oldest_due: Overdue | None  # of the leads of running campaigns
    waiting_letters: int  # webhooks that are not settled
    oldest_letter_at: datetime | None  # of those
    last_letter_at: datetime | None
    lags_s: Sequence[float]  # from the receipt of the latest webhooks to their settling
    provider_asked_at: datetime | None
    provider_answered_at: datetime | None
    claimed_at: datetime | None  # when a call was last given its moment
    clock: datetime | None  # the database's, where it has one of its own


def vitals(tx: Connection) -> Vitals:
    """Read them."""
    waiting, oldest = tx.execute(
        select(func.count(), func.min(inbox.c.received_at)).where(text("status = 'NEW'"))
    ).one()
    latest = tx.execute(
        select(inbox.c.received_at, inbox.c.settled_at)
        .order_by(inbox.c.id.desc())
        .limit(LATEST_LETTERS)
    ).all()
    columns = dial_gate.c
    of_gate = select(columns.provider_asked_at, columns.provider_answered_at, columns.next_send_at)
    asked, answered, claimed = tx.execute(of_gate).first() or (None, None, None)
    return Vitals(
        _oldest_due(tx),
        waiting,
        oldest,
        latest[0][0] if latest else None,
        [(settled - came).total_seconds() for came, settled in latest if settled is not None],
        asked,
        answered,
        claimed,
        _clock(tx),
    )


def _clock(tx: Connection) -> datetime | None:
    """Ask what time it is on the database's machine; SQLite's is ours."""
    if tx.dialect.name != "postgresql":
        return None
    found: datetime = tx.execute(select(func.clock_timestamp())).scalar_one()
    return found


def _oldest_due(tx: Connection) -> Overdue | None:
    """Give the lead that is due first, of the campaigns that call whoever is due."""
    columns = (campaign.c.id, campaign.c.name, campaign.c.first_only, campaign.c.started_at)
    running = select(*columns).where(campaign.c.status == CampaignStatus.RUNNING)
    found = [
        Overdue(at, row.id, row.name)
        for row in many(tx, Campaign, running)
        if not first_lead.is_called(tx, row) and (at := _first_due(tx, row.id)) is not None
    ]
    return min(found, key=lambda one: one.due_at, default=None)


def _first_due(tx: Connection, campaign_id: int) -> datetime | None:
    """Give a campaign's earliest due moment; each priority is a range of the index."""
    found = [
        tx.execute(
            select(func.min(lead.c.due_at)).where(
                lead.c.campaign_id == campaign_id,
                lead.c.status == LeadStatus.READY,
                lead.c.priority == int(priority),
            )
        ).scalar()
        for priority in Priority
    ]
    return min((at for at in found if at is not None), default=None)
