"""`dialer up` keeps the dialer running, whatever else is away."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dialer.embedded.broker import free_port

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(240)]


@contextmanager
def running_up(home: Path, **environment: str) -> Iterator[list[str]]:
    """Run `dialer up` until it says that it runs, and give the lines it has said."""
    kept = {key: one for key, one in os.environ.items() if not key.startswith("DIALER_")}
    ours = {
        "DIALER_HOME": str(home),
        "DIALER_WEB_PORT": str(free_port()),
        "DIALER_ENV_FILE": os.devnull,
    }
    up = subprocess.Popen(
        [sys.executable, "-m", "dialer.cli", "up"],
        env=kept | ours | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert up.stdout is not None
    lines: list[str] = []
    for line in up.stdout:
        lines.append(line)
        if line.startswith("running"):
            break
    reading = threading.Thread(target=up.stdout.read)  # or it waits for a reader
    reading.start()
    try:
        yield lines
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(60)
        reading.join()
        up.stdout.close()


def test_it_runs_on_while_the_database_is_away(tmp_path: Path) -> None:
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    with running_up(tmp_path, DATABASE_URL=away) as lines:
        assert lines[-1].startswith("running"), "".join(lines)
    assert any("once it does: dialer users first-link" in line for line in lines)


def test_a_files_worker_that_hangs_does_not_keep_the_dialer_from_ending(tmp_path: Path) -> None:
    """One whose child was killed at a wrong moment waits for it for ever when it is to stop."""
    with running_up(tmp_path):
        pids = json.loads((tmp_path / "pids.json").read_text())
        os.kill(pids["worker-files"], signal.SIGSTOP)
    assert not (tmp_path / "pids.json").exists()
