"""A database of a process that is killed between two of its transactions."""

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
