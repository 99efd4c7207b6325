"""What leads must bring, so that no placeholder is read aloud; and no import fails for asking."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina
from factories import FrozenClock, RecordingQueue, make_spec

from dialer.actions.agent_variables import (
    AgentVariables,
    required_variables,
    variables_of_agent,
)
from dialer.actions.campaign_file import read_campaign_file
from dialer.actions.world import World
from dialer.clock import SystemClock
from dialer.retell.client import RetellClient
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator
from dialer.store.database import Database

KEY = "key_simulator"
NO_DATABASE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"  # any use of it would fail
DEMO = Path(__file__).parents[2] / "campaigns" / "demo.toml"

MakeWorld = Callable[..., World]


@pytest.fixture(autouse=True)
def _without_waiting() -> Iterator[None]:
    """Keep the tries, drop the pauses between them."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture
def make_asker() -> Iterator[MakeWorld]:
    """Give worlds that can only ask Retell."""
    with ExitStack() as stack:

        def make(
            url: str, *, key: str = KEY, transport: httpx.BaseTransport | None = None
        ) -> World:
            client = RetellClient(url, key, clock=SystemClock(), transport=transport)
            database = Database(NO_DATABASE)
            stack.enter_context(closing(client))
            stack.enter_context(closing(database))
            return World(db=database, provider=client, queue=RecordingQueue(), clock=FrozenClock())

        yield make


@pytest.fixture
def asker(make_asker: MakeWorld) -> Iterator[Callable[..., World]]:
    """Give worlds whose Retell is a simulator with these prompts."""
    with ExitStack() as stack:

        def make(prompts: Mapping[str, Any], **settings: Any) -> World:
            chosen = SimulatorSettings.model_validate({"prompts": prompts, **settings})
            return make_asker(stack.enter_context(running_simulator(chosen)))

        yield make


def replying(*replies: tuple[str, Any]) -> httpx.MockTransport:
    """Answer by the beginning of the path; a number is a status, anything else is there."""

    def answer(request: httpx.Request) -> httpx.Response:
        for start, reply in replies:
            if request.url.path.startswith(start):
                if isinstance(reply, int):
                    return httpx.Response(reply, json={"message": "no"})
                return httpx.Response(200, json=reply)
        return httpx.Response(404, json={"message": "no such thing"})

    return httpx.MockTransport(answer)


def asked(world: World, **settings: Any) -> AgentVariables:
    return required_variables(world, make_spec(**{"agent_id": "agent_x"} | settings))


def test_every_text_of_a_prompt_is_read(asker: MakeWorld) -> None:
    prompt = {
        "begin_message": "Hi {{a}}",
        "general_prompt": "You know {{b}}, {{current_time}} and {{call_id}}.",
        "general_tools": [
            {
                "type": "custom",
                "name": "look",
                "url": "https://crm.example/{{c}}",
                "description": "Looks at {{d}}",
                "headers": {"X-Account": "{{e}}"},
                "query_params": {"plan": "{{f}}"},
                "parameters": {"type": "object", "properties": {"x": {"const": "{{g}}"}}},
            },
            {
                "type": "transfer_call",
                "name": "hand_over",
                "transfer_destination": {"type": "predefined", "number": "{{h}}"},
            },
        ],
        "states": [{"name": "one", "state_prompt": "{{i}}", "tools": [{"url": "{{j}}"}]}],
    }
    agent = {
        "voicemail_option": {"action": {"type": "static_text", "text": "Bye {{k}}"}},
        "webhook_url": "https://crm.example/{{l}}",
        "pre_session_tools": [{"type": "custom", "url": "{{m}}"}],
        "post_call_analysis_data": [{"description": "never spoken: {{z}}"}],
    }
    found = asked(asker({"agent_x": {"prompt": prompt, "agent": agent}}))
    assert found.needed == set("abcdefghijklm")
    assert found.checked
    assert found.sentence.startswith("The prompt of agent_x needs a, b, c")


def test_a_conversation_flow_is_read_with_its_nodes_and_components(asker: MakeWorld) -> None:
    flow = {
        "global_prompt": "Sell {{plan}}.",
        "nodes": [{"instruction": {"type": "prompt", "text": "Greet {{first_name}}."}}],
        "components": [{"nodes": [{"instruction": {"text": "Ask {{question}}"}}]}],
        "default_dynamic_variables": {"plan": "Team"},
    }
    found = asked(asker({"agent_x": {"engine": "conversation-flow", "prompt": flow}}))
    assert found.needed == {"first_name", "question"}
    assert found.defaults == {"plan"}
    assert found.checked


