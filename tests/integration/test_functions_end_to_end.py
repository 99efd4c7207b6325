"""Everything together over HTTP: simulated agents ask for functions, and a lead calls back.

Engine, web process and simulated Retell talk over sockets, and each request is signed.
"""

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from factories import make_lead, make_spec
from web_peer import KEY, serving, settings_for

from dialer.actions import control
from dialer.actions.dial import dial
from dialer.actions.plan import plan
from dialer.actions.reconcile import reconcile
from dialer.actions.settle import settle
from dialer.actions.world import World
from dialer.bootstrap import apply_limits, open_provider
from dialer.clock import SystemClock
from dialer.domain.do_not_call import OptOutSource
from dialer.domain.functions import Result
from dialer.domain.states import ClosedAs, LeadStatus
from dialer.simulator.server import base_url, bind
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator
from dialer.store import function_calls, leads, suppressions
from dialer.store.database import Connection, Database
from dialer.store.tables import Lead
from dialer.web.app import make_app


@dataclass
class OneWorker:
    """A queue whose messages one thread works on, in order."""

    world: World | None = None
    waiting: "queue.Queue[Callable[[World], object] | None]" = field(default_factory=queue.Queue)
    worked: "queue.Queue[None]" = field(default_factory=queue.Queue)

    def dial(self, attempt_id: str, *, label: str) -> None:
        self.waiting.put(lambda world: dial(world, attempt_id))

    def settle(self, event_row: int) -> None:
        self.waiting.put(lambda world: settle(world, event_row))

    def plan(self) -> None:
        self.waiting.put(plan)

    def run(self) -> None:
        while (work := self.waiting.get()) is not None:
            assert self.world is not None
            work(self.world)
            self.worked.put(None)


@dataclass
class Scene:
    world: World
    worker: OneWorker
    simulator: httpx.Client

    def campaign(self) -> int:
        spec = make_spec(from_numbers=["+14155550198"])
        campaign_id = control.create(self.world, spec, actor="test")
        control.start(self.world, campaign_id, actor="test")
        return campaign_id

    def lead(self, campaign_id: int, phone: str, *, in_hours: int = 0) -> int:
        now = self.world.clock.now()
        due_at = now + timedelta(hours=in_hours)
        return self.world.db.transact(
            lambda tx: make_lead(tx, campaign_id, now=now, phone=phone, due_at=due_at)
        )

    def row(self, lead_id: int) -> Lead:
        row = self.world.db.read(lambda tx: leads.get(tx, lead_id))
        assert row is not None
        return row

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for the worker, message by message."""
        while not is_so():
            self.worker.worked.get(timeout=30)

    def is_over(self, lead_id: int) -> bool:
        row = self.row(lead_id)
        return row.tries > 0 and row.status is not LeadStatus.IN_FLIGHT

    def until_told(self) -> None:
        """Wait until the agents have read the answers; the simulator tells nobody of that."""
        deadline = time.monotonic() + 30
        while True:
            calls = self.simulator.get("/_sim/calls").json()
            told = [one["status"] for call in calls for one in call["simulated"]["functions"]]
            if None not in told:
                return
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def asked(self, lead_id: int) -> list[Any]:
        return self.world.db.read(lambda tx: function_calls.of_lead(tx, lead_id, most=10))


@pytest.fixture
def scene(database_url: str) -> Iterator[Scene]:
    listener = bind(SimulatorSettings(port=0))
    web = base_url(listener)
    simulated = SimulatorSettings(
        api_key=KEY, speed=40, webhook_url=f"{web}/webhooks/retell", function_share=1
    )
    database, worker = Database(database_url), OneWorker()
    with running_simulator(simulated) as address:
        settings = settings_for(
            database_url,
            retell_base_url=address,
            retell_api_key=KEY,
            lines=10,
            calls_per_second=1000,
        )
        apply_limits(database, settings)
        world = World(
            db=database, provider=open_provider(settings), queue=worker, clock=SystemClock()
        )
        worker.world = world
        thread = threading.Thread(target=worker.run, daemon=True)
        thread.start()
        with (
            serving(make_app(world, settings), listener=listener),
            httpx.Client(base_url=address, trust_env=False) as client,
        ):
            yield Scene(world, worker, client)
            worker.waiting.put(None)
            thread.join()
        world.provider.close()
    database.close()


def test_agents_ask_during_their_talks_and_what_they_ask_for_is_done(scene: Scene) -> None:
    first, second = scene.campaign(), scene.campaign()
    called = {digits: scene.lead(first, f"+1212555{digits}") for digits in ("0100", "0105", "0106")}
    elsewhere = scene.lead(second, "+12125550105", in_hours=30)
    scene.worker.plan()
    scene.until(lambda: all(scene.is_over(one) for one in called.values()))
    scene.until_told()

    names = {digits: [one.name for one in scene.asked(lead)] for digits, lead in called.items()}
    assert names["0105"] == ["do_not_call"]
    assert names["0106"] == ["schedule_callback"]
    assert len(names["0100"]) == 1
    assert scene.row(elsewhere).closed_as is ClosedAs.SUPPRESSED
    (entry,) = scene.world.db.read(lambda tx: suppressions.entries_of(tx, "+12125550105"))
    assert entry.source is OptOutSource.FUNCTION
    row = scene.row(called["0106"])
    assert (row.status, row.callback_at is not None) == (LeadStatus.READY, True)

    for call in scene.simulator.get("/_sim/calls").json():
        (told,) = call["simulated"]["functions"]
        (kept,) = scene.world.db.read(lambda tx, call=call: _of(tx, call["call_id"]))
        assert told["status"] == 200
        assert json.loads(told["content"]) == kept.answer
        assert kept.result in (Result.DONE, Result.REFUSED)  # no times are on offer here


def test_a_lead_that_did_not_pick_up_calls_back_and_is_reached(scene: Scene) -> None:
    lead_id = scene.lead(scene.campaign(), "+12125550102")
    scene.worker.plan()
    scene.until(lambda: scene.is_over(lead_id))
    assert scene.row(lead_id).status is LeadStatus.READY
    answer = scene.simulator.post("/_sim/inbound", json={"from_number": "+12125550102"})
    assert answer.json()["to_number"] == "+14155550198"
    scene.until(lambda: scene.row(lead_id).status is LeadStatus.CLOSED)
    assert scene.row(lead_id).closed_as is ClosedAs.REACHED
    scene.until_told()
    call = scene.simulator.get("/_sim/calls").json()[-1]
    assert call["retell_llm_dynamic_variables"]["first_name"] == "Ada"
    assert call["metadata"]["lead_id"] == str(lead_id)
    assert [one.lead_id for one in _asked_inbound(scene, call["call_id"])] == [lead_id]
    reconcile(scene.world)
    assert scene.simulator.get("/_sim/truth").json()["calls"] == 1


def _of(tx: Connection, call_id: str) -> list[Any]:
    return list(function_calls.of_call(tx, call_id))


def _asked_inbound(scene: Scene, call_id: str) -> list[Any]:
    return scene.world.db.read(lambda tx: _of(tx, call_id))
