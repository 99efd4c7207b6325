"""What does an audit cost with a million leads and a hundred thousand attempts?

Fills one database of a kind, lets something happen to some hundred attempts as in ten minutes of
calling, and measures the audit of every minute, the longest read of it, and the complete one that
runs every hour; all as the worker runs them.

    python benchmarks/audit.py [--leads 1000000] [--attempts 100000] [--database sqlite] [--json]

| goal | |
|---|---|
| the audit of every minute | at most one second |
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from claims import PLAIN, filled
from webhooks import DATABASES

from dialer import log
from dialer.actions import audit as auditing
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.store.database import Connection
from dialer.store.invariants import INVARIANTS, Violation, ask
from dialer.store.scope import Scope

GOAL_S = 1.0
LATELY = 600
"""Attempts to which something happened in the last ten minutes."""
SERIES = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})",
    "postgresql": "WITH n(i) AS (SELECT generate_series(1, {rows}))",
}
ATTEMPTS = (
    "INSERT INTO attempt (id, lead_id, campaign_id, phone, n, from_number, status, call_id,"
    " lines_open, lines_limit, created_at, send_at, send_started_at, closed_at, rang, disposition,"
    " late, look_ups, absent_answers, replays, analysis, transcript) {series} SELECT"
    " 'attempt-' || i, lead.id, lead.campaign_id, lead.phone, 1, '+12125550000', 'ENDED',"
    " 'call-' || i, 1, 20, {at}, {at}, {at}, {at}, {true}, 'no_answer', {false}, 0, 0, 0, 'done',"
    " '{transcript}' FROM n JOIN lead ON lead.id = n.i * {step}"
)
EVENTS = (
    "INSERT INTO attempt_event (attempt_id, from_status, to_status, at, by)"
    " SELECT id, {before}, '{after}', {at}, 'bench' FROM attempt ORDER BY id"
)
LEADS = (
    "UPDATE lead SET tries = 1, attempts = 1, status = 'CLOSED', closed_as = 'exhausted',"
    " due_at = NULL, closed_at = {now} WHERE id IN (SELECT lead_id FROM attempt)"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    database: str
    what: str
    leads: int
    attempts: int
    seconds: float
    cpu_s: float  # of this process; all of it with SQLite
    longest_read_ms: float


def add_attempts(tx: Connection, *, leads: int, attempts: int) -> None:
    """Insert attempts that ended, with a history of three steps each, all of it old."""
    kind = tx.dialect.name
    stamp = "timestamptz " if kind == "postgresql" else ""
    at, now = f"{stamp}'2026-02-03 15:00:00.000000'", f"{stamp}'2026-02-03 16:00:00.000000'"
    values = {
        "series": SERIES[kind].format(rows=attempts),
        "at": at,
        "now": now,
        "true": "TRUE",
        "false": "FALSE",
        "transcript": "Agent: Good morning. User: Hello. " * 60,
        "step": max(1, leads // attempts - 1),
    }
    tx.exec_driver_sql(ATTEMPTS.format(**values))
    steps = [("NULL", "INTENT"), ("'INTENT'", "SENDING"), ("'SENDING'", "ENDED")]
    for before, after in steps:
        tx.exec_driver_sql(EVENTS.format(before=before, after=after, at=at))
    tx.exec_driver_sql(LEADS.format(**values))


def stir(tx: Connection, *, now: Any) -> None:
    """Let something happen to the last attempts now."""
    moment = now.strftime("%Y-%m-%d %H:%M:%S.%f")
    stamp = f"timestamptz '{moment}+00'" if tx.dialect.name == "postgresql" else f"'{moment}'"
    tx.exec_driver_sql(
        "INSERT INTO attempt_event (attempt_id, from_status, to_status, at, by) SELECT id,"
        f" 'ENDED', 'ENDED', {stamp}, 'bench' FROM attempt ORDER BY send_started_at LIMIT {LATELY}"
    )


def timed(world: World, run: Callable[[], object]) -> tuple[float, float, float]:
    """Run, and give the seconds, the CPU seconds, and the milliseconds of the longest read."""
    reads: list[float] = []
    usual = world.db.read

    def measured(body: Any) -> Any:
        began = time.perf_counter()
        try:
            return usual(body)
        finally:
            reads.append((time.perf_counter() - began) * 1000)

    world.db.read = measured  # type: ignore[method-assign]
    began, cpu_began = time.perf_counter(), time.process_time()
    try:
        run()
    finally:
        world.db.read = usual  # type: ignore[method-assign]
    return time.perf_counter() - began, time.process_time() - cpu_began, max(reads)


def measure(kind: str, options: argparse.Namespace) -> list[Line]:
    """Audit a large database."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialer-bench-")))
        url = stack.enter_context(DATABASES[kind](home))
        world = filled(url, CampaignSpec.model_validate(PLAIN), leads=options.leads)
        world.db.transact(
            lambda tx: add_attempts(tx, leads=options.leads, attempts=options.attempts)
        )
        now = world.clock.now()
        world.db.transact(lambda tx: stir(tx, now=now))
        if not world.db.is_sqlite:
            with world.db.engine.connect() as connection:
                connection.exec_driver_sql("ANALYZE")
                connection.commit()
        if options.each:
            tell_each(world)
        runs = [timed(world, lambda: recent(world)) for _ in range(5)]
        minute = [statistics.median(one[place] for one in runs) for place in range(3)]
        if options.each:
            hour = None
        else:
            found: list[Violation] = []
            hour = timed(world, lambda: found.extend(whole(world)))
            assert not found, found[0]
        world.db.close()
    sizes = (options.leads, options.attempts)
    shown = {"every minute": minute, "every hour": hour}
    return [
        Line(kind, what, *sizes, round(took[0], 3), round(took[1], 3), round(took[2], 1))
        for what, took in shown.items()
        if took is not None
    ]


