"""The broker of one run: it may lose, repeat, hold back or forget everything it was told."""

from collections.abc import Callable
from dataclasses import dataclass

from simulation.hub import Hub, Process
from simulation.perils import Perils
from simulation.points import Fault

VISIBILITY_MS = 600_000
"""A message that was taken and never acknowledged is handed out again after this long."""


@dataclass(eq=False)
class Message:
    """One message to the workers."""

    name: str
    argument: object
    expires_ms: int | None = None


Task = Callable[[Message, Process], Callable[[], object]]
"""What a worker does with a message."""


class Broker:
    """Hands messages to the workers that have a thread free."""

    def __init__(self, hub: Hub, perils: Perils, *, task: Task) -> None:
        self.workers: list[Process] = []
        self.down = False
        self._hub = hub
        self._perils = perils
        self._task = task
        self._waiting: list[Message] = []
        self._taken: dict[Message, int] = {}  # not acknowledged, by the flush they survived

    # The queue of the world

    def dial(self, attempt_id: str, *, label: str) -> None:
        self._send(Message("dial", attempt_id))

    def settle(self, event_row: int) -> None:
        self._send(Message("settle", event_row))

    def plan(self) -> None:
        self._send(Message("plan", None))

    def run_errands(self) -> None: ...

    def tick(self, name: str, *, within_ms: int) -> None:
        """Send a tick, as beat does."""
        if not self.down:
            self._put(Message(name, None, expires_ms=self._hub.now_ms + within_ms))

    # What befalls it

    def flush(self) -> None:
        """Forget everything, also what was taken and not acknowledged."""
        self._waiting.clear()
        self._taken.clear()

    def _send(self, message: Message) -> None:
        perils, dangers = self._perils, self._perils.dangers
        if self._hub.current is not None:
            perils.pass_port()
        if self.down:
            return
        if perils.strikes(dangers.message_lost, Fault.MESSAGE_LOST):
            return
        if perils.strikes(dangers.message_twice, Fault.MESSAGE_TWICE):
            self._hub.after(self._perils.dice.randrange(30_000), lambda: self._put(message))
        wait_ms = 0
        if perils.strikes(dangers.message_late, Fault.MESSAGE_LATE):
            wait_ms = self._perils.dice.randrange(120_000)
        self._hub.after(wait_ms, lambda: self._put(message))

    def _put(self, message: Message) -> None:
        if not self.down:
            self._waiting.append(Message(message.name, message.argument, message.expires_ms))
            self.hand_out()

    def hand_out(self) -> None:
        """Give waiting messages to whoever has a thread free."""
        while self._waiting and not self.down:
            ready = [worker for worker in self.workers if worker.takes_work]
            if not ready:
                return
            # Threads race, so the order is roughly that of sending.
            place = self._perils.dice.randrange(min(3, len(self._waiting)))
            message = self._waiting.pop(place)
            if message.expires_ms is None or message.expires_ms > self._hub.now_ms:
                self._give(message, self._perils.dice.choice(ready))

    def _give(self, message: Message, worker: Process) -> None:
        self._taken[message] = 1

        def done(ended: bool) -> None:
            if ended:
                self._taken.pop(message, None)
            elif message in self._taken:
                self._hub.after(VISIBILITY_MS, lambda: self._restore(message))
            self.hand_out()

        label = message.name if message.argument is None else f"{message.name} {message.argument}"
        self._hub.begin(worker, label[:30], self._task(message, worker), done=done)

    def _restore(self, message: Message) -> None:
        if self._taken.pop(message, None) is not None:
            self._put(message)
