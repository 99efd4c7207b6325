"""Writing down what is to be told: messages that are born with the change they tell of.

Each statement inserts from the rows as they are after the change, joined with what the campaign's
address wants to be told; a campaign without an address costs a look at an empty index. A change
that is applied twice is told once (`one_result`).
"""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, literal, null, select
from sqlalchemy.dialects import postgresql, sqlite

from dialer.domain.result_events import ResultEvent
from dialer.domain.results import ResultSpec
from dialer.domain.states import LeadStatus
from dialer.store.tables import (
    Attempt,
    Lead,
    ResultAddress,
    ResultMessage,
    ResultWish,
    Suppression,
    table,
)
from dialer.store.types import UtcDateTime

address = table(ResultAddress)
attempt = table(Attempt)
lead = table(Lead)
message = table(ResultMessage)
suppression = table(Suppression)
wish = table(ResultWish)

WAITING, DELIVERED, DEAD = "WAITING", "DELIVERED", "DEAD"

_NOW: Any = bindparam("told_at", type_=UtcDateTime)
_NAMES = (
    "campaign_id",
    "event",
    "lead_id",
    "attempt_id",
    "about_at",
    "closed_as",
    "disposition",
    "status",
    "tries",
    "created_at",
)
_ROWS_AT_ONCE = 5_000


def set_address(tx: Connection, campaign_id: int, spec: ResultSpec) -> None:
    """Keep where a campaign's results go. Another address, or secret, begins with a clean slate.

    What waits for an address that is taken away waits for the next one.
    """
    tx.execute(delete(wish).where(wish.c.campaign_id == campaign_id))
    known = tx.execute(
        select(address.c.address, address.c.secret).where(address.c.campaign_id == campaign_id)
    ).first()
    if known is not None and tuple(known) != (spec.address, spec.secret):
        tx.execute(delete(address).where(address.c.campaign_id == campaign_id))
        known = None
    if spec.address is None:
        return
    if known is None:
        where = {"campaign_id": campaign_id, "address": spec.address, "secret": spec.secret}
        tx.execute(insert(address).values(**where, failures=0))
    wanted = [
        {"campaign_id": campaign_id, "event": one.value} for one in dict.fromkeys(spec.events)
    ]
    tx.execute(insert(wish), wanted)


def tell_closed(tx: Connection, lead_id: int, *, now: datetime) -> None:
    """Tell that a lead was closed at `now`."""
    tx.execute(_one_closed(tx.dialect.name), {"which": lead_id, "told_at": now})


def tell_closed_otherwise(tx: Connection, lead_id: int, *, now: datetime) -> None:
    """Tell that a lead that is closed counts as closed otherwise from `now` on."""
    tx.execute(_closed_otherwise(tx.dialect.name), {"which": lead_id, "told_at": now})


def tell_all_closed(tx: Connection, *chosen: Any, now: datetime) -> None:
    """Tell of all leads `chosen` that were closed at `now`."""
    if not _is_wanted(tx, ResultEvent.LEAD_CLOSED):
        return
    tx.execute(_closed(tx.dialect.name, *chosen), {"told_at": now})


def tell_these_closed(tx: Connection, lead_ids: Collection[int], *, now: datetime) -> None:
    """Tell of those of these leads that were closed at `now`."""
    if not _is_wanted(tx, ResultEvent.LEAD_CLOSED):
        return
    ids = sorted(lead_ids)
    for start in range(0, len(ids), _ROWS_AT_ONCE):
        tell_all_closed(tx, lead.c.id.in_(ids[start : start + _ROWS_AT_ONCE]), now=now)


def tell_phones_closed(tx: Connection, phones: Collection[str], *, now: datetime) -> None:
    """Tell of the leads with these numbers that were closed at `now`."""
    if not _is_wanted(tx, ResultEvent.LEAD_CLOSED):
        return
    listed = sorted(set(phones))
    for start in range(0, len(listed), _ROWS_AT_ONCE):
        some = lead.c.phone.in_(listed[start : start + _ROWS_AT_ONCE])
        tell_all_closed(tx, some, now=now)


def tell_attempt(tx: Connection, attempt_id: str, event: ResultEvent, *, now: datetime) -> None:
    """Tell something of an attempt that has ended."""
    statement = _of_attempt(tx.dialect.name, event)
    tx.execute(statement, {"which": attempt_id, "told_at": now})


