"""Child processes that do not outlive us, not even when we are killed with -9.

1. A guard process in a session of its own reads process ids from a pipe whose other end we hold.
2. Every child is started through a shell that writes its own process id into that pipe and then
   becomes the child (`exec`), so the id shown is the child's own. The shell holds the pipe until
   it has written: there is no moment at which a child runs and the guard does not know it.
3. When the pipe closes, because we stopped or because we died in whatever way, the guard ends
   every process still on its list: SIGTERM first, SIGKILL to the whole group after the grace time.

Only POSIX is needed, so Linux and macOS run the same code.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import IO

GRACE = timedelta(seconds=10)

# $$ stays the same across exec; stdin is the pipe until the child takes over.
_BECOME = 'echo "$$" >&0; exec "$@" </dev/null'


class Leash:
    """Starts children and holds them by a pipe."""

    def __init__(self, *, grace: timedelta = GRACE) -> None:
        self._grace = grace
        self._guard: subprocess.Popen[bytes] | None = None
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def start(
        self,
        argv: Sequence[str],
        *,
        output: IO[bytes] | int | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a child in a session of its own; `env` is added to our environment.

        Raises:
            OSError: the machine cannot start another process. A program that does not exist ends
                the child with exit code 127 instead.
        """
        with self._lock:
            child = subprocess.Popen(
                ["/bin/sh", "-c", _BECOME, "sh", *argv],
                stdin=self._pipe(),
                stdout=output,
                stderr=subprocess.STDOUT if output is not None else None,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,
            )
            self._children[child.pid] = child
            return child

    def forget(self, child: subprocess.Popen[bytes]) -> None:
        """Take an ended child off the list, and end what is left of its process group.

        May be called twice; the second call does nothing, for the number may be another's by then.
        """
        with self._lock:
            if self._children.pop(child.pid, None) is not None:
                kill_group(child.pid)
                self._tell(f"-{child.pid}")

    def close(self) -> None:
        """Let go: whatever still runs is ended by the guard. May be called twice."""
        guard, self._guard = self._guard, None
        if guard is None or guard.stdin is None:
            return
        if guard.poll() is not None:
            for pid in self._children:
                kill_group(pid)
        guard.stdin.close()
        # Reap our own children, or the guard would see them as alive until its grace is over.
        for child in self._children.values():
            child.wait()
        self._children.clear()
        guard.wait()

    def _pipe(self) -> IO[bytes]:
        """Give the guard's pipe; a guard that somebody ended is replaced."""
        if self._guard is None or self._guard.poll() is not None:
            if self._guard is not None and self._guard.stdin is not None:
                self._guard.stdin.close()
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__, str(self._grace.total_seconds())],
                bufsize=0,
                stdin=subprocess.PIPE,
                # It outlives us, and must not keep a reader of our output waiting.
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            for pid in self._children:
                self._tell(f"+{pid}")
        assert self._guard.stdin is not None
        return self._guard.stdin

    def _tell(self, line: str) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            with suppress(BrokenPipeError):
                os.write(self._guard.stdin.fileno(), f"{line}\n".encode())


def kill_group(pid: int) -> None:
    """Kill the process group of `pid`; nothing happens when it is gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _guard(grace_s: float) -> None:
    """Run the guard: remember the pids that arrive on stdin, and end them when it closes."""
    pids: set[int] = set()
    for line in sys.stdin:
        pid = int(line)
        if pid > 0:
            pids.add(pid)
        else:
            pids.discard(-pid)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while time.monotonic() < deadline and any(_runs(pid) for pid in pids):
        time.sleep(0.05)
    for pid in pids:
        kill_group(pid)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    _guard(float(sys.argv[1]))
