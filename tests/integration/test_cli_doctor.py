"""The doctor, before real patients: databases, brokers and providers that are there or are not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_desk import NOBODY_LISTENS, Answer, Desk, kept_log

from dialer.cli.exits import ExitCode
from dialer.config import SIMULATOR_KEY, Settings
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator
from dialer.store import migrate

NOBODY_ANSWERS = "http://127.0.0.1:1"


@pytest.fixture
def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("RETELL_BASE_URL", NOBODY_ANSWERS)
    home = Settings.load().create_home()
    (home / "broker.url").write_text(NOBODY_LISTENS, encoding="utf-8")
    with kept_log():
        yield Desk(tmp_path, capsys)


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with running_simulator(SimulatorSettings(api_key=SIMULATOR_KEY)) as url:
        monkeypatch.setenv("RETELL_BASE_URL", url)
        yield url


def verdicts(answer: Answer) -> dict[str, str]:
    return {check["name"]: check["status"] for check in answer.json["checks"]}


def test_a_fresh_machine_is_well_but_told_to_start(desk: Desk) -> None:
    desk.without_database()
    answer = desk.type("doctor", "--json")
    assert answer.code == ExitCode.DONE
    assert answer.json["ok"] is True
    found = verdicts(answer)
    assert (found["python"], found["http"]) == ("ok", "ok")
    assert (found["database"], found["broker"], found["key"]) == ("warn", "warn", "warn")
    assert all(check["fix"] for check in answer.json["checks"] if check["status"] != "ok")


def test_a_machine_that_was_set_up_by_hand_must_have_everything(
    desk: Desk, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    monkeypatch.setenv("REDIS_URL", NOBODY_LISTENS)
    answer = desk.type("doctor", "--json")
    assert answer.code == ExitCode.FAILED
    found = verdicts(answer)
    assert found["database"] == "ok"
    assert (found["tables"], found["broker"]) == ("fail", "fail")  # no alembic revision in it
    assert "workers" not in found


def test_a_migrated_database_and_its_clock_are_well(
    desk: Desk, bare_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", bare_postgres_url)
    migrate.upgrade(Settings.load().database_url)
    found = verdicts(desk.type("doctor", "--json"))
    assert (found["database"], found["tables"], found["clock"]) == ("ok", "ok", "ok")


def test_the_embedded_database_tells_its_journal_mode(desk: Desk) -> None:
    migrate.upgrade(Settings.load().database_url)
    checks = desk.type("doctor", "--json").json["checks"]
    (database,) = (check for check in checks if check["name"] == "database")
    assert database["sentence"].startswith("SQLite 3.")
    assert "journal mode" in database["sentence"]


def test_a_database_that_does_not_answer_fails(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:hush@127.0.0.1:1/dialer")
    answer = desk.type("doctor", "--json")
    assert verdicts(answer)["database"] == "fail"
    assert "hush" not in answer.out + answer.err


def test_a_key_that_is_accepted_is_well(desk: Desk, simulator: str) -> None:
    assert verdicts(desk.type("doctor", "--json"))["key"] == "ok"


def test_a_key_that_is_refused_fails(
    desk: Desk, simulator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETELL_API_KEY", "key_of_somebody_else")
    answer = desk.type("doctor")
    assert answer.code == ExitCode.FAILED
    (line,) = (line for line in answer.out.splitlines() if line.split("\t")[1] == "key")
    assert line.startswith("fail\tkey\t")
    assert line.endswith("\tset RETELL_API_KEY to a key of your workspace")
    assert "key_of_somebody_else" not in answer.out + answer.err


def test_live_mode_without_a_public_address_is_warned(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALER_MODE", "live")
    monkeypatch.setenv("RETELL_API_KEY", "key_live")
    answer = desk.type("doctor", "--json")
    assert answer.err.startswith("mode: LIVE, real phones ring")
    found = verdicts(answer)
    assert (found["webhook address"], found["key"]) == ("warn", "fail")


def test_a_broker_without_workers_fails(
    desk: Desk, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)
    found = verdicts(desk.type("doctor", "--json"))
    assert (found["broker"], found["workers"]) == ("ok", "fail")


@pytest.mark.processes
def test_workers_that_answer_are_named(
    desk: Desk, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)
    worker = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "-A", "workers.app", "worker"),
            *("--pool", "solo", "-Q", "plan", "-n", "patient@here", "--loglevel", "info"),
        ],
        env=dict(os.environ),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert worker.stderr is not None
    try:
        assert any("ready" in line for line in worker.stderr)
        checks = desk.type("doctor", "--json").json["checks"]
    finally:
        worker.kill()
        worker.communicate()
    (workers,) = (check for check in checks if check["name"] == "workers")
    assert (workers["status"], workers["sentence"]) == ("ok", "1 answer: patient@here")
