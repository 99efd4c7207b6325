"""`python -m simulation.mutation`: switch on each deliberate bug, and see when it is found."""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from simulation.bench import simulate_here
from simulation.mutants import MUTANTS

SEEDS = 200
LEADS = 4


@dataclass(frozen=True, slots=True)
class Found:
    """When a deliberate bug was found, and by what; None: never."""

    mutant: str
    seed: int | None
    by: str


def first_finding(mutant: str, *, seeds: int = SEEDS, leads: int = LEADS) -> Found:
    """Run seeds until one finds the bug."""
    for seed in range(1, seeds + 1):
        if violations := simulate_here(seed, leads, mutant).violations:
            return Found(mutant, seed, violations[0])
    return Found(mutant, None, "")


def main() -> int:
    """Print the table of all deliberate bugs; 1 when one was not found."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="these alone")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    names = asked.names or list(MUTANTS)
    print(f"{'bug':<62} {'first seed':>10}  found by")
    with ProcessPoolExecutor(asked.processes, mp_context=get_context("spawn")) as pool:
        found = []
        for one in pool.map(first_finding, names):
            found.append(one)
            seed = "never" if one.seed is None else str(one.seed)
            print(f"{one.mutant.replace('_', ' '):<62} {seed:>10}  {one.by[:90]}", flush=True)
    caught = sum(one.seed is not None for one in found)
    print(f"{caught} of {len(found)} found within {SEEDS} seeds")
    return 0 if caught == len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
