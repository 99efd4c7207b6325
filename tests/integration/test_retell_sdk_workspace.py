"""The official Python client against the simulator: numbers, agents, voices, live calls."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator

retell = pytest.importorskip("retell", reason="Retell's own package comes with the dev extra")
pytestmark = pytest.mark.sdk

FROM = "+14155550199"
AGENT = "agent_one"
TRUNK = {"termination_uri": "trunk.example", "sip_trunk_auth_username": "ann"}


@pytest.fixture
def client() -> Iterator[Any]:
    settings = SimulatorSettings(speed=100, phone_numbers=(FROM,), agents=(AGENT, "agent_two"))
    with (
        running_simulator(settings) as url,
        retell.Retell(api_key="key_simulator", base_url=url, max_retries=0) as opened,
    ):
        yield opened


def weighted(*shares: float) -> list[dict[str, Any]]:
    agents = (AGENT, "agent_two", AGENT)
    return [{"agent_id": one, "weight": share} for one, share in zip(agents, shares, strict=False)]


def test_a_number_is_bought_changed_and_released(client: Any) -> None:
    bought = client.phone_number.create(
        area_code=212,
        country_code="US",
        number_provider="telnyx",
        nickname="Sales",
        outbound_agents=weighted(0.7, 0.3),
        inbound_agents=weighted(1.0),
        allowed_outbound_country_list=["US", "CA"],
    )
    assert (bought.area_code, bought.phone_number_type) == (212, "retell-telnyx")
    assert [(one.agent_id, one.weight) for one in bought.outbound_agents] == [
        (AGENT, 0.7),
        ("agent_two", 0.3),
    ]
    changed = client.phone_number.update(
        bought.phone_number, nickname="Support", outbound_agents=None
    )
    assert (changed.nickname, changed.outbound_agents) == ("Support", None)
    assert client.phone_number.retrieve(bought.phone_number).nickname == "Support"
    client.phone_number.delete(bought.phone_number)
    with pytest.raises(retell.NotFoundError, match="not found from phone-number"):
        client.phone_number.retrieve(bought.phone_number)


def test_a_toll_free_number_is_bought(client: Any) -> None:
    assert client.phone_number.create(toll_free=True).phone_number.startswith("+1800")


def test_a_number_of_our_own_carrier_is_imported(client: Any) -> None:
    imported = client.phone_number.import_(
        phone_number="+13125550123",
        **TRUNK,
        sip_trunk_auth_password="secret",
        transport="TLS",
        codecs=["PCMU"],
        outbound_agents=weighted(1.0),
    )
    assert imported.phone_number_type == "custom"
    trunk = imported.sip_outbound_trunk_config
    assert (trunk.termination_uri, trunk.auth_username) == ("trunk.example", "ann")
    assert (trunk.transport, trunk.codecs) == ("TLS", ["PCMU"])
    assert "secret" not in imported.to_json()


@pytest.mark.parametrize(
    "wish",
    [
        {"area_code": 12},
        {"country_code": "DE"},
        {"number_provider": "acme"},
        {"phone_number": FROM},
        {"phone_number": "12"},
        {"outbound_agents": weighted(0.5)},
        {"inbound_agents": weighted(0.5, 0.6)},
        {"outbound_agents": [{"agent_id": AGENT}]},
        {"transport": "UDP/IP"},
    ],
)
def test_a_wish_for_a_number_that_cannot_be_is_a_400(client: Any, wish: dict[str, Any]) -> None:
    with pytest.raises(retell.BadRequestError):
        client.phone_number.create(**wish)
    assert [one.phone_number for one in client.phone_number.list().items] == [FROM]


def test_an_agent_that_is_not_there_is_a_422(client: Any) -> None:
    ghost = [{"agent_id": "agent_ghost", "weight": 1}]
    for change in (
        lambda: client.phone_number.create(outbound_agents=ghost),
        lambda: client.phone_number.update(FROM, inbound_agents=ghost),
        lambda: client.agent.retrieve("agent_ghost"),
        lambda: client.agent.update("agent_ghost", agent_name="x"),
        lambda: client.agent.list_versions("agent_ghost"),
        lambda: client.agent.publish("agent_ghost", version=0),
        lambda: client.voice.retrieve("voice_ghost"),
    ):
        with pytest.raises(retell.UnprocessableEntityError):
            change()


def test_numbers_that_are_not_there_are_a_404(client: Any) -> None:
    for change in (
        lambda: client.phone_number.update("+12125550111", nickname="x"),
        lambda: client.phone_number.delete("+12125550111"),
    ):
        with pytest.raises(retell.NotFoundError):
            change()


def test_lists_have_pages_in_either_order(client: Any) -> None:
    second = client.phone_number.create().phone_number
    seen, key = [], {}
    while True:
        page = client.phone_number.list(limit=1, **key)
        seen += [one.phone_number for one in page.items]
        if not page.has_more:
            break
        key = {"pagination_key": page.pagination_key}
    assert seen == [FROM, second]
    falling = client.phone_number.list(limit=1, sort_order="descending")
    assert falling.items[0].phone_number == second
    agents = client.agent.list(limit=1)
    assert agents.has_more
    assert client.agent.list(limit=1, pagination_key=agents.pagination_key).has_more is False
    with pytest.raises(retell.BadRequestError):
        client.phone_number.list(limit=1001)


def test_calls_come_from_the_agents_of_a_number_by_their_weights(client: Any) -> None:
    client.phone_number.update(FROM, outbound_agents=weighted(0.5, 0.5))
    drawn = {
        client.call.create_phone_call(
            from_number=FROM, to_number=f"+1212555{2000 + n}", idempotency_key=str(n)
        ).agent_id
        for n in range(12)
    }
    assert drawn == {AGENT, "agent_two"}
    client.phone_number.update(FROM, outbound_agents=[])
    with pytest.raises(retell.BadRequestError, match="No outbound agent id set up"):
        client.call.create_phone_call(from_number=FROM, to_number="+12125550100")


def test_an_agent_is_made_with_its_prompt_changed_and_published(client: Any) -> None:
    llm = client.llm.create(
        general_prompt="You help {{first_name}}.", default_dynamic_variables={"first_name": "you"}
    )
    assert client.llm.retrieve(llm.llm_id).general_prompt == "You help {{first_name}}."
    engine = {"type": "retell-llm", "llm_id": llm.llm_id}
    agent = client.agent.create(
        response_engine=engine, voice_id="11labs-Adrian", agent_name="Renewals"
    )
    assert (agent.version, agent.is_published, agent.agent_name) == (0, False, "Renewals")
    changed = client.agent.update(
        agent.agent_id, webhook_url="https://dialer.example/w", webhook_events=["call_ended"]
    )
    assert changed.webhook_url == "https://dialer.example/w"
    client.agent.publish(agent.agent_id, version=0, version_title="First")
    with pytest.raises(retell.BadRequestError, match="published agent version"):
        client.agent.update(agent.agent_id, agent_name="Other")
    draft = client.agent.create_version(agent.agent_id, base_version=0)
    assert (draft.version, draft.base_version, draft.is_published) == (1, 0, False)
    versions = client.agent.list_versions(agent.agent_id).items
    assert [(one.version, one.is_published) for one in versions] == [(0, True), (1, False)]
    assert versions[0].version_title == "First"
    assert client.agent.retrieve(agent.agent_id, version="latest_published").version == 0
    assert client.agent.retrieve(agent.agent_id).version == 1
    found = client.agent.list(filter_criteria={"query": "renewal"}).items
    assert [one.agent_id for one in found] == [agent.agent_id]
    client.agent.delete(agent.agent_id)
    with pytest.raises(retell.UnprocessableEntityError):
        client.agent.retrieve(agent.agent_id)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"voice_id": "11labs-Adrian"}, retell.BadRequestError),
        (
            {"response_engine": {"type": "retell-llm", "llm_id": "llm_ghost"}},
            retell.BadRequestError,
        ),
        (
            {
                "voice_id": "11labs-Adrian",
                "response_engine": {"type": "retell-llm", "llm_id": "llm_ghost"},
            },
            retell.UnprocessableEntityError,
        ),
        (
            {
                "voice_id": "nobody",
                "response_engine": {"type": "custom-llm", "llm_websocket_url": "wss://x"},
            },
            retell.UnprocessableEntityError,
        ),
        (
            {
                "voice_id": "11labs-Adrian",
                "response_engine": {"type": "custom-llm", "llm_websocket_url": "wss://x"},
                "webhook_events": ["call_failed"],
            },
            retell.BadRequestError,
        ),
    ],
)
def test_an_agent_that_cannot_be_is_not_made(
    client: Any, fields: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        client.post("/create-agent", body=fields, cast_to=object)
    assert len(client.agent.list().items) == 2


def test_voices_are_a_bare_list_with_previews(client: Any) -> None:
    voices = client.voice.list()
    assert len(voices) > 3
    assert all(one.preview_audio_url.startswith("https://") for one in voices)
    assert client.voice.retrieve(voices[0].voice_id) == voices[0]


def test_a_call_that_goes_on_is_changed_over_its_own_path(client: Any) -> None:
    call_id = client.call.create_phone_call(
        from_number=FROM, to_number="+12125550108", metadata={"attempt_id": "a"}
    ).call_id
    with pytest.raises(retell.BadRequestError):
        client.call.update(call_id, metadata={"b": "c"})
    assert client.call.update_live(call_id, fields_to_override={"metadata": {"b": "c"}}).success
    assert client.call.retrieve(call_id).metadata == {"b": "c"}
    client.call.stop(call_id)
    with pytest.raises(retell.BadRequestError):
        client.call.update_live(call_id, fields_to_override={"metadata": {}})


def test_a_recording_is_behind_a_link_that_ends(client: Any) -> None:
    call_id = client.call.create_phone_call(from_number=FROM, to_number="+12125550100").call_id
    while (call := client.call.retrieve(call_id)).recording_url is None:
        pass
    assert call.scrubbed_transcript_with_tool_calls
    answer = httpx.get(call.recording_url, trust_env=False)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    assert answer.content.startswith(b"RIFF")
    older = call.recording_url.replace("expires=", "expires=1")
    assert httpx.get(older, trust_env=False).status_code == 403
    client.call.delete(call_id)
    assert httpx.get(call.recording_url, trust_env=False).status_code == 404