def test_what_the_agent_knows_or_finds_out_itself_is_not_needed(asker: MakeWorld) -> None:
    prompt = {
        "general_prompt": "{{first_name}} {{plan}} {{slot}} {{mood}} {{city}} {{null}}",
        "default_dynamic_variables": {"first_name": "", "unused": "x", "null": None},
        "general_tools": [
            {"type": "custom", "response_variables": {"slot": "data.slot"}},
            {"type": "extract_dynamic_variable", "variables": [{"name": "mood"}, {"name": 1}]},
        ],
    }
    agent = {
        "pre_session_tools": [{"response_variables": {"city": "city"}}],
        "voicemail_option": {"action": {"text": "Bye {{first_name}}"}},
    }
    found = asked(asker({"agent_x": {"prompt": prompt, "agent": agent}}))
    assert found.needed == {"plan", "null"}
    assert found.defaults == {"first_name", "slot", "mood", "city"}


def test_what_the_campaign_gives_all_leads_is_not_needed(asker: MakeWorld) -> None:
    world = asker({"agent_x": "{{caller}} offers {{offer}} to {{first_name}}."})
    found = asked(world, variables={"caller": "Riley", "offer": "{{discount}} off", "spare": "-"})
    assert found.needed == {"first_name", "discount"}
    assert found.given == {"caller", "offer"}


def test_the_changes_of_a_campaign_replace_the_texts_of_the_agent(asker: MakeWorld) -> None:
    world = asker(
        {
            "agent_x": {
                "prompt": {"begin_message": "Hi {{old}}", "general_prompt": "{{kept}}"},
                "agent": {"voicemail_option": {"action": {"text": "{{old_voicemail}}"}}},
            }
        }
    )
    override = {
        "retell_llm": {"begin_message": "Hi {{new}}"},
        "agent": {"voicemail_option": {"action": {"text": "{{new_voicemail}}"}}},
    }
    assert asked(world, agent_override=override).needed == {"kept", "new", "new_voicemail"}


def test_a_campaign_may_lend_the_agent_another_prompt(asker: MakeWorld) -> None:
    world = asker({"agent_x": "{{old}}", "agent_y": "{{new}}"})
    engine = {"type": "retell-llm", "llm_id": "llm_of_agent_y"}
    found = asked(world, agent_override={"agent": {"response_engine": engine}})
    assert found.needed == {"new"}


def test_the_version_of_the_campaign_is_asked_for(make_asker: MakeWorld) -> None:
    paths: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path.decode())
        engine = {"type": "retell-llm", "llm_id": "llm_1", "version": 9}
        return httpx.Response(200, json={"llm_id": "llm_1", "response_engine": engine})

    world = make_asker("http://retell.test", transport=httpx.MockTransport(answer))
    assert asked(world, agent_version="prod").checked
    assert paths == ["/get-agent/agent_x?version=prod", "/get-retell-llm/llm_1?version=9"]


def test_without_an_agent_those_of_the_numbers_are_asked(make_asker: MakeWorld) -> None:
    def agent(name: str) -> dict[str, Any]:
        engine = {"type": "retell-llm", "llm_id": f"llm_{name}"}
        return {"agent_id": name, "response_engine": engine}

    both = [{"agent_id": "agent_a", "weight": 0.5}, {"agent_id": "agent_b", "weight": 0.5}]
    transport = replying(
        ("/get-phone-number/+12125550000", {"outbound_agents": both}),
        ("/get-phone-number/+12125550001", {"outbound_agent_id": "agent_b"}),
        ("/get-agent/agent_a", agent("a")),
        ("/get-agent/agent_b", agent("b")),
        ("/get-retell-llm/llm_a", {"llm_id": "llm_a", "general_prompt": "{{one}} {{both}}"}),
        (
            "/get-retell-llm/llm_b",
            {
                "llm_id": "llm_b",
                "general_prompt": "{{two}} {{both}} {{one}}",
                "default_dynamic_variables": {"both": "x", "one": "y"},
            },
        ),
    )
    world = make_asker("http://retell.test", transport=transport)
    found = asked(world, agent_id=None, from_numbers=["+12125550000", "+12125550001"])
    # One of two agents has no default, and chance decides which of them calls.
    assert found.needed == {"one", "two", "both"}
    assert found.defaults == set()
    assert "agent_a, agent_b" in found.sentence


