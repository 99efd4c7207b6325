"""Calls that come to us."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.domain.inbound import InboundStatus
from dialer.store.rows import many, one
from dialer.store.tables import InboundCall, table

inbound_call = table(InboundCall)

_BY_CALL = select(inbound_call).where(inbound_call.c.call_id == bindparam("which"))
_LOCK = select(inbound_call).where(inbound_call.c.id == bindparam("which")).with_for_update()


def add(tx: Connection, **values: Any) -> InboundCall:
    """Write a call down once, and give its row; one with the same key is given as it is."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    tx.execute(dialect.insert(inbound_call).values(**values).on_conflict_do_nothing())
    kept = select(inbound_call).where(inbound_call.c.key == values["key"])
    found = one(tx, InboundCall, kept) or of_call(tx, values["call_id"])
    assert found is not None
    return found


def of_call(tx: Connection, call_id: str) -> InboundCall | None:
    """Find a call that came to us by Retell's id."""
    return one(tx, InboundCall, _BY_CALL, which=call_id)


def get(tx: Connection, row_id: int) -> InboundCall | None:
    """Read one."""
    return one(tx, InboundCall, select(inbound_call).where(inbound_call.c.id == row_id))


def lock(tx: Connection, row_id: int) -> InboundCall | None:
    """Lock and read one; its lead must be locked already."""
    return one(tx, InboundCall, _LOCK, which=row_id)


def change(tx: Connection, row_id: int, **values: Any) -> None:
    """Change columns."""
    tx.execute(update(inbound_call).where(inbound_call.c.id == row_id).values(**values))


def of_lead(tx: Connection, lead_id: int, *, most: int) -> list[InboundCall]:
    """Read the calls of a lead, the latest first."""
    mine = select(inbound_call).where(inbound_call.c.lead_id == lead_id)
    return many(tx, InboundCall, mine.order_by(inbound_call.c.id.desc()).limit(most))


def ended_since(tx: Connection, lead_id: int, moment: datetime) -> list[InboundCall]:
    """Read the calls of a lead that came and ended since a moment."""
    mine = select(inbound_call).where(
        inbound_call.c.lead_id == lead_id,
        inbound_call.c.received_at >= moment,
        inbound_call.c.status == InboundStatus.ENDED,
    )
    return many(tx, InboundCall, mine.order_by(inbound_call.c.id))
