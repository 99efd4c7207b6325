"""What makes thousands of databases quick: two things that only tests do.

1. Databases of one process share what SQLAlchemy has compiled. A process of ours opens one database
   and compiles each statement once; tests would spend a quarter of their time on compiling the same
   statements for each of theirs.
2. SQLite does not wait for the disk. What a test writes need not outlive a power cut; it outlives
   a killed process all the same.
"""

from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.util import LRUCache

from dialer.store import database

MOST_STATEMENTS = 5_000


def make_databases_quick(patch: pytest.MonkeyPatch) -> None:
    """Have every engine take over dialect and compiled statements of the first of its kind."""
    make = database._engine
    first: dict[bool, Engine] = {}

    def made(url: str, *, pool_size: int, is_sqlite: bool) -> Engine:
        engine = make(url, pool_size=pool_size, is_sqlite=is_sqlite)
        if is_sqlite:
            event.listen(engine, "connect", _do_not_wait_for_the_disk)
        if is_sqlite not in first and not _prepare(engine):
            return engine
        known = first.setdefault(is_sqlite, engine)
        taken: Any = engine
        taken.dialect, taken._compiled_cache = known.dialect, known._compiled_cache
        return engine

    patch.setattr(database, "_engine", made)


def _do_not_wait_for_the_disk(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = OFF")
    cursor.close()


def _prepare(engine: Any) -> bool:
    """Have the dialect learn what its server can; False where nobody answers."""
    try:
        engine.connect().close()
    except OperationalError:
        return False
    engine._compiled_cache = LRUCache(MOST_STATEMENTS)
    return True
