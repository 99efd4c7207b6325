"""Incidents: what must not happen did, and a person should know."""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from dialer.store.rows import many
from dialer.store.tables import Incident, table

incident = table(Incident)


def open_incident(tx: Connection, code: str, *, subject: str, sentence: str, now: datetime) -> None:
    """Open an incident; the same one about the same subject opens once."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    tx.execute(
        dialect.insert(incident)
        .values(code=code, subject=subject, sentence=sentence, opened_at=now)
        .on_conflict_do_nothing(index_elements=["code", "subject"])
    )


def unclosed(tx: Connection) -> list[Incident]:
    """Read the incidents nobody has closed."""
    return many(
        tx,
        Incident,
        select(incident).where(incident.c.closed_at.is_(None)).order_by(incident.c.id),
    )
