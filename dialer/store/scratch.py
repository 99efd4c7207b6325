"""A database for one run in one thread, which nobody keeps."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from dialer.store import migrate
from dialer.store.database import Database

T = TypeVar("T")

_CARELESS = (
    "synchronous = OFF",
    "cache_size = -65536",
    "journal_mode = MEMORY",
    "locking_mode = EXCLUSIVE",
)


class ScratchDatabase(Database):
    """An SQLite database with one connection, for whoever is alone with it.

    Nobody else can change anything, so a read needs no snapshot and a transaction no queue of
    writers; nothing waits for the disk. What is committed and what is rolled back is the same.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(f"sqlite:///{path}", pool_size=1)
        self._only = self.engine.connect()
        for pragma in _CARELESS:
            self._only.exec_driver_sql(f"PRAGMA {pragma}")

    def transact(self, body: Callable[[Connection], T]) -> T:
        """Run `body` in one transaction and commit it."""
        self._only.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            result = body(self._only)
            self._only.commit()
        except BaseException:
            self._only.rollback()
            raise
        return result

    def read(self, body: Callable[[Connection], T]) -> T:
        """Run `body`, which only reads, and give its result."""
        return body(self._only)

    def close(self) -> None:
        """Let go of the connection."""
        self._only.close()
        super().close()


@contextmanager
def scratch_database() -> Iterator[ScratchDatabase]:
    """Open an empty database with the tables of this release; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="dialer-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "scratch.db"
        migrate.upgrade(f"sqlite:///{path}")
        database = ScratchDatabase(path)
        try:
            yield database
        finally:
            database.close()
