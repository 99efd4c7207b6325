"""Calls of other systems in the workspace, as far as Retell's list has shown them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from dialer.store.rows import many
from dialer.store.tables import Lead, OtherCall, table

lead = table(Lead)
other_call = table(OtherCall)

_ROWS_AT_ONCE = 1000


def add(tx: Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Store calls and give how many are new; those known already stay as they are."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    added = 0
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        statement = dialect.insert(other_call).values(rows[start : start + _ROWS_AT_ONCE])
        once = statement.on_conflict_do_nothing(index_elements=["call_id"])
        # Else no count is kept of rows that were inserted.
        added += int(tx.execute(once.execution_options(preserve_rowcount=True)).rowcount)
    return added


def knows(tx: Connection, call_id: str) -> bool:
    """Tell whether a call is among them."""
    chosen = select(other_call.c.call_id).where(other_call.c.call_id == call_id)
    return tx.execute(chosen).first() is not None


def known_among(tx: Connection, call_ids: Sequence[str]) -> set[str]:
    """Give those of the calls that are among them."""
    chosen = select(other_call.c.call_id).where(other_call.c.call_id.in_(list(call_ids)))
    return {row[0] for row in tx.execute(chosen)}


def phones_of_leads(tx: Connection, phones: Sequence[str]) -> int:
    """Count those of the numbers that a lead of any campaign has."""
    asked, found = sorted(set(phones)), 0
    for start in range(0, len(asked), _ROWS_AT_ONCE):
        some = lead.c.phone.in_(asked[start : start + _ROWS_AT_ONCE])
        found += int(
            tx.execute(select(func.count(lead.c.phone.distinct())).where(some)).scalar_one()
        )
    return found


def to_phone(tx: Connection, phone: str, *, most: int) -> list[OtherCall]:
    """Read the calls to a number, the latest first."""
    chosen = select(other_call).where(other_call.c.phone == phone)
    return many(tx, OtherCall, chosen.order_by(other_call.c.started_at.desc()).limit(most))


def purge(tx: Connection, *, before: datetime) -> int:
    """Forget the calls that started before then."""
    return int(tx.execute(delete(other_call).where(other_call.c.started_at < before)).rowcount)
