"""Holding a run of a schedule: one process works on it, and tells that it is alive."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from dialer.actions.load import Progress
from dialer.actions.world import World
from dialer.domain.schedule_spec import Recipe
from dialer.errors import DialerError
from dialer.store import schedule_runs
from dialer.store.database import Connection
from dialer.store.tables import ScheduleRun

HELD_FOR = timedelta(minutes=3)
"""After so long without a sign of life the holder of a run is taken for dead."""


class TakenOver(DialerError):
    """Somebody else holds the run by now; whatever was begun here is theirs to finish."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """One process at work on one run."""

    world: World
    run: ScheduleRun
    recipe: Recipe
    holder: str
    rejects_in: Path
    tell: Callable[[Progress], None]

    @property
    def lead_file(self) -> Path:
        """The file this run imports."""
        return Path(self.run.file or self.recipe.lead_file or "")

    def keep(self, tx: Connection, **values: Any) -> None:
        """Show a sign of life, and change columns of the run.

        Raises:
            TakenOver: it came too late.
        """
        until = self.world.clock.now() + HELD_FOR
        mine = {"holder": self.holder, "held_until": until, **values}
        if not schedule_runs.keep(tx, self.run.id, **mine):
            raise TakenOver(f"run {self.run.id} was taken over")

    def show_life(self, progress: Progress) -> None:
        """Do so in the middle of an import."""
        self.world.db.transact(self.keep)
        self.tell(progress)
