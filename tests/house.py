"""A house: one dialer in virtual time, its home and database, and a Retell that outlives both."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from factories import UNCAPPED, make_lead, make_spec, set_gate

from dialer.actions import control
from dialer.actions.audit import audit
from dialer.actions.doubting import check_memory
from dialer.actions.plan import plan
from dialer.actions.reconcile import reconcile
from dialer.actions.world import World
from dialer.forecast.messages import Messages
from dialer.forecast.time_lapse import TimeLapse
from dialer.forecast.virtual_clock import VirtualClock
from dialer.retell.client import RetellClient
from dialer.simulator.engine import Exchange
from dialer.simulator.in_process import InProcess
from dialer.simulator.outcomes import Outcome
from dialer.simulator.settings import SimulatorSettings
from dialer.store import figures, gate
from dialer.store.database import Connection, Database
from dialer.store.invariants import violations
from dialer.witness import SendLog

WEDNESDAY = datetime(2026, 3, 4, 15, tzinfo=UTC)
NOBODY_LISTENS = "redis://127.0.0.1:1/0"
MINUTE = timedelta(minutes=1)
RETELL = SimulatorSettings(
    webhook_url="http://dialer.invalid/webhooks/retell",
    limit=3,
    seed=5,
    mix={
        Outcome.TALK: 5,
        Outcome.NO_ANSWER: 3,
        Outcome.VOICEMAIL: 1,
        Outcome.OPT_OUT: 1,
    },
    talk_s=(40.0, 70.0),
)
CADENCE = {"max_attempts": 2, "delays": {"no_answer": "2m", "voicemail": "2m", "declined": "2m"}}


@dataclass
class House:
    """A dialer on one machine, its home and its database file, and a Retell that outlives both."""

    home: Path
    url: str
    exchange: Exchange = field(default_factory=lambda: Exchange(RETELL))
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(WEDNESDAY))
    campaign_id: int = 0

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Start the dialer, as `build_world` does."""
        db = Database(self.url)
        set_gate(db, lines=3)
        messages = Messages(db)
        self.world = World(
            db=db,
            provider=RetellClient(
                "http://retell.invalid",
                RETELL.api_key,
                clock=self.clock,
                transport=InProcess(self.exchange, now_ms=self.clock.now_ms),
            ),
            queue=messages,
            clock=self.clock,
            witness=SendLog(self.home, redis_url=NOBODY_LISTENS),
        )
        check_memory(self.world)
        self.lapse = TimeLapse(
            self.world, clock=self.clock, messages=messages, exchange=self.exchange
        )

    def stop(self) -> None:
        """Let everything in memory go; webhooks find nobody then, and Retell gives them up."""
        self.world.db.close()

    def start(self, people: int) -> None:
        spec = make_spec(person=UNCAPPED, cadence=CADENCE)
        self.campaign_id = control.create(self.world, spec, actor="test")
        now = self.clock.now()
        for number in range(people):
            phone = f"+1212{2_005_000 + number}"  # the simulator has plans for none of these
            add = partial(make_lead, campaign_id=self.campaign_id, now=now, phone=phone)
            self.world.db.transact(add)
        control.start(self.world, self.campaign_id, actor="test")

    def pass_minutes(self, minutes: int) -> None:
        """Let minutes pass, with everything beat sends: plans, reconciles and audits."""
        for _ in range(minutes):
            until = self.clock.now() + MINUTE
            self.lapse.run(until=until)
            self.clock.sleep(until - self.clock.now())  # also where nothing is going to happen
            audit(self.world)
            plan(self.world)
            reconcile(self.world)

    def pass_until_finished(self, people: int) -> None:
        """Let time pass until everybody's lead is closed.

        What was said of a call while nobody listened is found by a look at it hours later.
        """
        until = self.clock.now() + timedelta(hours=6)
        while self.progress().finished < people:
            assert self.clock.now() < until, self.progress()
            self.pass_minutes(10)

    @property
    def is_doubted(self) -> bool:
        return self.world.db.read(gate.peek).is_doubted

    def progress(self) -> Any:
        return self.world.db.read(lambda tx: figures.progress(tx, [self.campaign_id]))[
            self.campaign_id
        ]

    def truth(self) -> dict[str, Any]:
        return self.exchange.truth(now_ms=self.clock.now_ms())

    def count(self, statement: str) -> int:
        def body(tx: Connection) -> int:
            return int(tx.exec_driver_sql(statement).scalar_one())

        return self.world.db.read(body)

    def opted_out(self) -> set[str]:
        def body(tx: Connection) -> set[str]:
            return set(tx.exec_driver_sql("SELECT phone FROM do_not_call").scalars())

        return self.world.db.read(body)

    def broken(self) -> set[str]:
        now = self.clock.now()
        return {one.name for one in self.world.db.read(lambda tx: violations(tx, now=now))}


def assert_nobody_was_called_twice(house: House) -> None:
    truth = house.truth()
    assert (truth["attempts_with_two_calls"], truth["persons_in_two_calls"]) == (0, 0)
    assert truth["calls_after_talk"] == 0
    assert max(truth["calls_by_number"].values()) <= CADENCE["max_attempts"]  # type: ignore[operator]
    assert truth["over_limit_calls"] == 0
