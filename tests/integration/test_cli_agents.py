"""The command that lists what an agent's prompt needs, against the simulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_desk import NOBODY_LISTENS, Desk, kept_log

from dialer.cli.exits import ExitCode
from dialer.config import SIMULATOR_KEY, Settings
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator

SHIPPED = Path(__file__).parents[2] / "campaigns" / "agents" / "renewal.toml"
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


# -- what Retell has of agents


PUBLIC = "https://dialer.example"
ADDRESS = f"{PUBLIC}/webhooks/retell"


def statuses(desk: Desk, *arguments: object) -> tuple[int, dict[str, str]]:
    answer = desk.type("agents", "check", *arguments, "--json")
    return answer.code, {one["name"]: one["status"] for one in answer.json}


def test_agents_are_listed_and_shown(desk: Desk) -> None:
    answer = desk.type("agents", "list")
    assert answer.code == ExitCode.DONE, answer.err
    listed = [line.split("\t")[0] for line in answer.out.splitlines()]
    assert listed == ["agent_id", "agent_plan", "agent_own"]
    found = desk.type("agents", "list", "--query", "plan", "--json").json
    assert [one["agent_id"] for one in found] == ["agent_plan"]
    shown = desk.type("agents", "show", "agent_plan")
    assert shown.fields["voice_id"] == "11labs-Adrian"
    assert desk.type("agents", "show", "agent_plan", "--json").json["is_published"] is True
    versions = desk.type("agents", "versions", "agent_plan")
    assert versions.out.splitlines()[1].startswith("0\tyes\t")


def test_a_webhook_address_goes_into_a_draft_and_counts_once_it_is_published(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALER_PUBLIC_URL", PUBLIC)
    monkeypatch.setenv("DIALER_WEBHOOK_BY", "agent")
    assert statuses(desk, "agent_plan") == (
        ExitCode.FAILED,
        {"webhook address": "fail", "webhook events": "ok", "version": "ok", "prompt": "ok"},
    )
    draft = desk.type("agents", "set-webhook", "agent_plan", "--json")
    assert draft.code == ExitCode.DONE, draft.err
    assert (draft.json["version"], draft.json["webhook_url"]) == (1, ADDRESS)
    assert "dialer agents publish agent_plan --version 1" in draft.err
    assert statuses(desk, "agent_plan", "--version", "0")[0] == ExitCode.FAILED
    assert statuses(desk, "agent_plan")[1]["version"] == "warn"
    assert desk.type("agents", "publish", "agent_plan").code == ExitCode.DONE
    assert "already" in desk.type("agents", "publish", "agent_plan").err
    assert statuses(desk, "agent_plan") == (
        ExitCode.DONE,
        dict.fromkeys(("webhook address", "webhook events", "version", "prompt"), "ok"),
    )
    few = desk.type("agents", "set-webhook", "agent_plan", "--event", "call_ended", "--publish")
    assert "without call_started, call_analyzed" in few.err
    assert statuses(desk, "agent_plan")[1]["webhook events"] == "fail"


def test_where_the_address_goes_with_each_call_the_agents_own_does_not_matter(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "webhook address" not in statuses(desk, "agent_plan")[1]  # the simulator knows ours
    monkeypatch.setenv("DIALER_PUBLIC_URL", PUBLIC)
    assert statuses(desk, "agent_plan")[1]["webhook address"] == "ok"
    assert statuses(desk, "agent_own")[1]["prompt"] == "warn"


def test_the_agent_of_a_campaign_is_checked(desk: Desk) -> None:
    file = desk.write("plan.toml", CAMPAIGN)
    campaign = desk.type("campaigns", "create", file, "--json").json["campaign_id"]
    assert statuses(desk, "--campaign", campaign)[1]["prompt"] == "ok"
    without = desk.create()
    assert desk.type("agents", "check", "--campaign", without).code == ExitCode.FAILED
    assert desk.type("agents", "check").code == ExitCode.USAGE
    assert desk.type("agents", "check", "agent_plan", "--campaign", 1).code == ExitCode.USAGE


def test_an_agent_is_made_from_the_file_that_is_shipped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALER_PUBLIC_URL", PUBLIC)
    made = desk.type("agents", "create", SHIPPED, "--publish", "--json")
    assert made.code == ExitCode.DONE, made.err
    agent = made.json["agent_id"]
    shown = desk.type("agents", "show", agent, "--json").json
    assert (shown["agent_name"], shown["webhook_url"]) == ("Renewal calls", ADDRESS)
    assert shown["is_published"] is True
    found = desk.type("agents", "variables", "--agent", agent, "--json").json
    assert (found["needed"], found["defaults"]) == ([], ["company", "first_name", "plan"])
    assert statuses(desk, agent)[0] == ExitCode.DONE


def test_an_agent_may_have_a_prompt_that_is_there_already(desk: Desk) -> None:
    engine = '{ type = "custom-llm", llm_websocket_url = "wss://llm.example" }'
    file = desk.write("own.toml", f"{VOICE}response_engine = {engine}\n")
    made = desk.type("agents", "create", file)
    assert made.code == ExitCode.DONE, made.err
    assert made.fields["is_published"] == "no"
    assert "it is a draft" in made.err
    assert "webhook_url\t\n" in made.out


VOICE = '[agent]\nvoice_id = "11labs-Adrian"\n'
PROMPT = '[llm]\ngeneral_prompt = "Be kind."\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[agent", "cannot be read"),
        (PROMPT, "names no voice"),
        (VOICE, "in one way"),
        (VOICE + PROMPT + "[other]\n", "has [other]"),
        (VOICE + 'response_engine = { type = "x" }\n' + PROMPT, "in one way"),
        (VOICE.replace("11labs-Adrian", "nobody") + PROMPT, "the prompt is there already"),
    ],
)
def test_a_file_that_makes_no_agent_is_refused(desk: Desk, text: str, told: str) -> None:
    answer = desk.type("agents", "create", desk.write("agent.toml", text))
    assert answer.code == ExitCode.FAILED
    assert told in answer.err
    assert len(desk.type("agents", "list", "--json").json) == 2


def test_an_address_that_is_none_is_refused(desk: Desk) -> None:
    for url in ("dialer.example", ""):
        assert desk.type("agents", "set-webhook", "agent_plan", "--url", url).code == ExitCode.USAGE
    ours = desk.type("agents", "set-webhook", "agent_plan", "--url", ADDRESS, "--publish")
    assert ours.fields["webhook_url"] == ADDRESS


def test_voices_are_listed_and_shown(desk: Desk) -> None:
    answer = desk.type("voices", "list", "--gender", "female", "--accent", "british")
    assert [line.split("\t")[0] for line in answer.out.splitlines()] == [
        "voice_id",
        "11labs-Dorothy",
    ]
    assert "https://" in answer.out
    shown = desk.type("voices", "show", "11labs-Dorothy", "--json").json
    assert shown["preview_audio_url"].startswith("https://")
    assert desk.type("voices", "show", "nobody").code == ExitCode.NOT_FOUND
    assert "no such voice" in desk.type("voices", "list", "--provider", "nobody").err
