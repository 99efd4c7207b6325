"""One stage of an import, measured in a process of its own; `import.py` runs it.

Prints one JSON object: rows, seconds and CPU seconds, or the milliseconds that claims took.
"""

import argparse
import csv
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, cast

import phonenumbers
from lead_file import phones_of

from dialer.actions import control
from dialer.actions.drafting import CHUNK_ROWS, Chunk, chunks, read_chunk
from dialer.actions.first_due import FirstDue
from dialer.actions.load import BATCH_ROWS, Order, load
from dialer.actions.plan import plan
from dialer.actions.storing import new_lead
from dialer.actions.world import World
from dialer.clock import SystemClock
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.phones import parse_phone
from dialer.domain.states import CampaignStatus
from dialer.leads.options import ImportOptions
from dialer.leads.rows import read_leads
from dialer.retell.client import RetellClient
from dialer.simulator.engine import Exchange
from dialer.simulator.in_process import InProcess
from dialer.simulator.settings import SimulatorSettings
from dialer.store import bulk, gate, leads, lists
from dialer.store.database import Connection, Database

SPEC = CampaignSpec.model_validate(
    {
        "name": "Bench",
        "from_numbers": ["+12125550000"],
        "window": {
            "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
            "opens": "00:00",
            "closes": "24:00",
        },
    }
)
LINES = 8
CLAIM_EVERY_S = 0.02
DUE_LEADS = 40_000
PHONE_CELLS = 200_000
LIBRARY_CELLS = 40_000


class Measured(NamedTuple):
    """What a stage took; only the work that is its own counts."""

    rows: int
    seconds: float
    cpu_s: float  # of this process


@dataclass
class SilentQueue:
    """A queue that keeps the attempts it was told of."""

    dialed: list[str] = field(default_factory=list)

    def dial(self, attempt_id: str, *, label: str) -> None:
        self.dialed.append(attempt_id)

    def settle(self, event_row: int) -> None: ...

    def run_errands(self) -> None: ...

    def plan(self) -> None: ...


def opened(url: str) -> World:
    """Open a world with a Retell in this process, which a start asks about numbers and agents."""
    database = Database(url)
    limits: dict[str, Any] = {"lines": LINES, "calls_per_second": None, "headroom": 0}
    database.transact(lambda tx: gate.ensure(tx, **limits))
    return World(database, simulated(), SilentQueue(), SystemClock())


def simulated() -> RetellClient:
    settings, clock = SimulatorSettings(), SystemClock()
    transport = InProcess(Exchange(settings), now_ms=lambda: round(1000 * clock.now().timestamp()))
    return RetellClient("http://retell.invalid", settings.api_key, clock=clock, transport=transport)


def timed(groups: Iterable[Any], work: Callable[[Any], object]) -> Measured:
    """Measure `work` on groups of rows, and not what it takes to come by them."""
    rows, seconds, cpu_s = 0, 0.0, 0.0
    for group in groups:
        began, cpu_began = time.perf_counter(), time.process_time()
        work(group)
        seconds += time.perf_counter() - began
        cpu_s += time.process_time() - cpu_began
        rows += len(group)
    return Measured(rows, seconds, cpu_s)


def counted(work: Callable[[], int]) -> Measured:
    """Measure work that tells how many rows it was."""
    began, cpu_began = time.perf_counter(), time.process_time()
    rows = work()
    return Measured(rows, time.perf_counter() - began, time.process_time() - cpu_began)


def reader(options: argparse.Namespace) -> Measured:
    """Read with the standard library alone."""
    with options.file.open(encoding="utf-8", newline="") as stream:
        return counted(lambda: sum(1 for _ in csv.reader(stream)))


def records(options: argparse.Namespace) -> Measured:
    """Read as the importer does: encodings, damaged quotation marks, row numbers."""
    with read_leads(options.file, options=ImportOptions()) as file:
        return counted(lambda: sum(1 for _ in file.records()))


def rows(options: argparse.Namespace) -> Measured:
    """Work rows out: cells, phone, zones, variables, as the database keeps them."""
    with read_leads(options.file, options=ImportOptions()) as file:
        groups = grouped(file.records())
        return timed(groups, lambda group: read_chunk(file, group))


def grouped(found: Iterator[Any]) -> Iterator[list[Any]]:
    while group := list(islice(found, CHUNK_ROWS)):
        yield group


def phones(options: argparse.Namespace) -> Measured:
    """Read numbers by the shortcut."""

    def parse(cells: list[str]) -> None:
        for text in cells:
            parse_phone(text, country="US", allow_fictional=False, allowed_countries=None)

    return timed([phones_of(options.file, most=PHONE_CELLS)], parse)


