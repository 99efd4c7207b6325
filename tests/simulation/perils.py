"""Perils: what befalls an activity at the calls of its ports, and the count of it."""

import random
from collections import Counter

from simulation.dangers import Dangers
from simulation.hub import Hub, Process
from simulation.points import CrashPoint, Fault


class Perils:
    """Draws whether something goes wrong now. After `calm` nothing does."""

    def __init__(self, hub: Hub, dangers: Dangers, *, dice: random.Random) -> None:
        self.hub = hub
        self.dangers = dangers
        self.dice = dice
        self.rule = False  # whether anything may go wrong
        self.database_down = False
        self.kills = 0
        self.died_at: Counter[CrashPoint] = Counter()
        self.hits: Counter[Fault] = Counter()
        self._passed = 0  # times that the target was passed

    def strikes(self, chance: float, fault: Fault | None = None) -> bool:
        """Draw whether something with this chance happens now, and count it."""
        if not self.rule or self.hub.current is None or self.dice.random() >= chance:
            return False
        if fault is not None:
            self.hits[fault] += 1
        return True

    def pass_by(self, point: CrashPoint) -> None:
        """Come by a crash point, where the process may die."""
        if self.is_target(point):
            self.die(point)
        self.pass_port(point)

    def pass_port(self, point: CrashPoint | None = None) -> None:
        """Call a port: others may go on, and the process may freeze or die."""
        hub = self.hub
        if hub.current is None:
            return
        hub.check_alive()
        if self.strikes(self.dangers.kill):
            self.die(point)
        if self.strikes(self.dangers.freeze, Fault.FROZEN):
            frozen_ms = round(1000 * 60 ** (self.dice.random() * 2))  # 1 s to an hour
            hub.current.process.frozen_until_ms = hub.now_ms + min(frozen_ms, 30 * 60_000)
        hub.pause(self.dice.choice((0, 0, 0, 1, 5, 20)))

    def is_target(self, point: CrashPoint) -> bool:
        """Tell whether the process is to die at this very point."""
        target = self.dangers.target
        if not self.rule or self.hub.current is None or point is not target.point:
            return False
        self._passed += 1
        return self._passed == target.hit

    def die(self, point: CrashPoint | None) -> None:
        """Kill the process of the current activity."""
        assert self.hub.current is not None
        process = self.hub.current.process
        self.count_kill(process, point)
        self.hub.kill(process)

    def count_kill(self, process: Process, point: CrashPoint | None) -> None:
        """Take note that a process is killed."""
        self.kills += 1
        if point is not None:
            self.died_at[point] += 1
        self.hub.note(f"kill -9 {process.kind} at {point.value if point else 'some moment'}")
