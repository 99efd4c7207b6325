"""Runs of the audit: who runs which one now, and what the last ones found."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.store.rows import many, one
from dialer.store.tables import AuditRun, table

audit_run = table(AuditRun)


class AuditKind(StrEnum):
    """What an audit looks at."""

    RECENT = "recent"  # what is open, and what something happened to lately
    COMPLETE = "complete"  # all leads and attempts, stretch by stretch
    PROVIDER = "provider"  # the calls that Retell knows


def claim(tx: Connection, kind: AuditKind, *, now: datetime, not_after: datetime) -> bool:
    """Win the right to run an audit; False when one began after `not_after`."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    tx.execute(
        dialect.insert(audit_run).values(kind=kind).on_conflict_do_nothing(index_elements=["kind"])
    )
    begun = audit_run.c.claimed_at
    due = update(audit_run).where(
        audit_run.c.kind == kind, or_(begun.is_(None), begun <= not_after)
    )
    return bool(tx.execute(due.values(claimed_at=now)).rowcount)


def finish(
    tx: Connection,
    kind: AuditKind,
    *,
    started_at: datetime,
    now: datetime,
    broken: Mapping[str, Sequence[str]],
) -> None:
    """Keep what an audit found."""
    chosen = update(audit_run).where(audit_run.c.kind == kind)
    tx.execute(chosen.values(started_at=started_at, ended_at=now, broken=dict(broken)))


def last(tx: Connection, kind: AuditKind) -> AuditRun | None:
    """Read the last run of a kind; None before the first was begun."""
    return one(tx, AuditRun, select(audit_run).where(audit_run.c.kind == kind))


def all_last(tx: Connection) -> dict[AuditKind, AuditRun]:
    """Read the last run of each kind that was begun."""
    return {AuditKind(row.kind): row for row in many(tx, AuditRun, select(audit_run))}
