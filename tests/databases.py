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
    """Lets somebody else act right before the first transaction, after what was read for it."""

    database: Database
    act: Callable[[], object]
    acted: bool = False

    def transact(self, body: Callable[[Any], Any]) -> Any:
        if not self.acted:
            self.acted = True
            self.act()
        return self.database.transact(body)

    def read(self, body: Callable[[Any], Any]) -> Any:
        return self.database.read(body)


def interrupted_by(world: World, act: Callable[[], object]) -> World:
    """Give a world in which somebody else acts right before the next transaction."""
    database: Any = BusyDatabase(world.db, act)
    return replace(world, db=database)
