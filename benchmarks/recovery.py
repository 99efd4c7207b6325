"""How long after kill -9 is the dialer at work again, at each point at which it may die?

A process kills itself exactly at the point (`tests/chaos/seam`); the periods of patience are those
of production. `next call` is the next call anywhere, `next step` what happens next to the attempt
that was being worked on, `line` when its line was free again or its call known.

    python benchmarks/recovery.py [--database postgresql] [--workers 2] [--points POINT …] [--json]

| goal | |
|---|---|
| the attempt was not sent yet | next step within 90 s |
| the call may exist | next step within 5 min |

What takes a quarter of an hour by the protocol is measured in virtual time (`recovery_virtual`).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from chaos.people import numbers, rules
from chaos.postgres import PostgresServer
from chaos.simulated import KEY, Simulated
from chaos.stack import Stack
from recovery_outages import outages
from recovery_virtual import resolved

from dialer.clock import SystemClock
from dialer.embedded.broker import free_port
from dialer.store import migrate
from dialer.store.database import Database
from dialer.store.invariants import violations

LINES = 100
CALLS_PER_SECOND = 4
LEADS = 4000
LIST_ROWS = 3000
HIT_WITHIN_S = 90
STEPS_BEFORE_DEATH = 12
UNSENT, EXISTS = 90, 300
"""The goals, in seconds."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where a process dies. `lost` points die while no webhook arrives."""

    name: str  # as the table of faults calls it
    armed: str  # as the seam calls it
    goal_s: int
    lost: bool = False


POINTS = (
    Point("plan: before claim", "before plan", UNSENT),
    Point("plan: inside the claim", "inside plan", UNSENT),
    Point("plan: after claim, before enqueue", "after plan", UNSENT),
    Point("dial: before the send gate", "before gate", UNSENT),
    Point("dial: after the gate, before POST", "after gate", EXISTS),
    Point("dial: headers sent", "headers sent", EXISTS),
    Point("dial: body sent", "body sent", EXISTS),
    Point("dial: answer read, before record", "before record", EXISTS),
    Point("dial: inside the record", "inside record", EXISTS),
    Point("dial: after record, before ack", "after record", EXISTS),
    Point("web: before insert", "before receive", EXISTS),
    Point("web: after commit, before 204", "after receive", EXISTS),
    Point("settle: before", "before settle", EXISTS),
    Point("settle: inside", "inside settle", EXISTS),
    Point("settle: after", "after settle", EXISTS),
    Point("import: after row k", "after import", UNSENT),
    Point("migrate: after step k", f"after step {STEPS_BEFORE_DEATH}", UNSENT),
    Point("reconcile: before look-up", "before look-up", EXISTS, lost=True),
    Point("reconcile: after look-up", "after look-up", EXISTS, lost=True),
    Point("reconcile: inside", "inside apply", EXISTS, lost=True),
    Point("dial: body sent, webhooks lost", "body sent", EXISTS, lost=True),
    Point("dial: before record, webhooks lost", "before record", EXISTS, lost=True),
)


@dataclass(frozen=True, slots=True)
class Recovery:
    """One line of the table; seconds after the kill, None where there is nothing to wait for."""

    point: str
    next_call_s: float | None
    next_step_s: float | None
    step: str
    line_s: float | None
    goal_s: int
    met: bool


