"""Real processes: kill -9 and an emptied broker in mid-campaign lose and double nothing.

The periods of patience are shortened by `short_patience/sitecustomize.py`, so that a call whose
fate is unknown is resolved in seconds instead of a quarter of an hour. Nothing else differs.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import redis

from dialer.clock import SystemClock
from dialer.domain.states import CampaignStatus
from dialer.embedded.broker import free_port
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator
from dialer.store import campaigns, migrate, report
from dialer.store.database import Database
from dialer.store.invariants import violations

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(240)]

LEADS = 500
LINES = 20
SHORT_PATIENCE = Path(__file__).parents[1] / "short_patience"
CAMPAIGN = """
name = "Crash test"
leads = "leads.csv"
from_numbers = ["+14155550198"]
agent_id = "agent_1"
allow_fictional = true
[window]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
opens = "00:00"
closes = "24:00"
holidays = false
legal_override = "Nobody's phone rings in a test."
[cadence]
max_attempts = 1
max_free_tries = 3
[cadence.delays]
dial_failed = "1s"
no_answer = "1s"
provider_error = "1s"
[callback]
keys = []
"""


@dataclass
class Running:
    """A `dialer up` that is under way, and the truth beside it."""

    home: Path
    environment: dict[str, str]
    simulator: str
    database: Database
    process: subprocess.Popen[bytes]

    def cli(self, *arguments: str) -> str:
        """Run a command of the dialer and give its output."""
        done = subprocess.run(
            [sys.executable, "-m", "dialer.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode in (0, 7), done.stderr
        return done.stdout

    def is_finished(self) -> bool:
        campaign = self.database.read(lambda tx: campaigns.get(tx, 1))
        return campaign is not None and campaign.status is CampaignStatus.FINISHED

    def state(self) -> str:
        """Tell what a run that does not end is waiting for."""
        log = (self.home / "up.log").read_text(errors="replace")
        return "\n".join(
            [
                self.cli("campaigns", "show", "1", "--json"),
                *(
                    self.cli("leads", "list", "--campaign", "1", "--state", state, "--limit", "5")
                    for state in ("in flight", "retry later", "pending", "held")
                ),
                log[-4000:],
            ]
        )

    def truth(self) -> dict[str, Any]:
        with urlopen(f"{self.simulator}/_sim/truth", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def pid(self, name: str) -> int:
        pids: dict[str, int] = json.loads((self.home / "pids.json").read_text())
        return pids[name]

    def kill(self, name: str) -> None:
        os.kill(self.pid(name), signal.SIGKILL)

    def empty_broker(self) -> None:
        with redis.Redis.from_url((self.home / "broker.url").read_text().strip()) as client:
            client.flushall()

    def wait_for_calls(self, count: int) -> None:
        wait_until(lambda: self.truth()["calls"] >= count, within_s=90)


def wait_until(happened: Callable[[], bool], *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@contextmanager
def dialer_up(home: Path, *, web_port: int, simulator: str, **more: str) -> Iterator[Running]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DIALER_")},
        "PYTHONPATH": str(SHORT_PATIENCE),
        "DIALER_HOME": str(home),
        "DIALER_WEB_PORT": str(web_port),
        "DIALER_LINES": str(LINES),
        "DIALER_CALLS_PER_SECOND": "60",
        "DIALER_LOG_LEVEL": "warning",
        "RETELL_BASE_URL": simulator,
        **more,
    }
    with (home / "up.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dialer.cli", "up"],
            env=environment,
            stdout=log,
            stderr=log,
        )
    database = Database(more.get("DATABASE_URL", f"sqlite:///{home / 'dialer.db'}"))
    try:
        wait_until(lambda: _answers(web_port), within_s=60)
        yield Running(home, environment, simulator, database, process)
    finally:
        database.close()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def write_campaign(folder: Path) -> Path:
    """Write a campaign with numbers whose outcome is drawn, none of the forced ones."""
    numbers = [
        f"{area}55501{ending:02d}"
        for area in (202, 206, 212, 213, 214, 215)
        for ending in range(11, 100)
    ][:LEADS]
    rows = [f"{number},Lead {index}" for index, number in enumerate(numbers)]
    (folder / "leads.csv").write_text("\n".join(["phone,first_name", *rows]) + "\n")
    path = folder / "campaign.toml"
    path.write_text(CAMPAIGN)
    return path


@pytest.fixture
def web_port() -> int:
    return free_port()


@pytest.fixture
def simulator(web_port: int) -> Iterator[str]:
    settings = SimulatorSettings(
        seed=7,
        speed=8,
        limit=LINES,
        api_key="sim-key",
        webhook_url=f"http://127.0.0.1:{web_port}/webhooks/retell",
    )
    with running_simulator(settings) as url:
        yield url


def assert_everything_closed_once(running: Running) -> None:
    try:
        wait_until(running.is_finished, within_s=120)
    except AssertionError as late:
        raise AssertionError(running.state()) from late
    standing = running.database.read(lambda tx: report.progress(tx, 1))
    assert standing.closed == standing.leads == LEADS
    assert running.database.read(lambda tx: violations(tx, now=SystemClock().now())) == []
    truth = running.truth()
    assert truth["attempts_with_two_calls"] == 0
    assert truth["persons_in_two_calls"] == 0
    assert truth["most_active"] <= LINES
    assert truth["over_limit_calls"] == 0
    assert len(truth["calls_by_number"]) == LEADS


def test_killing_worker_and_web_in_the_middle_loses_and_doubles_nothing(
    tmp_path: Path, web_port: int, simulator: str
) -> None:
    with dialer_up(tmp_path, web_port=web_port, simulator=simulator) as running:
        running.cli("campaigns", "create", str(write_campaign(tmp_path)), "--start")
        for calls, victim in ((60, "worker"), (160, "web"), (260, "worker"), (360, "web")):
            running.wait_for_calls(calls)
            running.kill(victim)
        assert_everything_closed_once(running)


def test_emptying_the_broker_and_killing_everything_loses_and_doubles_nothing(
    tmp_path: Path, web_port: int, simulator: str, bare_postgres_url: str
) -> None:
    path = write_campaign(tmp_path)
    migrate.upgrade(bare_postgres_url)
    with dialer_up(
        tmp_path, web_port=web_port, simulator=simulator, DATABASE_URL=bare_postgres_url
    ) as running:
        running.cli("campaigns", "create", str(path), "--start")
        for calls in (50, 120, 190):
            running.wait_for_calls(calls)
            running.empty_broker()
        running.kill("broker")
        running.wait_for_calls(260)
        running.process.kill()
        running.process.wait()
    with dialer_up(
        tmp_path, web_port=web_port, simulator=simulator, DATABASE_URL=bare_postgres_url
    ) as running:
        running.wait_for_calls(350)
        running.empty_broker()
        assert_everything_closed_once(running)
