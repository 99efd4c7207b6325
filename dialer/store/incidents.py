"""Incidents: what must not happen did, and a person should know."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.store.rows import many, one
from dialer.store.tables import Incident, table

incident = table(Incident)

SYSTEM = "system"
"""Who closes an incident that is over by itself."""
SEEN_LATELY = timedelta(minutes=3)
"""What was seen so lately and is seen again has gone on in between."""


def open_incident(tx: Connection, code: str, *, subject: str, sentence: str, now: datetime) -> bool:
    """Open an incident; the same one about the same subject opens once. True when it is new."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    opened = tx.execute(
        dialect.insert(incident)
        .values(code=code, subject=subject, sentence=sentence, opened_at=now, seen_at=now, times=1)
        .on_conflict_do_nothing(index_elements=["code", "subject"])
        .returning(incident.c.id)  # on PostgreSQL no count of rows is known here
    )
    return opened.scalar_one_or_none() is not None


def see_again(
    tx: Connection, code: str, *, subjects: Collection[str], now: datetime, reopen: bool
) -> int:
    """Note that incidents are seen still, and give how many of them were opened again.

    With `reopen` one that was over by itself opens again, and so does one that a person closed if
    it was not seen for a while in between.
    """
    seen = incident.c.code == code, incident.c.subject.in_(list(subjects))
    reopened = 0
    if reopen:
        over = incident.c.closed_by == SYSTEM
        anew = or_(over, incident.c.seen_at < now - SEEN_LATELY, incident.c.seen_at.is_(None))
        result = tx.execute(
            update(incident)
            .where(*seen, incident.c.closed_at.is_not(None), anew)
            .values(closed_at=None, closed_by=None, opened_at=now, times=incident.c.times + 1)
        )
        reopened = int(result.rowcount)
    tx.execute(update(incident).where(*seen).values(seen_at=now))
    return reopened


def open_again(tx: Connection, code: str, *, subject: str, now: datetime) -> bool:
    """Open an incident that was closed, because it has happened again. False when it is open."""
    closed = update(incident).where(
        incident.c.code == code, incident.c.subject == subject, incident.c.closed_at.is_not(None)
    )
    anew = {"closed_at": None, "closed_by": None, "opened_at": now, "times": incident.c.times + 1}
    return bool(tx.execute(closed.values(**anew)).rowcount)


def close(
    tx: Connection, code: str, *, subject: str, by: str, now: datetime, note: str | None = None
) -> bool:
    """Close one incident; False when it is closed, or there is none."""
    open_one = incident.c.code == code, incident.c.subject == subject
    return _close(tx, *open_one, by=by, note=note, now=now) > 0


def close_by_id(tx: Connection, incident_id: int, *, by: str, now: datetime, note: str) -> bool:
    """Close one incident; False when it is closed, or there is none."""
    return _close(tx, incident.c.id == incident_id, by=by, note=note, now=now) > 0


def close_others(
    tx: Connection, code: str, *, but: Collection[str], now: datetime, note: str
) -> int:
    """Close the incidents of a code that are over: all `but` those seen still."""
    over = incident.c.code == code, incident.c.subject.not_in(list(but))
    return _close(tx, *over, by=SYSTEM, note=note, now=now)


def _close(tx: Connection, *chosen: Any, by: str, note: str | None, now: datetime) -> int:
    values = {"closed_at": now, "closed_by": by, "note": note}
    still = update(incident).where(*chosen, incident.c.closed_at.is_(None))
    return int(tx.execute(still.values(**values)).rowcount)


def known_subjects(tx: Connection, code: str, *, among: Collection[str]) -> set[str]:
    """Give those of the subjects that have an incident of this code, open or closed."""
    chosen = incident.c.code == code, incident.c.subject.in_(list(among))
    return {row[0] for row in tx.execute(select(incident.c.subject).where(*chosen))}


def get(tx: Connection, incident_id: int) -> Incident | None:
    """Read one incident."""
    return one(tx, Incident, select(incident).where(incident.c.id == incident_id))


def count_unclosed(tx: Connection, *, code: str | None = None) -> int:
    """Count the incidents nobody has closed."""
    counted = select(func.count()).select_from(incident).where(incident.c.closed_at.is_(None))
    if code is not None:
        counted = counted.where(incident.c.code == code)
    return int(tx.execute(counted).scalar_one())


def page(tx: Connection, *, before: int | None, most: int, closed: bool) -> list[Incident]:
    """Read incidents that were first opened before one, the newest first; closed ones on demand."""
    chosen = select(incident)
    if before is not None:
        chosen = chosen.where(incident.c.id < before)
    if not closed:
        chosen = chosen.where(incident.c.closed_at.is_(None))
    return many(tx, Incident, chosen.order_by(incident.c.id.desc()).limit(most))


def unclosed(tx: Connection, *, most: int | None = None) -> list[Incident]:
    """Read the incidents nobody has closed."""
    chosen = select(incident).where(incident.c.closed_at.is_(None)).order_by(incident.c.id)
    return many(tx, Incident, chosen if most is None else chosen.limit(most))
