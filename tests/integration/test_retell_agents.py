"""Agents and prompts: read from the wire, and served by the simulator as Retell serves them."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
import stamina
from retell import APIStatusError, Retell
from retell_peer import Peer, hang, reset_after_reading

from dialer.clock import SystemClock
from dialer.errors import AccountProblem, AgentNotFound, ProviderUnavailable
from dialer.retell.agents import AgentReader
from dialer.retell.client import RetellClient
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator

FROM = "+14155550199"
SOON = timedelta(seconds=20)
PROMPTS: dict[str, Any] = {
    "agent_plan": "You offer {{plan}}, gladly.",
    "agent_states": {
        "prompt": {
            "begin_message": "Hi {{first_name}}",
            "states": [{"name": "one", "state_prompt": "Ask for {{order}}."}],
            "default_dynamic_variables": {"order": "your order"},
        },
        "agent": {
            "voicemail_option": {"action": {"type": "static_text", "text": "Bye {{first_name}}"}}
        },
    },
    "agent_flow": {
        "engine": "conversation-flow",
        "prompt": {"global_prompt": "You are kind to {{first_name}}.", "nodes": []},
    },
    "agent_own": {"engine": "custom-llm"},
}
ASKS: list[Callable[[AgentReader], object]] = [
    lambda reader: reader.agent("agent_1"),
    lambda reader: reader.llm("llm_1"),
    lambda reader: reader.conversation_flow("flow_1"),
    lambda reader: reader.phone_number(FROM),
]


@pytest.fixture(autouse=True)
def _without_waiting() -> Iterator[None]:
    """Keep the tries, drop the pauses between them."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture
def simulator() -> Iterator[str]:
    settings = SimulatorSettings.model_validate(
        {"phone_numbers": [FROM], "agents": ["agent_one"], "prompts": PROMPTS}
    )
    with running_simulator(settings) as url:
        yield url


@pytest.fixture
def reader(simulator: str) -> Iterator[AgentReader]:
    with closing(RetellClient(simulator, "key_simulator", clock=SystemClock())) as client:
        yield client.agents(within=SOON)


@contextmanager
def answering(status: int, reply: object) -> Iterator[tuple[RetellClient, list[str]]]:
    """Answer every question alike; give what asks, and the paths it asked for."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        content = reply if isinstance(reply, bytes) else orjson.dumps(reply)
        return httpx.Response(status, content=content)

    transport = httpx.MockTransport(answer)
    client = RetellClient("http://retell.test", "key_1", clock=SystemClock(), transport=transport)
    with closing(client):
        yield client, asked


@contextmanager
def paging(pages: dict[str | None, dict[str, Any]]) -> Iterator[RetellClient]:
    """Answer with the page that the question's key names."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v2/list-phone-numbers"
        return httpx.Response(200, json=pages[request.url.params.get("pagination_key")])

    transport = httpx.MockTransport(answer)
    client = RetellClient("http://retell.test", "key_1", clock=SystemClock(), transport=transport)
    with closing(client):
        yield client


def test_names_and_versions_stand_in_the_path_as_one_piece_each() -> None:
    with answering(200, {}) as (client, asked):
        reader = client.agents(within=SOON)
        reader.agent("agent_1")
        reader.agent("a/b?c", version="prod")
        reader.llm("llm_1", version=7)
        reader.conversation_flow("flow_1", version=0)
        reader.phone_number(FROM)
    assert asked == [
        "/get-agent/agent_1",
        "/get-agent/a%2Fb%3Fc?version=prod",
        "/get-retell-llm/llm_1?version=7",
        "/get-conversation-flow/flow_1?version=0",
        "/get-phone-number/%2B14155550199",
    ]


def test_numbers_are_read_page_by_page() -> None:
    pages: dict[str | None, dict[str, Any]] = {
        None: {
            "items": [{"phone_number": FROM, "phone_number_type": "retell-twilio"}],
            "has_more": True,
            "pagination_key": "a&b",
        },
        "a&b": {
            "items": [{"phone_number": "+14155550111", "phone_number_type": 7, "new": 1}],
            "has_more": False,
        },
    }
    with paging(pages) as client:
        found = client.phone_numbers()
    assert [(one.phone_number, one.phone_number_type) for one in found] == [
        (FROM, "retell-twilio"),
        ("+14155550111", None),
    ]


