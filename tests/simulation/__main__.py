"""`python -m simulation`: run many seeds and print one line of JSON, or replay one of them."""

import argparse
import json
import logging
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context

from simulation.bench import simulate_here
from simulation.points import CrashPoint, Fault
from simulation.run import Outcome

ENOUGH_TO_HIT_EVERYTHING = 200
"""With fewer seeds a class of faults may well not come up; with so many that is a defect."""


@dataclass
class Sum:
    """What came of many seeds."""

    seeds: int = 0
    calls: int = 0
    kills: int = 0
    flushes: int = 0
    faults: Counter[Fault] = field(default_factory=Counter)
    crash_points: Counter[CrashPoint] = field(default_factory=Counter)
    broken: list[Outcome] = field(default_factory=list)

    def add(self, one: Outcome) -> None:
        """Add what came of one seed."""
        self.seeds += 1
        self.calls += one.calls
        self.kills += one.kills
        self.flushes += one.flushes
        self.faults.update(one.faults)
        self.crash_points.update(one.crash_points)
        if one.violations:
            self.broken.append(one)

    def never_hit(self) -> list[str]:
        """Name the faults and crash points that no seed came by."""
        if self.seeds < ENOUGH_TO_HIT_EVERYTHING:
            return []
        return [
            *(fault.value for fault in Fault if not self.faults[fault]),
            *(point.value for point in CrashPoint if not self.crash_points[point]),
        ]

    def line(self, *, took_s: float) -> str:
        """Write the line of JSON."""
        return json.dumps(
            {
                "seeds": self.seeds,
                "calls": self.calls,
                "kills": self.kills,
                "flushes": self.flushes,
                "faults": {fault.value: self.faults[fault] for fault in Fault},
                "crash_points": {point.value: self.crash_points[point] for point in CrashPoint},
                "violations": len(self.broken),
                "never_hit": self.never_hit(),
                "calls_per_s": round(self.calls / took_s, 1),
            }
        )


def run_seeds(
    seeds: list[int], *, leads: int, processes: int, mutant: str | None = None
) -> Iterator[Outcome]:
    """Run seeds in several processes, and give what came of each as it comes."""
    if processes == 1:
        yield from (simulate_here(seed, leads, mutant) for seed in seeds)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(
            simulate_here, seeds, [leads] * len(seeds), [mutant] * len(seeds), chunksize=1
        )


def seeds_of_commit(many: int) -> list[int]:
    """Give seeds that every commit has others of."""
    if not many:
        return []
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    first = 1_000_000 + int(commit[:10] or "0", 16) % 1_000_000_000
    return list(range(first, first + many))


def tell(one: Outcome, *, leads: int) -> None:
    """Say what was wrong with a seed, and how to see it again."""
    print(f"seed {one.seed}: {one.violations[0]}", file=sys.stderr)
    for more in islice(one.violations, 1, 5):
        print(f"           {more}", file=sys.stderr)
    print(
        f"replay: make simulate ARGS='--seed {one.seed} --leads {leads} --trace'", file=sys.stderr
    )


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=300, help="how many, from --first on")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--fresh", type=int, default=0, help="as many more, other ones per commit")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--trace", action="store_true", help="print its last events")
    parser.add_argument("--leads", type=int, default=6, help="about how many, per seed")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--mutant", help="a deliberate bug to switch on")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    seeds = [*range(asked.first, asked.first + asked.seeds), *seeds_of_commit(asked.fresh)]
    if asked.seed is not None:
        seeds = [asked.seed]
    began, total = time.monotonic(), Sum()
    processes = min(asked.processes, len(seeds))
    for one in run_seeds(seeds, leads=asked.leads, processes=processes, mutant=asked.mutant):
        total.add(one)
        if one.violations:
            tell(one, leads=asked.leads)
        if asked.trace:
            for moment_ms, what in one.trace:
                print(f"{(moment_ms - one.start_ms) / 1000:12.3f} s  {what}", file=sys.stderr)
    print(total.line(took_s=time.monotonic() - began))
    for name in total.never_hit():
        print(f"never hit: {name}", file=sys.stderr)
    return 1 if total.broken or total.never_hit() else 0


if __name__ == "__main__":
    sys.exit(main())
