"""The plant: the processes of an installation, and what they are told to do."""

from collections.abc import Callable
from pathlib import Path

import orjson

from dialer.actions.audit import audit
from dialer.actions.dial import dial
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
from simulation.broker import Broker, Message
from simulation.hub import Hub, Process
from simulation.perils import Perils
from simulation.points import Fault

SINGLE_WORDS = ("transcript_object", "transcript_with_tool_calls")
NEVER_MS = 2**62
RESTARTS_MS = (1_000, 1_000, 5_000, 60_000)
PLAN_MS = 5_000
"""Beat sends a plan every second, and hardly one in five finds anything."""
IDLE_MS = 90_000


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
        self._hub.note(f"{process.kind} starts")
        if process in self.broker.workers:
            self.broker.hand_out()

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
        if beat.alive and beat.frozen_until_ms <= hub.now_ms:
            if due_ms <= hub.now_ms:
                self.broker.tick("plan", within_ms=5_000)
            if look_ms <= hub.now_ms or hub.now_ms - self._looked_ms >= self._idle_ms():
                self._looked_ms = hub.now_ms
                self.broker.tick("reconcile", within_ms=10_000)
            if self.audits and hub.now_ms - self._audited_ms >= 20 * self._idle_ms():
                self._audited_ms = hub.now_ms  # seldom, because it asks so much
                self.broker.tick("audit", within_ms=50_000)
            if self.has_schedules:
                self.broker.tick("run_schedules", within_ms=14_000)
        hub.after(wait_ms, lambda: self._tick(beat))

    def _idle_ms(self) -> int:
        return IDLE_MS if self._perils.rule else 60 * IDLE_MS

    def _task(self, message: Message) -> Callable[[], object]:
        world = self.world
        self.stirred |= message.name in ("dial", "settle")
        assert world is not None
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
        if not web.alive or web.stopping:
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
        assert self.world is not None
        told = delivery.payload["call"]
        call = {name: value for name, value in told.items() if name not in SINGLE_WORDS}
        payload = self._estranged({**delivery.payload, "call": call})
        row = receive(self.world, orjson.dumps(payload), now=self.world.clock.now())
        answered.append(204)
        if row is not None:
            self.world.queue.settle(row)

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
