"""The bench: what the seeds of one process use one after the other."""

import gc
import logging
import tempfile
from functools import cache
from pathlib import Path

import stamina

from dialer import log
from simulation.database import SimulatedDatabase
from simulation.mutants import switched_on
from simulation.run import Outcome, Run


class Bench:
    """A database, and a folder for files; making either takes longer than many a run."""

    def __init__(self) -> None:
        self._database = SimulatedDatabase()
        self._folder = tempfile.TemporaryDirectory(prefix="dialer-")

    def simulate(self, seed: int, *, leads: int) -> Outcome:
        """Run one seed."""
        folder = Path(self._folder.name)
        try:
            return Run(seed, leads=leads, database=self._database, folder=folder).go()
        finally:
            for leftover in folder.iterdir():
                leftover.unlink()


@cache
def _bench() -> Bench:
    stamina.set_testing(True, attempts=2, cap=True)  # nobody waits in real time
    log.configure("critical", "json")
    logging.disable(logging.CRITICAL)
    gc.freeze()  # what is loaded by now stays
    return Bench()


def simulate_here(seed: int, leads: int, mutant: str | None = None) -> Outcome:
    """Run one seed with the one database of this process, perhaps with a deliberate bug."""
    bench = _bench()
    with switched_on(mutant):
        try:
            outcome = bench.simulate(seed, leads=leads)
        except Exception as error:
            raise RuntimeError(f"the simulation itself fails at seed {seed}") from error
    return outcome