def test_a_list_of_numbers_that_never_ends_is_given_up() -> None:
    page = {"items": [{"phone_number": FROM}], "has_more": True, "pagination_key": "same"}
    with answering(200, page) as (client, asked):
        client.phone_numbers()
    assert asked == [
        "/v2/list-phone-numbers?limit=1000",
        "/v2/list-phone-numbers?limit=1000&pagination_key=same",
    ]


def test_a_list_of_numbers_without_items_is_no_empty_list() -> None:
    with answering(200, {"has_more": False}) as (client, _), pytest.raises(ProviderUnavailable):
        client.phone_numbers()


def test_the_simulator_lists_its_numbers_with_their_paths(simulator: str) -> None:
    with closing(RetellClient(simulator, "key_simulator", clock=SystemClock())) as client:
        found = {one.phone_number: one.phone_number_type for one in client.phone_numbers()}
    assert found == {FROM: "retell-twilio"}


def test_a_field_of_the_wrong_shape_costs_only_itself() -> None:
    agent = {"agent_id": "a", "version": 3.0, "agent_name": 7, "new": {"deep": [1]}}
    with answering(200, agent) as (client, _):
        read = client.agents(within=SOON).agent("a")
    assert (read.agent_id, read.version, read.agent_name) == ("a", 3, None)
    assert read.raw == agent


def test_the_agents_of_a_number_are_those_with_a_weight() -> None:
    bound = [
        {"agent_id": "agent_a", "weight": 0.5, "agent_version": "prod"},
        {"agent_id": "agent_b", "weight": 0.5, "agent_version": 4},
        {"agent_id": "agent_c", "weight": 0},
    ]
    number = {"outbound_agents": bound, "outbound_agent_id": "agent_old"}
    with answering(200, number) as (client, _):
        callers = client.agents(within=SOON).phone_number(FROM).callers
    assert [(one.agent_id, one.agent_version) for one in callers] == [
        ("agent_a", "prod"),
        ("agent_b", 4),
    ]


@pytest.mark.parametrize("bound", [{}, {"outbound_agents": None}, {"outbound_agents": []}])
def test_an_older_number_names_its_one_agent(bound: dict[str, Any]) -> None:
    number = bound | {"outbound_agent_id": "agent_old", "outbound_agent_version": 2}
    with answering(200, number) as (client, _):
        (caller,) = client.agents(within=SOON).phone_number(FROM).callers
    assert (caller.agent_id, caller.agent_version) == ("agent_old", 2)


def test_a_number_may_have_no_agent() -> None:
    with answering(200, {"phone_number": FROM}) as (client, _):
        assert client.agents(within=SOON).phone_number(FROM).callers == ()


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("status", [404, 422])
def test_what_retell_does_not_know_is_not_found(
    ask: Callable[[AgentReader], object], status: int
) -> None:
    with (
        answering(status, {"message": "Cannot find requested asset"}) as (client, asked),
        pytest.raises(AgentNotFound, match="Cannot find"),
    ):
        ask(client.agents(within=SOON))
    assert len(asked) == 1


@pytest.mark.parametrize("ask", ASKS)
def test_a_refused_key_is_told_at_once(ask: Callable[[AgentReader], object]) -> None:
    with answering(401, {}) as (client, asked), pytest.raises(AccountProblem):
        ask(client.agents(within=SOON))
    assert len(asked) == 1


@pytest.mark.parametrize("ask", ASKS)
def test_trouble_is_asked_again_twice_and_then_told(ask: Callable[[AgentReader], object]) -> None:
    with answering(500, {}) as (client, asked), pytest.raises(ProviderUnavailable):
        ask(client.agents(within=SOON))
    assert len(asked) == 3


@pytest.mark.parametrize("reply", [b"", b"<html>", b"[]", b'"agent"', b"[" * 5000])
def test_an_unreadable_agent_is_no_agent(reply: bytes) -> None:
    with answering(200, reply) as (client, _), pytest.raises(ProviderUnavailable) as caught:
        client.agents(within=SOON).agent("agent_1")
    assert caught.value.code == "unreadable_answer"


