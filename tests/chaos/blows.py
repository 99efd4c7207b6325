"""Blows: each hits a process that is at work, or does not count."""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable

import psutil

from chaos.people import People
from chaos.postgres import PostgresServer
from chaos.simulated import BAD_WEATHER, Simulated
from chaos.stack import Stack, has_open, is_connected, send

WEIGHTS = {
    "worker": 5.0,
    "web": 4.0,
    "broker": 4.0,
    "worker-files": 1.0,
    "files-child": 3.0,
    "beat": 2.0,
    "import": 4.0,
    "postgres-backend": 4.0,
    "postgres": 3.0,
    "supervisor": 1.0,
}
"""How often each kind of process is killed with -9, against the others."""
OF_POSTGRESQL = ("postgres-backend", "postgres")
ENOUGH_FOR_EVERY_KIND = 300
"""With fewer kills a rare kind may well not have come up; with so many that is a defect."""
MILDER = {"flush": 1.0, "freeze": 2.0, "terminate": 1.0, "restart": 0.5}
PEOPLE = {"pause": 0.5, "inbox": 0.7, "opt-out": 2.0, "weather": 1.0}
REST_S = {"supervisor": 20.0, "restart": 40.0, "worker-files": 10.0, "pause": 6.0, "beat": 3.0}
REST_S |= {"broker": 3.0, "flush": 2.0, "freeze": 3.0, "terminate": 3.0, "opt-out": 1.0}
REST_S |= {"inbox": 8.0, "import": 2.0, "worker": 1.5, "web": 1.5}
"""So long nothing of this kind happens again."""
LONGEST_FREEZE_S = 8.0  # twice the send deadline
AT_WORK_COMMANDS = 50


