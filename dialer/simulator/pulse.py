"""Drives an exchange with the real clock: wakes when something is due and sends it."""

import asyncio
from dataclasses import dataclass, field

from dialer.clock import Clock
from dialer.simulator.engine import Exchange
from dialer.simulator.outbox import Delivery
from dialer.simulator.postman import Postman
from dialer.simulator.settings import Asking


@dataclass
class Pulse:
    """The beat of a running exchange. Belongs to one event loop."""

    exchange: Exchange
    postman: Postman
    clock: Clock
    _alarm: asyncio.TimerHandle | None = None
    _sending: set[asyncio.Task[None]] = field(default_factory=set)

    def now_ms(self) -> int:
        """Read the clock."""
        return int(self.clock.now().timestamp() * 1000)

    def beat(self) -> None:
        """Send what is due and set the alarm for what comes next; call it after every request."""
        now_ms = self.now_ms()
        for delivery in self.exchange.advance(now_ms):
            task = asyncio.get_running_loop().create_task(self._deliver(delivery))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        moment_ms = self.exchange.next_moment(now_ms=now_ms)
        if moment_ms is not None:
            wait_s = max(0, moment_ms - now_ms) / 1000
            self._alarm = asyncio.get_running_loop().call_later(wait_s, self.beat)

    async def stop(self) -> None:
        """Send nothing any more."""
        if self._alarm is not None:
            self._alarm.cancel()
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        self.postman.close()

    async def _deliver(self, delivery: Delivery) -> None:
        status, body = await self.postman.send(delivery, now_ms=self.now_ms())
        self.exchange.acknowledge(delivery, status=status, now_ms=self.now_ms(), body=body)
        if status is None or not 200 <= status < 300 or delivery.event is Asking.INBOUND:
            self.beat()
