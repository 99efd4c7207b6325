"""The commands for schedules, and the check of campaign and schedule files."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_desk import NOBODY_LISTENS, Answer, Desk, kept_log

from dialer.cli.exits import ExitCode
from dialer.config import Settings

SCHEDULE = """
campaign = "spring.toml"
[schedule]
name = "Mornings"
cron = "0 9 * * *"
zone = "America/New_York"
leads = "new leads only"
"""
WATCHED = """
[schedule]
name = "Inbox"
watch = true
[campaign]
name = "New leads"
from_numbers = ["+14155550198"]
"""


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """A desk with the embedded database, whose broker does not run."""
    home = Settings.load().create_home()
    (home / "broker.url").write_text(NOBODY_LISTENS, encoding="utf-8")
    with kept_log():
        yield Desk(tmp_path, capsys)


@pytest.fixture(params=["embedded", "postgresql"])
def any_desk(request: pytest.FixtureRequest, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with the embedded database, and one with a migrated PostgreSQL."""
    if request.param == "postgresql":
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("bare_postgres_url"))
        assert desk.type("migrate").code == ExitCode.DONE
    return desk


def created(desk: Desk, text: str = SCHEDULE) -> Answer:
    return desk.type("schedules", "create", desk.write("schedule.toml", text), "--json")


@pytest.mark.parametrize("verb", ["show", "history", "enable", "disable", "run-now"])
def test_a_schedule_that_is_not_there_is_not_found(desk: Desk, verb: str) -> None:
    answer = desk.type("schedules", verb, 41)
    assert answer.code == ExitCode.NOT_FOUND
    assert "error: there is no schedule 41\n" in answer.err


def test_a_schedule_file_that_is_wrong_makes_no_schedule(desk: Desk) -> None:
    answer = created(desk, SCHEDULE.replace("0 9", "0 99"))
    assert answer.code == ExitCode.FAILED
    assert 'schedule.cron = "0 99 * * *" is not valid' in answer.err
    assert desk.type("schedules", "list", "--json").json == []


def test_a_moment_that_is_past_is_refused_by_a_dry_run_too(desk: Desk) -> None:
    text = SCHEDULE.replace('cron = "0 9 * * *"', "at = 2026-01-01T09:00:00-05:00")
    path = desk.write("past.toml", text.replace('zone = "America/New_York"', ""))
    for arguments in ((), ("--dry-run",)):
        answer = desk.type("schedules", "create", path, *arguments)
        assert answer.code == ExitCode.REFUSED
        assert "is past" in answer.err


def test_the_same_schedule_is_refused_a_second_time(desk: Desk) -> None:
    assert created(desk).code == ExitCode.DONE
    again = created(desk)
    assert again.code == ExitCode.REFUSED
    assert "fix: dialer schedules disable 1" in again.err


def test_a_dry_run_stores_nothing_and_names_the_next_moments(desk: Desk) -> None:
    path = desk.write("schedule.toml", SCHEDULE)
    answer = desk.type("schedules", "create", path, "--dry-run")
    assert answer.code == ExitCode.DONE
    assert answer.err.count("runs at ") == 3
    assert " 09:00 E" in answer.err
    assert desk.type("schedules", "list", "--json").json == []


def test_a_question_without_a_terminal_names_the_flag(desk: Desk) -> None:
    created(desk)
    answer = desk.type("schedules", "run-now", 1)
    assert answer.code == ExitCode.USAGE
    assert "call up to 2 leads of leads.csv (simulator, no phone rings)" in answer.err
    assert desk.type("schedules", "history", 1, "--json").json == []


def test_a_schedule_is_made_shown_disabled_and_enabled(any_desk: Desk) -> None:
    answer = created(any_desk)
    assert (answer.code, answer.json["id"], answer.json["enabled"]) == (ExitCode.DONE, 1, True)
    assert "mode: simulator" in answer.err
    next_run_at = datetime.fromisoformat(answer.json["next_run_at"])
    assert timedelta(0) < next_run_at - datetime.now(UTC) <= timedelta(hours=25)
    assert any_desk.type("schedules", "disable", 1).code == ExitCode.DONE
    shown = any_desk.type("schedules", "show", 1, "--json").json
    assert (shown["enabled"], shown["next_run_at"]) == (False, None)
    enabled = any_desk.type("schedules", "enable", 1)
    assert f"next run {next_run_at:%Y-%m-%d %H:%M} UTC" in enabled.err
    (listed,) = any_desk.type("schedules", "list", "--json").json
    assert (listed["when"], listed["last_outcome"]) == ("0 9 * * * in America/New_York", None)
    header, row = any_desk.type("schedules", "list").out.splitlines()
    assert header.split("\t")[:3] == ["id", "name", "enabled"]
    assert row.split("\t")[:3] == ["1", "Mornings", "yes"]


