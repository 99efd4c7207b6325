"""Do people who watch a campaign slow the webhooks down?

One web process on a real socket receives signed webhooks at a fixed rate, first alone and then
while many browsers watch a campaign live, in which a lead closes four times a second. Both
figures are of one run; the sender keeps to its timetable as that of `benchmarks/webhooks.py` does.

    python benchmarks/viewers.py [--viewers 100] [--rate 50] [--seconds 20] [--leads 2000] [--json]

| goal | |
|---|---|
| the answer to a webhook while a hundred watch, p99 | at most 50 ms |
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from pages import PASSWORD, filled
from webhooks import DATABASES, send_all, web_process, webhook

from dialer import log
from dialer.actions import people, sessions
from dialer.actions.world import World
from dialer.domain.roles import Role
from dialer.embedded.broker import EmbeddedBroker
from dialer.web.access import COOKIE

BUDGET_MS = 50.0
CLOSE_EVERY_S = 0.25
CLOSE_ONE = (
    "UPDATE lead SET status = 'CLOSED', due_at = NULL, wanted_at = NULL, closed_as = 'reached',"
    " disposition = 'talked', closed_at = created_at"
    " WHERE id = (SELECT min(id) FROM lead WHERE status = 'READY')"
)
IN_EACH = b'<p class="facts">'
"""Stands once in each snapshot."""


class Viewer:
    """One browser that watches the campaign, and counts what it is told."""

    def __init__(self, port: int, *, cookie: str) -> None:
        self.snapshots = 0
        self.first = asyncio.Event()
        self._port = port
        self._head = (
            "GET /campaigns/1/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
            f"Cookie: {COOKIE}={cookie}\r\n\r\n"
        ).encode()

    async def watch(self) -> None:
        """Read until cancelled.

        Raises:
            RuntimeError: the stream was refused, or ended.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
        writer.write(self._head)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.partition(b"\r\n")[0]:
                raise RuntimeError(f"no stream: {head[:60]!r}")
            async for line in reader:
                if IN_EACH in line:
                    self.snapshots += 1
                    self.first.set()
        finally:
            writer.close()
        raise RuntimeError("a stream ended")


@asynccontextmanager
async def watched(port: int, world: World, *, cookies: list[str]) -> AsyncIterator[list[Viewer]]:
    """Have people watch a campaign in which leads close."""
    those = [Viewer(port, cookie=cookie) for cookie in cookies]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one.watch()) for one in those]
        tasks.append(group.create_task(close_leads(world)))
        for one in those:
            await one.first.wait()
        yield those
        for task in tasks:
            task.cancel()


def signed_in(world: World, *, viewers: int) -> list[str]:
    """Sign somebody in so many times, each in a browser of its own; give the cookies."""
    db, now = world.db, world.clock.now()
    people.add(db, "ann", password=PASSWORD, role=Role.VIEWER, actor="bench", now=now)
    return [sessions.sign_in(db, "ann", PASSWORD, address="here", now=now) for _ in range(viewers)]


async def close_leads(world: World) -> None:
    while True:
        close_one = partial(world.db.transact, lambda tx: tx.exec_driver_sql(CLOSE_ONE))
        await asyncio.to_thread(close_one)
        await asyncio.sleep(CLOSE_EVERY_S)


async def both(
    port: int, world: World, arguments: argparse.Namespace, *, cookies: list[str]
) -> dict[str, Any]:
    """Send the webhooks twice, the second time while people watch."""
    count = int(arguments.rate * arguments.seconds)

    async def send(first: int) -> dict[str, float]:
        def request_of(n: int) -> bytes:
            return webhook(first + n, size=8192)

        return figures(await send_all(port, request_of, rate=arguments.rate, count=count))

    await send_all(port, lambda n: webhook(10**9 + n, size=8192), rate=arguments.rate, count=50)
    alone = await send(0)
    async with watched(port, world, cookies=cookies) as viewers:
        before = [one.snapshots for one in viewers]
        beside = await send(count)
        got = [one.snapshots - had for one, had in zip(viewers, before, strict=True)]
    per_second = [round(many / arguments.seconds, 2) for many in (min(got), max(got))]
    return {"alone": alone, "watched": beside, "snapshots_per_second": per_second}


def figures(answers: list[tuple[float, int]]) -> dict[str, float]:
    """Give what the sender saw, in milliseconds."""
    cuts = statistics.quantiles([ms for ms, _ in answers], n=100, method="inclusive")
    refused = sum(status != 204 for _, status in answers)
    shown = {"p50_ms": cuts[49], "p95_ms": cuts[94], "p99_ms": cuts[98], "refused": refused}
    return {name: round(value, 1) for name, value in shown.items()}


def measure(kind: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run one database and give the figures."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialer-bench-")))
        broker = EmbeddedBroker(home)
        stack.callback(broker.stop)
        broker_url = broker.start()
        url = stack.enter_context(DATABASES[kind](home))
        world = filled(url, leads=arguments.leads, others=0)
        stack.callback(world.db.close)
        cookies = signed_in(world, viewers=arguments.viewers)
        port = stack.enter_context(web_process(url, broker_url))
        return {"database": kind, **asyncio.run(both(port, world, arguments, cookies=cookies))}


def main() -> int:
    """Print one line per database; fail when the goal is missed or a webhook is refused."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--viewers", type=int, default=100)
    parser.add_argument("--rate", type=float, default=50.0, help="webhooks per second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--leads", type=int, default=2_000)
    parser.add_argument("--database", choices=sorted(DATABASES), action="append")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = parser.parse_args()
    log.configure("error", "console")
    sys.stderr.write(f"{platform.platform()}, {os.cpu_count()} processors\n")
    failed = False
    for kind in arguments.database or sorted(DATABASES, reverse=True):
        found = measure(kind, arguments)
        seen = found["watched"]
        failed |= seen["p99_ms"] > BUDGET_MS or seen["refused"] > 0
        text = "  ".join(f"{name} {value}" for name, value in found.items())
        print(json.dumps(found) if arguments.json else text, flush=True)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
