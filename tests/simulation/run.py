"""Run: one seed from its first lead to its last word."""

import gc
import logging
import random
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import stamina
from sqlalchemy import Connection, text

from dialer import log
from dialer.actions import control, schedule
from dialer.actions.audit import audit
from dialer.actions.world import World
from dialer.domain.schedule_spec import Recipe, ScheduleSpec
from dialer.domain.states import LeadStatus
from dialer.domain.zones import ZoneSource
from dialer.forecast.virtual_clock import to_ms
from dialer.retell.client import RetellClient
from dialer.simulator.engine import Exchange
from dialer.simulator.settings import SimulatorSettings
from dialer.store import gate, leads, outlook
from dialer.store.database import is_outage
from simulation.dangers import Dangers, draw_dangers
from simulation.database import SimulatedDatabase
from simulation.hub import Clock, Hub
from simulation.migration import differences, migrated_in_two_goes
from simulation.mutants import switched_on
from simulation.people import People
from simulation.perils import Perils
from simulation.plant import NEVER_MS, Plant
from simulation.points import CrashPoint, Fault
from simulation.scenario import MIX, draw_scenario
from simulation.truth import Diary, broken, untrue
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
        self.violations: list[str] = []
        self.diary = Diary()
        self._steps = 0
        self._seen_lines = 0
        self._folder = folder
        self._db = database
        self._build()

    def _build(self) -> None:
        scenario, seed, database = self.scenario, self.seed, self._db
        self.hub = hub = Hub(scenario.start_at, dice=random.Random(f"hub {seed}"))
        self.perils = Perils(hub, self.dangers, dice=random.Random(f"perils {seed}"))
        self.exchange = Exchange(self._simulated())
        wire = random.Random(f"wire {seed}")
        self.wire = Wire(self.exchange, self.perils, dice=wire, executed=self._check_lines)
        self.clock = clock = Clock(hub)
        self.plant = Plant(
            hub,
            self.perils,
            workers=scenario.workers,
            beats=scenario.beats,
            folder=self._folder,
        )
        self._make_new(database)
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

    def _make_new(self, database: SimulatedDatabase) -> None:
        """Make the database of a new installation, perhaps by a migration that is killed."""
        if self.dangers.target.point is not CrashPoint.IN_MIGRATION:
            database.reset()
            return
        database.restore_from(migrated_in_two_goes(self._folder, step=self.dangers.target.hit * 9))
        self.perils.died_at[CrashPoint.IN_MIGRATION] += 1
        self.perils.kills += 1
        self.violations += differences(database)

    def _simulated(self) -> SimulatorSettings:
        return SimulatorSettings(
            api_key="key",
            webhook_url="http://dialer.invalid/webhooks/retell",
            seed=self.seed,
            talk_s=(8.0, 40.0),
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
        self._fill()
        start_ms = self.hub.now_ms
        trouble_ms = start_ms + self.scenario.trouble_min * 60_000
        self.perils.rule = True
        self.exchange.set_faults(self.dangers.faults)
        self.plant.watch()
        self.people.begin()
        if self.scenario.by_night:
            self.perils.hits[Fault.CLOCKS_CHANGE] += 1
        if self.scenario.beats > 1:
            self.perils.hits[Fault.TWO_BEATS] += 1
        self._run(until_ms=trouble_ms)
        self.people.calm()
        end_ms = start_ms + round(LONGEST.total_seconds() * 1000)
        while not self._is_over() and self.hub.now_ms < end_ms and not self.violations:
            self._run(until_ms=self.hub.now_ms + LOOK_MS)
        self._conclude()
        return self._outcome()

    def _fill(self) -> None:
        scenario = self.scenario
        self._db.transact(
            lambda tx: gate.ensure(
                tx,
                lines=scenario.lines,
                calls_per_second=scenario.calls_per_second,
                headroom=0,
            )
        )
        install = text("UPDATE dial_gate SET install = 'simulated'")
        self._db.transact(lambda tx: tx.execute(install))
        for spec, people in zip(scenario.specs, scenario.people, strict=True):
            campaign_id = control.create(self.world, spec, actor="ann")
            if scenario.imported:
                self._by_list(campaign_id, people)
            else:
                self._db.transact(lambda tx, c=campaign_id, p=people: self._put_in(tx, c, p))
            control.start(self.world, campaign_id, actor="ann")
        if scenario.scheduled:
            self._schedule()

    def _schedule(self) -> None:
        """Let a schedule make one more campaign, of people who may be on the others, too."""
        path = self._folder / "scheduled.csv"
        rows = "\n".join(f"{one.phone},Ada" for one in self.scenario.people[0][:5])
        path.write_text(f"phone,first_name\n{rows}\n")
        at = self.world.clock.now() + timedelta(minutes=2)
        spec = self.scenario.specs[0].model_copy(update={"name": "Scheduled"})
        recipe = Recipe(
            schedule=ScheduleSpec(name="Once", at=at, late_by=timedelta(hours=5)),
            campaign=spec,
            lead_file=str(path),
        )
        schedule.create(self.world, recipe, actor="ann")
        self.plant.has_schedules = True
        self.perils.hits[Fault.SCHEDULED] += 1

    def _by_list(self, campaign_id: int, people: Any) -> None:
        path = self._folder / f"list-{campaign_id}.csv"
        rows = "\n".join(f"{one.phone},Ada" for one in people)
        path.write_text(f"phone,first_name\n{rows}\n")
        self.people.import_file(campaign_id, path)

    def _put_in(self, tx: Connection, campaign_id: int, people: Any) -> None:
        now = self.world.clock.now()
        rows = [
            {
                "campaign_id": campaign_id,
                "phone": one.phone,
                "zones": one.zone,
                "zone_source": ZoneSource.NUMBER,
                "variables": {"first_name": "Ada"},
                "status": LeadStatus.READY,
                "due_at": now,
                "attempts": 0,
                "free_tries": 0,
                "tries": 0,
                "created_at": now,
            }
            for one in people
        ]
        leads.add(tx, rows)

    def _run(self, *, until_ms: int) -> None:
        """Let happen whatever happens by then."""
        hub, exchange = self.hub, self.exchange
        while not self.violations:
            next_ms = hub.next_ms()
            rings_ms = exchange.next_moment(now_ms=hub.now_ms)
            if rings_ms is not None and (next_ms is None or rings_ms <= next_ms):
                if rings_ms > until_ms:
                    break
                hub.now_ms = max(hub.now_ms, rings_ms)
                for delivery in exchange.advance(hub.now_ms):
                    self.plant.deliver(delivery)
                self._check_lines()
            elif next_ms is not None and next_ms <= until_ms:
                hub.step()
            else:
                break
            self._steps += 1
            if self._steps % STEPS_BETWEEN_CHECKS == 0:
                self._check()
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

    # Checks

    def _check_lines(self) -> None:
        in_use = self.exchange.lines_in_use
        allowed = self.diary.most_lines(self.hub.now_ms)
        if in_use > allowed and in_use > self._seen_lines:
            self.violations.append(f"overrun: {in_use} lines in use of {allowed}")
        self._seen_lines = in_use

    def _check(self) -> None:
        self.violations += self._db.look(lambda tx: list(self._broken(tx, calm=False)))
        self.violations += self.diary.broken
        self.diary.broken.clear()
        for name, error in self.hub.crashed:
            if not is_outage(error):
                self.violations.append(f"{name} raised {type(error).__name__}: {error}")
        self.hub.crashed.clear()

    def _broken(self, tx: Connection, *, calm: bool) -> Iterator[str]:
        now, was_set = self.world.clock.now(), self.people.clock_was_set
        return broken(tx, now=now, calm=calm, clock_was_set=was_set)

    def _conclude(self) -> None:
        """Audit once more, so that what has healed is closed, and ask everything."""
        if self.scenario.audited:
            audit(self.world)
        self._check()
        if self.violations:
            return
        self.diary.clock_was_set = self.people.clock_was_set
        now_ms = self.hub.now_ms

        def ask(tx: Connection) -> list[str]:
            found = list(self._broken(tx, calm=True))
            return found + list(
                untrue(tx, self.exchange, self.diary, self.wire.written, now_ms=now_ms)
            )

        self.violations += self._db.look(ask)

    def _outcome(self) -> Outcome:
        self._count_faults()
        return Outcome(
            seed=self.seed,
            calls=len(self.exchange.calls),
            kills=self.perils.kills,
            flushes=self.people.flushes,
            steps=self._steps,
            violations=self.violations,
            faults=self.perils.hits,
            crash_points=self.perils.died_at,
            start_ms=to_ms(self.scenario.start_at),
            trace=list(self.hub.trace),
        )

    def _count_faults(self) -> None:
        """Add what shows in the end only."""
        hits = self.perils.hits
        sent_ms = {one.attempt_id: one.at_ms for one in self.wire.written}
        for call in self.exchange.calls:
            if call.created_ms - sent_ms.get(call.attempt_id or "", call.created_ms) > 1_000:
                hits[Fault.ACCEPTED_LATE] += 1
        hits[Fault.REPLAYED] += len(self.wire.written) - len(sent_ms)
        hits[Fault.WEBHOOK_DROPPED] += self.exchange.truth(now_ms=self.hub.now_ms)["webhooks"][
            "dropped"
        ]
        silent = text("SELECT count(*) FROM attempt WHERE analysis = 'timed_out'")
        hits[Fault.ANALYSIS_MISSING] += self._db.look(lambda tx: tx.execute(silent).scalar_one())


class Bench:
    """What the seeds of one process use one after the other: a database, and a folder for files.

    Making either takes longer than many a run.
    """

    def __init__(self) -> None:
        self._database = SimulatedDatabase()
        self._folder = tempfile.TemporaryDirectory(prefix="dialer-")

    def simulate(self, seed: int, *, leads: int) -> Outcome:
        """Run one seed."""
        folder = Path(self._folder.name)
        try:
            return Run(seed, leads=leads, database=self._database, folder=folder).go()
        finally:
            for leftover in folder.iterdir():
                leftover.unlink()


@cache
def _bench() -> Bench:
    stamina.set_testing(True, attempts=2, cap=True)  # nobody waits in real time
    log.configure("critical", "json")
    logging.disable(logging.CRITICAL)
    gc.freeze()  # what is loaded by now stays
    return Bench()


def simulate_here(seed: int, leads: int, mutant: str | None = None) -> Outcome:
    """Run one seed with the one database of this process, perhaps with a deliberate bug."""
    bench = _bench()
    with switched_on(mutant):
        try:
            outcome = bench.simulate(seed, leads=leads)
        except Exception as error:
            raise RuntimeError(f"the simulation itself fails at seed {seed}") from error
    return outcome
