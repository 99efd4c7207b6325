"""The plant: the processes of an installation, and what they are told to do."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson

from dialer.actions.audit import audit
from dialer.actions.dial import dial
from dialer.actions.doubting import check_memory
from dialer.actions.plan import plan
from dialer.actions.purge import purge
from dialer.actions.receive import receive
from dialer.actions.reconcile import reconcile
from dialer.actions.schedule import run_due
from dialer.actions.settle import settle
from dialer.actions.world import World
from dialer.simulator.engine import Exchange
from dialer.simulator.outbox import Delivery
from dialer.simulator.settings import Event
from dialer.store import gate
from dialer.store.database import is_outage
from simulation.broker import Broker, Message
from simulation.hub import Hub, Process
from simulation.memory import Notes, ProcessMemory
from simulation.perils import Perils
from simulation.points import Fault

SINGLE_WORDS = ("transcript_object", "transcript_with_tool_calls")
NEVER_MS = 2**62
RESTARTS_MS = (1_000, 1_000, 5_000, 60_000)
PLAN_MS = 5_000
"""Beat sends a plan every second, and hardly one in five finds anything."""
IDLE_MS = 90_000
MINUTE_MS = 60_000
LATELY_MS = 600_000
"""So long after a restore audits come each minute, whether the database is doubted or not."""


class Plant:
    """Processes that die and are started again, as a supervisor would."""

    def __init__(
        self,
        hub: Hub,
        perils: Perils,
        *,
        workers: tuple[int, ...],
        beats: int,
        folder: Path,
    ) -> None:
        self._hub = hub
        self._perils = perils
        self._folder = folder
        self.broker = Broker(hub, perils, task=self._task)
        self.web = Process("web", threads=40)
        self.desk = Process("desk", threads=10)
        self.beats = [Process("beat") for _ in range(beats)]
        self.broker.workers = [Process("worker", threads=threads) for threads in workers]
        self.world: World | None = None
        self.exchange: Exchange | None = None
        self.next_moments: Callable[[], tuple[int, int]] = lambda: (NEVER_MS, NEVER_MS)
        self.stirred = False  # something happened, so that other leads may be called now
        self.has_schedules = False
        self.audits = False
        self.may_be_restored = False
        self.restored_ms: int | None = None
        self.planning: Callable[[], None] = lambda: None
        self._notes = Notes()
        self._worlds: dict[Process, World] = {}
        self._seen: set[tuple[str, Event]] = set()
        self._patience_ms = PLAN_MS
        self._next_ms = 0
        self._looked_ms = 0
        self._audited_ms = 0

    @property
    def processes(self) -> list[Process]:
        """Everything that may be killed."""
        return [self.web, *self.broker.workers, *self.beats]

    # Starting again

    def watch(self) -> None:
        """Begin to send ticks, and to start again whatever has ended."""
        self._hub.ended = self._start_again
        for beat in self.beats:
            first_ms = self._perils.dice.randrange(PLAN_MS)
            self._hub.after(first_ms, lambda one=beat: self._tick(one))

    def _start_again(self, process: Process) -> None:
        wait_ms = self._perils.dice.choice(RESTARTS_MS)
        self._hub.after(wait_ms, lambda: self._start(process))

    def _start(self, process: Process) -> None:
        process.alive, process.stopping, process.stuck = True, False, False
        self._worlds.pop(process, None)  # what it remembered died with it
        self._hub.note(f"{process.kind} starts")
        process.starting = self.may_be_restored and process in (self.web, *self.broker.workers)
        if process.starting:
            self._hub.begin(
                process,
                "its start",
                lambda: self._check_memory(process),
                done=lambda _: self._be_ready(process),
            )
        elif process in self.broker.workers:
            self.broker.hand_out()

    def _check_memory(self, process: Process) -> None:
        """Do what `build_world` does before a process takes work."""
        try:
            check_memory(self.world_of(process))
        except Exception as error:
            if is_outage(error):
                self._hub.kill(process)  # it ends, and is started again
            raise
        process.starting = False

    def _be_ready(self, process: Process) -> None:
        if process.takes_work and process in self.broker.workers:
            self.broker.hand_out()

    def world_of(self, process: Process) -> World:
        """Give the world of a process, with all that it remembers."""
        assert self.world is not None
        if process not in self._worlds:
            self._worlds[process] = replace(self.world, witness=ProcessMemory(self._notes))
        return self._worlds[process]

    # Ticks

    def _tick(self, beat: Process) -> None:
        """Do what beat does. Ticks that would find nothing are left out, most of those that
        found nothing lately, too: who waits for a line hears of it from the call that ends.
        """
        hub = self._hub
        due_ms, look_ms = self.next_moments()
        next_ms = min(due_ms, look_ms)
        if next_ms > hub.now_ms:
            wait_ms = min(next_ms - hub.now_ms, self._idle_ms())
        else:
            is_news = self.stirred or next_ms != self._next_ms
            longest_ms = self._idle_ms() // 4
            self._patience_ms = PLAN_MS if is_news else min(2 * self._patience_ms, longest_ms)
            wait_ms = self._patience_ms
        self._next_ms, self.stirred = next_ms, False
        is_watched = self._is_watched()
        if is_watched:
            wait_ms = min(wait_ms, MINUTE_MS // 2)
        if beat.alive and beat.frozen_until_ms <= hub.now_ms:
            if due_ms <= hub.now_ms:
                self.broker.tick("plan", within_ms=5_000)
            if look_ms <= hub.now_ms or hub.now_ms - self._looked_ms >= self._idle_ms():
                self._looked_ms = hub.now_ms
                self.broker.tick("reconcile", within_ms=10_000)
            every_ms = MINUTE_MS if is_watched else 20 * self._idle_ms()  # as it asks so much
            if (self.audits or is_watched) and hub.now_ms - self._audited_ms >= every_ms:
                self._audited_ms = hub.now_ms
                self.broker.tick("audit", within_ms=50_000)
            if self.has_schedules:
                self.broker.tick("run_schedules", within_ms=14_000)
        hub.after(wait_ms, lambda: self._tick(beat))

    def _idle_ms(self) -> int:
        return IDLE_MS if self._perils.rule else 60 * IDLE_MS

    def _is_watched(self) -> bool:
        """Tell whether audits come every minute, as they always do in production."""
        if not self.may_be_restored:
            return False
        lately = self.restored_ms is not None and self._hub.now_ms - self.restored_ms < LATELY_MS
        assert self.world is not None
        return lately or bool(self.world.db.look(gate.peek).is_doubted)  # type: ignore[attr-defined]

    def _task(self, message: Message, worker: Process) -> Callable[[], object]:
        world = self.world_of(worker)
        self.stirred |= message.name in ("dial", "settle")
        if message.name == "plan":
            self.planning()
        match message.name:
            case "dial":
                return lambda: dial(world, str(message.argument))
            case "settle":
                return lambda: settle(world, int(str(message.argument)))
            case "plan":
                return lambda: plan(world)
            case "reconcile":
                return lambda: reconcile(world)
            case "run_schedules":
                return lambda: run_due(world, rejects_in=self._folder)
            case "audit":
                return lambda: audit(world)
            case "purge":
                return lambda: purge(world)
        raise AssertionError(message.name)

    # Webhooks

    def deliver(self, delivery: Delivery) -> None:
        """Bring a webhook to the web process, which may be away."""
        assert self.exchange is not None
        exchange, hub, web = self.exchange, self._hub, self.web
        self._count(delivery)
        if not web.is_ready:
            exchange.acknowledge(delivery, status=None, now_ms=hub.now_ms)
            return
        answered: list[int] = []

        def done(ended: bool) -> None:
            status = answered[0] if answered else (503 if ended else None)
            exchange.acknowledge(delivery, status=status, now_ms=hub.now_ms)

        hub.begin(
            web,
            f"webhook {delivery.event.value} {delivery.call_id[-6:]}",
            lambda: self._receive(delivery, answered),
            done=done,
        )

    def _count(self, delivery: Delivery) -> None:
        """Count what befell a webhook on its way."""
        assert self.exchange is not None
        hits, call_id = self._perils.hits, delivery.call_id
        if delivery.attempt == 1 and (call_id, delivery.event) in self._seen:
            hits[Fault.WEBHOOK_TWICE] += 1
        if delivery.event is Event.STARTED and (call_id, Event.ENDED) in self._seen:
            hits[Fault.WEBHOOK_REORDERED] += 1
        ended_ms = delivery.payload["call"].get("end_timestamp")
        if delivery.event is Event.ENDED and ended_ms and self._hub.now_ms - ended_ms > 15_000:
            hits[Fault.WEBHOOK_LATE] += 1
        self._seen.add((call_id, delivery.event))

    def _receive(self, delivery: Delivery, answered: list[int]) -> None:
        world = self.world_of(self.web)
        told = delivery.payload["call"]
        call = {name: value for name, value in told.items() if name not in SINGLE_WORDS}
        payload = self._estranged({**delivery.payload, "call": call})
        row = receive(world, orjson.dumps(payload), now=world.clock.now())
        answered.append(204)
        if row is not None:
            world.queue.settle(row)

    def _estranged(self, payload: dict[str, object]) -> dict[str, object]:
        """Give the webhook as a later version of Retell may send it."""
        perils = self._perils
        if not perils.strikes(perils.dangers.webhook_strange, Fault.WEBHOOK_STRANGE):
            return payload
        call = dict(payload["call"])  # type: ignore[call-overload]
        match perils.dice.randrange(4):
            case 0:
                return {**payload, "event": "call_hummed"}
            case 1:
                call["call_status"] = "humming"
            case 2:
                call.pop("call_status", None)
            case 3:
                call["new_field"] = {"deep": [1, None, "\u0000"]}
        return {**payload, "call": call}
