"""The database: engines, transactions, and what makes SQLite safe between processes."""

import fcntl
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import SQLModel

from dialer.store import tables

try:  # a newer SQLite than most Pythons bring; not built for every machine
    from pysqlite3 import dbapi2 as sqlite
except ImportError:
    import sqlite3 as sqlite

T = TypeVar("T")

FIRST_SAFE_WAL = (3, 51, 3)
"""Older releases can corrupt a WAL database that several processes write (sqlite.org/wal.html).

Elsewhere a rollback journal is used, which costs three times as much per commit.
"""
BUSY_TIMEOUT_MS = 30_000
CONNECT_TIMEOUT_S = 5
TRIES = 5
_RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock


def _dumps(value: object) -> str:
    return orjson.dumps(value).decode()


class Database:
    """One database, SQLite or PostgreSQL.

    `transact` and `read` take a function of one connection. The function is pure SQL: it may be
    run again when the database asks for that, and network calls have no place in it.
    """

    def __init__(self, url: str, *, pool_size: int = 40) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._write_lock = _WriteLock(self._sqlite_path()) if self.is_sqlite else None
        self.engine = _engine(url, pool_size=pool_size, is_sqlite=self.is_sqlite)

    def transact(self, body: Callable[[Connection], T]) -> T:
        """Run `body` in one transaction and commit it.

        Deadlocks and serialization failures are tried again. When the connection breaks, the
        outcome of the commit is unknown and the error is raised: callers re-read, never assume.
        """
        for attempt in range(1, TRIES + 1):
            try:
                return self._transact_once(body)
            except DBAPIError as error:
                if attempt == TRIES or not _may_run_again(error):
                    raise
                time.sleep(random.uniform(0, 0.02 * 2**attempt))
        raise AssertionError("unreachable")

    def _transact_once(self, body: Callable[[Connection], T]) -> T:
        if self._write_lock is None:
            with self.engine.begin() as connection:
                return body(connection)
        with self._write_lock.held(), self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                result = body(connection)
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            return result

    def read(self, body: Callable[[Connection], T]) -> T:
        """Run `body`, which only reads, and give its result."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            result = body(connection)
            connection.commit()  # psycopg forgets all it has prepared when it is told to roll back
            return result

    def create_all(self) -> None:
        """Make every table of the current models; tests only, people migrate."""
        self.transact(SQLModel.metadata.create_all)

    def ping(self) -> None:
        """Raise when the database does not answer."""
        self.read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()
        if self._write_lock is not None:
            self._write_lock.close()

    def _sqlite_path(self) -> str | None:
        path = make_url(self.url).database
        return None if not path or path == ":memory:" else path


def _engine(url: str, *, pool_size: int, is_sqlite: bool) -> Engine:
    options: dict[str, Any] = {
        "json_serializer": _dumps,
        "json_deserializer": orjson.loads,
        "pool_size": pool_size,
        "max_overflow": 24,
        "pool_use_lifo": True,  # the connection used last has its pages in memory
    }
    if not is_sqlite:
        return create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S},
            **options,
        )
    engine = create_engine(url, module=sqlite, connect_args={"check_same_thread": False}, **options)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # The driver would open transactions by itself, too late and in the wrong mode.
        connection.isolation_level = None
        wal = sqlite.sqlite_version_info >= FIRST_SAFE_WAL
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    return engine


class _WriteLock:
    """Lets writers of one SQLite file queue up instead of polling.

    SQLite waits for a busy database by sleeping up to 100 ms at a time, which would be most of
    the time it takes to refill a line. A lock on a file beside the database wakes the next writer
    at once, and the kernel lets go of it when a process is killed. It only orders writers that
    come this way; correctness still rests on BEGIN IMMEDIATE.
    """

    def __init__(self, path: str | None) -> None:
        self._threads = threading.Lock()
        self._path = f"{path}.writer" if path else None
        self._file: int | None = None
        self._pid = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._threads:
            if self._path is None:
                yield
                return
            descriptor = self._descriptor()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _descriptor(self) -> int:
        if self._file is None or self._pid != os.getpid():  # a forked child needs its own lock
            assert self._path is not None
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._pid = os.getpid()
        return self._file

    def close(self) -> None:
        if self._file is not None and self._pid == os.getpid():
            os.close(self._file)
            self._file = None


def _may_run_again(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite.OperationalError):
        return "locked" in str(error.orig)
    return getattr(error.orig, "sqlstate", None) in _RETRYABLE


def is_outage(error: BaseException) -> bool:
    """Tell whether the database did not answer, as opposed to refusing a statement."""
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout)


__all__ = ["Connection", "Database", "is_outage", "tables"]