def whole(world: World) -> list[Violation]:
    """Ask what is asked every hour."""
    return list(auditing._ask_stretches(world, now=world.clock.now()))


def recent(world: World) -> None:
    """Ask what is asked every minute."""
    now = world.clock.now()
    first = world.db.read(lambda tx: auditing._first_event(tx, world=world, now=now))
    auditing._ask_each(world, Scope(now, first_event=first))


def tell_each(world: World) -> None:
    """Print what each invariant takes, of late and of one stretch."""
    now = world.clock.now()
    first = world.db.read(lambda tx: auditing._first_event(tx, world=world, now=now))
    for scope in (Scope(now, first_event=first), Scope(now, leads=(400_001, 405_000))):
        for one in INVARIANTS:
            if scope.leads and not one.by_lead:
                continue
            began = time.perf_counter()
            world.db.read(lambda tx, one=one, scope=scope: ask(tx, one, scope))  # type: ignore[misc]
            took = (time.perf_counter() - began) * 1000
            print(f"  {scope.kind:<6} {one.name:<4} {took:8.1f} ms", file=sys.stderr)


def main() -> int:
    """Print the table; fail when the goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--attempts", type=int, default=100_000)
    parser.add_argument("--database", choices=sorted(DATABASES), action="append")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument("--each", action="store_true", help="what each invariant takes, on stderr")
    options = parser.parse_args()
    log.configure("warning", "console")
    missed = False
    for kind in options.database or sorted(DATABASES, reverse=True):
        for line in measure(kind, options):
            missed |= line.what == "every minute" and line.seconds > GOAL_S
            if options.json:
                print(json.dumps(asdict(line)), flush=True)
                continue
            print(
                f"{line.database:<11} {line.what:<13} {line.leads:>10,} leads"
                f" {line.attempts:>9,} attempts  {line.seconds:>7.3f} s (CPU {line.cpu_s:.3f})"
                f"  longest read {line.longest_read_ms:>7.1f} ms",
                flush=True,
            )
    if missed:
        sys.stderr.write(f"the audit of every minute takes longer than {GOAL_S} s\n")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
