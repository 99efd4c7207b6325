"""The numbers we call from."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from dialer.store.tables import CallerNumber, table

caller_number = table(CallerNumber)


def resting(tx: Connection, *, now: datetime) -> set[str]:
    """Give our numbers that are not to be called from now."""
    rows = tx.execute(select(caller_number.c.number).where(caller_number.c.resting_until > now))
    return {row[0] for row in rows}


def rest(tx: Connection, number: str, *, until: datetime, reason: str) -> None:
    """Do not call from this number until then."""
    values = {"resting_until": until, "reason": reason}
    found = tx.execute(
        update(caller_number).where(caller_number.c.number == number).values(**values)
    )
    if not found.rowcount:
        tx.execute(insert(caller_number).values(number=number, **values))
