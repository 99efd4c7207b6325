"""Run: one seed from its first lead to its last word."""

import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from dialer.actions.audit import audit
from dialer.actions.world import World
from dialer.forecast.virtual_clock import to_ms
from dialer.retell.client import RetellClient
from dialer.simulator.engine import Exchange
from dialer.simulator.settings import SimulatorSettings
from dialer.store import outlook
from simulation.checks import Checks
from simulation.dangers import Dangers, draw_dangers
from simulation.database import SimulatedDatabase
from simulation.diary import Diary
from simulation.hub import Clock, Hub
from simulation.migration import differences, migrated_in_two_goes
from simulation.people import People
from simulation.perils import Perils
from simulation.plant import NEVER_MS, Plant
from simulation.points import CrashPoint, Fault
from simulation.restores import Restores, draw_restore
from simulation.scenario import MIX, draw_scenario
from simulation.stocking import stock
from simulation.wire import Wire

STEPS_BETWEEN_CHECKS = 1_500
LONGEST = timedelta(days=5)
LOOK_MS = 600_000
_ANYTHING_LEFT = (
    "SELECT 1 FROM webhook_event WHERE status = 'NEW'"
    " UNION ALL SELECT 1 FROM campaign WHERE pending_after IS NOT NULL"
    " OR status IN ('finished', 'stopped') AND summary IS NULL"
    " OR status = 'running' AND NOT EXISTS (SELECT 1 FROM lead WHERE"
    " lead.campaign_id = campaign.id AND lead.status <> 'CLOSED') LIMIT 1"
)
"""What `reconcile` looks at that has no moment of its own."""
_UNFINISHED = (
    "SELECT (SELECT count(*) FROM campaign WHERE status NOT IN"
    " ('finished', 'stopped', 'archived', 'draft'))"
    " + (SELECT count(*) FROM attempt WHERE check_at IS NOT NULL)"
    " + (SELECT count(*) FROM webhook_event WHERE status = 'NEW')"
    " + (SELECT count(*) FROM schedule WHERE next_run_at IS NOT NULL)"
    " + (SELECT count(*) FROM schedule_run WHERE status = 'open')"
    " + (SELECT count(*) FROM dial_gate WHERE doubted_at IS NOT NULL)"
)


@dataclass
class Outcome:
    """What came of one seed."""

    seed: int
    calls: int
    kills: int
    flushes: int
    steps: int
    violations: list[str]
    faults: Counter[Fault] = field(default_factory=Counter)
    crash_points: Counter[CrashPoint] = field(default_factory=Counter)
    start_ms: int = 0
    trace: list[tuple[int, str]] = field(default_factory=list)


