"""The numbers we call from."""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from dialer.store.tables import CallerNumber, table

caller_number = table(CallerNumber)


def resting(tx: Connection, *, now: datetime) -> set[str]:
    """Give our numbers that are not to be called from now."""
    rows = tx.execute(select(caller_number.c.number).where(caller_number.c.resting_until > now))
    return {row[0] for row in rows}


def rest(tx: Connection, number: str, *, until: datetime, reason: str) -> None:
    """Do not call from this number until then."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    values = {"resting_until": until, "reason": reason}
    tx.execute(
        dialect.insert(caller_number)
        .values(number=number, **values)
        .on_conflict_do_update(index_elements=["number"], set_=values)
    )
