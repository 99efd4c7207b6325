"""The database of one run: SQLite in memory with the schema of production, and its faults.

There is one connection, so transactions do not run beside each other here; what they may do to
each other on PostgreSQL is the matter of other tests. Between two of them anything may happen.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from dialer.actions.dial import Sending
from dialer.store import migrate
from dialer.store.database import Database, sqlite
from simulation.perils import Perils
from simulation.points import CrashPoint, Fault

T = TypeVar("T")

BEFORE = {
    "refill": CrashPoint.BEFORE_CLAIM,
    "pass_gate": CrashPoint.BEFORE_GATE,
    "dial": CrashPoint.ANSWER_READ,
    "record_failure": CrashPoint.ANSWER_READ,
    "receive": CrashPoint.BEFORE_INSERT,
    "settle": CrashPoint.BEFORE_SETTLE,
}
WITHIN = {
    "refill": CrashPoint.IN_CLAIM,
    "dial": CrashPoint.IN_RECORD,
    "record_failure": CrashPoint.IN_RECORD,
    "settle": CrashPoint.IN_SETTLE,
    "_store_chunk": CrashPoint.IN_IMPORT,
}
AFTER = {
    "refill": CrashPoint.AFTER_CLAIM,
    "pass_gate": CrashPoint.AFTER_GATE,
    "dial": CrashPoint.AFTER_RECORD,
    "record_failure": CrashPoint.AFTER_RECORD,
    "receive": CrashPoint.BEFORE_204,
    "settle": CrashPoint.AFTER_SETTLE,
    "_store_chunk": CrashPoint.IN_IMPORT,
}
"""Crash points by the function that opens the transaction."""


@cache
def migrated() -> Any:
    """Give a database as a new installation has it; only copied from."""
    template = sqlite.connect(":memory:", check_same_thread=False)
    with TemporaryDirectory(prefix="dialer-") as folder:
        path = Path(folder) / "new.db"
        migrate.upgrade(f"sqlite:///{path}")
        file = sqlite.connect(str(path))
        file.backup(template)
        file.close()
    return template


@cache
def _engine() -> Any:
    engine = create_engine(
        "sqlite://",
        module=sqlite,
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    return engine


class SimulatedDatabase(Database):
    """The one database of this process; `reset` makes it new."""

    def __init__(self) -> None:
        self.url = "sqlite://"
        self.is_sqlite = True
        self._write_lock = None
        self.engine = _engine()
        self._only = self.engine.connect()
        self._raw = self._only.connection.dbapi_connection
        self.perils: Perils | None = None
        self.committed: Callable[[Any], None] = lambda raw: None

    def reset(self) -> None:
        """Make it as new."""
        migrated().backup(self._raw)

    def back_up(self) -> Any:
        """Give a copy of it as it is now."""
        copy = sqlite.connect(":memory:")
        self._raw.backup(copy)
        return copy

    def restore_from(self, other: Any) -> None:
        """Go back to a backup."""
        other.backup(self._raw)

    def rows(self, statement: str) -> list[Any]:
        """Ask something, past everything that may go wrong."""
        return list(self._raw.execute(statement).fetchall())

    def close(self) -> None:
        self._only.close()

    def look(self, body: Callable[[Connection], T]) -> T:
        """Read as the world outside does: nothing goes wrong."""
        return body(self._only)

    def read(self, body: Callable[[Connection], T]) -> T:
        if self.perils is not None:
            self._call_port(None)
            self.perils.hub.check_alive()
        return body(self._only)

    def transact(self, body: Callable[[Connection], T]) -> T:
        perils, verb = self.perils, verb_of(body)
        if perils is None or perils.hub.current is None:
            return self._run(body)
        activity = perils.hub.current
        looked_up = activity.looked_up
        self._call_port(CrashPoint.AFTER_LOOK_UP if looked_up else BEFORE.get(verb))
        activity.looked_up = False
        within = CrashPoint.IN_LOOK_UP if looked_up else WITHIN.get(verb)
        result = self._run_in_peril(perils, body, within=within)
        if not (verb == "pass_gate" and not isinstance(result, Sending)):
            self._pass(AFTER.get(verb))
        return result

    def _call_port(self, point: CrashPoint | None) -> None:
        assert self.perils is not None
        if self.perils.strikes(self.perils.dangers.database_slow, Fault.DATABASE_SLOW):
            self.perils.hub.pause(self.perils.dice.randrange(500, 30_000))
        self._pass(point)
        if self.perils.database_down and self.perils.hub.current is not None:
            self.perils.hits[Fault.DATABASE_DOWN] += 1
            raise _gone("the database is away")

    def _pass(self, point: CrashPoint | None) -> None:
        assert self.perils is not None
        if point is None:
            self.perils.pass_port()
        else:
            self.perils.pass_by(point)

    def _run_in_peril(
        self, perils: Perils, body: Callable[[Connection], T], *, within: CrashPoint | None
    ) -> T:
        dangers = perils.dangers
        if perils.strikes(dangers.transaction_again, Fault.TRANSACTION_AGAIN):
            self._run(body, keep=False)
        if perils.strikes(dangers.database_dropped, Fault.DATABASE_DROPPED):
            self._run(body, keep=False)
            raise _gone("the connection is lost")
        if (within is not None and perils.is_target(within)) or perils.strikes(dangers.kill_within):
            with self._dying_soon(statements=perils.dice.randrange(2, 13)):  # the first one begins
                self._run(body, keep=False)
            perils.die(within)
        result = self._run(body)
        if perils.strikes(dangers.commit_unknown, Fault.COMMIT_UNKNOWN):
            raise _gone("the connection is lost at the commit")
        return result

    def _run(self, body: Callable[[Connection], T], *, keep: bool = True) -> T:
        connection = self._only
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            result = body(connection)
        except _Died:
            connection.rollback()
            return None  # type: ignore[return-value]
        except BaseException:
            connection.rollback()
            raise
        if keep:
            connection.commit()
            self.committed(self._raw)
        else:
            connection.rollback()
        return result

    @contextmanager
    def _dying_soon(self, *, statements: int) -> Iterator[None]:
        left = count(statements - 1, -1)

        def die_at_the_last(*_: object) -> None:
            if next(left) == 0:
                raise _Died

        event.listen(self.engine, "before_cursor_execute", die_at_the_last)
        try:
            yield
        finally:
            event.remove(self.engine, "before_cursor_execute", die_at_the_last)


class _Died(Exception):
    """The process died at a statement; what was not committed is gone."""


def _gone(why: str) -> OperationalError:
    return OperationalError(None, None, Exception(why))


@cache
def _name(qualified: str) -> str:
    return re.sub(r"\.<locals>.*", "", qualified)


def verb_of(body: Callable[..., object]) -> str:
    """Name the function that opens a transaction."""
    while isinstance(body, partial):
        body = body.func
    return _name(body.__qualname__)
