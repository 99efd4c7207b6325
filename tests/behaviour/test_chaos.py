"""The short form of `make chaos`: real processes are killed at random, on both databases."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(1500)]

TESTS = Path(__file__).parents[1]
SECONDS = 40
FEWEST_KILLS = 3
"""Fewer prove nothing; a quiet machine does ten times as many."""


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killing_every_kind_of_process_at_random_loses_and_doubles_nothing(
    database: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "chaos", "--database", database),
            *("--seconds", str(SECONDS), "--leads", "300", "--seed", "1"),
        ],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["kills_total"] >= FEWEST_KILLS
    assert told["calls"] >= told["leads"] // 2
