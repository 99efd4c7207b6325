"""The command that lists what an agent's prompt needs, against the simulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_desk import NOBODY_LISTENS, Desk, kept_log

from dialer.cli.exits import ExitCode
from dialer.config import SIMULATOR_KEY, Settings
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator

CAMPAIGN = """
name = "Spring"
from_numbers = ["+14155550198"]
agent_id = "agent_plan"

[variables]
caller = "Riley"
"""


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """A desk beside a simulator with two agents."""
    prompts = {
        "agent_plan": {
            "prompt": {
                "general_prompt": "{{caller}} offers {{plan}} to {{first_name}}.",
                "default_dynamic_variables": {"first_name": "there"},
            }
        },
        "agent_own": {"engine": "custom-llm"},
    }
    chosen = SimulatorSettings.model_validate({"prompts": prompts, "api_key": SIMULATOR_KEY})
    home = Settings.load().create_home()
    (home / "broker.url").write_text(NOBODY_LISTENS, encoding="utf-8")
    with running_simulator(chosen) as url, kept_log():
        (home / "simulator.url").write_text(url, encoding="utf-8")
        yield Desk(tmp_path, capsys)


def test_the_variables_of_an_agent_are_listed(desk: Desk) -> None:
    answer = desk.type("agents", "variables", "--agent", "agent_plan")
    assert answer.code == ExitCode.DONE, answer.err
    assert answer.out.splitlines() == [
        "name\tfilled_by",
        "caller\tlead",
        "plan\tlead",
        "first_name\tagent",
    ]
    assert "The prompt of agent_plan needs caller, plan." in answer.err


def test_a_campaign_fills_variables_for_all_its_leads(desk: Desk) -> None:
    file = desk.write("plan.toml", CAMPAIGN)
    campaign = desk.type("campaigns", "create", file, "--json").json["campaign_id"]
    answer = desk.type("agents", "variables", "--campaign", campaign, "--json")
    assert answer.code == ExitCode.DONE
    assert answer.json == {
        "checked": True,
        "sentence": "The prompt of agent_plan needs plan.",
        "needed": ["plan"],
        "given": ["caller"],
        "defaults": ["first_name"],
    }
    other = desk.type(
        "agents", "variables", "--campaign", campaign, "--agent", "agent_default", "--json"
    )
    assert other.json["needed"] == []


def test_a_prompt_that_cannot_be_read_fails_with_a_sentence(desk: Desk) -> None:
    answer = desk.type("agents", "variables", "--agent", "agent_own", "--json")
    assert answer.code == ExitCode.FAILED
    assert answer.json["checked"] is False
    assert "custom LLM" in answer.json["sentence"]


def test_somebody_must_be_named(desk: Desk) -> None:
    answer = desk.type("agents", "variables")
    assert answer.code == ExitCode.USAGE
    assert "--agent AGENT_ID" in answer.err


def test_a_campaign_that_is_not_there_is_not_found(desk: Desk) -> None:
    assert desk.type("agents", "variables", "--campaign", 99).code == ExitCode.NOT_FOUND
