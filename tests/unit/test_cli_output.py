"""What commands print: a table for people, TSV for pipes, questions only at a terminal."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dialer.actions.storing import Known
from dialer.actions.watch import Sight, percentiles
from dialer.cli.creating import say_running
from dialer.cli.exits import Declined, WrongUsage
from dialer.cli.importing import Asked
from dialer.cli.output import confirm, print_fields, print_json, print_rows
from dialer.cli.views import sight_fields
from dialer.cli.watching import follow_as_json, follow_in_lines, follow_on_terminal
from dialer.config import Settings
from dialer.domain.states import CampaignStatus
from dialer.leads.columns import LeadField
from dialer.leads.options import MissingVariable
from dialer.store.report import Progress

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def progress(*, closed: int, leads: int = 20) -> Progress:
    return Progress(
        leads=leads,
        closed=closed,
        by_status={"READY": leads - closed, "CLOSED": closed},
        by_closed_as={"reached": closed},
        dispositions={"talked": closed},
        attempts=closed,
        sent=closed,
        open_attempts=0,
        rejected_rows=0,
        refill_ms=[1.0, 2.0, 3.0],
    )


def sight(closed: int, *, status: CampaignStatus = CampaignStatus.RUNNING) -> Sight:
    return Sight(7, "Spring", status, None, progress(closed=closed))


def test_a_pipe_gets_tab_separated_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(("id", "name", "at", "gone"), [{"id": 1, "name": "a\tb\nc", "at": NOW}])
    assert capsys.readouterr().out == "id\tname\tat\tgone\n1\ta b c\t2026-03-02 09:30:00\t\n"


def test_a_terminal_gets_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    print_rows(("id", "created_at"), [{"id": "[bold]1[/bold]", "created_at": NOW}])
    assert "created at" in screen.getvalue()
    assert "[bold]1[/bold]" in screen.getvalue()  # a name is never read as markup


def test_fields_are_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_fields({"a": True, "b": ["x", None, 2], "c": {"d": 1, "e": None}, "f": None})
    assert capsys.readouterr().out == "a\tyes\nb\tx, , 2\nc\td 1\nf\t\n"


def test_fields_are_a_table_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    print_fields({"leads": 3})
    assert screen.getvalue().split() == ["leads", "3"]


def test_json_writes_moments_in_iso(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"at": NOW, "wait": timedelta(seconds=1), "name": "é"})
    assert json.loads(capsys.readouterr().out) == {
        "at": "2026-03-02T09:30:00+00:00",
        "wait": "0:00:01",
        "name": "é",
    }


def test_without_a_terminal_a_question_names_the_flag() -> None:
    with pytest.raises(WrongUsage) as caught:
        confirm("Really?", yes=False, declined="no")
    assert caught.value.fix == "add --yes"


def test_yes_needs_no_terminal() -> None:
    confirm("Really?", yes=True, declined="no")


@pytest.mark.parametrize("answer", ["y\n", "YES\n", " yes \n"])
def test_a_yes_at_the_terminal_goes_on(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    confirm("Really?", yes=False, declined="no")


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "yesterday\n"])
def test_anything_else_declines(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    with pytest.raises(Declined, match="nothing happened"):
        confirm("Really?", yes=False, declined="nothing happened")


def test_a_line_is_said_for_every_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    steps = [sight(closed) for closed in range(21)]
    last = follow_in_lines([*steps, sight(20, status=CampaignStatus.FINISHED)])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 12  # 0 % to 100 %, and the end
    assert lines[0].startswith("running, 0 of 20 leads closed")
    assert last is not None
    assert last.status is CampaignStatus.FINISHED


def test_json_has_one_line_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    follow_as_json([sight(0), sight(1)])
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["closed"], second["closed"]) == (0, 1)
    assert second["refill_ms"] == {"p50": 2.0, "p95": 2.9}


def test_a_terminal_sees_a_picture_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    last = follow_on_terminal([sight(0), sight(13)])
    assert last is not None
    assert "13 of 20 leads closed" in screen.getvalue()


def test_the_fields_of_a_sight_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(sight_fields(sight(3)))
    assert json.loads(capsys.readouterr().out)["closed_as"] == {"reached": 3}


@pytest.mark.parametrize("values", [[], [5.0]])
def test_too_few_values_have_no_percentile(values: list[float]) -> None:
    assert percentiles(values) == {"p50": None, "p95": None}


def test_a_start_says_when_nothing_runs_that_could_dial(
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = Settings.load()
    say_running(settings, 3, "running")
    assert "dialer up" in capsys.readouterr().err
    settings.create_home()
    settings.broker_file.write_text("redis://127.0.0.1:1/0\n", encoding="utf-8")
    say_running(settings, 3, "running")
    assert "dialer up" not in capsys.readouterr().err


def test_flags_replace_the_options_of_the_campaign() -> None:
    assert Asked.of().changed == {}
    asked = Asked.of(
        country="usa",
        allow=["us,CA", "Mexico"],
        columns=["phone=Mobile = 2", "name=Who", "name=Whom", "company="],
        missing_variable="default=there",
        known="update",
        not_called_within="30d",
        processes=3,
        sheet="2",
        encoding=None,
    )
    assert asked.changed == {
        "country": "US",
        "allowed_countries": frozenset({"US", "CA", "MX"}),
        "overrides": {
            LeadField.PHONE: "Mobile = 2",
            LeadField.NAME: ("Who", "Whom"),
            LeadField.COMPANY: "",
        },
        "missing_variable": MissingVariable.parse("default=there"),
        "sheet": "2",
    }
    order = asked.order()
    assert (order.known, order.not_called_within, order.processes) == (
        Known.UPDATE,
        timedelta(days=30),
        3,
    )


@pytest.mark.parametrize(
    "flags",
    [
        {"country": "Atlantis"},
        {"allow": ["US,XX"]},
        {"columns": ["phone"]},
        {"columns": ["phone="]},
        {"columns": ["fone=Mobile"]},
        {"missing_variable": "default"},
        {"known": "replace"},
        {"not_called_within": "30"},
    ],
    ids=repr,
)
def test_a_flag_that_is_not_understood_is_wrong_usage(flags: dict[str, Any]) -> None:
    with pytest.raises(WrongUsage):
        Asked.of(**flags)
