"""Keeps the processes of `dialer up` and `dialer demo` running, and ends them in order.

Every process has a thread that starts it, waits for its end, and starts it again after a pause.
Output goes to `home/log/NAME.log`; `home/pids.json` says who is who.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import IO

from dialer.embedded.leash import Leash
from dialer.embedded.processes import Process
from dialer.errors import Unreachable, UserError

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)
STEADY_AFTER = timedelta(seconds=60)  # a process that lived this long starts again without delay
LOOK_EVERY = timedelta(milliseconds=50)
LARGEST_LOG_BYTES = 20 * 1024 * 1024
LINES_SHOWN = 8


def say(line: str) -> None:
    """Tell a person on stderr."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class Supervisor:
    """Runs named processes until it is stopped.

    They are started in the order they were added and stopped in the opposite one, so add what
    the others need first: broker, simulator, web, workers, beat.
    """

    def __init__(
        self,
        home: Path,
        *,
        report: Callable[[str], None] = say,
        first_pause: timedelta = FIRST_PAUSE,
    ) -> None:
        self._home = home.resolve()
        self.report = report
        self.first_pause = first_pause
        self.leash = Leash()
        self._kept: list[_Kept] = []
        self.stopping = threading.Event()
        self._hurry = threading.Event()
        self._pids_lock = threading.Lock()
        self._home_lock: IO[str] | None = None

    def add(self, process: Process) -> "Supervisor":
        """Add a process; it starts with `start`."""
        self._kept.append(_Kept(process, owner=self))
        return self

    def hold_home(self) -> None:
        """Make sure that nobody else runs in this home, now and until `stop`.

        Whoever writes files into the home does this first. May be called twice.

        Raises:
            UserError: another supervisor runs in the same home; nothing of it was touched.
        """
        if self._home_lock is None:
            self._home.mkdir(parents=True, exist_ok=True)
            self._home_lock = _lock(self._home / "supervisor.lock")

    def start(self) -> None:
        """Start every process, and keep each running from now on. Raises: as `hold_home`."""
        self.hold_home()
        self.log_directory.mkdir(parents=True, exist_ok=True)
        for kept in self._kept:
            kept.begin()
        self.write_pids()

    def wait_ready(self, timeout: timedelta) -> None:
        """Wait until every process is ready.

        Raises:
            Unreachable: one was not ready in time; its last lines of output are shown.
        """
        deadline = time.monotonic() + timeout.total_seconds()
        waiting = list(self._kept)
        while waiting := [kept for kept in waiting if not kept.is_ready()]:
            if time.monotonic() > deadline:
                first = waiting[0].process.name
                raise Unreachable(
                    f"{', '.join(kept.process.name for kept in waiting)} did not become ready"
                    f" within {timeout.total_seconds():.0f} s",
                    why=self._last_words(first),
                    fix=f"look into {self.log_directory / first}.log",
                )
            time.sleep(LOOK_EVERY.total_seconds())

    def run_until_interrupted(self) -> int:
        """Wait for SIGINT, SIGTERM or SIGHUP, stop everything, and give the signal's number.

        A second signal ends the patience with what is still finishing. Main thread only.
        """
        received: list[int] = []
        interrupted = threading.Event()

        def note(number: int, _frame: FrameType | None) -> None:
            if received:
                self._hurry.set()
            received.append(number)
            interrupted.set()

        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, note) for number in numbers}
        try:
            self.report("running; Ctrl-C stops everything")
            interrupted.wait()
            self.report("stopping; Ctrl-C again stops at once")
            self.stop()
        finally:
            for number, action in before.items():
                signal.signal(number, action)
        return received[0]

    def pids(self) -> dict[str, int]:
        """Give the process id of each process that runs now."""
        running = ((kept.process.name, kept.pid()) for kept in self._kept)
        return {name: pid for name, pid in running if pid is not None}

    def stop_processes(self) -> None:
        """Stop every process, last added first; none is started again. The home stays ours."""
        self.stopping.set()
        for kept in reversed(self._kept):
            kept.end(hurry=self._hurry)
        self.leash.close()

    def stop(self) -> None:
        """Stop every process and leave the home to others. May be called twice."""
        self.stop_processes()
        if self._home_lock is not None:
            self.pids_file.unlink(missing_ok=True)
            self._home_lock.close()
            self._home_lock = None

    @property
    def pids_file(self) -> Path:
        """Give the file that names every process id."""
        return self._home / "pids.json"

    @property
    def log_directory(self) -> Path:
        """Give the directory of the processes' output."""
        return self._home / "log"

    def write_pids(self) -> None:
        """Write `pids.json` anew, whole or not at all."""
        with self._pids_lock:
            draft = self.pids_file.with_suffix(".new")
            draft.write_text(json.dumps({"supervisor": os.getpid(), **self.pids()}) + "\n")
            draft.replace(self.pids_file)

    def _last_words(self, name: str) -> str:
        try:
            text = (self.log_directory / f"{name}.log").read_text(errors="replace")
        except FileNotFoundError:
            return "it wrote nothing"
        return "\n".join(text.splitlines()[-LINES_SHOWN:]) or "it wrote nothing"