def test_a_run_by_hand_calls_whom_the_schedule_chooses(any_desk: Desk) -> None:
    created(any_desk)
    first = any_desk.type("schedules", "run-now", 1, "--yes", "--json")
    assert first.code == ExitCode.REJECTED_ROWS, first.err
    assert (first.json["outcome"], first.json["campaign_id"]) == ("started", 1)
    assert (first.json["imported"], first.json["duplicates"], first.json["rejected"]) == (2, 1, 1)
    more = any_desk.write("more.csv", "Phone\n415-555-2671\n646-555-3190\n")
    second = any_desk.type("schedules", "run-now", 1, "--yes", "--file", more)
    assert second.code == ExitCode.DONE, second.err
    assert "1 lead to call, 1 passed over (had_before)" in second.err
    shown = any_desk.type("campaigns", "show", 2, "--json").json
    assert shown["closed_as"] == {"passed_over": 1}
    history = any_desk.type("schedules", "history", 1, "--json").json
    assert [run["campaign_id"] for run in history] == [2, 1]
    shown = any_desk.type("schedules", "show", 1, "--json").json
    assert (shown["history"], shown["last_outcome"]) == (history, "started")
    assert shown["spec"]["schedule"]["name"] == "Mornings"
    table = any_desk.type("schedules", "show", 1).out
    assert "Campaign 2 was started" in table


def test_a_dry_run_of_a_run_starts_nothing(desk: Desk) -> None:
    created(desk)
    answer = desk.type("schedules", "run-now", 1, "--dry-run")
    assert answer.code == ExitCode.DONE
    assert "2 leads could be imported from" in answer.err
    assert desk.type("campaigns", "list", "--json").json == []


def test_a_run_without_its_file_is_refused_before_the_question(desk: Desk) -> None:
    created(desk)
    desk.lead_file.unlink()
    assert desk.type("schedules", "run-now", 1, "--yes").code == ExitCode.NOT_FOUND
    assert desk.type("schedules", "history", 1, "--json").json == []


def test_a_list_that_is_not_there_yet_is_a_warning(desk: Desk) -> None:
    desk.lead_file.unlink()
    answer = created(desk)
    assert answer.code == ExitCode.DONE
    assert "warning: there is no file" in answer.err


def test_a_watched_folder_is_made_and_its_files_are_counted(desk: Desk) -> None:
    inbox = desk.folder / "inbox"
    inbox.mkdir()
    desk.write("inbox/a.csv", "Phone\n646-555-3190\n")
    answer = created(desk, WATCHED)
    assert answer.code == ExitCode.DONE
    assert "1 file there now will be taken" in answer.err
    assert answer.json["when"] == f"new in {inbox}/*"
    assert desk.type("schedules", "run-now", 1, "--yes").code == ExitCode.REFUSED


def test_files_without_a_mistake_exit_with_0(desk: Desk) -> None:
    schedule = desk.write("schedule.toml", SCHEDULE)
    answer = desk.type("campaigns", "check", desk.campaign_file, schedule)
    assert (answer.code, answer.out) == (ExitCode.DONE, "")
    assert "spring.toml is a valid campaign file" in answer.err
    assert "schedule.toml is a valid schedule file" in answer.err


def test_every_mistake_is_printed_with_file_key_value_and_fix(desk: Desk) -> None:
    text = 'nme = "x"\nfrom_numbers = ["123"]\n[limits]\nlines = 0\n'
    path = desk.write("broken.toml", text)
    answer = desk.type("campaigns", "check", path)
    assert answer.code == ExitCode.FAILED
    assert answer.err.count("error: ") == answer.err.count("fix: ") == 4
    assert f'error: {path}: from_numbers[0] = "123" is not valid\n' in answer.err
    assert f"fix: rename nme to name in {path}\n" in answer.err
    found = desk.type("campaigns", "check", path, "--json").json
    assert (found["valid"], found["kind"], len(found["problems"])) == (False, "campaign", 4)


def test_a_mistake_in_a_schedule_file_is_printed(desk: Desk) -> None:
    path = desk.write("schedule.toml", SCHEDULE.replace("zone =", "zne ="))
    answer = desk.type("campaigns", "check", path)
    assert answer.code == ExitCode.FAILED
    assert f"fix: rename schedule.zne to schedule.zone in {path}\n" in answer.err


@pytest.mark.parametrize("text", [None, 'name = "Spring\n'])
def test_a_file_that_cannot_be_read_fails_and_the_others_are_checked(
    desk: Desk, text: str | None
) -> None:
    path = desk.folder / "bad.toml" if text is None else desk.write("bad.toml", text)
    answer = desk.type("campaigns", "check", path, desk.campaign_file, "--json")
    assert answer.code == ExitCode.FAILED
    assert [one["valid"] for one in answer.json] == [False, True]
    told = desk.type("campaigns", "check", path)
    assert (told.code, told.err.count("error: ")) == (ExitCode.FAILED, 1)
