"""Pages of a campaign's leads, each begun where the one before ended.

Leads that may be called stand in the order of the index they are called by: per status, then
priority, due moment and row of the list. What is asked for by how it ended stands in the order in
which the leads were made. Whatever is asked for, a page is a range or a few of an index.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, and_, func, or_, select, text, true

from dialer.domain.lead_filter import LeadFilter
from dialer.domain.priority import Priority
from dialer.domain.states import ClosedAs, LeadState, LeadStatus, status_of
from dialer.store.lead_pages import NEXT_FIRST, of_campaign
from dialer.store.lists import TO_BE_CALLED
from dialer.store.rows import many
from dialer.store.tables import (
    CALLED,
    CLOSED,
    HELD,
    TRIED,
    UNTRIED_OUT_OF_TURN,
    Lead,
    LeadList,
    table,
)

lead = table(Lead)
lead_list = table(LeadList)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WITH_CLOSED = 5  # numbers, the word how it closed among them
_IN_ORDER = (lead.c.priority, lead.c.due_at, lead.c.row, lead.c.id)
_BEGUN = or_(
    lead.c.status.in_((LeadStatus.IN_FLIGHT, LeadStatus.CLOSED)),
    and_(lead.c.status == LeadStatus.READY, lead.c.tries > 0),
)
LARGEST_ID = 2**63 - 1
_NOT_REACHED = tuple(one for one in ClosedAs if one is not ClosedAs.REACHED)


def micros_of(moment: datetime) -> int:
    """Write a moment for an address: microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(micros: int) -> datetime:
    """Read what `micros_of` wrote. Raises: OverflowError: no clock can show it."""
    return _EPOCH + micros * _MICROSECOND


