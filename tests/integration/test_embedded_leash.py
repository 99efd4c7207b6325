"""Children never outlive us."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from dialer.embedded.leash import Leash

pytestmark = pytest.mark.processes

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
# Its first line shows that it has taken over from the shell.
TELLER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('deaf', flush=True); time.sleep(600)",
]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, time;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print(child.pid, flush=True); time.sleep(600)",
]
OWNER = """
import sys, time
from datetime import timedelta
from dialer.embedded.leash import Leash
leash = Leash(grace=timedelta(seconds=0.2))
sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
deaf = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN);"
        "print('deaf', flush=True); time.sleep(600)"]
import subprocess
first = leash.start(sleeper)
second = leash.start(deaf, output=subprocess.PIPE)
second.stdout.readline()
print(first.pid, second.pid, leash._guard.pid, flush=True)
time.sleep(600)
"""


def gone(pid: int, *, within_s: float = 20) -> bool:
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return True
    # Where nobody reaps orphans an ended process stays as a zombie.
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_the_process_id_is_that_of_the_program_itself() -> None:
    leash = Leash()
    child = leash.start(
        [sys.executable, "-c", "import os; print(os.getpid())"], output=subprocess.PIPE
    )
    assert child.stdout is not None
    assert int(child.stdout.read()) == child.pid
    child.stdout.close()
    leash.close()


def test_a_child_gets_our_environment_and_what_was_added() -> None:
    leash = Leash()
    child = leash.start(
        ["/bin/sh", "-c", 'echo "$PATH$ADDED"'], output=subprocess.PIPE, env={"ADDED": "!"}
    )
    assert child.stdout is not None
    assert child.stdout.read().decode().strip() == os.environ["PATH"] + "!"
    child.stdout.close()
    leash.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_children_end_when_their_owner_is_killed_even_deaf_ones(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        pids = [int(pid) for pid in owner.stdout.readline().split()]
        assert all(psutil.pid_exists(pid) for pid in pids)
        os.kill(owner.pid, number)
    assert all(gone(pid) for pid in pids)


def test_closing_ends_what_still_runs() -> None:
    leash = Leash(grace=timedelta(seconds=0.2))
    polite = leash.start(SLEEPER)
    deaf = leash.start(STUBBORN, output=subprocess.PIPE)
    assert deaf.stdout is not None
    deaf.stdout.readline()
    leash.close()
    leash.close()
    assert polite.returncode == -signal.SIGTERM
    assert deaf.returncode == -signal.SIGKILL
    deaf.stdout.close()


def test_what_a_killed_child_left_behind_is_ended_too() -> None:
    leash = Leash()
    child = leash.start(PARENT, output=subprocess.PIPE)
    assert child.stdout is not None
    grandchild = int(child.stdout.readline())
    child.kill()
    child.wait()
    leash.forget(child)
    assert gone(grandchild)
    child.stdout.close()
    leash.close()


def test_a_guard_that_was_killed_is_replaced_and_knows_the_children() -> None:
    leash = Leash()
    first = leash.start(TELLER, output=subprocess.PIPE)
    assert first.stdout is not None
    first.stdout.readline()
    assert leash._guard is not None
    leash._guard.kill()
    leash._guard.wait()
    second = leash.start(SLEEPER)
    leash.close()
    first.stdout.close()
    assert (first.returncode, second.returncode) == (-signal.SIGTERM, -signal.SIGTERM)


def test_children_end_on_closing_even_when_the_guard_is_gone() -> None:
    leash = Leash()
    child = leash.start(TELLER, output=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    assert leash._guard is not None
    leash._guard.kill()
    leash._guard.wait()
    leash.close()
    child.stdout.close()
    assert child.returncode == -signal.SIGKILL


def test_a_program_that_does_not_exist_ends_with_127(tmp_path: Path) -> None:
    leash = Leash()
    child = leash.start([str(tmp_path / "nothing")], output=subprocess.DEVNULL)
    assert child.wait() == 127
    leash.close()
