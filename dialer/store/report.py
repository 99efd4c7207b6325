"""Figures of a campaign, for screens and for the demo. Reads only."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select, text

from dialer.domain.states import AttemptStatus
from dialer.store.tables import IS_OPEN, Attempt, Lead, LeadList, table

attempt = table(Attempt)
lead = table(Lead)
lead_list = table(LeadList)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a campaign stands."""

    leads: int
    closed: int
    by_status: dict[str, int]
    by_closed_as: dict[str, int]
    dispositions: dict[str, int]  # of ended attempts
    attempts: int  # ended ones that rang or may have rung
    sent: int  # requests whose call exists or may exist
    open_attempts: int
    rejected_rows: int
    refill_ms: list[float] = field(default_factory=list)
    promises_late_s: list[float] = field(default_factory=list)  # below zero: called a little early


def progress(tx: Connection, campaign_id: int) -> Progress:
    """Count everything about one campaign."""
    by_status = _counts(tx, lead.c.status, lead.c.campaign_id == campaign_id)
    by_closed_as = _counts(
        tx, lead.c.closed_as, lead.c.campaign_id == campaign_id, lead.c.closed_as.is_not(None)
    )
    mine = attempt.c.campaign_id == campaign_id
    return Progress(
        leads=sum(by_status.values()),
        closed=by_status.get("CLOSED", 0),
        by_status=by_status,
        by_closed_as=by_closed_as,
        dispositions=_counts(tx, attempt.c.disposition, mine, attempt.c.disposition.is_not(None)),
        attempts=_count(tx, attempt, mine, attempt.c.rang.is_(True)),
        sent=_count(
            tx,
            attempt,
            mine,
            attempt.c.status.not_in(
                [AttemptStatus.INTENT, AttemptStatus.CANCELLED, AttemptStatus.NOT_PLACED]
            ),
        ),
        open_attempts=_count(tx, attempt, mine, text(IS_OPEN)),
        rejected_rows=_rejected(tx, campaign_id),
        refill_ms=_refills(tx, campaign_id),
        promises_late_s=_lateness(tx, campaign_id),
    )


def _counts(tx: Connection, column: Any, *where: Any) -> dict[str, int]:
    rows = tx.execute(select(column, func.count()).where(*where).group_by(column))
    return {str(row[0]): row[1] for row in rows}


def _count(tx: Connection, source: Any, *where: Any) -> int:
    return int(tx.execute(select(func.count()).select_from(source).where(*where)).scalar_one())


def _rejected(tx: Connection, campaign_id: int) -> int:
    columns = lead_list.c
    total = func.coalesce(func.sum(columns.rejected + columns.duplicates), 0)
    return int(tx.execute(select(total).where(columns.campaign_id == campaign_id)).scalar_one())


def _refills(tx: Connection, campaign_id: int) -> list[float]:
    """Give, in milliseconds, how long each refilled line stood idle.

    From the receipt of the event that ended its last call to the next request on the wire.
    """
    rows = tx.execute(
        select(attempt.c.refill_from, attempt.c.sent_at).where(
            attempt.c.campaign_id == campaign_id,
            attempt.c.refill_from.is_not(None),
            attempt.c.sent_at.is_not(None),
        )
    )
    return [(sent - freed).total_seconds() * 1000 for freed, sent in rows]


def _lateness(tx: Connection, campaign_id: int) -> list[float]:
    """Give, in seconds, how much later than promised the first call of each promise was sent."""
    first = func.min(attempt.c.send_started_at).label("sent_at")
    rows = tx.execute(
        select(attempt.c.promised_at, first)
        .where(
            attempt.c.campaign_id == campaign_id,
            attempt.c.promised_at.is_not(None),
            attempt.c.send_started_at.is_not(None),
        )
        .group_by(attempt.c.lead_id, attempt.c.promised_at)
        .order_by(first)
    )
    return [(sent - promised).total_seconds() for promised, sent in rows]
