"""The activity log: who did what to what."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, insert, select

from dialer.store.rows import many, one
from dialer.store.tables import AuditLog, table

audit_log = table(AuditLog)

SYSTEM = "system"
"""Who acts where no person does."""


def log_action(
    tx: Connection,
    *,
    actor: str,
    action: str,
    subject: str,
    now: datetime,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """Write down who did what to what."""
    tx.execute(
        insert(audit_log).values(
            at=now, actor=actor, action=action, subject=subject, before=before, after=after
        )
    )


def of_subject(tx: Connection, subject: str) -> list[AuditLog]:
    """Read what was done to one thing, the earliest first."""
    chosen = select(audit_log).where(audit_log.c.subject == subject)
    return many(tx, AuditLog, chosen.order_by(audit_log.c.id))


def entries_since(tx: Connection, subject: str, *, since: datetime) -> list[AuditLog]:
    """Read what was done to `subject` from a moment on, the first first."""
    chosen = select(audit_log).where(audit_log.c.subject == subject, audit_log.c.at >= since)
    return many(tx, AuditLog, chosen.order_by(audit_log.c.id))


def latest(tx: Connection, subject: str, *, action: str) -> AuditLog | None:
    """Read the last time that something was done to one thing."""
    chosen = select(audit_log).where(audit_log.c.subject == subject, audit_log.c.action == action)
    return one(tx, AuditLog, chosen.order_by(audit_log.c.id.desc()).limit(1))


def entries_about(tx: Connection, subjects: Collection[str], *, action: str) -> list[AuditLog]:
    """Read when something was done to some things, the earliest first."""
    mine = audit_log.c.subject.in_(subjects), audit_log.c.action == action
    return many(tx, AuditLog, select(audit_log).where(*mine).order_by(audit_log.c.id))


def page(
    tx: Connection, *, before: int | None, most: int, subject: str | None, actor: str | None
) -> list[AuditLog]:
    """Read what was done, the latest first: by one person, or to one thing, or all of it."""
    chosen = select(audit_log)
    if before is not None:
        chosen = chosen.where(audit_log.c.id < before)
    if subject:
        chosen = chosen.where(audit_log.c.subject == subject)
    if actor:
        chosen = chosen.where(audit_log.c.actor == actor)
    return many(tx, AuditLog, chosen.order_by(audit_log.c.id.desc()).limit(most))