class Run:
    """One world, built from one seed."""

    def __init__(self, seed: int, *, leads: int, database: SimulatedDatabase, folder: Path) -> None:
        self.seed = seed
        self.scenario = draw_scenario(random.Random(f"scenario {seed}"), leads=leads)
        self.dangers: Dangers = draw_dangers(seed, random.Random(f"dangers {seed}"))
        trouble = timedelta(minutes=self.scenario.trouble_min)
        self.restore = draw_restore(random.Random(f"restore {seed}"), trouble=trouble)
        self.restores: Restores | None = None
        self.diary = Diary()
        self._steps = 0
        self._folder = folder
        self._db = database
        self._build()

    def _build(self) -> None:
        scenario, seed, database = self.scenario, self.seed, self._db
        self.hub = hub = Hub(scenario.start_at, dice=random.Random(f"hub {seed}"))
        self.perils = Perils(hub, self.dangers, dice=random.Random(f"perils {seed}"))
        self.exchange = Exchange(self._simulated())
        wire = random.Random(f"wire {seed}")
        self.wire = Wire(
            self.exchange, self.perils, dice=wire, executed=lambda: self.checks.check_lines()
        )
        self.clock = clock = Clock(hub)
        self.plant = Plant(
            hub,
            self.perils,
            workers=scenario.workers,
            beats=scenario.beats,
            folder=self._folder,
        )
        found = self._make_new(database)
        database.perils = self.perils
        database.committed = lambda raw: self.diary.read(raw, now_ms=hub.now_ms)
        ids = random.Random(f"ids {seed}")
        self.world = World(
            db=database,
            provider=RetellClient(
                "http://simulation.invalid", "key", clock=clock, transport=self.wire
            ),
            queue=self.plant.broker,
            clock=clock,
            same_key_replay=scenario.replay,
            new_id=lambda: str(uuid.UUID(int=ids.getrandbits(128), version=4)),
        )
        self.plant.world, self.plant.exchange = self.world, self.exchange
        self.plant.next_moments = self._next_moments
        self.plant.audits = scenario.audited
        self.people = People(
            hub,
            self.perils,
            self.plant,
            self.world,
            self.exchange,
            clock,
            scenario=scenario,
            folder=self._folder,
            dice=random.Random(f"people {seed}"),
        )
        self.diary.claimed = self.people.spite
        self.checks = Checks(
            database,
            self.perils,
            exchange=self.exchange,
            diary=self.diary,
            wire=self.wire,
            people=self.people,
            clock=clock,
        )
        self.checks.violations += found

    def _make_new(self, database: SimulatedDatabase) -> list[str]:
        """Make the database of a new installation, perhaps by a migration that is killed.

        Gives what is wrong with it.
        """
        if self.dangers.target.point is not CrashPoint.IN_MIGRATION:
            database.reset()
            return []
        database.restore_from(migrated_in_two_goes(self._folder, step=self.dangers.target.hit * 9))
        self.perils.died_at[CrashPoint.IN_MIGRATION] += 1
        self.perils.kills += 1
        return differences(database)

    def _simulated(self) -> SimulatorSettings:
        return SimulatorSettings(
            api_key="key",
            webhook_url="http://dialer.invalid/webhooks/retell",
            seed=self.seed,
            talk_s=(8.0, 40.0 if self.restore is None else self.restore.longest_talk_s),
            ring_s=(1.0, 8.0),
            analysis_s=(0.5, 20.0),
            limit=self.scenario.provider_lines,
            over_limit=self.scenario.over_limit,
            mix=MIX,
            list_shows_registered=self.seed % 2 == 0,
        )

    # The course of a run

    def go(self) -> Outcome:
        """Let everything happen, and say what was wrong."""
        stock(self.world, self.scenario, people=self.people, folder=self._folder)
        start_ms = self.hub.now_ms
        trouble_ms = start_ms + self.scenario.trouble_min * 60_000
        self.perils.rule = True
        self.exchange.set_faults(self.dangers.faults)
        self.plant.watch()
        self.people.begin()
        if self.restore is not None:
            trouble_ms = max(trouble_ms, start_ms + self.restore.trouble_ms)
            self._begin_restore()
        if self.scenario.scheduled:
            self.plant.has_schedules = True
            self.perils.hits[Fault.SCHEDULED] += 1
        if self.scenario.by_night:
            self.perils.hits[Fault.CLOCKS_CHANGE] += 1
        if self.scenario.beats > 1:
            self.perils.hits[Fault.TWO_BEATS] += 1
        self._run(until_ms=trouble_ms)
        self.people.calm()
        end_ms = start_ms + round(LONGEST.total_seconds() * 1000)
        while not self._is_over() and self.hub.now_ms < end_ms and not self.checks.violations:
            self._run(until_ms=self.hub.now_ms + LOOK_MS)
            if self.restores is not None:
                self.restores.ask_whether_it_ends()
        self._conclude()
        return self._outcome()

    def _begin_restore(self) -> None:
        assert self.restore is not None
        self.restores = Restores(
            self.restore,
            self.world,
            self._db,
            self.plant,
            people=self.people,
            diary=self.diary,
            checks=self.checks,
            wire=self.wire,
            dice=random.Random(f"restores {self.seed}"),
        )
        self.restores.begin()

    def _run(self, *, until_ms: int) -> None:
        """Let happen whatever happens by then."""
        hub, exchange = self.hub, self.exchange
        while not self.checks.violations:
            next_ms = hub.next_ms()
            rings_ms = exchange.next_moment(now_ms=hub.now_ms)
            if rings_ms is not None and (next_ms is None or rings_ms <= next_ms):
                if rings_ms > until_ms:
                    break
                hub.now_ms = max(hub.now_ms, rings_ms)
                for delivery in exchange.advance(hub.now_ms):
                    self.plant.deliver(delivery)
                self.checks.check_lines()
            elif next_ms is not None and next_ms <= until_ms:
                hub.step()
            else:
                break
            self._steps += 1
            if self._steps % STEPS_BETWEEN_CHECKS == 0:
                self.checks.check()
        hub.now_ms = max(hub.now_ms, until_ms)

    def _next_moments(self) -> tuple[int, int]:
        """Say when a lead is due next, and when there is something else to look at."""
        due_at, look_at = self._db.look(self._ask_next)
        ahead_ms = self.clock.ahead_ms
        due_ms = NEVER_MS if due_at is None else to_ms(due_at) - ahead_ms
        look_ms = NEVER_MS if look_at is None else to_ms(look_at) - ahead_ms
        if self._db.rows(_ANYTHING_LEFT):
            look_ms = 0  # long ago: the same moment as long as nothing changes
        return due_ms, look_ms

    def _ask_next(self, tx: Connection) -> tuple[datetime | None, datetime | None]:
        return outlook.next_due(tx), outlook.next_look(tx, since=self.world.clock.now())

    def _is_over(self) -> bool:
        """Tell whether nothing is left to be done."""
        (open_rows,) = self._db.rows(_UNFINISHED)[0]
        return (
            open_rows == 0 and not self.exchange.lines_in_use and not self.people.unfinished_imports
        )

    # The end

    def _conclude(self) -> None:
        """Audit once more, so that what has healed is closed, and ask everything."""
        if self.scenario.audited or self.restore is not None:
            audit(self.world)
        if self.restores is not None:
            self.restores.acknowledge()
        self.checks.conclude()

    def _outcome(self) -> Outcome:
        self.checks.count_faults()
        return Outcome(
            seed=self.seed,
            calls=len(self.exchange.calls),
            kills=self.perils.kills,
            flushes=self.people.flushes,
            steps=self._steps,
            violations=self.checks.violations,
            faults=self.perils.hits,
            crash_points=self.perils.died_at,
            start_ms=to_ms(self.scenario.start_at),
            trace=list(self.hub.trace),
        )