def test_an_agent_that_takes_over_a_call_is_asked_too(asker: MakeWorld) -> None:
    def swap(agent_id: object) -> list[dict[str, Any]]:
        return [{"type": "agent_swap", "name": "swap", "agent_id": agent_id}]

    world = asker(
        {
            "agent_x": {"prompt": {"general_tools": swap("agent_y")}},
            "agent_y": {"prompt": {"general_prompt": "{{deep}}", "general_tools": swap("agent_x")}},
            "agent_z": {"prompt": {"general_tools": swap(7)}},
        }
    )
    assert asked(world).needed == {"deep"}
    assert asked(world, agent_id="agent_z").checked


def test_the_demo_lacks_nothing(asker: MakeWorld) -> None:
    found = required_variables(asker({}), read_campaign_file(DEMO))
    assert found.checked
    assert found.needed == set()
    assert found.sentence == "The prompt of agent_demo needs nothing from the leads."


def test_an_agent_may_be_asked_for_without_a_campaign(asker: MakeWorld) -> None:
    world = asker({"agent_x": "Sell {{plan}} to {{first_name}}."})
    found = variables_of_agent(world, "agent_x", version=2)
    assert found.needed == {"plan", "first_name"}
    assert found.sentence == "The prompt of agent_x needs first_name, plan."


def test_a_custom_llm_cannot_be_checked(asker: MakeWorld) -> None:
    agent = {"voicemail_option": {"action": {"text": "Bye {{first_name}}"}}}
    found = asked(asker({"agent_x": {"engine": "custom-llm", "agent": agent}}))
    assert not found.checked
    assert found.needed == {"first_name"}
    assert found.sentence == (
        "Not checked: Agent agent_x speaks through a custom LLM, whose prompt Retell does not know."
    )


def test_an_unknown_agent_is_named(asker: MakeWorld) -> None:
    found = asked(asker({}, agents=["agent_other"]))
    assert not found.checked
    assert found.needed == set()
    assert found.sentence == "Not checked: Retell knows no agent agent_x."


def test_an_unknown_number_is_named(asker: MakeWorld) -> None:
    found = asked(asker({}, phone_numbers=["+14155550199"]), agent_id=None)
    assert found.sentence == "Not checked: Retell knows no number +12125550000."


def test_a_number_without_an_agent_is_named(make_asker: MakeWorld) -> None:
    transport = replying(("/get-phone-number/", {"phone_number": "+12125550000"}))
    found = asked(make_asker("http://retell.test", transport=transport), agent_id=None)
    assert found.sentence == ("Not checked: No agent is bound to +12125550000 for outgoing calls.")


def test_a_refused_key_is_told_and_the_changes_of_the_campaign_are_read_all_the_same(
    make_asker: MakeWorld,
) -> None:
    with running_simulator() as url:
        world = make_asker(url, key="key_wrong")
        found = asked(world, agent_override={"retell_llm": {"begin_message": "Hi {{new}}"}})
    assert not found.checked
    assert found.needed == {"new"}
    assert found.sentence == (
        "Not checked: Retell does not let us read it: API key is missing or invalid."
    )


def test_a_retell_that_is_not_there_is_told_once(make_asker: MakeWorld) -> None:
    world = make_asker("http://127.0.0.1:1")
    found = asked(world, agent_id=None, from_numbers=["+12125550000", "+12125550001"])
    assert not found.checked
    assert found.sentence == "Not checked: Retell does not answer (connect_error)."


@pytest.mark.parametrize(
    ("agent", "prompt", "reason"),
    [
        ({"agent_id": "x"}, {}, "Agent agent_x has a prompt of an unknown kind."),
        (
            {"response_engine": {"type": "telepathy", "llm_id": "llm_1"}},
            {},
            "Agent agent_x has a prompt of an unknown kind.",
        ),
        (
            {"response_engine": {"type": "retell-llm", "llm_id": "llm_1"}},
            {"message": "odd"},
            "Agent agent_x has a prompt that cannot be read.",
        ),
        (
            {"response_engine": {"type": "retell-llm", "llm_id": "llm_1"}},
            404,
            "Retell knows no prompt of agent agent_x.",
        ),
        (
            {"response_engine": {"type": "conversation-flow", "conversation_flow_id": "f"}},
            500,
            "Retell does not answer (http_500).",
        ),
    ],
)
def test_a_prompt_that_cannot_be_read_is_never_an_empty_prompt(
    make_asker: MakeWorld, agent: Any, prompt: Any, reason: str
) -> None:
    transport = replying(
        ("/get-agent/", agent), ("/get-retell-llm/", prompt), ("/get-conversation-flow/", prompt)
    )
    found = asked(make_asker("http://retell.test", transport=transport))
    assert not found.checked
    assert found.sentence == f"Not checked: {reason}"
