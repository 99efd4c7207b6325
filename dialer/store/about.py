"""What a database says of itself, for people who operate it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from dialer.store.migrate import newest, revision_of


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """One database as it is now."""

    name: str  # "SQLite 3.53.1"
    journal_mode: str | None  # SQLite only
    revision: str | None  # None: never migrated
    newest: str  # the revision of this release
    now: datetime  # its clock


def about(tx: Connection) -> DatabaseFacts:
    """Ask the database what it is."""
    if tx.dialect.name == "sqlite":
        version = tx.exec_driver_sql("SELECT sqlite_version()").scalar_one()
        journal = str(tx.exec_driver_sql("PRAGMA journal_mode").scalar_one())
        return DatabaseFacts(
            f"SQLite {version}", journal, revision_of(tx), newest(), datetime.now(UTC)
        )
    version = tx.exec_driver_sql("SHOW server_version").scalar_one()
    moment = tx.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return DatabaseFacts(f"PostgreSQL {version}", None, revision_of(tx), newest(), moment)