def library(options: argparse.Namespace) -> Measured:
    """Read numbers by the library: parse, validity, E.164."""

    def parse(cells: list[str]) -> None:
        for text in cells:
            try:
                number = phonenumbers.parse(text, "US")
            except phonenumbers.NumberParseException:
                continue
            if phonenumbers.is_valid_number(number):
                phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    cells = phones_of(options.file, most=LIBRARY_CELLS)
    parse(cells[:1_000])
    return timed([cells], parse)


def insertion(options: argparse.Namespace) -> Measured:
    """Insert finished leads, in the transactions of an import."""
    world = opened(options.url)
    now = world.clock.now()
    campaign_id = control.create(world, SPEC, actor="bench")
    marks = {"file_name": "x", "sha256": "x", "fingerprint": "x", "mapping": {}}
    list_id = world.db.transact(lambda tx: lists.add(tx, campaign_id=campaign_id, now=now, **marks))
    owner = {"campaign_id": campaign_id, "list_id": list_id, "now": now}
    first_due = FirstDue(CampaignStatus.DRAFT, SPEC.window, now=now)
    size = BATCH_ROWS["sqlite" if world.db.is_sqlite else "postgresql"]

    def insert(batch: list[Any]) -> None:
        for start in range(0, len(batch), size):
            part = batch[start : start + size]
            world.db.transact(lambda tx, part=part: bulk.insert_leads(tx, part, **owner))  # type: ignore[misc]

    def finished(chunk: Chunk) -> list[Any]:
        return [new_lead(draft, first_due) for draft in chunk.drafts]

    with read_leads(options.file, options=ImportOptions()) as file:
        return timed(map(finished, chunks(file)), insert)


def whole(options: argparse.Namespace) -> Measured:
    """Import the file, from its first byte to the reject file."""
    world = opened(options.url)
    campaign_id = options.campaign or control.create(world, SPEC, actor="bench")
    rejects = options.file.with_suffix(f".rejects-{time.time_ns()}")
    order = Order(check_agent=False, processes=options.processes)
    try:
        return counted(
            lambda: (
                load(
                    world, campaign_id, options.file, actor="bench", rejects_to=rejects, order=order
                ).rows
            )
        )
    finally:
        rejects.unlink(missing_ok=True)
        world.db.close()


def due(options: argparse.Namespace) -> dict[str, int]:
    """Make a running campaign of due leads."""
    world = opened(options.url)
    campaign_id = control.create(world, SPEC, actor="bench")
    control.start(world, campaign_id, actor="bench")
    now = world.clock.now()
    lead = {
        "campaign_id": campaign_id,
        "zones": "America/New_York",
        "zone_source": "number",
        "variables": {},
        "status": "READY",
        "due_at": now - timedelta(days=1),
        "attempts": 0,
        "free_tries": 0,
        "tries": 0,
        "created_at": now,
    }
    for start in range(0, DUE_LEADS, 1_000):
        some = [{**lead, "phone": f"+1999{n:07}"} for n in range(start, start + 1_000)]
        world.db.transact(lambda tx, some=some: leads.add(tx, some))  # type: ignore[misc]
    world.db.close()
    return {"campaign": campaign_id}


def claims(options: argparse.Namespace) -> dict[str, float]:
    """Claim every 20 ms until stdin ends; the lines are given back after each claim."""
    world = opened(options.url)
    queue = cast("SilentQueue", world.queue)
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    took: list[float] = []
    while not over.wait(CLAIM_EVERY_S):
        began = time.perf_counter()
        claimed = plan(world)
        if claimed:
            took.append((time.perf_counter() - began) * 1000)
            world.db.transact(lambda tx: give_up(tx, queue.dialed))
            queue.dialed.clear()
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return {"claims": len(took), "p50_ms": cuts[49], "p99_ms": cuts[98], "most_ms": max(took)}


def give_up(tx: Connection, attempt_ids: list[str]) -> None:
    """Close attempts and their leads, all at once."""
    chosen = ", ".join(f"'{one}'" for one in attempt_ids)
    for statement in (
        "UPDATE lead SET status = 'CLOSED', closed_as = 'stopped', closed_at = created_at"
        f" WHERE id IN (SELECT lead_id FROM attempt WHERE id IN ({chosen}))",
        "UPDATE attempt SET status = 'CANCELLED', check_at = NULL, closed_at = created_at"
        f" WHERE id IN ({chosen})",
    ):
        tx.exec_driver_sql(statement)


STAGES: dict[str, Callable[[argparse.Namespace], Measured | dict[str, Any]]] = {
    stage.__name__: stage  # type: ignore[attr-defined]
    for stage in (reader, records, rows, phones, library, insertion, whole, due, claims)
}


def main() -> None:
    """Run one stage."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--url")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--campaign", type=int)
    options = parser.parse_args()
    found = STAGES[options.stage](options)
    print(json.dumps(found._asdict() if isinstance(found, Measured) else found))


if __name__ == "__main__":
    main()
