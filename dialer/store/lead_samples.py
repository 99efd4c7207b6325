"""What can be told of a campaign's leads before anybody is called, and of those it would copy."""

from typing import Any

from sqlalchemy import Connection, func, or_, select

from dialer.domain.next_call import REPLACED
from dialer.domain.selection import LeadSource
from dialer.domain.states import ClosedAs, LeadStatus
from dialer.store import pending
from dialer.store.leads import PLACE, LeadPlace
from dialer.store.tables import Lead, table

lead = table(Lead)

_DECIDING = ("row", "phone", "zones", "zone_source", "region", "consent")
_NEVER_AGAIN = (ClosedAs.SUPPRESSED, ClosedAs.INVALID_NUMBER)


def variables(tx: Connection, campaign_id: int, *, most: int) -> list[dict[str, Any]]:
    """Read the variables of some leads, whichever are found first."""
    chosen = select(lead.c.variables).where(lead.c.campaign_id == campaign_id)
    return list(tx.execute(chosen.limit(most)).scalars())


def variables_to_copy(tx: Connection, source: LeadSource, *, most: int) -> list[dict[str, Any]]:
    """Read the variables of some leads that a copy would take over, whichever are found first."""
    chosen = select(lead.c.variables).where(*_of(tx, source))
    return list(tx.execute(chosen.limit(most)).scalars())


def places_to_copy(tx: Connection, source: LeadSource) -> dict[LeadPlace, int]:
    """Count by place the leads that a copy with all leads would take over.

    Those on the do-not-call list by then are counted, though they are left out.
    """
    again = or_(lead.c.closed_as.is_(None), lead.c.closed_as.not_in(_NEVER_AGAIN))
    in_place = or_(lead.c.held_reason.is_(None), lead.c.held_reason != REPLACED)
    chosen = select(*PLACE, func.count()).where(*_of(tx, source), again, in_place)
    return {LeadPlace(*row[:-1]): row[-1] for row in tx.execute(chosen.group_by(*PLACE))}


def _of(tx: Connection, source: LeadSource) -> list[Any]:
    """Give the conditions that a lead is of a campaign, or of a list of it.

    A list is a stretch of ids; the `+ 0` keeps the databases from the campaign's index instead.
    """
    if source.list_id is None:
        return [lead.c.campaign_id == source.campaign_id]
    first, last = pending.bounds(tx, source.campaign_id, list_id=source.list_id) or (1, 0)
    mine = lead.c.campaign_id + 0 == source.campaign_id, lead.c.list_id == source.list_id
    return [*mine, lead.c.id >= first, lead.c.id <= last]


def count_waiting(tx: Connection, campaign_id: int) -> int:
    """Count the leads that wait for a call."""
    waiting = lead.c.campaign_id == campaign_id, lead.c.status == LeadStatus.READY
    return int(tx.execute(select(func.count()).select_from(lead).where(*waiting)).scalar_one())


def every_nth_waiting(tx: Connection, campaign_id: int, *, nth: int) -> list[dict[str, Any]]:
    """Read of every nth waiting lead what decides when it is called, to be added elsewhere."""
    waiting = lead.c.campaign_id == campaign_id, lead.c.status == LeadStatus.READY
    columns = [getattr(lead.c, name) for name in _DECIDING]
    chosen = select(*columns).where(*waiting, lead.c.id % nth == 0)
    return [dict(row._mapping) for row in tx.execute(chosen)]
