"""`dialer audit`, `dialer incidents` and `dialer restored`, with a simulator beside the desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_desk import NOBODY_LISTENS, Desk, kept_log

from dialer.bootstrap import build_world
from dialer.cli.exits import ExitCode
from dialer.config import SIMULATOR_KEY, Settings
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator
from dialer.store import gate
from dialer.store.database import Database


@pytest.fixture
def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    with running_simulator(SimulatorSettings(api_key=SIMULATOR_KEY)) as url:
        monkeypatch.setenv("RETELL_BASE_URL", url)
        home = Settings.load().create_home()
        (home / "broker.url").write_text(NOBODY_LISTENS, encoding="utf-8")
        with kept_log():
            world = build_world(Settings.load())  # the dialer was started once
            world.db.close()
            world.provider.close()
            yield Desk(tmp_path, capsys)


def break_something(*statements: str) -> None:
    database = Database(Settings.load().database_url)
    for statement in statements:
        database.transact(lambda tx, do=statement: tx.exec_driver_sql(do))  # type: ignore[misc]
    database.close()


def is_doubted() -> bool:
    database = Database(Settings.load().database_url)
    try:
        return database.read(gate.peek).is_doubted
    finally:
        database.close()


def test_a_sound_database_is_told_invariant_by_invariant(desk: Desk) -> None:
    answer = desk.type("audit", "--json")
    assert answer.code == ExitCode.DONE
    assert answer.json["ok"] is True
    rows = answer.json["invariants"]
    assert {one["status"] for one in rows} == {"ok"}
    assert {one["name"] for one in rows} >= {"I1", "I5", "I18", "I21"}
    assert answer.json["provider"] is None


def test_what_is_broken_is_named_with_its_ids(desk: Desk) -> None:
    campaign_id = desk.create()
    break_something("UPDATE campaign SET status = 'scheduled', start_at = '2026-01-01 00:00:00'")
    answer = desk.type("audit")
    assert answer.code == ExitCode.FAILED
    (line,) = (one for one in answer.out.splitlines() if "\tbroken\t" in one)
    assert line.startswith("I4\tbroken\t")
    assert line.endswith(f"\t{campaign_id}")
    assert "1 of 20 invariants" in answer.err


def test_the_comparison_with_retell_is_told(desk: Desk) -> None:
    answer = desk.type("audit", "--provider", "--json")
    assert answer.code == ExitCode.DONE
    assert [one["name"] for one in answer.json["invariants"]][-1] == "I19"
    told = answer.json["provider"]
    assert (told["complete"], told["calls"], told["differences"]) == (True, 0, [])
    assert "Retell showed 0 calls of ours since" in desk.type("audit", "--provider").err


def test_incidents_are_shown_and_acknowledged(desk: Desk) -> None:
    break_something(
        "INSERT INTO incident (code, subject, sentence, opened_at) VALUES"
        " ('I5', 'a', 'It was sent twice.', '2026-01-01 00:00:00')"
    )
    (row,) = desk.type("incidents", "list", "--json").json
    assert (row["code"], row["times"]) == ("I5", 1)
    assert "It was sent twice." in desk.type("incidents", "list").out
    assert desk.type("incidents", "close", row["id"]).code == ExitCode.USAGE
    assert desk.type("incidents", "close", row["id"], "--note", "Seen.").code == ExitCode.DONE
    assert desk.type("incidents", "list", "--json").json == []
    again = desk.type("incidents", "close", row["id"], "--note", "Seen.")
    assert again.code == ExitCode.REFUSED
    assert desk.type("incidents", "close", 99, "--note", "x").code == ExitCode.NOT_FOUND


def test_a_restore_is_announced_and_the_doctor_says_what_to_do(desk: Desk) -> None:
    assert not is_doubted()
    assert desk.type("restored", "--why", "Friday's backup").code == ExitCode.DONE
    assert is_doubted()
    assert "known already" in desk.type("restored").err
    answer = desk.type("doctor", "--json")
    assert answer.code == ExitCode.FAILED
    (check,) = (one for one in answer.json["checks"] if one["name"] == "restore")
    assert check["status"] == "fail"
    assert "Friday's backup" in check["sentence"]
    assert "audit --provider" in check["fix"]
    assert desk.type("restored", "--call-anyway", "Retell is gone.").code == ExitCode.DONE
    assert not is_doubted()
    assert desk.type("restored", "--call-anyway", "Again.").code == ExitCode.REFUSED


def test_the_doctor_tells_of_the_last_audit(desk: Desk) -> None:
    def found() -> dict[str, str]:
        checks = desk.type("doctor", "--json").json["checks"]
        return {one["name"]: one["status"] for one in checks}

    assert (found()["audit"], found()["restore"]) == ("warn", "ok")
    break_something(
        "INSERT INTO audit_run (kind, started_at, ended_at, broken) VALUES"
        " ('recent', '2026-01-01 00:00:00', '2026-01-01 00:00:00', '{\"I5\": [\"a\"]}')"
    )
    assert found()["audit"] == "fail"
    break_something("UPDATE audit_run SET broken = '{}'")
    assert found()["audit"] == "warn"  # it is late
    break_something("UPDATE audit_run SET started_at = '2999-01-01 00:00:00'")
    assert found()["audit"] == "ok"
