"""Leads for people to look at: all with a number, or the first of a campaign."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, func, select

from dialer.domain.states import ClosedAs, LeadState, LeadStatus
from dialer.store.rows import many
from dialer.store.tables import Lead, table

lead = table(Lead)

_REACHED = lead.c.closed_as.is_not_distinct_from(ClosedAs.REACHED)
_IN_STATE: Mapping[LeadState, Any] = {
    LeadState.PENDING: and_(lead.c.status == LeadStatus.READY, lead.c.tries == 0),
    LeadState.IN_FLIGHT: lead.c.status == LeadStatus.IN_FLIGHT,
    LeadState.RETRY_LATER: and_(lead.c.status == LeadStatus.READY, lead.c.tries > 0),
    LeadState.COMPLETED: and_(lead.c.status == LeadStatus.CLOSED, _REACHED),
    LeadState.CLOSED: and_(lead.c.status == LeadStatus.CLOSED, ~_REACHED),
    LeadState.HELD: lead.c.status == LeadStatus.HELD,
}

_PHONES_AT_ONCE = 500

NEXT_FIRST = (LeadStatus.READY, LeadStatus.IN_FLIGHT, LeadStatus.HELD, LeadStatus.CLOSED)


def with_phone(tx: Connection, phone: str) -> list[Lead]:
    """Read the leads with a number, in all campaigns."""
    return many(tx, Lead, select(lead).where(lead.c.phone == phone).order_by(lead.c.id))


def first(tx: Connection, campaign_id: int, *, state: LeadState | None, most: int) -> list[Lead]:
    """Read the leads of a campaign that are called next, or of those in one state.

    Each status is a range of the index of its own, so the length of the list does not matter.
    """
    found: list[Lead] = []
    for status in NEXT_FIRST:
        chosen = select(lead).where(of_campaign(campaign_id, state), lead.c.status == status)
        in_order = chosen.order_by(lead.c.priority, lead.c.due_at, lead.c.row)
        found += many(tx, Lead, in_order.limit(most - len(found)))
    return found


def count(tx: Connection, campaign_id: int, *, state: LeadState | None) -> int:
    """Count the leads of a campaign, or those in one state."""
    counted = select(func.count()).select_from(lead).where(of_campaign(campaign_id, state))
    return int(tx.execute(counted).scalar_one())


def of_campaign(campaign_id: int, state: LeadState | None) -> Any:
    """Give the condition that a lead is one of a campaign's, or of those in one state."""
    mine = lead.c.campaign_id == campaign_id
    return mine if state is None else and_(mine, _IN_STATE[state])


def phones_among(tx: Connection, phones: Sequence[str]) -> set[str]:
    """Give those of the numbers that are a lead's, in whatever campaign."""
    found: set[str] = set()
    for start in range(0, len(phones), _PHONES_AT_ONCE):
        chosen = select(lead.c.phone).where(
            lead.c.phone.in_(phones[start : start + _PHONES_AT_ONCE])
        )
        found |= {row[0] for row in tx.execute(chosen.distinct())}
    return found
