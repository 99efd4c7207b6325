"""A migration that is killed after some step, and done again."""

import threading
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from dialer.store import migrate
from dialer.store.database import sqlite
from simulation.database import SimulatedDatabase, migrated
from simulation.hub import Killed

SHAPE = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"


def migrated_in_two_goes(folder: Path, *, step: int) -> Any:
    """Migrate a new database, die at the n-th statement, begin again, and give a connection."""
    path = folder / "migrated.db"
    left, here = step, threading.get_ident()

    def count(*_: object) -> None:
        nonlocal left
        if threading.get_ident() != here:  # a web process of other tests, in a thread of this one
            return
        left -= 1
        if left == 0:
            raise Killed

    event.listen(Engine, "after_cursor_execute", count)
    try:
        migrate.upgrade(f"sqlite:///{path}")
    except Killed:
        pass
    finally:
        event.remove(Engine, "after_cursor_execute", count)
    migrate.upgrade(f"sqlite:///{path}")
    return sqlite.connect(str(path))


def differences(database: SimulatedDatabase) -> list[str]:
    """Tell what another database than one that was migrated in one go has or lacks."""
    found = {tuple(row) for row in database.rows(SHAPE)}
    wanted = {tuple(row) for row in migrated().execute(SHAPE).fetchall()}
    return [f"a killed migration leaves another {row[0]} {row[1]}" for row in found ^ wanted]
