"""Pages of a campaign's leads, each begun where the one before ended.

Leads stand in the order of the index they are called by: per status, then priority, due moment
and row of the list. Only leads that are READY have a due moment.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, and_, literal, select, tuple_

from dialer.domain.states import LeadState, LeadStatus, status_of
from dialer.store.lead_pages import NEXT_FIRST, of_campaign
from dialer.store.rows import many
from dialer.store.tables import Lead, table
from dialer.store.types import UtcDateTime

lead = table(Lead)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Place(NamedTuple):
    """Where a page ended, as an address may carry it."""

    status: LeadStatus
    priority: int
    due_at: datetime | None
    row: int | None
    lead_id: int

    @classmethod
    def of(cls, row: Lead) -> Self:
        """Give the place of a lead."""
        return cls(row.status, row.priority, row.due_at, row.row, row.id)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read what `written` wrote; None when somebody else wrote it."""
        try:
            word, *numbers = text.split("~")
            priority, due, row, lead_id = (None if n == "" else int(n) for n in numbers)
            if priority is None or lead_id is None:
                return None
            due_at = None if due is None else _EPOCH + due * _MICROSECOND
            return cls(LeadStatus(word), priority, due_at, row, lead_id)
        except (ValueError, OverflowError):
            return None

    def written(self) -> str:
        """Write the place for an address."""
        due = None if self.due_at is None else (self.due_at - _EPOCH) // _MICROSECOND
        numbers = (self.priority, due, self.row, self.lead_id)
        return "~".join([self.status.value, *("" if n is None else str(n) for n in numbers)])


def page(
    tx: Connection, campaign_id: int, *, state: LeadState | None, after: Place | None, most: int
) -> list[Lead]:
    """Read the leads that follow a place, or the first ones."""
    found: list[Lead] = []
    for status, with_row, beyond in _stretches(state, after):
        mine = and_(of_campaign(campaign_id, state), lead.c.status == status)
        chosen = select(lead).where(mine, lead.c.row.is_not(None) == with_row)
        if beyond is not None:
            chosen = chosen.where(_beyond(beyond))
        in_order = chosen.order_by(lead.c.priority, lead.c.due_at, lead.c.row, lead.c.id)
        found += many(tx, Lead, in_order.limit(most - len(found)))
        if len(found) >= most:
            break
    return found


def _stretches(
    state: LeadState | None, after: Place | None
) -> Iterator[tuple[LeadStatus, bool, Place | None]]:
    """Give the stretches yet to be read; leads without a row stand behind those that have one."""
    statuses = NEXT_FIRST if state is None else (status_of(state),)
    here = None if after is None else (after.status, after.row is not None)
    passed = after is None
    for status in statuses:
        for with_row in (True, False):
            is_here = here == (status, with_row)
            passed = passed or is_here
            if passed:
                yield status, with_row, after if is_here else None


def _beyond(place: Place) -> Any:
    columns, values = [lead.c.priority], [literal(place.priority)]
    if place.due_at is not None:
        columns.append(lead.c.due_at)
        values.append(literal(place.due_at, UtcDateTime()))
    if place.row is not None:
        columns.append(lead.c.row)
        values.append(literal(place.row))
    return tuple_(*columns, lead.c.id) > tuple_(*values, literal(place.lead_id))