class Blows:
    """Deals blows until it is told to stop, and counts those that hit."""

    def __init__(
        self,
        stack: Stack,
        *,
        people: People,
        simulated: Simulated,
        postgres: PostgresServer | None,
        seed: int,
    ) -> None:
        self.kills: Counter[str] = Counter()
        self.others: Counter[str] = Counter()
        self._stack, self._people = stack, people
        self._simulated, self._postgres = simulated, postgres
        self._dice = random.Random(f"blows {seed}")
        self._last: dict[str, float] = {}
        self._broker = stack.broker_url()
        self._log = (stack.home / "blows.log").open("a", buffering=1)

    def never_killed(self) -> list[str]:
        """Name the kinds of process that no kill hit, though there were enough of them."""
        if self.kills.total() < ENOUGH_FOR_EVERY_KIND:
            return []
        here = [kind for kind in WEIGHTS if self._postgres or kind not in OF_POSTGRESQL]
        return [kind for kind in here if not self.kills[kind]]

    def rage(self, seconds: float) -> None:
        """Deal blows for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.tend()
            if self._dice.random() < 0.4:
                self._strike(self._dice.choice((MILDER, PEOPLE)))
            for _ in range(self._dice.choice((1, 2, 2, 3, 4))):
                self._strike(WEIGHTS)
            time.sleep(self._dice.uniform(0.05, 0.6))

    def tend(self) -> None:
        """Start again what has no supervisor above it."""
        if self._stack.revive():
            self._note("revived", "supervisor")
        if self._stack.broker_url() != self._broker:
            # The second worker is told of another broker by being started again.
            self._broker = self._stack.broker_url()
            pid = self._stack.pids().get("worker-2")
            if pid is not None:
                self._kill("worker", pid if self._dials(pid) else None) or send(pid, signal.SIGKILL)

    def calm(self) -> None:
        """Let everything go on: clear skies, nothing frozen, nothing paused."""
        for pid in self._stack.pids().values():
            send(pid, signal.SIGCONT)
        self._simulated.set_faults(dict.fromkeys(BAD_WEATHER))
        self._people.resume_all()

    def _strike(self, weights: dict[str, float]) -> None:
        now = time.monotonic()
        ready = [one for one in weights if now - self._last.get(one, -999.0) >= REST_S.get(one, 0)]
        ready.sort(key=lambda one: self._dice.random() ** (1 / weights[one]), reverse=True)
        for kind in ready:
            if self._deal(kind):
                self._last[kind] = time.monotonic()
                return

    def _deal(self, kind: str) -> bool:
        if kind in WEIGHTS:
            return self._postmaster() if kind == "postgres" else self._kill(kind, self._find(kind))
        acts: dict[str, Callable[[], bool]] = {
            "flush": self._stack.empty_broker,
            "freeze": self._freeze,
            "terminate": self._terminate,
            "restart": self._restart,
            "pause": self._pause,
            "opt-out": self._opt_out,
            "weather": self._weather,
            "inbox": self._inbox,
        }
        if not acts[kind]():
            return False
        self.others[kind] += 1
        self._note("did", kind)
        return True

    # -- kill -9

    def _kill(self, kind: str, pid: int | None) -> bool:
        if pid is None or not send(pid, signal.SIGKILL):
            return False
        self.kills[kind] += 1
        self._note("killed", kind, pid)
        return True

    def _find(self, kind: str) -> int | None:
        """Give a process of this kind that is at work."""
        if kind == "postgres-backend":
            return None if self._postgres is None else self._postgres.busy_backend()
        if kind == "import":
            importer = self._people.importer
            pid = None if importer is None or importer.poll() is not None else importer.pid
            return pid if pid is not None and self._asks_database(pid) else None
        pids = self._stack.pids()
        if kind == "worker":
            candidates = [pids[name] for name in ("worker", "worker-2") if name in pids]
            self._dice.shuffle(candidates)
            return next((pid for pid in candidates if self._dials(pid)), None)
        if kind == "files-child":
            return self._busy_child(pids.get("worker-files"))
        pid = pids.get(kind)
        return pid if pid is not None and self._works(kind, pid, pids) else None

    def _works(self, kind: str, pid: int, pids: dict[str, int]) -> bool:
        match kind:
            case "web":
                return is_connected(pid, port=self._stack.web_port)
            case "broker":
                return self._stack.broker_commands() > AT_WORK_COMMANDS
            case "beat":
                return is_connected(pid, port=self._broker_port())
            case "worker-files":
                return self._busy_child(pid) is not None
            case "supervisor":
                return "worker" in pids and self._dials(pids["worker"])
        raise AssertionError(kind)

    def _postmaster(self) -> bool:
        if self._postgres is None or self._postgres.busy_backend() is None:
            return False
        if not self._postgres.kill():
            return False
        self.kills["postgres"] += 1
        self._note("killed", "postgres")
        time.sleep(self._dice.uniform(0, 0.7))
        self._postgres.start()
        return True

    def _dials(self, pid: int) -> bool:
        return is_connected(pid, port=self._simulated.port)

    def _asks_database(self, pid: int) -> bool:
        if self._postgres is not None:
            return is_connected(pid, port=self._postgres.port)
        return has_open(pid, self._stack.home / "dialer.db")

    def _busy_child(self, pid: int | None) -> int | None:
        if pid is None:
            return None
        try:
            children = [child.pid for child in psutil.Process(pid).children()]
        except psutil.Error:
            return None
        return next((child for child in children if self._asks_database(child)), None)

    def _broker_port(self) -> int:
        return int(self._broker.rpartition(":")[2].partition("/")[0])

    # -- milder

    def _freeze(self) -> bool:
        pid = self._find(self._dice.choice(("worker", "web")))
        if pid is None or not send(pid, signal.SIGSTOP):
            return False
        seconds = self._dice.uniform(0.2, LONGEST_FREEZE_S)
        timer = threading.Timer(seconds, send, (pid, signal.SIGCONT))
        timer.daemon = True
        timer.start()
        self._note(f"froze for {seconds:.1f} s", "worker or web", pid)
        return True

    def _terminate(self) -> bool:
        """A deployment: one process is asked to end, and finishes what it has begun."""
        pid = self._find(self._dice.choice(("worker", "web", "broker", "beat")))
        return pid is not None and send(pid, signal.SIGTERM)

    def _restart(self) -> bool:
        pid = self._find("supervisor")
        return pid is not None and send(pid, signal.SIGTERM)

    def _pause(self) -> bool:
        self._people.pause_for(self._dice.uniform(0.2, 3))
        return True

    def _inbox(self) -> bool:
        self._people.drop_list()
        return True

    def _opt_out(self) -> bool:
        self._people.opt_out()
        return True

    def _weather(self) -> bool:
        rough = self._dice.random() < 0.6
        self._simulated.set_faults(BAD_WEATHER if rough else dict.fromkeys(BAD_WEATHER))
        return True

    def _note(self, did: str, kind: str, pid: int | None = None) -> None:
        self._log.write(f"{time.strftime('%H:%M:%S')} {time.time():.3f} {did} {kind} {pid or ''}\n")
