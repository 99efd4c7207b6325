"""How long does an agent wait for a function?

Sends signed questions at a fixed rate to a web process of its own, on SQLite and on PostgreSQL: one
in five of each of our functions, each for a lead of its own among many. The sender keeps to its
timetable whatever the answers do, as that of `benchmarks/webhooks.py` does.

    python benchmarks/functions.py [--rate 20] [--seconds 30] [--leads 20000] [--database sqlite]
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from webhooks import DATABASES, KEY, send_all, web_process

from dialer.domain.appointments import Offer
from dialer.domain.campaign_spec import CampaignSpec
from dialer.embedded.broker import EmbeddedBroker
from dialer.retell.signature import sign
from dialer.store import appointments, campaigns, gate, leads, migrate
from dialer.store.database import Connection, Database

BUDGET_MS = 300
ASKED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("lookup_lead", {}),
    ("schedule_callback", {"when": "tomorrow at three"}),
    ("book_appointment", {"when": "tomorrow at ten"}),
    ("transfer_note", {"note": "Wants to know what it costs."}),
    ("do_not_call", {"reason": "no more calls"}),
)


def fill(database: Database, count: int) -> tuple[str, list[int]]:
    """Make a running campaign with leads, and times to book; give our name and the leads' ids."""
    now = datetime.now(UTC)
    spec = CampaignSpec(name="Bench", from_numbers=("+14155550198",))
    start = now.replace(minute=0, second=0, microsecond=0)
    slots = [Offer(start + timedelta(hours=n), start + timedelta(hours=n + 1)) for n in range(999)]

    def body(tx: Connection) -> tuple[str, list[int]]:
        gate.ensure(tx, lines=20, calls_per_second=None, headroom=0)
        campaign_id = campaigns.add(tx, spec, now=now)
        appointments.offer(tx, "appointments", slots)
        for n in range(count):
            leads.add(tx, [_lead(campaign_id, n, now=now)])
        tx.exec_driver_sql("UPDATE campaign SET status = 'running'")
        ids = [row[0] for row in tx.exec_driver_sql("SELECT id FROM lead ORDER BY id")]
        return gate.install(tx), ids

    return database.transact(body)


def _lead(campaign_id: int, n: int, *, now: datetime) -> dict[str, Any]:
    return {
        "campaign_id": campaign_id,
        "phone": f"+1212{2_000_000 + n}",
        "zones": "America/New_York",
        "zone_source": "number",
        "variables": {"first_name": "Ada", "company": "Analytical Ltd"},
        "status": "READY",
        "due_at": now + timedelta(days=1),
        "attempts": 0,
        "free_tries": 0,
        "tries": 0,
        "created_at": now,
    }


def question(n: int, *, install: str, lead_id: int) -> bytes:
    """Write the n-th signed question as it goes over the wire."""
    name, args = ASKED[n % len(ASKED)]
    metadata = {"install": install, "lead_id": str(lead_id)}
    call = {"call_id": f"call_{n:027x}", "metadata": metadata, "transcript": "x" * 4000}
    body = json.dumps({"name": name, "args": args, "call": call}).encode()
    head = (
        f"POST /functions/{name} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"X-Retell-Signature: {sign(body, KEY, int(time.time() * 1000))}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def measure(kind: str, arguments: argparse.Namespace) -> dict[str, object]:
    """Run one database and give the figures."""
    count = int(arguments.rate * arguments.seconds)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialer-bench-")))
        broker = EmbeddedBroker(home)
        stack.callback(broker.stop)
        broker_url = broker.start()
        url = stack.enter_context(DATABASES[kind](home))
        migrate.upgrade(url)
        database = Database(url)
        install, ids = fill(database, arguments.leads)
        database.close()
        port = stack.enter_context(web_process(url, broker_url))
        answers = asyncio.run(
            send_all(
                port,
                lambda n: question(n, install=install, lead_id=ids[n % len(ids)]),
                rate=arguments.rate,
                count=count,
            )
        )
    times = sorted(ms for ms, _ in answers)
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return {
        "database": kind,
        "asked": count,
        "answered_200": sum(status == 200 for _, status in answers),
        "p50_ms": round(cuts[49], 1),
        "p95_ms": round(cuts[94], 1),
        "p99_ms": round(cuts[98], 1),
        "most_ms": round(times[-1], 1),
    }


def main() -> int:
    """Print one line per database; fail when one was not answered, or p99 is over the budget."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rate", type=float, default=20.0, help="questions per second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--database", choices=sorted(DATABASES), action="append")
    arguments = parser.parse_args()
    failed = False
    sys.stderr.write(f"{platform.platform()}, {os.cpu_count()} processors\n")
    for kind in arguments.database or sorted(DATABASES, reverse=True):
        result = measure(kind, arguments)
        failed |= result["asked"] != result["answered_200"]
        failed |= float(str(result["p99_ms"])) > BUDGET_MS
        print("  ".join(f"{name} {value}" for name, value in result.items()))
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
