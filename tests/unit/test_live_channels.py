"""Live channels: one snapshot for all who look, and nobody asks when nobody looks."""

import asyncio
from collections.abc import AsyncIterator

from dialer.web import live
from dialer.web.live import LiveChannels, Snapshot, event_of


class Asked:
    """Gives snapshots, one after the other, and counts."""

    def __init__(self, *shots: Snapshot | None) -> None:
        self.shots = list(shots)
        self.times = 0

    def __call__(self) -> Snapshot:
        self.times += 1
        shot = self.shots.pop(0) if len(self.shots) > 1 else self.shots[0]
        if shot is None:
            raise ConnectionError("no database")
        return shot


async def first(stream: AsyncIterator[str]) -> str:
    return await anext(stream)


def events(channels: LiveChannels, asked: Asked) -> AsyncIterator[str]:
    return channels._events("thing", asked)


def test_all_who_look_share_what_was_asked_once() -> None:
    async def body() -> int:
        channels, asked = LiveChannels(), Asked(Snapshot("<p>1</p>"))
        viewers = [events(channels, asked) for _ in range(300)]
        seen = [await first(one) for one in viewers]
        assert set(seen) == {"data: <p>1</p>\n\n"}
        assert channels.streams == 300
        for one in viewers:
            await one.aclose()  # type: ignore[attr-defined]
        assert (channels.streams, channels.channels) == (0, 0)
        return asked.times

    assert asyncio.run(body()) == 1


def test_what_is_over_ends_the_stream() -> None:
    async def body() -> list[str]:
        asked = Asked(Snapshot("<p>\n</p>", over=True))
        return [one async for one in events(LiveChannels(), asked)]

    assert asyncio.run(body()) == ["data: <p>\ndata: </p>\n\n", "event: over\ndata: \n\n"]


def test_only_what_changed_is_sent() -> None:
    async def body() -> list[str]:
        asked = Asked(Snapshot("a"), Snapshot("a"), Snapshot("b", over=True))
        return [one async for one in events(LiveChannels(), asked)]

    told = asyncio.run(body())
    assert [one for one in told if "alive" not in one][:2] == ["data: a\n\n", "data: b\n\n"]


def test_without_an_answer_the_stream_ends_and_the_next_one_asks_anew() -> None:
    async def body() -> tuple[list[str], str]:
        channels = LiveChannels()
        asked = Asked(None, Snapshot("back"))
        ended = [one async for one in events(channels, asked)]
        again = events(channels, asked)
        found = await first(again)
        await again.aclose()  # type: ignore[attr-defined]
        return ended, found

    assert asyncio.run(body()) == ([], "data: back\n\n")


def test_a_process_bears_three_hundred_who_look() -> None:
    assert live.MOST_STREAMS >= 300
    assert event_of("alive", "") == "event: alive\ndata: \n\n"