def tell_promised(tx: Connection, lead_id: int, *, now: datetime) -> None:
    """Tell what a lead was promised, if it waits for a call at a time; the same promise once."""
    tx.execute(_promised(tx.dialect.name), {"which": lead_id, "told_at": now})


def tell_opted_out(tx: Connection, phones: Collection[str], *, now: datetime) -> None:
    """Tell of leads with those of the numbers that came on our list at `now`."""
    if not _is_wanted(tx, ResultEvent.DO_NOT_CALL_ADDED):
        return
    listed = sorted(set(phones))
    for start in range(0, len(listed), _ROWS_AT_ONCE):
        statement = _opted_out(tx.dialect.name, listed[start : start + _ROWS_AT_ONCE])
        tx.execute(statement, {"told_at": now})


def _is_wanted(tx: Connection, event: ResultEvent) -> bool:
    return (
        tx.execute(select(wish.c.event).where(wish.c.event == event.value).limit(1)).first()
        is not None
    )


@cache
def _one_closed(dialect: str) -> Any:
    return _closed(dialect, lead.c.id == bindparam("which"))


def _closed(dialect: str, *chosen: Any) -> Any:
    event = ResultEvent.LEAD_CLOSED
    rows = _of_leads(event, about_at=lead.c.closed_at, how=(lead.c.closed_as, lead.c.disposition))
    closed = (lead.c.status == LeadStatus.CLOSED, lead.c.closed_at == _NOW)
    return _insertion(dialect, rows.where(*chosen, *closed))


@cache
def _closed_otherwise(dialect: str) -> Any:
    event = ResultEvent.LEAD_CLOSED
    rows = _of_leads(event, about_at=_NOW, how=(lead.c.closed_as, lead.c.disposition))
    is_closed = lead.c.status == LeadStatus.CLOSED
    return _insertion(dialect, rows.where(lead.c.id == bindparam("which"), is_closed))


@cache
def _promised(dialect: str) -> Any:
    rows = _of_leads(ResultEvent.CALLBACK_PROMISED, about_at=lead.c.callback_at)
    waits = lead.c.status.in_([LeadStatus.READY, LeadStatus.IN_FLIGHT])
    ahead = lead.c.callback_at > _NOW
    return _insertion(dialect, rows.where(lead.c.id == bindparam("which"), ahead, waits))


def _opted_out(dialect: str, phones: Collection[str]) -> Any:
    rows = _of_leads(ResultEvent.DO_NOT_CALL_ADDED, about_at=_NOW)
    everywhere_or_here = suppression.c.campaign_id.is_(None) | (
        suppression.c.campaign_id == lead.c.campaign_id
    )
    is_new = select(suppression.c.id).where(
        suppression.c.phone == lead.c.phone, everywhere_or_here, suppression.c.created_at == _NOW
    )
    return _insertion(dialect, rows.where(lead.c.phone.in_(phones), is_new.exists()))


@cache
def _of_attempt(dialect: str, event: ResultEvent) -> Any:
    rows = select(
        attempt.c.campaign_id,
        literal(event.value),
        attempt.c.lead_id,
        attempt.c.id,
        attempt.c.closed_at,
        null(),
        attempt.c.disposition,
        literal(WAITING),
        literal(0),
        _NOW,
    ).join(wish, (wish.c.campaign_id == attempt.c.campaign_id) & (wish.c.event == event.value))
    chosen = (attempt.c.id == bindparam("which"), attempt.c.closed_at.is_not(None))
    return _insertion(dialect, rows.where(*chosen))


def _of_leads(event: ResultEvent, *, about_at: Any, how: tuple[Any, Any] | None = None) -> Any:
    closed_as, disposition = how or (null(), lead.c.disposition)
    return select(
        lead.c.campaign_id,
        literal(event.value),
        lead.c.id,
        literal(""),
        about_at,
        closed_as,
        disposition,
        literal(WAITING),
        literal(0),
        _NOW,
    ).join(wish, (wish.c.campaign_id == lead.c.campaign_id) & (wish.c.event == event.value))


def _insertion(dialect: str, rows: Any) -> Any:
    insertion = (postgresql if dialect == "postgresql" else sqlite).insert(message)
    return insertion.from_select(list(_NAMES), rows).on_conflict_do_nothing()
