"""`dialer campaigns simulate`, as people type it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_desk import Answer, Desk, kept_log
from lead_lists import write_campaign

from dialer.cli.exits import ExitCode
from dialer.cli.simulating import show
from dialer.config import Settings
from dialer.forecast.assumptions import Assumptions
from dialer.forecast.run import forecast

NEW_YORK = "America/New_York"


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    with kept_log():
        yield Desk(tmp_path, capsys)


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    return write_campaign(tmp_path, people={NEW_YORK: 4}, default_zone=NEW_YORK)


def simulate(desk: Desk, campaign: Path, *more: object) -> Answer:
    return desk.type("campaigns", "simulate", campaign, "--start", "2026-03-06T09:00", *more)


def test_a_forecast_needs_nothing_and_leaves_nothing(desk: Desk, campaign: Path) -> None:
    desk.without_database()
    answer = simulate(desk, campaign, "--days", 1)
    assert answer.code == ExitCode.DONE, answer.err
    assert "no phone rings" in answer.err
    assert not Settings.load().home.exists()
    fields = answer.fields
    assert (fields["leads"], fields["start"]) == ("4", "2026-03-06 09:00:00")
    assert fields["forecast"].startswith("a forecast: a simulated Retell")
    assert (fields["lines"], fields["calls_per_second"]) == ("20", "1.0")  # as the settings say
    assert (fields["most_lines"], fields["violations"]) == ("4", "0")


def test_tables_follow_for_days_hours_and_zones(desk: Desk, campaign: Path) -> None:
    parts = simulate(desk, campaign, "--days", 1).out.split("\n\n")
    tables = [part.splitlines() for part in parts[1:]]
    assert [lines[0] for lines in tables] == [
        "day\tcalls",
        "local_hour\tcalls",
        "zone\tcalls\tearliest\tlatest",
    ]
    assert tables[0][1].startswith("Fri 2026-03-06\t")
    assert tables[1][1].startswith("09\t4")
    assert tables[2][1].startswith("America/New_York\t")


def test_a_forecast_as_json_for_schedulers(desk: Desk, campaign: Path) -> None:
    answer = simulate(
        desk, campaign, "--json", "--lines", 2, "--calls-per-second", 0.5, "--talk", "90s"
    )
    found = answer.json
    assert (found["lines"], found["calls_per_second"], found["talk_s"]) == (2, 0.5, 90)
    assert found["closed"] + found["waiting"] == found["leads"] == 4
    assert sum(found["by_day"].values()) == sum(found["by_hour"].values()) == found["calls"]
    assert found["first_call"] == "2026-03-06T09:00:00-05:00"
    assert found["last_call"] > found["first_call"]
    assert found["most_lines"] == 2
    assert found["hours"] >= 0.1
    assert found["violations"] == []


def test_leads_that_still_wait_are_told(desk: Desk, campaign: Path) -> None:
    waiting = simulate(desk, campaign, "--days", 1, "--answer-rate", 0)
    assert "not finished: " in waiting.err
    assert "still to be called after a day" in waiting.err
    finished = simulate(desk, campaign, "--days", 40)
    assert "finished: 4 leads closed with " in finished.err


@pytest.mark.parametrize(
    ("flag", "value"), [("--start", "tomorrow"), ("--talk", "long"), ("--talk", "5h")]
)
def test_what_cannot_be_understood_is_refused(
    desk: Desk, campaign: Path, flag: str, value: str
) -> None:
    answer = desk.type("campaigns", "simulate", campaign, flag, value)
    assert answer.code == ExitCode.USAGE
    assert f"error: {flag}" in answer.err
    assert "fix: " in answer.err


def test_a_wrong_call_fails_the_command(campaign: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assumptions = Assumptions()
    start = datetime(2026, 3, 6, 15, tzinfo=UTC)
    found = forecast(campaign, start=start, days=1, assumptions=assumptions)
    wrong = replace(found, violations=[f"call {number}" for number in range(25)])
    assert show(found, assumptions, days=1, as_json=True) == ExitCode.DONE
    assert show(wrong, assumptions, days=1, as_json=False) == ExitCode.FAILED
    told = capsys.readouterr().err.splitlines()
    assert [line for line in told if line.startswith("wrong: ")][-1] == "wrong: call 19"
    assert told[-1] == "and 5 more; --json has them all"
