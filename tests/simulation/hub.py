"""The hub: virtual time, processes that may die at any moment, and what they are doing.

Each activity is a greenlet. Whenever it calls a port it comes back here, and whatever is next in
time goes on: the same activity, another one of the same process, or one of another process.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from greenlet import greenlet

from dialer.forecast.virtual_clock import from_ms, to_ms


class Killed(BaseException):
    """The process is gone; nothing catches that."""


@dataclass(eq=False)
class Process:
    """One process of the dialer. Dead or alive; frozen ones are alive and do nothing."""

    kind: str
    threads: int = 1
    alive: bool = True
    stopping: bool = False  # takes no new work, and ends when it is done
    stuck: bool = False  # alive, and takes no work
    starting: bool = False  # alive, and not ready yet
    frozen_until_ms: int = 0
    activities: list["Activity"] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        """Whether it answers to whoever comes now."""
        return self.alive and not self.stopping and not self.starting

    @property
    def takes_work(self) -> bool:
        """Whether a message may be given to it now."""
        willing = self.is_ready and not self.stuck
        return willing and len(self.activities) < self.threads


@dataclass(eq=False)
class Activity:
    """Something a process is doing."""

    name: str
    process: Process
    greenlet: greenlet | None
    done: Callable[[bool], object]
    looked_up: bool = False  # it has asked Retell, and not written the answer down yet


class Clock:
    """The clock of the machine, which somebody may set wrong."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self.ahead_ms = 0

    def now(self) -> datetime:
        """Give the moment this machine believes it is."""
        return from_ms(self._hub.now_ms + self.ahead_ms)

    def sleep(self, duration: timedelta) -> None:
        """Let others go on for so long."""
        if duration > timedelta(0):
            self._hub.pause(-(-duration // timedelta(milliseconds=1)))


class Hub:
    """Runs one world. Not for two threads."""

    def __init__(self, start: datetime, *, dice: random.Random) -> None:
        self.now_ms = to_ms(start)
        self.dice = dice
        self.current: Activity | None = None
        self.ended: Callable[[Process], None] = lambda process: None
        self.crashed: list[tuple[str, Exception]] = []
        self.trace: deque[tuple[int, str]] = deque(maxlen=200)
        self._home = greenlet.getcurrent()
        self._heap: list[tuple[int, int, Callable[[], object]]] = []
        self._serial = count()

    # Time

    def at(self, moment_ms: int, call: Callable[[], object]) -> None:
        """Plan something; two for one moment happen in the order of planning."""
        heapq.heappush(self._heap, (max(moment_ms, self.now_ms), next(self._serial), call))

    def after(self, wait_ms: float, call: Callable[[], object]) -> None:
        """Plan something for later."""
        self.at(self.now_ms + round(wait_ms), call)

    def next_ms(self) -> int | None:
        """Say when something happens next."""
        return self._heap[0][0] if self._heap else None

    def step(self) -> None:
        """Let the next thing happen."""
        moment_ms, _, call = heapq.heappop(self._heap)
        self.now_ms = max(self.now_ms, moment_ms)
        call()

    def note(self, what: str) -> None:
        """Keep an event for whoever reads why a run failed."""
        self.trace.append((self.now_ms, what))

    # Activities

    def begin(
        self,
        process: Process,
        name: str,
        body: Callable[[], object],
        *,
        done: Callable[[bool], object],
    ) -> None:
        """Let a process do something; `done` hears whether it came to its end."""

        def run() -> None:
            ended = False
            try:
                body()
                ended = True
            except Killed:
                self.note(f"{process.kind} dies doing {name}")
            except Exception as error:  # noqa: BLE001  # as Celery does; it is looked at later
                ended = True
                self.note(f"{name} raises {type(error).__name__}: {str(error)[:120]}")
                self.crashed.append((name, error))
            finally:
                if activity in process.activities:
                    process.activities.remove(activity)
                self.at(self.now_ms, lambda: done(ended))
                self.end_if_done(process)

        activity = Activity(name, process, greenlet(run, parent=self._home), done)
        process.activities.append(activity)
        self.at(self.now_ms, lambda: self._resume(activity))

    def pause(self, wait_ms: int = 0) -> None:
        """Let others go on. Raises `Killed` when the process did not live to see the end of it."""
        activity = self.current
        if activity is None:
            return  # the world is being set up, by nobody
        self.at(self.now_ms + wait_ms, lambda: self._resume(activity))
        self._home.switch()
        self.check_alive()

    def wait(self) -> Callable[[], None]:
        """Give what wakes the current activity; it sleeps from its call of `sleep` on."""
        activity = self.current
        assert activity is not None
        return lambda: self.at(self.now_ms, lambda: self._resume(activity))

    def sleep(self) -> None:
        """Let others go on until somebody wakes this activity."""
        self._home.switch()
        self.check_alive()

    def check_alive(self) -> None:
        """Raise `Killed` in an activity of a dead process."""
        if self.current is not None and not self.current.process.alive:
            raise Killed

    def _resume(self, activity: Activity) -> None:
        process = activity.process
        if activity.greenlet is None or activity.greenlet.dead:
            return
        if process.alive and process.frozen_until_ms > self.now_ms:
            self.at(process.frozen_until_ms, lambda: self._resume(activity))
            return
        if not process.alive and not activity.greenlet:  # it had not begun
            process.activities.remove(activity)
            activity.done(False)
            activity.greenlet = None
            return
        self.current = activity
        try:
            if process.alive:
                activity.greenlet.switch()
            else:
                activity.greenlet.throw(Killed)
        finally:
            self.current = None

    # Death

    def end_if_done(self, process: Process) -> None:
        """End a process in order, when it was asked to and has nothing more to do."""
        if process.alive and process.stopping and not process.activities:
            process.alive = False
            self.ended(process)

    def kill(self, process: Process) -> None:
        """End a process at once: whatever it was doing is never finished."""
        if process.alive:
            process.alive, process.frozen_until_ms = False, 0
            self.ended(process)
        for activity in list(process.activities):
            if activity is not self.current:
                self.at(self.now_ms, lambda one=activity: self._resume(one))
        if self.current is not None and self.current.process is process:
            raise Killed
