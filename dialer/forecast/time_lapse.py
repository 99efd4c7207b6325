"""Time lapse: the production engine under a clock that jumps to whatever happens next.

1. What happens next is an event of a call, a message to a worker, or a tick of beat that would
   find something to do.
2. The clock jumps there, and the same functions run that web, workers and beat call.
3. Nights take no time, as nothing is due in them.

One process, one thread, no sleeping. Everything comes through the ports of the `World`, so that
a simulation with faults can put its own in their place.
"""

from datetime import datetime

import orjson

from dialer.actions.receive import receive
from dialer.actions.world import World
from dialer.forecast.messages import Messages
from dialer.forecast.ticks import PlanTick, ReconcileTick
from dialer.forecast.virtual_clock import VirtualClock, to_ms
from dialer.simulator.engine import Exchange
from dialer.simulator.outbox import Delivery

SINGLE_WORDS = ("transcript_object", "transcript_with_tool_calls")
"""When each word of a call was spoken: most of a webhook's bytes, and nobody reads it here."""


class TimeLapse:
    """Lets a world run. `world.queue` is `messages`, and its provider leads to `exchange`."""

    def __init__(
        self, world: World, *, clock: VirtualClock, messages: Messages, exchange: Exchange
    ) -> None:
        self._world = world
        self._clock = clock
        self._messages = messages
        self._exchange = exchange
        self._planning = PlanTick(world)
        self._reconciling = ReconcileTick(world)

    def run(self, *, until: datetime) -> bool:
        """Let happen whatever happens by `until`. False when nothing is going to after that."""
        until_ms = to_ms(until)
        while (moment_ms := self._next_moment_ms()) is not None:
            self._clock.jump_to(min(moment_ms, until_ms))
            if moment_ms > until_ms:
                return True
            self._step(self._clock.now_ms())
        return False

    def _next_moment_ms(self) -> int | None:
        now_ms = self._clock.now_ms()
        moments = (
            self._messages.next_moment_ms(now_ms=now_ms),
            self._exchange.next_moment(now_ms=now_ms),
            self._planning.next_moment_ms(now_ms=now_ms) if self._line_is_free() else None,
            self._reconciling.at_ms,
        )
        return min((moment for moment in moments if moment is not None), default=None)

    def _line_is_free(self) -> bool:
        in_use = self._exchange.lines_in_use + self._messages.unsent
        return in_use < self._exchange.limit

    def _step(self, now_ms: int) -> None:
        stirred = False
        for delivery in self._exchange.advance(now_ms):
            self._receive(delivery, now_ms)
            stirred = True
        for task in self._messages.take_due(now_ms):
            task(self._world)
            stirred = True
        if stirred:
            self._planning.stir()
        elif self._line_is_free():
            stirred = self._planning.tick(now_ms)
        if stirred:
            self._reconciling.stir(now_ms)
        if self._reconciling.tick(now_ms):
            self._planning.stir()

    def _receive(self, delivery: Delivery, now_ms: int) -> None:
        """Do what the web process does with a webhook whose signature it has checked."""
        told = delivery.payload["call"]
        call = {name: value for name, value in told.items() if name not in SINGLE_WORDS}
        body = orjson.dumps({**delivery.payload, "call": call})
        row = receive(self._world, body, now=self._clock.now())
        self._exchange.acknowledge(delivery, status=204, now_ms=now_ms)
        if row is not None:
            self._world.queue.settle(row)
