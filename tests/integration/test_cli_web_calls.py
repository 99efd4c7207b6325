"""`dialer calls web`, against the simulator: what is printed, and a talk that is typed."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_desk import NOBODY_LISTENS, Desk, kept_log

from dialer.bootstrap import apply_limits, open_database
from dialer.cli.exits import ExitCode
from dialer.config import SIMULATOR_KEY, Settings
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator


class Terminal(io.StringIO):
    """A terminal at which somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    settings = Settings.load()
    home = settings.create_home()
    (home / "broker.url").write_text(NOBODY_LISTENS, encoding="utf-8")
    with running_simulator(SimulatorSettings(api_key=SIMULATOR_KEY)) as url, kept_log():
        (home / "simulator.url").write_text(url, encoding="utf-8")
        made = Desk(tmp_path, capsys)
        made.create()
        database = open_database(settings)
        apply_limits(database, settings)
        database.close()
        yield made


def test_without_a_terminal_it_prints_what_joins_the_call(desk: Desk) -> None:
    answer = desk.type("calls", "web", 1, "--json")
    assert answer.code == ExitCode.DONE
    assert set(answer.json) == {"call_id", "access_token", "join_by", "transport", "page"}
    assert answer.json["page"].endswith("/leads/1/talk")
    assert desk.type("calls", "web", 1).fields["access_token"].startswith("web.")


def test_a_talk_can_be_typed_in_one_command(desk: Desk) -> None:
    answer = desk.type("calls", "web", 1, "--say", "Which plan?", "--say", "Goodbye")
    assert answer.code == ExitCode.DONE
    said = answer.out.splitlines()
    assert said[0].startswith("Agent: Hello ")
    assert said[1:3] == ["You: Which plan?", "Agent: My notes say: Plan Starter."]
    assert said[3:] == ["You: Goodbye", "Agent: Thank you for your time. Goodbye."]
    assert "agent_hangup" in answer.err


def test_a_person_types_until_an_empty_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("Are you a robot?\n\nnever said\n"))
    answer = desk.type("calls", "web", 1)
    assert answer.code == ExitCode.DONE
    assert "Agent: Yes, I am an AI agent." in answer.out
    assert "never said" not in answer.out
    assert "user_hangup" in answer.err


def test_a_lead_that_is_not_there_is_not_found(desk: Desk) -> None:
    assert desk.type("calls", "web", 99, "--json").code == ExitCode.NOT_FOUND


def test_a_live_agent_is_not_typed_with(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALER_MODE", "live")
    monkeypatch.setenv("RETELL_API_KEY", "key_of_nobody")
    answer = desk.type("calls", "web", 1, "--say", "Hello")
    assert answer.code == ExitCode.USAGE
    assert "/leads/1/talk" in answer.err
