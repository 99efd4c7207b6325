"""Live pages: one snapshot of a thing at a time, shared by all who look at it.

A channel asks once a second at most, and never sooner than twenty times as long as the answer
took. It lives while somebody looks. A stream ends after a while, so that whoever was signed out
does not go on looking; browsers connect again by themselves.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import dataclass

from fastapi.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from dialer.log import get_logger
from dialer.web.kept_figures import TIMES

log = get_logger(__name__)

EVERY_S = 1.0
ALIVE_S = 5.0
"""Nothing new is told as often, so that a browser can tell silence from peace."""
LASTS_S = 120.0
MOST_STREAMS = 1_000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is shown now, as markup; `over` says that it stays so."""

    markup: str
    over: bool = False


Ask = Callable[[], Snapshot]


class _Channel:
    """The snapshots of one thing."""

    def __init__(self, ask: Ask) -> None:
        self.viewers = 0
        self.latest: Snapshot | None = None
        self.number = 0
        self._ask = ask
        self._changed = asyncio.Event()
        self.asking = asyncio.create_task(self._keep_asking())

    async def after(self, number: int) -> bool:
        """Wait for a snapshot newer than this one, a while at most; tell whether there is one."""
        if self.number == number:
            try:
                async with asyncio.timeout(ALIVE_S):
                    await self._changed.wait()
            except TimeoutError:
                return False
        return True

    async def _keep_asking(self) -> None:
        while self.latest is None or not self.latest.over:
            began = time.monotonic()
            try:
                found = await run_in_threadpool(self._ask)
            except Exception as error:  # noqa: BLE001  # viewers see that nothing comes any more
                log.warning("no_snapshot", error=type(error).__name__)
                self._fail()
                return
            if found != self.latest:
                self.latest = found
                self.number += 1
                self._wake()
            await asyncio.sleep(max(EVERY_S, TIMES * (time.monotonic() - began)))

    def _fail(self) -> None:
        self.number = -1
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class LiveChannels:
    """The channels of one web process, by what they show."""

    def __init__(self) -> None:
        self._channels: dict[Hashable, _Channel] = {}

    @property
    def streams(self) -> int:
        """Count who looks now."""
        return sum(one.viewers for one in self._channels.values())

    @property
    def channels(self) -> int:
        """Count what they look at."""
        return len(self._channels)

    def stream(self, key: Hashable, ask: Ask) -> EventSourceResponse:
        """Answer with the snapshots of a thing, the present one first."""
        return EventSourceResponse(self._events(key, ask), headers={"x-accel-buffering": "no"})

    async def _events(self, key: Hashable, ask: Ask) -> AsyncIterator[str]:
        if self.streams >= MOST_STREAMS:
            return
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = _Channel(ask)
        channel.viewers += 1
        try:
            async for event in _told(channel):
                yield event
        finally:
            channel.viewers -= 1
            if not channel.viewers:
                channel.asking.cancel()
                if self._channels.get(key) is channel:
                    del self._channels[key]
            elif channel.number < 0 and self._channels.get(key) is channel:
                del self._channels[key]  # whoever comes next asks anew


async def _told(channel: _Channel) -> AsyncIterator[str]:
    seen, until = 0, time.monotonic() + LASTS_S
    while time.monotonic() < until:
        if not await channel.after(seen):
            yield event_of("alive", "")
            continue
        if channel.number < 0 or channel.latest is None:
            return
        seen, shot = channel.number, channel.latest
        yield event_of(None, shot.markup)
        if shot.over:
            yield event_of("over", "")
            return


def event_of(name: str | None, text: str) -> str:
    """Write one event; without a name browsers swap the text in."""
    head = f"event: {name}\n" if name else ""
    return head + "".join(f"data: {line}\n" for line in text.split("\n")) + "\n"
