"""The witness: what is noted of sends beside the database, whatever happens to file and Redis."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialer import witness as witnessing
from dialer.witness import Memory, Noted, SendLog

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
NOBODY_LISTENS = "redis://127.0.0.1:1/0"


def log_in(home: Path, *, redis_url: str = NOBODY_LISTENS) -> SendLog:
    return SendLog(home, redis_url=redis_url)


def test_noted_sends_are_read_by_another_process_in_their_order(tmp_path: Path) -> None:
    for second in range(3):
        log_in(tmp_path).note("ours", f"attempt-{second}", at=NOW + timedelta(seconds=second))
    found = log_in(tmp_path).noted("ours")
    assert found == [Noted(f"attempt-{n}", NOW + timedelta(seconds=n)) for n in range(3)]


def test_sends_of_another_installation_are_not_ours(tmp_path: Path) -> None:
    log_in(tmp_path).note("theirs", "attempt", at=NOW)
    assert log_in(tmp_path).noted("ours") == []


def test_nothing_noted_says_nothing(tmp_path: Path) -> None:
    assert log_in(tmp_path / "missing").noted("ours") == []
    assert Memory().noted("ours") == []


def test_lines_that_were_cut_are_left_out(tmp_path: Path) -> None:
    log_in(tmp_path).note("ours", "whole", at=NOW)
    with (tmp_path / witnessing.FILE).open("a") as file:
        file.write("ours cut\nours attempt not-a-moment\n\nours att")
    assert [one.attempt_id for one in log_in(tmp_path).noted("ours")] == ["whole"]


def test_a_send_that_cannot_be_noted_stops_nobody(tmp_path: Path) -> None:
    log_in(tmp_path / "missing").note("ours", "attempt", at=NOW)


def test_a_full_file_begins_anew_and_the_older_one_is_read_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnessing, "LARGEST_BYTES", 200)
    for second in range(6):
        log_in(tmp_path).note("ours", f"attempt-{second}", at=NOW + timedelta(seconds=second))
    assert (tmp_path / witnessing.FILE).exists()
    assert (tmp_path / f"{witnessing.FILE}.1").stat().st_size > 200
    assert log_in(tmp_path).noted("ours")[-1].attempt_id == "attempt-5"


def test_redis_remembers_where_the_home_is_gone(tmp_path: Path, valkey_url: str) -> None:
    kept = [Noted("one", NOW), Noted("two", NOW + timedelta(seconds=1))]
    log_in(tmp_path, redis_url=valkey_url).keep("ours", kept)
    assert log_in(tmp_path / "new", redis_url=valkey_url).noted("ours") == kept
    assert log_in(tmp_path / "new", redis_url=valkey_url).noted("theirs") == []


def test_without_redis_keeping_fails_silently(tmp_path: Path) -> None:
    log_in(tmp_path).keep("ours", [Noted("one", NOW)])
    assert log_in(tmp_path).noted("ours") == []


def test_a_process_knows_when_the_gate_went_back() -> None:
    memory = Memory()
    assert [memory.is_behind(turn) for turn in (0, 3, 3, 2, 4)] == [
        False,
        False,
        False,
        True,
        False,
    ]
