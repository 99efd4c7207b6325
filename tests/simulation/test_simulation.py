"""Whatever dies, repeats, comes late or never comes: nobody is called twice and no lead is lost."""

import subprocess
import sys
from pathlib import Path

import pytest

from simulation.__main__ import Sum, run_seeds, seeds_of_commit
from simulation.mutants import MUTANTS
from simulation.mutation import LEADS, first_finding
from simulation.points import CrashPoint

FIXED, FRESH = 200, 100
TESTS = Path(__file__).parents[1]


@pytest.mark.timeout(600)
def test_nothing_that_may_go_wrong_breaks_a_promise() -> None:
    total = Sum()
    seeds = [*range(1, FIXED + 1), *seeds_of_commit(FRESH)]
    for one in run_seeds(seeds, leads=LEADS, processes=2):
        total.add(one)
    assert [(one.seed, one.violations[:3]) for one in total.broken] == []
    assert total.never_hit() == []
    assert total.calls > 1_000
    assert all(total.crash_points[point] for point in CrashPoint)


def test_a_seed_runs_the_same_way_each_time() -> None:
    def trace(hash_seed: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "simulation", "--seed", "7", "--leads", "5", "--trace"],
            cwd=TESTS,
            env={"PYTHONPATH": str(TESTS), "PYTHONHASHSEED": hash_seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
            timeout=100,
        ).stderr

    assert trace("1") == trace("2") != ""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", MUTANTS)
def test_a_deliberate_bug_is_found_within_200_seeds(name: str) -> None:
    found = first_finding(name)
    assert found.seed is not None, f"{name} was never found"
    print(f"{name}: seed {found.seed}, {found.by[:100]}")
