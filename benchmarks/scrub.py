"""How fast is a do-not-call registry loaded, and how fast are leads compared with it?

Makes a registry file and leads, one lead in ten of which is in the registry, then loads the file,
scrubs all waiting leads against it, asks for batches as an import does and for single numbers as
the send gate does; on SQLite and on PostgreSQL. Prints figures and what they are beside
`phonenumbers` reading the same numbers, which machines differ in the same way for.

    python benchmarks/scrub.py [--numbers 1000000] [--leads 100000] [--database sqlite]
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

import phonenumbers
from webhooks import DATABASES

from dialer.actions import control
from dialer.actions.register import register
from dialer.actions.world import World
from dialer.clock import SystemClock
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.states import LeadStatus
from dialer.store import bulk, gate, lists, migrate, suppressions
from dialer.store.bulk import NewLead
from dialer.store.database import Connection, Database

LIBRARY_NUMBERS = 30_000
ASKED_AT_ONCE = 1_000
ASKED_SINGLY = 1_000
FIRST = 2_002_000_000
LAST = 9_899_999_999
LISTED = 10
"""One lead in so many is in the registry."""


class Figure(NamedTuple):
    """Something that was done, how often, and how long it took."""

    what: str
    count: int
    seconds: float


class SilentQueue:
    """A queue that hears nothing."""

    def dial(self, attempt_id: str, *, label: str) -> None: ...
    def settle(self, event_row: int) -> None: ...
    def run_errands(self) -> None: ...
    def plan(self) -> None: ...


def numbers_of(count: int) -> range:
    """Give so many numbers of ten digits, evenly spread."""
    return range(FIRST, LAST, (LAST - FIRST) // count)[:count]


def write_registry(path: Path, numbers: range) -> None:
    with path.open("w") as stream:
        for number in numbers:
            stream.write(f"{number // 10_000_000},{number % 10_000_000:07}\n")


def phones_of(numbers: range, count: int) -> list[str]:
    """Give the leads' phones in order; one in ten is a number of the registry."""
    chance = random.Random(7)
    listed = chance.sample(numbers, count // LISTED)
    others = [number + 1 for number in chance.sample(numbers, count - len(listed))]
    return sorted(f"+1{number}" for number in (*listed, *others))


def library(numbers: range) -> Figure:
    chosen = [str(number) for number in numbers[:LIBRARY_NUMBERS]]
    began = time.perf_counter()
    for number in chosen:
        phonenumbers.is_valid_number(phonenumbers.parse(number, "US"))
    return Figure("phonenumbers reads", len(chosen), time.perf_counter() - began)


def opened(url: str) -> World:
    migrate.upgrade(url)
    database = Database(url)
    limits: dict[str, Any] = {"lines": 10, "calls_per_second": None, "headroom": 0}
    database.transact(lambda tx: gate.ensure(tx, **limits))
    return World(database, cast("Any", None), SilentQueue(), SystemClock())


def add_leads(world: World, phones: list[str]) -> None:
    spec = CampaignSpec(name="Bench", from_numbers=("+12125550000",))
    campaign_id = control.create(world, spec, actor="bench")
    now = datetime.now(UTC)

    def begin(tx: Connection) -> int:
        marks = {"sha256": "", "fingerprint": "", "mapping": {}}
        return lists.add(tx, campaign_id=campaign_id, file_name="bench", now=now, **marks)

    list_id = world.db.transact(begin)
    for start in range(0, len(phones), 10_000):
        rows = [
            NewLead(
                row=start + place,
                phone=phone,
                alt_phones=None,
                name="",
                external_ref=None,
                zones="America/New_York",
                zone_source="number",
                region=None,
                variables="{}",
                overrides=None,
                consent=None,
                status=LeadStatus.READY,
                due_at=now,
                wanted_at=None,
                held_reason=None,
            )
            for place, phone in enumerate(phones[start : start + 10_000])
        ]
        world.db.transact(
            lambda tx, rows=rows: bulk.insert_leads(
                tx, rows, campaign_id=campaign_id, list_id=list_id, now=now
            )
        )


def timed(what: str, count: int, do: Callable[[], Any]) -> Figure:
    began = time.perf_counter()
    do()
    return Figure(what, count, time.perf_counter() - began)


def ask(world: World, phones: list[str], *, at_once: int) -> None:
    now = datetime.now(UTC)
    for start in range(0, len(phones), at_once):
        some = phones[start : start + at_once]
        world.db.read(
            lambda tx, some=some: suppressions.suppressed_among(tx, some, campaign_id=1, now=now)
        )


def measure(url: str, home: Path, options: argparse.Namespace) -> Iterator[Figure]:
    """Do everything once on one database."""
    from dialer.actions.scrub import scrub

    numbers = numbers_of(options.numbers)
    path = home / "registry.txt"
    write_registry(path, numbers)
    phones = phones_of(numbers, options.leads)
    world = opened(url)
    yield library(numbers)

    def load() -> None:
        register(
            world,
            path,
            name="bench",
            country="US",
            dated=None,
            actor="bench",
            rejects_to=home / "rejects.csv",
        )

    yield timed("numbers loaded", len(numbers), load)
    yield timed("numbers loaded again", len(numbers), load)
    add_leads(world, phones)
    closed: list[int] = []
    yield timed("leads scrubbed", len(phones), lambda: closed.append(scrub(world)))
    assert closed == [len(phones) // LISTED], closed
    yield timed("leads scrubbed again", len(phones), lambda: scrub(world))
    yield timed(
        "numbers asked by the thousand",
        len(phones),
        lambda: ask(world, phones, at_once=ASKED_AT_ONCE),
    )
    chosen = random.Random(3).sample(phones, min(ASKED_SINGLY, len(phones)))
    yield timed("numbers asked one by one", len(chosen), lambda: ask(world, chosen, at_once=1))
    world.db.close()


def main() -> int:
    """Measure on the databases asked for and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--numbers", type=int, default=1_000_000)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--database", choices=sorted(DATABASES), action="append")
    options = parser.parse_args()
    print(f"{options.numbers:,} numbers, {options.leads:,} leads")
    references: list[float] = []
    for kind in options.database or sorted(DATABASES, reverse=True):
        with tempfile.TemporaryDirectory() as folder, DATABASES[kind](Path(folder)) as url:
            for what, count, seconds in measure(url, Path(folder), options):
                rate = count / seconds
                if what.startswith("phonenumbers"):
                    references.append(rate)
                ratio = rate / references[-1]
                print(
                    f"{kind:<11} {what:<30} {count:>11,} {seconds:>8.2f} s"
                    f" {rate:>12,.0f}/s  {ratio:>7.2f} x phonenumbers",
                    flush=True,
                )
    print(f"phonenumbers, median: {statistics.median(references):,.0f}/s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
