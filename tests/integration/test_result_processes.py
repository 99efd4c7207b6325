"""Delivering by real processes that are killed in the middle: nothing is lost, ids stay."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from factories import FrozenClock, make_lead, make_spec, make_world
from receiver import NAME, SECRET, Delivery, Receiver, receiving
from standardwebhooks.webhooks import Webhook

from dialer.actions import control
from dialer.actions.deliver import deliver
from dialer.bootstrap import open_sender
from dialer.config import Settings
from dialer.domain.states import ClosedAs
from dialer.store import leads, result_delivery
from dialer.store.result_delivery import LEASE
from dialer.store.results import DELIVERED

pytestmark = [pytest.mark.processes, pytest.mark.slow]

LEADS = 60
DELIVERER = """
from dialer.actions.deliver import deliver
from dialer.bootstrap import build_desk, open_database, open_sender
from dialer.config import Settings

settings = Settings.load()
world = build_desk(settings, open_database(settings))
print("ready", flush=True)
deliver(world, open_sender(settings))
"""


class Killing(Receiver):
    """Tells when so many requests have come, and holds the later ones until it may go on."""

    def __init__(self, *, after: int) -> None:
        super().__init__()
        self.after = after
        self.reached = threading.Event()
        self.may_go_on = threading.Event()

    def answer(self, delivery: Delivery) -> tuple[int, dict[str, str]]:
        answered = super().answer(delivery)
        if len(self.got) >= self.after and not self.may_go_on.is_set():
            self.reached.set()
            self.may_go_on.wait(30)
        return answered


@pytest.fixture
def settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("DIALER_RESULT_SECRETS", f"{NAME}={SECRET}")
    monkeypatch.setenv("DIALER_RESULT_PRIVATE", "true")
    return Settings.load()


@pytest.fixture
def receiver() -> Iterator[Killing]:
    made = Killing(after=LEADS // 3)
    with receiving(made):
        yield made


def test_a_deliverer_that_is_killed_loses_no_result(
    settings: Settings, database_url: str, receiver: Killing
) -> None:
    now = datetime.now(UTC)
    world = make_world(database_url, clock=FrozenClock(now))
    told = {"address": receiver.url, "secret": NAME, "events": ["lead.closed"]}
    campaign_id = control.create(world, make_spec(results=told), actor="test")
    for _ in range(LEADS):
        lead_id = world.db.transact(lambda tx: make_lead(tx, campaign_id, now=now))
        row = world.db.read(lambda tx, which=lead_id: leads.get(tx, which))  # type: ignore[misc]
        world.db.transact(
            lambda tx, row=row: leads.close(tx, row, closed_as=ClosedAs.STOPPED, now=now)  # type: ignore[misc]
        )
    process = subprocess.Popen(
        [sys.executable, "-c", DELIVERER], env=os.environ.copy(), stdout=subprocess.PIPE
    )
    assert receiver.reached.wait(60)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    receiver.may_go_on.set()
    first = len(receiver.got)
    assert LEADS // 3 <= first < LEADS

    later = replace(world, clock=FrozenClock(datetime.now(UTC) + LEASE + timedelta(seconds=1)))
    deliver(later, open_sender(settings))
    rows = world.db.read(
        lambda tx: result_delivery.latest(tx, campaign_id=None, status=None, most=1000)
    )
    assert [row.status for row in rows] == [DELIVERED] * LEADS
    by_id = Counter(one.headers["webhook-id"] for one in receiver.got)
    assert len(by_id) == LEADS
    bodies = {(one.headers["webhook-id"], one.body) for one in receiver.got}
    assert len(bodies) == LEADS  # whatever came twice was the same
    assert sum(by_id.values()) - LEADS <= 20  # only what was on its way comes twice
    world.db.close()


def test_beat_and_a_worker_deliver_without_anybody_else(
    settings: Settings,
    database_url: str,
    valkey_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)
    now = datetime.now(UTC)
    world = make_world(database_url, clock=FrozenClock(now))
    with receiving() as receiver:
        told = {"address": receiver.url, "secret": NAME, "events": ["lead.closed"]}
        campaign_id = control.create(world, make_spec(results=told), actor="test")
        lead_id = world.db.transact(lambda tx: make_lead(tx, campaign_id, now=now))
        row = world.db.read(lambda tx: leads.get(tx, lead_id))
        assert row is not None
        world.db.transact(lambda tx: leads.close(tx, row, closed_as=ClosedAs.STOPPED, now=now))
        celery = (sys.executable, "-m", "celery", "-A", "workers.app")
        running = [
            subprocess.Popen([*celery, "worker", "--pool", "prefork", "-c", "1", "-Q", "results"]),
            subprocess.Popen([*celery, "beat", "-s", str(tmp_path / "beat")]),
        ]
        try:
            assert receiver.arrived.wait(90)
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(60)
    (got,) = receiver.got
    assert Webhook(SECRET).verify(got.body, dict(got.headers))["data"]["lead"]["id"] == lead_id
    rows = world.db.read(
        lambda tx: result_delivery.latest(tx, campaign_id=None, status=None, most=9)
    )
    assert [one.status for one in rows] == [DELIVERED]
    world.db.close()
