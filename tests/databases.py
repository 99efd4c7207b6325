"""Databases whose process is killed between two transactions, or is not alone at one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dialer.actions.world import World
from dialer.store.database import Database


class Killed(BaseException):
    """The process is gone; nothing catches that."""


@dataclass
class MortalDatabase:
    """Commits so many transactions, and then no more."""

    database: Database
    lives: int

    @property
    def is_sqlite(self) -> bool:
        return self.database.is_sqlite

    def transact(self, body: Callable[[Any], Any]) -> Any:
        if self.lives == 0:
            raise Killed
        self.lives -= 1
        return self.database.transact(body)

    def read(self, body: Callable[[Any], Any]) -> Any:
        return self.database.read(body)


def killed_after(world: World, transactions: int) -> World:
    """Give a world in which the process is killed after so many transactions."""
    database: Any = MortalDatabase(world.db, transactions)
    return replace(world, db=database)


@dataclass
class BusyDatabase:
    """Lets somebody else act once, right before a transaction, after what was read for it."""

    database: Database
    act: Callable[[], object]
    before: int  # which transaction, counted from 0

    @property
    def is_sqlite(self) -> bool:
        return self.database.is_sqlite

    def transact(self, body: Callable[[Any], Any]) -> Any:
        self.before -= 1
        if self.before == -1:
            self.act()
        return self.database.transact(body)

    def read(self, body: Callable[[Any], Any]) -> Any:
        return self.database.read(body)


def interrupted_by(world: World, act: Callable[[], object], *, before: int = 0) -> World:
    """Give a world in which somebody else acts right before one of the next transactions."""
    database: Any = BusyDatabase(world.db, act, before)
    return replace(world, db=database)
