"""Holding an errand: one worker works on it, and tells how far it is."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from dialer.actions.world import World
from dialer.domain.errands import ErrandStatus
from dialer.errors import DialerError, UserError
from dialer.log import get_logger
from dialer.store import errands
from dialer.store.database import Connection
from dialer.store.tables import Errand

log = get_logger(__name__)

HELD_FOR = timedelta(minutes=3)
"""After so long without a sign of life the holder of an errand is taken for dead."""
UPLOADS = "uploads"


class TakenOver(DialerError):
    """Somebody else holds the errand by now; whatever was begun here is theirs to finish."""


@dataclass(frozen=True, slots=True)
class ErrandHold:
    """One worker at work on one errand."""

    world: World
    errand: Errand
    holder: str
    home: Path

    @property
    def path(self) -> Path:
        """Give the file.

        Raises:
            UserError: it is not on this machine.
        """
        path = self.home / UPLOADS / (self.errand.file or "")
        if not path.is_file():
            raise UserError(
                f"the file is not where this worker looks for it: {path}",
                why="web and worker-files share the folder DIALER_HOME, or it was deleted",
                fix="upload it again",
            )
        return path

    def tell(self, rows: int, fraction: float | None, **values: Any) -> None:
        """Show a sign of life, and how far it is."""
        until = self.world.clock.now() + HELD_FOR
        self._keep(rows=rows, fraction=fraction, held_until=until, **values)

    def wait_for_a_person(self, found: dict[str, Any]) -> None:
        """Put down what was found; somebody decides."""
        self._keep(status=ErrandStatus.CHECKED, found=found, fraction=1.0, **_LET_GO)

    def finish(self, sentence: str, **values: Any) -> None:
        """Say what came of it; its file is not needed any more."""
        now = self.world.clock.now()
        done = {"status": ErrandStatus.DONE, "fraction": 1.0, "finished_at": now, "file": None}
        self._keep(**done, sentence=sentence, **_LET_GO, **values)
        if self.errand.file is not None:
            shutil.rmtree((self.home / UPLOADS / self.errand.file).parent, ignore_errors=True)
        log.info("errand_done", errand_id=self.errand.id, kind=self.errand.kind)

    def fail(self, error: UserError) -> None:
        """Say why nothing, or nothing more, comes of it."""
        what = error.what.rstrip(".")  # of a file it is a whole sentence
        told = {"what": what, "why": error.why, "fix": error.fix}
        found = {**(self.errand.found or {}), "error": told}
        self._keep(status=ErrandStatus.FAILED, sentence=what, found=found, **_LET_GO)
        log.info("errand_failed", errand_id=self.errand.id, kind=self.errand.kind)

    def _keep(self, **values: Any) -> None:
        if not self.world.db.transact(partial(self._write, values=values)):
            raise TakenOver(f"errand {self.errand.id} was taken over")

    def _write(self, tx: Connection, *, values: dict[str, Any]) -> bool:
        return errands.keep(tx, self.errand.id, held_by=self.holder, **values)


_LET_GO: dict[str, Any] = {"holder": None, "held_until": None, "tries": 0}
