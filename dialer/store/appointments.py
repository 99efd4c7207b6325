"""Times that may be booked, and those that are."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from dialer.domain.appointments import Offer
from dialer.store.rows import many, one
from dialer.store.tables import Appointment, Slot, table

slot = table(Slot)
appointment = table(Appointment)


def offer(tx: Connection, calendar: str, offers: Iterable[Offer]) -> int:
    """Put times into the table and give how many are new."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    rows = [
        {"calendar": calendar, "starts_at": each.starts_at, "ends_at": each.ends_at}
        for each in offers
    ]
    statement = dialect.insert(slot).on_conflict_do_nothing(
        index_elements=["calendar", "starts_at"]
    )
    new = statement.returning(slot.c.id)
    return sum(tx.execute(new.values(**row)).first() is not None for row in rows)


def withdraw(tx: Connection, calendar: str, *, starts_at: datetime) -> bool:
    """Take a time out of the table; whoever has booked it keeps it."""
    gone = delete(slot).where(slot.c.calendar == calendar, slot.c.starts_at == starts_at)
    return bool(tx.execute(gone).rowcount)


def offers(tx: Connection, calendar: str, *, since: datetime, until: datetime) -> list[Offer]:
    """Give the times of the table between two moments, the first first."""
    chosen = select(slot.c.starts_at, slot.c.ends_at).where(
        slot.c.calendar == calendar, slot.c.starts_at.between(since, until)
    )
    return [Offer(*row) for row in tx.execute(chosen.order_by(slot.c.starts_at))]


def booked(tx: Connection, calendar: str, *, since: datetime) -> list[Appointment]:
    """Read what is booked from a moment on, the first first."""
    chosen = select(appointment).where(
        appointment.c.calendar == calendar, appointment.c.starts_at >= since
    )
    return many(tx, Appointment, chosen.order_by(appointment.c.starts_at))


def of_lead(tx: Connection, lead_id: int) -> list[Appointment]:
    """Read all appointments of a lead, the first first."""
    mine = select(appointment).where(appointment.c.lead_id == lead_id)
    return many(tx, Appointment, mine.order_by(appointment.c.starts_at))


def at(tx: Connection, calendar: str, starts_at: datetime) -> Appointment | None:
    """Read who has a time."""
    chosen = select(appointment).where(
        appointment.c.calendar == calendar, appointment.c.starts_at == starts_at
    )
    return one(tx, Appointment, chosen)


def book(tx: Connection, **values: Any) -> bool:
    """Book a time; False when it is taken, or its number is in use.

    Two at once: the second waits for the first on PostgreSQL, and then is refused by the index.
    """
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(appointment).values(**values).on_conflict_do_nothing()
    return tx.execute(statement.returning(appointment.c.id)).first() is not None


def give_up(tx: Connection, row_id: int) -> None:
    """Let go of a time that was booked."""
    tx.execute(delete(appointment).where(appointment.c.id == row_id))