class Bench:
    """A running dialer in which processes die where they are told to."""

    def __init__(self, stack: Stack, *, simulated: Simulated, database: Database) -> None:
        self.stack, self.simulated, self.database = stack, simulated, database
        self.points = stack.home / "points"

    # -- dying

    def strike(self, point: Point) -> dict[str, Any]:
        """Let whoever comes next to a point die there; give who that was, and when."""
        self.wait_for_calls(3)
        self.arm(point)
        return self.wait_for_hit(point)

    def arm(self, point: Point) -> None:
        """Make a point deadly, once."""
        self.points.mkdir(exist_ok=True)
        (self.points / f"{point.armed}.hit").unlink(missing_ok=True)
        (self.points / point.armed).touch()

    def wait_for_hit(self, point: Point) -> dict[str, Any]:
        """Wait until somebody died there."""
        path = self.points / f"{point.armed}.hit"
        deadline = time.monotonic() + HIT_WITHIN_S
        while not path.exists():
            assert time.monotonic() < deadline, f"nobody came by {point.name}; see {self.points}"
            time.sleep(0.02)
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def wait_for_calls(self, more: int) -> None:
        """Wait until so many more calls were made: work has begun again."""
        goal = self.simulated.truth()["calls"] + more
        deadline = time.monotonic() + 2 * HIT_WITHIN_S
        while self.simulated.truth()["calls"] < goal:
            assert time.monotonic() < deadline, f"no call is made; see {self.stack.home}"
            time.sleep(0.1)

    def import_list(self) -> dict[str, Any]:
        """Die in the middle of an import, and begin it again as a person does."""
        point = next(one for one in POINTS if one.armed == "after import")
        path = write_list(self.stack.home / "more.csv", start=LEADS, rows=LIST_ROWS)
        command = ("lists", "import", str(path), "--campaign", "1", "--yes")
        self.arm(point)
        assert self.type(*command) != 0, "the import was not killed"
        seen = self.wait_for_hit(point)
        assert self.type(*command) == 0, "the import does not go on"
        return {**seen, "done_at": time.time(), "done": "imported"}

    def migrate(self) -> dict[str, Any]:
        """Die in the middle of a migration, and begin it again."""
        point = next(one for one in POINTS if one.armed.startswith("after step"))
        url = f"sqlite:///{self.stack.home / 'other.db'}"
        self.arm(point)
        assert self.type("migrate", DATABASE_URL=url) != 0, "the migration was not killed"
        seen = self.wait_for_hit(point)
        assert self.type("migrate", DATABASE_URL=url) == 0, "the migration does not go on"
        return {**seen, "done_at": time.time(), "done": "migrated"}

    def type(self, *arguments: str, **more: str) -> int:
        """Give a command of the dialer, and its exit code."""
        with (self.stack.home / "commands.log").open("ab") as log:
            return subprocess.run(
                [sys.executable, "-m", "dialer.cli", *arguments],
                env={**self.stack.environment, **more},
                stdout=log,
                stderr=log,
            ).returncode

    # -- looking

    def history(self, seen: dict[str, Any]) -> list[tuple[float, str, str]]:
        """Give what happened after the kill to the attempt: when, status, evidence."""
        statement = (
            "SELECT e.at, e.to_status, e.evidence, e.by FROM attempt_event e"
            " JOIN attempt a ON a.id = e.attempt_id"
            " WHERE a.id = :attempt_id OR a.call_id = :call_id ORDER BY e.id"
        )
        asked = {name: seen.get(name) for name in ("attempt_id", "call_id")}
        with self.database.engine.connect() as connection:
            rows = connection.execute(text(statement), asked).all()
        found = [(_epoch(row[0]), row[1], f"{row[2] or row[3]}") for row in rows]
        return [one for one in found if one[0] > seen["at"]]

    def next_claim(self, seen: dict[str, Any]) -> float | None:
        """Give when the next attempt was claimed after a kill that hit none."""
        with self.database.engine.connect() as connection:
            rows = connection.execute(text("SELECT created_at FROM attempt")).scalars()
            return min((at for row in rows if (at := _epoch(row)) > seen["at"]), default=None)


def recoveries(bench: Bench, points: Sequence[Point]) -> list[Recovery]:
    """Die at every point, wait until everything that was hit has gone on, and look back."""
    seen: list[tuple[Point, dict[str, Any]]] = []
    for point in points:
        if point.lost:
            continue
        say(point.name)
        if point.armed == "after import":
            seen.append((point, bench.import_list()))
        elif point.armed.startswith("after step"):
            seen.append((point, bench.migrate()))
        else:
            seen.append((point, bench.strike(point)))
    lost = [point for point in points if point.lost]
    if lost:
        seen += _without_webhooks(bench, lost)
    _wait_for_steps(bench, [died for _, died in seen])
    started = sorted(call["simulated"]["created_ms"] / 1000 for call in bench.simulated.calls())
    return [_recovery(bench, point, died, started) for point, died in seen]


def _without_webhooks(bench: Bench, points: Sequence[Point]) -> list[tuple[Point, dict[str, Any]]]:
    """Let them die in a time in which no webhook arrives, and some answers are no answer."""
    bench.wait_for_calls(3)
    bench.simulated.set_faults({"webhook_dropped": 1.0, "answer_500_executed": 0.3})
    seen = []
    for point in points:
        say(point.name)
        bench.arm(point)
        seen.append((point, bench.wait_for_hit(point)))
    time.sleep(8)  # until the calls of those who died are over, too
    bench.simulated.set_faults({"webhook_dropped": None, "answer_500_executed": None})
    return seen


def _wait_for_steps(bench: Bench, died: Sequence[dict[str, Any]]) -> None:
    """Wait until every attempt that was hit is over."""
    named = [one for one in died if one.get("attempt_id") or one.get("call_id")]
    deadline = time.monotonic() + 2 * EXISTS
    while time.monotonic() < deadline:
        waiting = [one for one in named if not any(_over(s) for _, s, _ in bench.history(one))]
        if not waiting:
            return
        say(f"waiting for {len(waiting)} attempts")
        time.sleep(5)


