"""The dialer under test: `dialer up`, one more worker, and what can be known of their processes."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import psutil
import redis

from dialer.embedded.processes import Process
from dialer.embedded.supervisor import Supervisor

SEAM = Path(__file__).parent / "seam"
FIRST_WAIT_S = 180
NAMES = {"supervisor", "broker", "web", "worker", "worker-files", "beat"}
"""What `dialer up` starts."""
SECOND_WORKER = (
    *(sys.executable, "-m", "celery", "-A", "workers.app", "worker", "--pool", "threads"),
    *("--concurrency", "16", "-Q", "dial,events,plan", "-n", "second@%h"),
    *("--loglevel", "warning", "--without-gossip", "--without-mingle"),
)


class Stack:
    """Runs `dialer up` in `home`, and starts it again when it is told to."""

    def __init__(self, home: Path, *, environment: dict[str, str], web_port: int) -> None:
        self.home = home
        self.web_port = web_port
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{SEAM}:{SEAM.parents[2]}",
            "DIALER_ENV_FILE": os.devnull,
            "DIALER_HOME": str(home),
            "DIALER_WEB_PORT": str(web_port),
            "DIALER_LOG_LEVEL": "warning",
            **environment,
        }
        self._up: subprocess.Popen[bytes] | None = None
        self._more: Supervisor | None = None
        self._broker_url = ""
        home.mkdir(parents=True, exist_ok=True)

    # -- starting and stopping

    def start(self) -> None:
        """Start `dialer up`; does not wait."""
        with (self.home / "up.log").open("ab") as log:
            self._up = subprocess.Popen(
                [sys.executable, "-m", "dialer.cli", "up"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    def start_second_worker(self) -> None:
        """Keep one more worker running, as on a second machine."""
        folder = self.home / "second"
        folder.mkdir(exist_ok=True)
        with (folder / "supervisor.log").open("a") as log:
            self._more = Supervisor(folder, report=lambda line: None)
            log.write("started\n")
        self._more.add(Process(name="worker-2", argv=SECOND_WORKER, env=self.environment))
        self._more.start()

    def wait_until_ready(self) -> None:
        """Wait until web and database answer, and every process can be found by its name."""
        deadline = time.monotonic() + FIRST_WAIT_S
        while not (self.is_ready() and self.pids().keys() >= NAMES):
            assert time.monotonic() < deadline, f"it does not become ready; see {self.home}/up.log"
            time.sleep(0.1)

    def is_ready(self) -> bool:
        """Tell whether the web process answers that all is well."""
        address = f"http://127.0.0.1:{self.web_port}/readyz"
        with suppress(OSError), urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def revive(self) -> bool:
        """Start `dialer up` again if it has ended. True when it had."""
        if self._up is None or self._up.poll() is None:
            return False
        self.start()
        return True

    def stop(self) -> None:
        """End everything at once: there is nothing left to finish."""
        pids = self.pids()
        if self._more is not None:
            self._more.stopping.set()
            if "worker-2" in pids:
                send(pids["worker-2"], signal.SIGKILL)
            self._more.stop()
        if self._up is not None:
            self._up.kill()
            self._up.wait()
        for pid in pids.values():
            send(pid, signal.SIGKILL)  # the leash would ask them politely first

    # -- looking

    def pids(self) -> dict[str, int]:
        """Give the processes that run now, by name."""
        found: dict[str, int] = {}
        for folder in (self.home, self.home / "second"):
            with suppress(OSError, ValueError):
                found |= json.loads((folder / "pids.json").read_text())
        found.pop("supervisor", None)
        if self._up is not None and self._up.poll() is None:
            found["supervisor"] = self._up.pid
        # A number from a file may be somebody else's process by now.
        return {name: pid for name, pid in found.items() if self._is_ours(pid)}

    def _is_ours(self, pid: int) -> bool:
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            # The broker writes its title over its environment, but works in a folder of this home.
            named = process.environ().get("DIALER_HOME")
            return named == str(self.home) or Path(process.cwd()).is_relative_to(self.home)
        return False

    def broker_url(self) -> str:
        """Give the address of the broker; the last one while there is none."""
        with suppress(FileNotFoundError):
            self._broker_url = (self.home / "broker.url").read_text().strip() or self._broker_url
        return self._broker_url

    def empty_broker(self) -> bool:
        """Empty the broker; False when it does not answer or is empty."""
        with suppress(redis.RedisError, OSError), self._broker() as client:
            return bool(client.dbsize() and client.flushall())
        return False

    def broker_commands(self) -> int:
        """Give how many commands the broker has carried out since it was started."""
        with suppress(redis.RedisError, OSError), self._broker() as client:
            return int(client.info("stats")["total_commands_processed"])
        return 0

    def _broker(self) -> redis.Redis:
        return redis.Redis.from_url(self.broker_url(), socket_timeout=2)


def send(pid: int, number: signal.Signals) -> bool:
    """Send a signal; False when the process is gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
        return True
    return False


def is_connected(pid: int, *, port: int) -> bool:
    """Tell whether a process has an open connection from or to this port."""
    with suppress(psutil.Error):
        for one in psutil.Process(pid).net_connections("tcp"):
            ends = {end.port for end in (one.laddr, one.raddr) if end}
            if one.status == psutil.CONN_ESTABLISHED and port in ends:
                return True
    return False


def has_open(pid: int, path: Path) -> bool:
    """Tell whether a process has a file open."""
    with suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if entry.readlink() == path:
                    return True
    return False
