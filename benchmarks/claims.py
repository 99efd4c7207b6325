"""What does a claim cost in a campaign of a million leads, beside one of ten thousand?

Two databases of one kind, alike but for their size, are claimed from in turn, one attempt at a
time as when a line becomes free, so that both meet the same neighbours on the machine. Each has two
running campaigns, so that lines are dealt; of the leads two in three are due. Once more with
everything that a campaign can set: caps per person, a pool of numbers with caps, budgets of a day.

    python benchmarks/claims.py [--leads 1000000] [--claims 400] [--database sqlite] [--json]

| goal | |
|---|---|
| a claim with the many leads ÷ with the few | at most 1.5 |
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from import_stages import SilentQueue, give_up, opened
from webhooks import DATABASES

from dialer import log
from dialer.actions import control
from dialer.actions.plan import plan
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.store import gate, migrate
from dialer.store.database import Connection

FEW = 10_000
CAMPAIGNS = 2
GOAL = 1.5
ALL_DAY = {
    "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    "opens": "00:00",
    "closes": "24:00",
    "holidays": False,
    "legal_override": "Nobody's phone rings in a benchmark.",
}
NUMBERS = [f"+1212555{n:04}" for n in range(2000, 2008)]
PLAIN: dict[str, Any] = {"name": "Bench", "from_numbers": NUMBERS[:1], "window": ALL_DAY}
RICH = PLAIN | {
    "from_numbers": NUMBERS,
    "caller_id": {"choose": "local presence", "calls_per_day": 100_000, "spacing": "0.001s"},
    "limits": {"calls_per_day": 1_000_000, "lines_at_least": 1, "lines_per_minute": 100_000},
}
_ROWS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
    " WHERE i + 1 < {rows}) {insert} SELECT {values} FROM n",
    "postgresql": "{insert} SELECT {values} FROM generate_series(0, {rows} - 1) AS n(i)",
}
_INSERT = (
    "INSERT INTO lead (campaign_id, row, phone, zones, zone_source, variables, status, due_at,"
    " attempts, free_tries, tries, created_at)"
)
_VALUES = (
    "{campaign}, i, '+1' || (2020000000 + {campaign} * 3000000000 + i * 7), 'America/New_York',"
    " 'number', '{{}}', 'READY', CASE WHEN i / 3 * 3 = i THEN {later} ELSE {now} END,"
    " 0, 0, 0, {now}"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table; milliseconds of a claim."""

    database: str
    settings: str
    leads: int
    claims: int
    p50_ms: float
    p95_ms: float
    of_few: float  # p50 ÷ that of the small database beside it


def filled(url: str, spec: CampaignSpec, *, leads: int) -> World:
    """Make a database with running campaigns of so many leads altogether."""
    migrate.upgrade(url)
    world = opened(url)
    world.db.transact(lambda tx: gate.set_limits(tx, lines=2))
    for _ in range(CAMPAIGNS):
        campaign_id = control.create(world, spec, actor="bench")
        control.start(world, campaign_id, actor="bench")
        world.db.transact(lambda tx, one=campaign_id: add_leads(tx, one, rows=leads // CAMPAIGNS))
    if not world.db.is_sqlite:
        with world.db.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
    return world


def add_leads(tx: Connection, campaign_id: int, *, rows: int) -> None:
    """Insert leads, two in three of them due since yesterday."""
    moments = ("2026-01-01 00:00:00.000000", "2999-01-01 00:00:00.000000")
    now, later = (f"'{one}'" for one in moments)
    if tx.dialect.name == "postgresql":
        now, later = (f"timestamptz {one}" for one in (now, later))
    values = _VALUES.format(campaign=campaign_id, now=now, later=later)
    tx.exec_driver_sql(_ROWS[tx.dialect.name].format(rows=rows, insert=_INSERT, values=values))


def claim(world: World) -> float:
    """Claim for the free lines and give them back; the milliseconds of the claim alone."""
    queue = cast("SilentQueue", world.queue)
    began = time.perf_counter()
    claimed = plan(world)
    took = (time.perf_counter() - began) * 1000
    assert claimed, "nothing was claimed"
    world.db.transact(lambda tx: give_up(tx, queue.dialed))
    queue.dialed.clear()
    return took


def measure(
    kind: str, settings: str, spec: CampaignSpec, options: argparse.Namespace
) -> list[Line]:
    """Claim from a small and a large database in turn."""
    sizes = (FEW, options.leads)
    with ExitStack() as stack:
        worlds = []
        for leads in sizes:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialer-bench-")))
            url = stack.enter_context(DATABASES[kind](home))
            worlds.append(filled(url, spec, leads=leads))
        took: list[list[float]] = [[] for _ in sizes]
        for _ in range(options.claims):
            for world, times in zip(worlds, took, strict=True):
                times.append(claim(world))
        for world in worlds:
            world.db.close()
    few = statistics.median(took[0])
    return [
        Line(
            kind,
            settings,
            leads,
            len(times),
            round(statistics.median(times), 2),
            round(statistics.quantiles(times, n=20)[18], 2),
            round(statistics.median(times) / few, 2),
        )
        for leads, times in zip(sizes, took, strict=True)
    ]


def main() -> int:
    """Print the table; fail when the goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--claims", type=int, default=400)
    parser.add_argument("--database", choices=sorted(DATABASES), action="append")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    options = parser.parse_args()
    log.configure("warning", "console")
    worst = 0.0
    for kind in options.database or sorted(DATABASES, reverse=True):
        for settings, given in (("plain", PLAIN), ("everything set", RICH)):
            for line in measure(kind, settings, CampaignSpec.model_validate(given), options):
                worst = max(worst, line.of_few)
                if options.json:
                    print(json.dumps(asdict(line)), flush=True)
                    continue
                print(
                    f"{line.database:<11} {line.settings:<15} {line.leads:>10,} leads"
                    f"  p50 {line.p50_ms:>7.2f} ms  p95 {line.p95_ms:>7.2f} ms"
                    f"  {line.of_few:>5.2f} x few",
                    flush=True,
                )
    if worst > GOAL:
        sys.stderr.write(
            f"a claim costs {worst} times as much with many leads; the goal is {GOAL}\n"
        )
    return int(worst > GOAL)


if __name__ == "__main__":
    raise SystemExit(main())
