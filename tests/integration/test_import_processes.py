"""Imports by real processes that are killed, doubled and helped: every row is stored once."""

import csv
import os
import pickle
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import xlsxwriter
from cli_desk import NOBODY_LISTENS, Answer, command
from factories import NOW, make_spec, make_world

from dialer.actions import control
from dialer.actions.drafting import CHUNK_ROWS, WORTH_A_PROCESS
from dialer.actions.load import Order, load
from dialer.cli.exits import ExitCode
from dialer.leads.options import ImportOptions
from dialer.leads.rows import read_leads
from dialer.store import bulk, leads, lists, migrate
from dialer.store.database import Database
from dialer.store.invariants import violations

pytestmark = [pytest.mark.processes, pytest.mark.slow]

ROWS = 62_000
BAD_EVERY = 331
REPEATED_EVERY = 211
WITHIN_S = 60.0
PADDING = "x" * 60


def phone(row: int) -> str:
    """Give a number for a row, in no order."""
    exchange, line = divmod(row * 7_919 % 4_000_000, 10_000)
    return f"(212) {200 + exchange}-{line:04}"


def write_leads(path: Path, *, rows: int, padding: str = "") -> Path:
    """Write a file in which some rows are bad, and some repeat an earlier one."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("Phone", "Name", "Notes"))
        for row in range(2, rows + 2):
            number = phone(row - row % REPEATED_EVERY if row % REPEATED_EVERY == 7 else row)
            name = f"Zo\xeb \x01{row}" if row % 1_000 == 0 else f"Person {row}"
            writer.writerow(("12" if row % BAD_EVERY == 0 else number, name, padding))
    return path


@dataclass
class Import:
    """One file, one campaign, and the processes that import the one into the other."""

    url: str
    file: Path
    rows: int
    campaign_id: int
    database: Database
    begun: list["subprocess.Popen[str]"] = field(default_factory=list)

    @property
    def rejects(self) -> Path:
        return self.file.with_name("rejects.csv")

    def begin(self, *, processes: int = 1, rejects: str = "rejects.csv") -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            command(
                *("lists", "import", self.file, "--campaign", self.campaign_id),
                *("--processes", processes, "--rejects", self.file.with_name(rejects)),
            ),
            env={**os.environ, "DATABASE_URL": self.url},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.begun.append(process)
        return process

    def finish(self) -> Answer:
        return ended(self.begin())

    def stored(self) -> int:
        """Tell how many rows are stored by now."""
        found = self.database.read(lambda tx: lists.every(tx, campaign_id=self.campaign_id))
        return max((one.rows for one in found), default=0)

    def wait_for(self, process: "subprocess.Popen[str]", *, rows: int) -> None:
        wait(lambda: process.poll() is not None or self.stored() >= rows)
        assert process.poll() is None, "it was done before it could be disturbed"

    def everything_is_stored_once(self) -> None:
        """Each row is one lead or one reject, and the counts and the reject file say so."""
        found = self.database.read(lambda tx: [one.id for one in lists.every(tx)])
        assert len(found) == 1
        chosen = (leads.lead.c.row, leads.lead.c.phone)
        stored = self.database.read(
            lambda tx: list(tx.execute(leads.lead.select().with_only_columns(*chosen)))
        )
        refused = self.database.read(lambda tx: bulk.rejected_after(tx, found[0], 0))
        assert Counter(row for row, _ in stored) + Counter(refused) == Counter(
            range(2, self.rows + 2)
        )
        assert len({number for _, number in stored}) == len(stored)
        with self.rejects.open(encoding="utf-8-sig", newline="") as stream:
            assert [int(one["_row"]) for one in csv.DictReader(stream)] == sorted(refused)
        broken = self.database.read(lambda tx: violations(tx, now=NOW))
        assert [one for one in broken if one.name == "I17"] == []

    def close(self) -> None:
        for process in self.begun:
            process.kill()
            process.communicate()
        self.database.close()


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not until():
        assert time.monotonic() < deadline, "waited in vain"


def ended(process: "subprocess.Popen[str]") -> Answer:
    out, err = process.communicate(timeout=WITHIN_S)
    assert "Traceback" not in err, err
    return Answer(process.returncode, out, err)


def begun_import(url: str, folder: Path, *, rows: int, padding: str = "") -> Import:
    (folder / "var").mkdir(exist_ok=True)
    (folder / "var" / "broker.url").write_text(NOBODY_LISTENS, encoding="utf-8")
    migrate.upgrade(url)
    world = make_world(url)
    campaign_id = control.create(world, make_spec(), actor="test")
    world.db.close()
    file = write_leads(folder / "leads.csv", rows=rows, padding=padding)
    return Import(url, file, rows, campaign_id, Database(url))


@pytest.fixture(params=["sqlite", "postgresql"])
def importing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Import]:
    """An import of several chunks by one process."""
    url = f"sqlite:///{tmp_path}/dialer.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("bare_postgres_url")
    one = begun_import(url, tmp_path, rows=ROWS)
    yield one
    one.close()


@pytest.fixture
def large_import(tmp_path: Path) -> Iterator[Import]:
    """An import that is worth a second process, which cannot read all of it ahead."""
    url = f"sqlite:///{tmp_path}/dialer.db"
    one = begun_import(url, tmp_path, rows=80_000, padding=PADDING)
    assert one.file.stat().st_size > WORTH_A_PROCESS
    yield one
    one.close()


def readers_of(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    """Give the processes that read for another."""
    children = psutil.Process(process.pid).children()
    return [one for one in children if "spawn_main" in " ".join(one.cmdline())]


def test_an_import_that_is_killed_three_times_stores_every_row_once(importing: Import) -> None:
    for rows in (2_000, CHUNK_ROWS + 4_000, 2 * CHUNK_ROWS + 6_000):
        process = importing.begin()
        importing.wait_for(process, rows=rows)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert rows <= importing.stored() < ROWS
    assert importing.finish().code == ExitCode.REJECTED_ROWS
    importing.everything_is_stored_once()


def test_two_imports_of_one_file_at_once_store_every_row_once(importing: Import) -> None:
    """One of them goes on; the other says so and stops, or comes when all is done."""
    both = [importing.begin(), importing.begin(rejects="other.csv")]
    answers = [ended(process) for process in both]
    assert ExitCode.REJECTED_ROWS in {one.code for one in answers}
    for one in answers:
        if one.code != ExitCode.REJECTED_ROWS:
            assert one.code == ExitCode.REFUSED, one.err
            assert "by another process" in one.err or "was finished" in one.err
    assert importing.finish().code == ExitCode.REJECTED_ROWS
    importing.everything_is_stored_once()


def test_two_processes_store_what_one_stores(large_import: Import, tmp_path: Path) -> None:
    world = make_world(large_import.url)
    found = []
    for processes in (1, 2):
        campaign_id = control.create(world, make_spec(), actor="test")
        loaded = load(
            world,
            campaign_id,
            large_import.file,
            actor="test",
            rejects_to=tmp_path / f"{processes}.csv",
            order=Order(check_agent=False, processes=processes),
        )
        found.append((loaded.rows, loaded.blank, loaded.warnings, kept(world.db, loaded.list_id)))
    world.db.close()
    assert found[0][2] != []
    assert found[0] == found[1]
    assert (tmp_path / "1.csv").read_text() == (tmp_path / "2.csv").read_text()


def kept(database: Database, list_id: int) -> list[tuple[Any, ...]]:
    """Give everything the file decides about the leads of a list."""
    columns = [leads.lead.c[name] for name in bulk.NewLead._fields]
    chosen = leads.lead.select().with_only_columns(*columns).where(leads.lead.c.list_id == list_id)
    rows = database.read(lambda tx: list(tx.execute(chosen.order_by(leads.lead.c.row))))
    return [tuple(map(str, row)) for row in rows]


def test_an_import_whose_reading_process_is_killed_says_so_and_goes_on_when_repeated(
    large_import: Import,
) -> None:
    process = large_import.begin(processes=2)
    large_import.wait_for(process, rows=1)
    readers_of(process)[0].kill()
    answer = ended(process)
    assert answer.code == ExitCode.FAILED
    assert "the process that read the file ended" in answer.err
    assert "killed by signal 9" in answer.err
    assert 0 < large_import.stored() < large_import.rows
    assert ended(large_import.begin(processes=2)).code == ExitCode.REJECTED_ROWS
    large_import.everything_is_stored_once()


def test_a_reading_process_does_not_outlive_its_import(large_import: Import) -> None:
    process = large_import.begin(processes=2)
    large_import.wait_for(process, rows=1)
    readers = readers_of(process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    _, alive = psutil.wait_procs(readers, timeout=WITHIN_S)
    assert (len(readers), alive) == (1, [])


def test_another_process_reads_the_rows_of_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ("Phone", "Name"))
        sheet.write_row(1, 0, ("+12122000001", "Ada"))
    with read_leads(path, options=ImportOptions()) as file:
        copy = pickle.loads(pickle.dumps(file))
        assert list(copy.records()) == list(file.records()) != []
        del copy
        assert list(file.records()) != []
