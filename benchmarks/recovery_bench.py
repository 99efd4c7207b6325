"""A running dialer of which processes die where they are told to, under production patience."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chaos.people import numbers, rules
from chaos.postgres import PostgresServer
from chaos.simulated import KEY, Simulated
from chaos.stack import Stack
from recovery_points import POINTS, Point
from sqlalchemy import text

from dialer.embedded.broker import free_port
from dialer.store import migrate
from dialer.store.database import Database

LINES = 100
CALLS_PER_SECOND = 4
LEADS = 4000
LIST_ROWS = 3000
HIT_WITHIN_S = 180  # longer than the minute for which many unknown outcomes stop the claims


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
        deadline = time.monotonic() + HIT_WITHIN_S
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
        found = [(epoch(row[0]), row[1], f"{row[2] or row[3]}") for row in rows]
        return [one for one in found if one[0] > seen["at"]]

    def settled_at(self, seen: dict[str, Any]) -> float | None:
        """Give when a webhook of the call was settled after the kill."""
        statement = "SELECT settled_at FROM webhook_event WHERE call_id = :call_id"
        with self.database.engine.connect() as connection:
            rows = connection.execute(text(statement), {"call_id": seen.get("call_id")}).scalars()
            moments = [epoch(row) for row in rows if row is not None]
        return min((at for at in moments if at > seen["at"]), default=None)

    def is_over(self, seen: dict[str, Any]) -> bool:
        """Tell whether the attempt that was hit is over."""
        statement = (
            "SELECT closed_at FROM attempt WHERE id = :attempt_id OR call_id = :call_id LIMIT 1"
        )
        asked = {name: seen.get(name) for name in ("attempt_id", "call_id")}
        with self.database.engine.connect() as connection:
            return connection.execute(text(statement), asked).scalar() is not None

    def next_claim(self, seen: dict[str, Any]) -> float | None:
        """Give when the next attempt was claimed after a kill that hit none."""
        with self.database.engine.connect() as connection:
            rows = connection.execute(text("SELECT created_at FROM attempt")).scalars()
            return min((at for row in rows if (at := epoch(row)) > seen["at"]), default=None)


def epoch(value: Any) -> float:
    """Give a moment of either database in seconds."""
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