class Place(NamedTuple):
    """Where a page ended, as an address may carry it."""

    status: LeadStatus
    priority: int
    due_at: datetime | None
    row: int | None
    lead_id: int
    closed_as: ClosedAs | None = None

    @classmethod
    def of(cls, row: Lead) -> Self:
        """Give the place of a lead."""
        return cls(row.status, row.priority, row.due_at, row.row, row.id, row.closed_as)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read what `written` wrote; None when somebody else wrote it."""
        try:
            word, *numbers = text.split("~")
            closed = numbers.pop() if len(numbers) == _WITH_CLOSED else ""
            priority, due, row, lead_id = (None if n == "" else int(n) for n in numbers)
            if priority is None or lead_id is None:
                return None
            due_at = None if due is None else moment_of(due)
            closed_as = ClosedAs(closed) if closed else None
            return cls(LeadStatus(word), priority, due_at, row, lead_id, closed_as)
        except (ValueError, OverflowError):
            return None

    def written(self) -> str:
        """Write the place for an address."""
        due = None if self.due_at is None else micros_of(self.due_at)
        numbers = (self.priority, due, self.row, self.lead_id)
        parts = [self.status.value, *("" if n is None else str(n) for n in numbers)]
        return "~".join([*parts, self.closed_as.value] if self.closed_as else parts)


class _Stretch(NamedTuple):
    """Leads that stand side by side in an index; `key` tells it from the others."""

    key: tuple[object, ...]
    condition: Any
    by_id: bool = False


def page(
    tx: Connection, campaign_id: int, *, chosen: LeadFilter, after: Place | None, most: int
) -> list[Lead]:
    """Read the leads that follow a place, or the first ones."""
    found: list[Lead] = []
    passed = after is None
    for stretch in _stretches(chosen):
        is_here = after is not None and stretch.key == _key_of(chosen, after)
        passed = passed or is_here
        if not passed:
            continue
        mine = select(lead).where(_in_campaign(campaign_id, chosen), stretch.condition)
        order = (lead.c.id,) if stretch.by_id else _IN_ORDER
        for beyond in _beyond(after, stretch) if is_here and after is not None else (true(),):
            rows = mine.where(beyond).order_by(*order)
            found += many(tx, Lead, rows.limit(most - len(found)))
            if len(found) >= most:
                return found
    return found


def _stretches(chosen: LeadFilter) -> Iterator[_Stretch]:
    """Give the stretches in which the leads are; those without a row stand behind the others."""
    if chosen.list_id is not None:
        yield _Stretch((), _of_list(chosen), by_id=True)
    elif chosen.last is not None:
        yield _Stretch((), and_(text(CALLED), lead.c.disposition == chosen.last), by_id=True)
    elif chosen.held is not None:
        yield _Stretch((), and_(text(HELD), lead.c.held_reason == chosen.held), by_id=True)
    elif chosen.closed_as is not None:
        yield _closed(chosen.closed_as)
    elif chosen.finished:
        yield from map(_closed, ClosedAs)
    elif chosen.begun:
        yield from _both(("tried",), text(TRIED))
        yield from _both((LeadStatus.IN_FLIGHT,), lead.c.status == LeadStatus.IN_FLIGHT)
        yield from map(_closed, ClosedAs)
    elif chosen.state is LeadState.COMPLETED:
        yield _closed(ClosedAs.REACHED)
    elif chosen.state is LeadState.CLOSED:
        yield from map(_closed, _NOT_REACHED)
    elif chosen.state is LeadState.RETRY_LATER:
        yield from _both(("tried",), text(TRIED))
    elif chosen.state is LeadState.PENDING:
        for priority in Priority:
            yield from _both((int(priority),), _untried(priority))
    else:
        for status in NEXT_FIRST if chosen.state is None else (status_of(chosen.state),):
            yield from _both((status,), lead.c.status == status)


def _both(key: tuple[object, ...], condition: Any) -> Iterator[_Stretch]:
    yield _Stretch((*key, True), and_(condition, lead.c.row.is_not(None)))
    yield _Stretch((*key, False), and_(condition, lead.c.row.is_(None)))


def _closed(closed_as: ClosedAs) -> _Stretch:
    return _Stretch((closed_as,), and_(text(CLOSED), lead.c.closed_as == closed_as), by_id=True)


def _untried(priority: Priority) -> Any:
    """Leads that are called for the first time are FRESH, but for a few."""
    first = UNTRIED_OUT_OF_TURN if priority is not Priority.FRESH else "status = 'READY'"
    rest = true() if priority is not Priority.FRESH else lead.c.tries == 0
    return and_(text(first), rest, lead.c.priority == int(priority))


def _key_of(chosen: LeadFilter, place: Place) -> tuple[object, ...]:
    with_row = place.row is not None
    if chosen.last is not None or chosen.held is not None or chosen.list_id is not None:
        return ()
    if chosen.begun:
        return _key_of_begun(place)
    of_closed = chosen.finished or chosen.state in (LeadState.COMPLETED, LeadState.CLOSED)
    if chosen.closed_as is not None or of_closed:
        return (place.closed_as,)
    if chosen.state is LeadState.RETRY_LATER:
        return ("tried", with_row)
    if chosen.state is LeadState.PENDING:
        return (place.priority, with_row)
    return (place.status, with_row)


def _key_of_begun(place: Place) -> tuple[object, ...]:
    if place.status is LeadStatus.CLOSED:
        return (place.closed_as,)
    return ("tried" if place.status is LeadStatus.READY else place.status, place.row is not None)


def _beyond(place: Place, stretch: _Stretch) -> Iterator[Any]:
    """Give what follows a place, in ranges of the index, the nearest first.

    One comparison of all columns would say the same; PostgreSQL then guesses one row, and reads
    the whole table for it.
    """
    if stretch.by_id:
        yield lead.c.id > place.lead_id
        return
    values = {"priority": place.priority, "due_at": place.due_at, "row": place.row}
    known = [(lead.c[name], value) for name, value in values.items() if value is not None]
    known.append((lead.c.id, place.lead_id))
    while known:
        column, value = known.pop()
        yield and_(*(before == same for before, same in known), column > value)


def count(tx: Connection, campaign_id: int, chosen: LeadFilter) -> int:
    """Count the leads a filter finds."""
    counted = select(func.count()).select_from(lead).where(_condition(campaign_id, chosen))
    return int(tx.execute(counted).scalar_one())


def highest_id(tx: Connection, campaign_id: int) -> int:
    """Give the id of the newest lead of a campaign; 0 without leads."""
    newest = select(func.max(lead.c.id)).where(lead.c.campaign_id == campaign_id)
    return int(tx.execute(newest).scalar() or 0)


def next_ids(
    tx: Connection, campaign_id: int, chosen: LeadFilter, *, after: int, until: int, most: int
) -> list[int]:
    """Give the ids of the next leads a filter finds, in the order they were made."""
    within = lead.c.id > after, lead.c.id <= until
    rows = select(lead.c.id).where(_condition(campaign_id, chosen), *within)
    return list(tx.execute(rows.order_by(lead.c.id).limit(most)).scalars())


def _in_campaign(campaign_id: int, chosen: LeadFilter) -> Any:
    """Say of which campaign leads are; where they are a stretch of ids, not by its index."""
    column = lead.c.campaign_id
    return (column if chosen.list_id is None else column + 0) == campaign_id


def _of_list(chosen: LeadFilter) -> Any:
    """Give the leads of a list: some of a stretch of ids, of all of them where none is known."""
    mine = lead_list.c.id == chosen.list_id
    first = select(func.coalesce(lead_list.c.after_lead, 0)).where(mine).scalar_subquery()
    last = select(func.coalesce(lead_list.c.until_lead, LARGEST_ID)).where(mine).scalar_subquery()
    of_list = and_(lead.c.list_id == chosen.list_id, lead.c.id > first, lead.c.id <= last)
    return and_(of_list, lead.c.status.in_(TO_BE_CALLED)) if chosen.waiting else of_list


def _condition(campaign_id: int, chosen: LeadFilter) -> Any:
    if chosen.list_id is not None:
        return and_(_in_campaign(campaign_id, chosen), _of_list(chosen))
    if chosen.last is not None:
        return and_(lead.c.campaign_id == campaign_id, lead.c.disposition == chosen.last)
    if chosen.closed_as is not None:
        return and_(lead.c.campaign_id == campaign_id, lead.c.closed_as == chosen.closed_as)
    if chosen.finished:
        return and_(lead.c.campaign_id == campaign_id, lead.c.status == LeadStatus.CLOSED)
    if chosen.begun:
        return and_(lead.c.campaign_id == campaign_id, _BEGUN)
    if chosen.held is not None:
        held = text(HELD), lead.c.held_reason == chosen.held
        return and_(lead.c.campaign_id == campaign_id, *held)
    return of_campaign(campaign_id, chosen.state)