class _Kept:
    """One process that is kept running, and the thread that does it."""

    def __init__(self, process: Process, *, owner: Supervisor) -> None:
        self.process = process
        self._owner = owner
        self._child = process.running
        self._child_lock = threading.Lock()  # spawning and stopping exclude each other
        self._thread = threading.Thread(target=self._keep, name=f"keep-{process.name}", daemon=True)
        self._was_ready = False

    def begin(self) -> None:
        if self._child is None:
            self._child = self._spawn()
        self._thread.start()

    def is_ready(self) -> bool:
        if not self._was_ready:
            self._was_ready = self.pid() is not None and (
                self.process.ready is None or self.process.ready()
            )
        return self._was_ready

    def pid(self) -> int | None:
        child = self._child
        return child.pid if child is not None and child.returncode is None else None

    def end(self, *, hurry: threading.Event) -> None:
        with self._child_lock:
            child = self._child
        if child is None:
            return
        child.terminate()
        if not _ends(child, within=self.process.stops_within, hurry=hurry):
            self._owner.report(f"{self.process.name} does not stop; killing it")
            child.kill()
        child.wait()
        self._owner.leash.forget(child)
        if self._thread.ident is not None:
            self._thread.join()

    def _keep(self) -> None:
        pause = self._owner.first_pause
        while self._child is not None:
            started = time.monotonic()
            code = self._child.wait()
            if self._owner.stopping.is_set():
                return
            if time.monotonic() - started > STEADY_AFTER.total_seconds():
                pause = self._owner.first_pause
            self._owner.report(
                f"{self.process.name} ended ({_cause(code)});"
                f" starting it again in {pause.total_seconds():g} s"
            )
            self._owner.leash.forget(self._child)
            self._owner.write_pids()
            self._owner.stopping.wait(pause.total_seconds())
            pause = min(2 * pause, LONGEST_PAUSE)
            with self._child_lock:
                if self._owner.stopping.is_set():
                    return
                self._child = self._spawn()
            self._owner.write_pids()

    def _spawn(self) -> "subprocess.Popen[bytes]":
        path = self._owner.log_directory / f"{self.process.name}.log"
        if path.exists() and path.stat().st_size > LARGEST_LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            return self._owner.leash.start(
                self.process.argv,
                output=log,
                env={"PYTHONUNBUFFERED": "1", **self.process.env},
            )


def _ends(child: "subprocess.Popen[bytes]", *, within: timedelta, hurry: threading.Event) -> bool:
    deadline = time.monotonic() + within.total_seconds()
    while child.poll() is None and child.returncode is None:
        if time.monotonic() > deadline or hurry.wait(LOOK_EVERY.total_seconds()):
            return False
    return True


def _cause(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _lock(path: Path) -> IO[str]:
    """Hold `path` for this process; the lock falls with it, however it ends."""
    holder = path.open("a")
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder.close()
        raise UserError(
            f"the dialer already runs in {path.parent}",
            why=f"another process holds {path.name}; {path.parent / 'pids.json'} says which",
            fix="stop it, or set DIALER_HOME to another directory",
        ) from error
    return holder