def _recovery(
    bench: Bench, point: Point, died: dict[str, Any], started: Sequence[float]
) -> Recovery:
    at = died["at"]
    history = bench.history(died)
    step_at, step = None, ""
    if "done_at" in died:
        step_at, step = died["done_at"], died["done"]
    elif history:
        step_at, step = history[0][0], f"{history[0][1]} by {history[0][2]}"
    elif not died.get("attempt_id") and not died.get("call_id"):
        step_at, step = bench.next_claim(died), "the next claim"
    elif point.armed == "after settle":
        step_at, step = at, "nothing was left to do"
    ends = [moment for moment, status, _ in history if _over(status)]
    step_s = None if step_at is None else round(step_at - at, 2)
    return Recovery(
        point=point.name,
        next_call_s=next((round(one - at, 2) for one in started if one > at), None),
        next_step_s=step_s,
        step=step,
        line_s=round(ends[0] - at, 2) if ends else None,
        goal_s=point.goal_s,
        met=step_s is not None and step_s <= point.goal_s,
    )


def _over(status: str) -> bool:
    return status in ("ENDED", "CANCELLED", "NOT_PLACED")


def _epoch(value: Any) -> float:
    from datetime import UTC, datetime

    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def write_list(path: Path, *, start: int, rows: int) -> Path:
    """Write people that no other list of this run has."""
    people = [number for _, number in zip(range(start + rows), numbers(), strict=False)]
    path.write_text("\n".join(["phone,first_name", *(f"{one},Ann" for one in people[start:])]))
    return path


@contextmanager
def running(home: Path, *, database: str, workers: int) -> Iterator[Bench]:
    """Run a dialer with its simulator, and a campaign that lasts."""
    with ExitStack() as cleanup:
        postgres = None
        if database == "postgresql":
            home.chmod(0o711)
            postgres = PostgresServer(home / "postgres")
            cleanup.callback(postgres.stop)
            postgres.start()
            migrate.upgrade(postgres.address)
        port = free_port()
        hook = f"http://127.0.0.1:{port}/webhooks/retell"
        simulated = Simulated(home / "retell", webhook_url=hook, speed=1, lines=2 * LINES, seed=1)
        cleanup.callback(simulated.stop)
        var = home / "var"
        environment = {
            "CHAOS_POINTS": str(var / "points"),
            "DIALER_LINES": str(LINES),
            "DIALER_CALLS_PER_SECOND": str(CALLS_PER_SECOND),
            "RETELL_BASE_URL": simulated.url,
            "RETELL_API_KEY": KEY,
            **({"DATABASE_URL": postgres.address} if postgres else {}),
        }
        stack = Stack(var, environment=environment, web_port=port)
        cleanup.callback(stack.stop)
        stack.start()
        stack.wait_until_ready()
        if workers > 1:
            stack.start_second_worker()
        opened = Database(postgres.address if postgres else f"sqlite:///{var / 'dialer.db'}")
        cleanup.callback(opened.close)
        bench = Bench(stack, simulated=simulated, database=opened)
        write_list(var / "leads.csv", start=0, rows=LEADS)
        (var / "campaign.toml").write_text(f'name = "R"\nleads = "leads.csv"\n{rules(1)}')
        assert (
            bench.type("campaigns", "create", str(var / "campaign.toml"), "--start", "--yes") == 0
        )
        yield bench


def say(line: str) -> None:
    """Tell a person how far it is."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")


def main() -> int:
    """Run everything, or what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--workers", type=int, choices=(1, 2), default=2)
    parser.add_argument("--points", nargs="*", help="parts of the points' names; all, if left out")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    chosen = [
        one for one in POINTS if not asked.points or any(part in one.name for part in asked.points)
    ]
    told: dict[str, Any] = {"database": asked.database, "workers": asked.workers}
    home = Path(tempfile.mkdtemp(prefix="dialer-recovery-"))
    with running(home, database=asked.database, workers=asked.workers) as bench:
        lines = recoveries(bench, chosen)
        if not asked.points:
            told["outages"] = outages(bench)
        now = SystemClock().now()
        told["violations"] = [
            one.name for one in bench.database.read(lambda tx: violations(tx, now=now))
        ]
        truth = bench.simulated.truth()
        told["double_dials"] = truth["attempts_with_two_calls"] + truth["persons_in_two_calls"]
    if not asked.points:
        told["unknown"] = resolved()
    told["points"] = [asdict(one) for one in lines]
    print(json.dumps(told) if asked.json else table(told))
    return 0 if all(one.met for one in lines) and not told["double_dials"] else 1


def table(told: dict[str, Any]) -> str:
    """Write everything as tables."""
    parts = []
    for name in ("points", "outages", "unknown"):
        if rows := told.get(name):
            shown = [list(rows[0]), *([str(v) for v in row.values()] for row in rows)]
            widths = [max(len(row[i]) for row in shown) for i in range(len(shown[0]))]
            parts += [
                "  ".join(v.ljust(w) for v, w in zip(row, widths, strict=True)) for row in shown
            ]
            parts.append("")
    parts.append(
        f"violations: {told['violations'] or 'none'}; double dials: {told['double_dials']}"
    )
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
