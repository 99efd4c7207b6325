"""The witness: what is remembered of sends beside the database.

Each send is noted in a file before its request leaves, and once a minute the latest ones of all
machines in Redis. A database that does not know a send noted there has gone back in time. It is
evidence for doubt only: what was sent is told by the database, and by Retell.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dialer.log import get_logger

log = get_logger(__name__)

FILE = "sends.log"
LARGEST_BYTES = 1_000_000
MOST = 1_000
"""So many of the latest sends are looked at; one would do."""
_TAIL_BYTES = MOST * 120
_WITHIN_S = 1.0


class Noted(NamedTuple):
    """A send, as it was noted."""

    attempt_id: str
    at: datetime


class Memory:
    """What one process remembers while it lives; enough where nothing outlives the database."""

    def __init__(self) -> None:
        self._turn = 0

    def is_behind(self, turn: int) -> bool:
        """Tell whether this process has seen a later turn of the gate than `turn`.

        May be called by several threads: each reads the turn under the gate's lock.
        """
        if turn < self._turn:
            return True
        self._turn = turn
        return False

    def note(self, install: str, attempt_id: str, *, at: datetime) -> None:
        """Note a send before its request leaves."""

    def noted(self, install: str) -> list[Noted]:
        """Give the latest sends that were noted for an installation."""
        return []

    def keep(self, install: str, sends: Sequence[Noted]) -> None:
        """Keep the latest sends of all machines."""


class SendLog(Memory):
    """Notes sends in the home directory, and keeps the latest ones in Redis."""

    def __init__(self, home: Path, *, redis_url: str) -> None:
        super().__init__()
        self._path = home / FILE
        self._older = home / f"{FILE}.1"
        self._redis_url = redis_url

    def note(self, install: str, attempt_id: str, *, at: datetime) -> None:
        """Note a send. One that cannot be noted goes out all the same, and that is logged."""
        line = f"{install} {attempt_id} {at.isoformat()}\n"
        try:
            with self._path.open("ab", buffering=0) as file:  # one write: lines do not mix
                file.write(line.encode())
                if file.tell() > LARGEST_BYTES:
                    self._path.replace(self._older)
        except OSError as error:
            log.error("send_not_noted", attempt_id=attempt_id, error=type(error).__name__)

    def noted(self, install: str) -> list[Noted]:
        """Give what file and Redis say; what cannot be read says nothing."""
        lines = [*_tail(self._older), *_tail(self._path), *self._kept(install)]
        found = {one.attempt_id: one for one in map(_read, lines) if one and one[0] == install}
        latest = sorted((one[1] for one in found.values()), key=lambda one: one.at)
        return latest[-MOST:]

    def keep(self, install: str, sends: Sequence[Noted]) -> None:
        """Write them into Redis, where it answers."""
        lines = [f"{install} {one.attempt_id} {one.at.isoformat()}" for one in sends]
        try:
            with self._redis() as client:
                client.set(_key(install), "\n".join(lines))
        except (redis.RedisError, OSError, ValueError) as error:
            log.info("sends_not_kept", error=type(error).__name__)

    def _kept(self, install: str) -> list[str]:
        try:
            with self._redis() as client:
                kept = client.get(_key(install))
        except (redis.RedisError, OSError, ValueError):
            return []
        return kept.decode(errors="replace").splitlines() if isinstance(kept, bytes) else []

    def _redis(self) -> "redis.Redis":
        return redis.Redis.from_url(
            self._redis_url,
            socket_connect_timeout=_WITHIN_S,
            socket_timeout=_WITHIN_S,
            retry=Retry(NoBackoff(), 0),
        )


def _key(install: str) -> str:
    return f"dialer:sends:{install}"


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []


def _read(line: str) -> "_Line | None":
    """Read a line; None for one that was cut, by a crash or by the beginning of the tail."""
    try:
        install, attempt_id, at = line.split(" ")
        return _Line(install, Noted(attempt_id, datetime.fromisoformat(at)))
    except ValueError:
        return None


class _Line(NamedTuple):
    install: str
    noted: Noted

    @property
    def attempt_id(self) -> str:
        return self.noted.attempt_id