def test_nothing_is_asked_after_the_time_is_used_up() -> None:
    with answering(200, {}) as (client, asked), pytest.raises(ProviderUnavailable) as caught:
        client.agents(within=timedelta(0)).agent("agent_1")
    assert caught.value.code == "out_of_time"
    assert asked == []


@pytest.mark.parametrize("behaviour", [hang, reset_after_reading])
def test_a_retell_that_says_nothing_does_not_keep_us(behaviour: Any) -> None:
    with Peer(behaviour) as peer:
        client = RetellClient(peer.url, "key_1", clock=SystemClock())
        with closing(client), pytest.raises(ProviderUnavailable):
            client.agents(within=timedelta(milliseconds=400)).agent("agent_1")


def test_the_simulator_shows_an_agent_and_what_it_says(reader: AgentReader) -> None:
    agent = reader.agent("agent_one", version=3)
    assert agent.version == 3
    assert agent.response_engine is not None
    assert agent.response_engine.llm_id is not None
    prompt = reader.llm(agent.response_engine.llm_id, version=agent.response_engine.version)
    assert prompt.version == 3
    assert prompt.default_dynamic_variables == {"first_name": "there"}
    (caller,) = reader.phone_number(FROM).callers
    assert caller.agent_id == "agent_one"


def test_the_simulator_knows_only_its_own(reader: AgentReader) -> None:
    for ask in (
        lambda: reader.agent("agent_two"),
        lambda: reader.llm("llm_of_agent_two"),
        lambda: reader.llm("agent_one"),
        lambda: reader.conversation_flow("conversation_flow_of_agent_one"),
        lambda: reader.llm("llm_of_agent_flow"),
        lambda: reader.phone_number("+14155550111"),
    ):
        with pytest.raises(AgentNotFound):
            ask()


def test_a_plain_text_is_the_prompt_of_an_agent() -> None:
    for given in ("Hello, {{plan}}", ["Hello", " {{plan}}"]):
        settings = SimulatorSettings.model_validate({"prompts": {"agent_x": given}})
        assert settings.prompts["agent_x"].prompt == {"general_prompt": "Hello, {{plan}}"}


def test_prompts_are_chosen_while_the_simulator_runs(simulator: str, reader: AgentReader) -> None:
    with httpx.Client(base_url=simulator) as control:
        control.post("/_sim/prompts", json={"agent_one": "Sell {{car}}.", "agent_plan": None})
        shown = control.get("/_sim/prompts").json()
        wrong = control.post("/_sim/prompts", json={"agent_one": {"engine": "abacus"}})
    assert shown["agent_one"]["prompt"] == {"general_prompt": "Sell {{car}}."}
    assert "agent_plan" not in shown
    assert wrong.status_code == 400
    assert reader.llm("llm_of_agent_one").raw["general_prompt"] == "Sell {{car}}."


def test_the_official_client_reads_agents_and_prompts(simulator: str) -> None:
    with Retell(api_key="key_simulator", base_url=simulator, max_retries=0) as retell:
        agent = retell.agent.retrieve("agent_states", version=2)
        assert agent.version == 2
        assert agent.voicemail_option is not None
        assert agent.response_engine.type == "retell-llm"
        llm = retell.llm.retrieve(agent.response_engine.llm_id)
        assert llm.begin_message == "Hi {{first_name}}"
        assert llm.states is not None
        assert llm.states[0].state_prompt == "Ask for {{order}}."
        assert retell.llm.retrieve("llm_of_agent_one").general_tools is not None
        engine = retell.agent.retrieve("agent_flow").response_engine
        assert engine.type == "conversation-flow"
        flow = retell.conversation_flow.retrieve(engine.conversation_flow_id)
        assert flow.global_prompt == "You are kind to {{first_name}}."
        assert retell.agent.retrieve("agent_own").response_engine.type == "custom-llm"
        listed = [one.agent_id for one in retell.agent.list().items]
        assert listed == ["agent_one", *PROMPTS]
        bound = retell.phone_number.retrieve(FROM).outbound_agents
        assert bound is not None
        assert bound[0].agent_id == "agent_one"
        with pytest.raises(APIStatusError) as unknown:
            retell.llm.retrieve("llm_of_nobody")
        assert unknown.value.status_code == 422
