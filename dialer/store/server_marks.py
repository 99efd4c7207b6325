"""Server marks: what changes when a PostgreSQL database is switched over or put back.

A standby that is promoted, or a restore to a moment, begins a new timeline; a dump that is read
back makes new tables. The mark is read with the gate's row, in the same statement, so that no
claim and no send passes on a server that these rows were not known to be whole on. SQLite has no
such thing; sends are noted beside it (`dialer/witness.py`).
"""

from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, literal_column, text
from sqlalchemy.exc import DBAPIError

COLUMN = "mark_now"

_TIMELINE = "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"
_TABLES = (
    "'.' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '.' ||"
    " 'dial_gate'::regclass::oid"
)
_NO_LOOK = {"42501", "42883", "0A000", "55000"}
"""Not allowed, not there, not supported, not on a standby."""
_written: "WeakKeyDictionary[Engine, str | None]" = WeakKeyDictionary()
_statements: dict[tuple[int, str], Any] = {}


def current(tx: Connection) -> str | None:
    """Read the mark; None where the database has none."""
    written = _written_for(tx)
    if written is None:
        return None
    mark: str = tx.execute(text(f"SELECT {written}")).scalar_one()
    return mark


def differ(one: str | None, other: str | None) -> bool:
    """Tell whether two marks are of different servers; a part that one does not know is none."""
    if one is None or other is None:
        return False
    parts = zip(one.split("."), other.split("."), strict=False)
    return any(mine and theirs and mine != theirs for mine, theirs in parts)


def added_to(statement: Any, tx: Connection) -> Any:
    """Give a statement that reads the mark as well; the same one where there is none."""
    written = _written_for(tx)
    if written is None:
        return statement
    key = (id(statement), written)
    if key not in _statements:
        _statements[key] = statement.add_columns(literal_column(written).label(COLUMN))
    return _statements[key]


def _written_for(tx: Connection) -> str | None:
    """Write the mark in SQL; tried once, as some hosts offer no look at the timeline."""
    if tx.dialect.name != "postgresql":
        return None
    if tx.engine not in _written:
        _written[tx.engine] = _tried(tx)
    return _written[tx.engine]


def _tried(tx: Connection) -> str:
    try:
        with tx.begin_nested():
            tx.execute(text(f"SELECT {_TIMELINE}"))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in _NO_LOOK:
            raise
        return _TABLES
    return f"{_TIMELINE} || {_TABLES}"
