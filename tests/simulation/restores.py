"""Restores: the database goes back in time while the world goes on.

In some seeds a backup is taken at some moment. Later all processes die, the backup is put back,
and a supervisor starts them again; or a switch-over loses a few seconds. What Retell was told,
the notes of sends and the messages of the broker stay.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dialer.actions.findings import MORE, acknowledge
from dialer.actions.world import World
from dialer.store import incidents
from simulation.checks import Checks
from simulation.database import SimulatedDatabase
from simulation.diary import Diary
from simulation.people import People
from simulation.plant import Plant
from simulation.points import Fault
from simulation.wire import Wire

SHARE = 0.2
"""Of all seeds."""
LONGEST_MS = 4 * 3_600_000
"""A doubt lasts no longer than the longest call, and the time it takes to hear of its end."""
NOT_A_LEAD = "Neither is its lead"
"""What the incident says of a call that could not be brought back."""


@dataclass(frozen=True, slots=True)
class Restore:
    """When a backup is taken and when it is put back; the same for the same seed."""

    fault: Fault
    claim: int  # a switch-over loses what came after this claim; 0: what came after a plan
    plan: int
    backup_ms: int  # after the start; at the latest
    lost_ms: int
    goes_on_ms: int  # so long things go wrong afterwards
    lists: bool  # people bring lists, before and afterwards
    longest_talk_s: float

    @property
    def trouble_ms(self) -> int:
        """Say how long things go wrong, from the start on."""
        return self.backup_ms + self.lost_ms + self.goes_on_ms


def draw_restore(dice: random.Random, *, trouble: timedelta) -> Restore | None:
    """Draw whether, and how, the database of a run goes back in time."""
    if dice.random() >= SHARE:
        return None
    trouble_ms = round(trouble.total_seconds() * 1000)
    old, before = dice.random() < 0.5, dice.random()
    many = dice.choice((1, 1, 2, 3))
    lost_ms = 60_000 * 60 ** dice.random() if old else dice.randrange(500, 5_000)
    return Restore(
        fault=Fault.PUT_BACK if old else Fault.FAILED_OVER,
        claim=many if before < 0.3 else 0,
        plan=many if 0.3 <= before < (0.6 if old else 1) else 0,
        backup_ms=round(trouble_ms * (dice.random() ** 3 if before >= 0.6 else 0.7)),
        lost_ms=round(lost_ms),
        goes_on_ms=60_000 * dice.choice((0, 3, 15)),
        lists=dice.random() < 0.6,
        longest_talk_s=dice.choice((40.0, 40.0, 900.0)),
    )


class Restores:
    """Takes a backup and puts it back, as drawn."""

    def __init__(
        self,
        restore: Restore,
        world: World,
        database: SimulatedDatabase,
        plant: Plant,
        *,
        people: People,
        diary: Diary,
        checks: Checks,
        wire: Wire,
        dice: random.Random,
    ) -> None:
        self._restore, self._world = restore, world
        self._db, self._plant = database, plant
        self._people, self._diary, self._checks, self._wire = people, diary, checks, wire
        assert database.perils is not None
        self._perils, self._hub = database.perils, database.perils.hub
        self._dice = dice
        self._kept: Any = None
        self._then: Diary | None = None
        self._claims = self._plans = 0

    def begin(self) -> None:
        """Wait for the moment of the backup."""
        self._plant.may_be_restored = True
        self._people.clock_stays = True
        self._hub.after(self._restore.backup_ms, self._back_up)
        if self._restore.claim:
            spite = self._diary.claimed
            self._diary.claimed = lambda *what: self._claimed(spite, *what)
        elif self._restore.plan:
            self._plant.planning = self._planned

    def _claimed(self, spite: Callable[[int, str], None], campaign_id: int, phone: str) -> None:
        self._claims += 1
        if self._claims == self._restore.claim:
            self._hub.after(0, self._back_up)
        spite(campaign_id, phone)

    def _planned(self) -> None:
        self._plans += 1
        if self._plans == self._restore.plan:
            self._back_up()

    def _back_up(self) -> None:
        """Take a backup, unless there is one."""
        if self._then is not None:
            return
        self._hub.note("a backup is taken")
        self._kept, self._then = self._db.back_up(), self._diary.copy()
        self._hub.after(self._restore.lost_ms, self._put_back)
        if self._restore.lists:
            soon_ms = self._dice.random() * self._restore.lost_ms / 3
            self._hub.after(soon_ms, self._people.bring_list)

    def _put_back(self) -> None:
        """Kill everything, and let the database go back to the backup."""
        assert self._then is not None
        self._checks.judge_so_far()
        for process in [*self._plant.processes, self._plant.desk]:
            if process.alive:
                self._perils.count_kill(process, None)
                self._hub.kill(process)
        self._db.restore_from(self._kept)
        self._kept.close()
        forgotten = {one.attempt_id for one in self._wire.written} - self._sent()
        self._perils.hits[self._restore.fault] += bool(forgotten)
        self._hub.note(f"the backup is put back; {len(forgotten)} sends are forgotten")
        now_ms = self._plant.restored_ms = self._hub.now_ms
        leads = {(str(one[0]), one[1]) for one in self._db.rows("SELECT id, phone FROM lead")}
        self._diary.go_back(self._then, leads, now_ms=now_ms, doubted=bool(forgotten))
        if self._restore.lists:
            for _ in range(self._dice.randrange(1, 4)):
                wait_ms = round(2_000 * 150 ** self._dice.random())  # up to five minutes
                self._hub.after(wait_ms, self._people.bring_list)

    def _sent(self) -> set[str]:
        rows = self._db.rows("SELECT id FROM attempt WHERE send_started_at IS NOT NULL")
        return {row[0] for row in rows}

    def ask_whether_it_ends(self) -> None:
        """Ask whether a doubt is settled in time, once nothing goes wrong any more."""
        waited_ms = self._hub.now_ms - (self._plant.restored_ms or self._hub.now_ms)
        if waited_ms > self._restore.goes_on_ms + LONGEST_MS and self._diary.is_doubted:
            self._checks.violations.append("a doubt is never settled")

    def acknowledge(self) -> None:
        """Let a person look at the calls that could not be brought back."""
        told = [one for one in self._db.look(incidents.unclosed) if one.code == "I19"]
        named = [one for one in told if one.subject != MORE]
        lost = [one for one in named if NOT_A_LEAD in one.sentence]
        # Where there are too many to name each, the last one stands for others of the same kind.
        seen = told if len(lost) == len(named) else lost
        for one in seen:
            acknowledge(self._world, one.id, actor="ann", note="Their list was lost.")
