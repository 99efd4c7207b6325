"""A database that was put back: nobody is called until Retell's calls were compared."""

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from factories import UNCAPPED, make_lead, make_spec, set_gate

from dialer.actions import control
from dialer.actions.audit import audit
from dialer.actions.doubting import check_memory
from dialer.actions.plan import plan
from dialer.actions.reconcile import reconcile
from dialer.actions.world import World
from dialer.domain.states import LeadStatus
from dialer.forecast.messages import Messages
from dialer.forecast.time_lapse import TimeLapse
from dialer.forecast.virtual_clock import VirtualClock
from dialer.retell.client import RetellClient
from dialer.simulator.engine import Exchange
from dialer.simulator.in_process import InProcess
from dialer.simulator.outcomes import Outcome
from dialer.simulator.settings import SimulatorSettings
from dialer.store import figures, gate, incidents
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


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    usual = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(wrapper_class=usual)


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

    @property
    def file(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

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

    def back_up(self, to: Path) -> None:
        self.stop()
        shutil.copy(self.file, to)
        self.open()

    def put_back(self, backup: Path) -> None:
        self.stop()
        for leftover in self.file.parent.glob(f"{self.file.name}-*"):
            leftover.unlink()
        shutil.copy(backup, self.file)
        self.open()

    def start(self, people: int) -> None:
        spec = make_spec(person=UNCAPPED, cadence=CADENCE)
        self.campaign_id = control.create(self.world, spec, actor="test")
        now = self.clock.now()
        for _ in range(people):
            self.world.db.transact(lambda tx: make_lead(tx, self.campaign_id, now=now))
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


@pytest.fixture
def house(tmp_path: Path, sqlite_url: str) -> Iterator[House]:
    made = House(tmp_path, sqlite_url)
    yield made
    made.stop()


def assert_nobody_was_called_twice(house: House) -> None:
    truth = house.truth()
    assert (truth["attempts_with_two_calls"], truth["persons_in_two_calls"]) == (0, 0)
    assert truth["calls_after_talk"] == 0
    assert max(truth["calls_by_number"].values()) <= CADENCE["max_attempts"]  # type: ignore[operator]
    assert truth["over_limit_calls"] == 0


def test_a_copy_put_back_is_seen_mended_and_goes_on_by_itself(house: House, tmp_path: Path) -> None:
    house.start(30)
    house.pass_minutes(3)
    house.back_up(tmp_path / "backup.db")
    assert not house.is_doubted
    before = house.truth()["calls"]
    house.pass_minutes(4)
    assert house.truth()["calls"] - before > 5
    assert 0 < house.progress().finished < 30

    house.put_back(tmp_path / "backup.db")
    assert house.is_doubted
    calls = house.truth()["calls"]
    house.pass_minutes(4)
    assert house.is_doubted
    assert house.truth()["calls"] == calls  # nobody is called meanwhile
    house.pass_minutes(2)
    assert not house.is_doubted
    assert house.count("SELECT count(*) FROM attempt WHERE reason = 'forgotten' OR late") > 0

    house.pass_until_finished(30)
    assert_nobody_was_called_twice(house)
    known = house.count("SELECT count(*) FROM attempt WHERE call_id IS NOT NULL")
    assert known == house.truth()["calls"]
    assert house.broken() == set()
    assert house.world.db.read(incidents.unclosed) == []


def test_a_person_who_opted_out_in_a_forgotten_call_is_not_called_again(
    house: House, tmp_path: Path
) -> None:
    house.start(30)
    house.back_up(tmp_path / "backup.db")
    house.pass_minutes(7)
    opted_out = house.opted_out()
    assert opted_out
    house.put_back(tmp_path / "backup.db")
    assert not house.opted_out()
    house.pass_minutes(7)
    assert not house.is_doubted
    assert house.opted_out() >= opted_out


def test_a_persons_resume_does_not_lift_the_doubt(house: House, tmp_path: Path) -> None:
    house.start(30)
    house.back_up(tmp_path / "backup.db")
    house.pass_minutes(3)
    house.put_back(tmp_path / "backup.db")
    calls = house.truth()["calls"]
    control.pause_everything(house.world, actor="ann")
    control.resume_everything(house.world, actor="ann")
    control.pause(house.world, house.campaign_id, actor="ann")
    control.resume(house.world, house.campaign_id, actor="ann")
    house.pass_minutes(2)
    assert house.is_doubted
    assert house.truth()["calls"] == calls


def test_a_pause_of_a_person_outlasts_the_doubt(house: House, tmp_path: Path) -> None:
    house.start(30)
    house.pass_minutes(1)
    control.pause_everything(house.world, actor="ann")
    house.pass_minutes(4)
    house.back_up(tmp_path / "backup.db")
    control.resume_everything(house.world, actor="ann")
    house.pass_minutes(2)
    house.put_back(tmp_path / "backup.db")
    calls = house.truth()["calls"]
    house.pass_minutes(8)
    assert not house.is_doubted
    assert house.world.db.read(gate.peek).everything_paused
    assert house.truth()["calls"] == calls


def test_a_database_that_was_silent_for_days_is_no_restore(house: House) -> None:
    house.start(5)
    house.pass_minutes(10)
    house.stop()
    house.clock.jump_to(house.clock.now_ms() + 3 * 24 * 3_600_000)
    house.open()
    assert not house.is_doubted


def test_a_fresh_install_begins_at_once(house: House) -> None:
    assert not house.is_doubted
    house.start(1)
    house.pass_minutes(1)
    assert house.truth()["calls"] == 1


def test_a_new_database_in_an_old_home_is_another_installation(
    house: House, sqlite_template: Path
) -> None:
    house.start(5)
    house.pass_minutes(3)
    house.put_back(sqlite_template)
    assert not house.is_doubted


def test_a_restore_where_no_file_is_left_is_seen_by_its_calls(house: House, tmp_path: Path) -> None:
    house.start(20)
    house.pass_minutes(2)
    house.back_up(tmp_path / "backup.db")
    house.pass_minutes(3)
    (tmp_path / "sends.log").unlink()
    house.put_back(tmp_path / "backup.db")
    assert not house.is_doubted  # nothing on this machine tells
    house.clock.sleep(timedelta(hours=1))  # nor did anybody until the hourly comparison
    audit(house.world)
    assert house.is_doubted
    house.pass_minutes(8)
    assert not house.is_doubted
    house.pass_until_finished(20)
    assert_nobody_was_called_twice(house)


def test_a_lead_that_is_forgotten_as_well_is_told_and_its_call_counts_for_its_number(
    house: House, tmp_path: Path
) -> None:
    house.back_up(tmp_path / "backup.db")
    house.start(4)
    house.pass_minutes(8)
    calls = house.truth()["calls"]
    house.put_back(tmp_path / "backup.db")
    assert house.is_doubted
    house.pass_minutes(8)
    assert not house.is_doubted
    assert house.count("SELECT count(*) FROM other_call") == calls
    told = house.world.db.read(incidents.unclosed)
    assert {one.code for one in told} == {"I19"}
    house.clock.sleep(timedelta(hours=1))
    house.pass_minutes(2)  # and it casts no further doubt
    assert not house.is_doubted


def test_a_retell_that_knows_none_of_our_calls_settles_nothing(
    house: House, tmp_path: Path
) -> None:
    house.start(15)
    house.pass_minutes(3)
    house.back_up(tmp_path / "backup.db")
    house.pass_minutes(2)
    house.exchange = Exchange(RETELL)
    house.put_back(tmp_path / "backup.db")
    house.pass_minutes(10)
    assert house.is_doubted
    assert "workspace" in {one.subject for one in house.world.db.read(incidents.unclosed)}


def test_leads_wait_while_the_database_is_doubted(house: House, tmp_path: Path) -> None:
    house.start(30)
    house.back_up(tmp_path / "backup.db")
    house.pass_minutes(3)
    house.put_back(tmp_path / "backup.db")
    house.pass_minutes(3)
    waiting = f"SELECT count(*) FROM lead WHERE status = '{LeadStatus.READY}'"
    assert house.count(waiting) > 0
    assert house.count("SELECT count(*) FROM attempt WHERE status = 'INTENT'") == 0
