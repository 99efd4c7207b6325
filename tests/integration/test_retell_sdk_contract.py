"""The official Python client of Retell, pointed at the simulator."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from retell import APIStatusError, AuthenticationError, NotFoundError, RateLimitError, Retell
from retell.lib.webhook_auth import verify
from retell.types import PhoneCallResponse, WebCallResponse

from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import Receiver, running_simulator, webhook_receiver

FROM = "+14155550199"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as running:
        yield running


@pytest.fixture
def simulator(receiver: Receiver) -> Iterator[str]:
    settings = SimulatorSettings(
        speed=100, limit=3, webhook_url=receiver.url, phone_numbers=(FROM,), agents=("agent_one",)
    )
    with running_simulator(settings) as url:
        yield url


@pytest.fixture
def retell(simulator: str) -> Iterator[Retell]:
    with Retell(api_key="key_simulator", base_url=simulator, max_retries=0) as client:
        yield client


def place(retell: Retell, number: str = "+12125550100", **fields: Any) -> PhoneCallResponse:
    return retell.call.create_phone_call(from_number=FROM, to_number=number, **fields)


def wait_for_end(receiver: Receiver, *, call_id: str) -> None:
    while True:
        received = receiver.wait().body.decode()
        if call_id in received and '"event":"call_analyzed"' in received:
            return


def test_the_client_creates_a_call_with_every_field(retell: Retell) -> None:
    call = place(
        retell,
        override_agent_id="agent_one",
        override_agent_version=4,
        agent_override={"agent": {"webhook_events": ["call_ended"]}},
        metadata={"attempt_id": "a-1"},
        retell_llm_dynamic_variables={"first_name": "Zoe"},
        custom_sip_headers={"X-Lead": "7"},
        ignore_e164_validation=True,
        idempotency_key="a-1",
        honor_internal_dnc=True,
    )
    assert call.call_status == "registered"
    assert call.call_type == "phone_call"
    assert (call.agent_id, call.agent_version) == ("agent_one", 4)
    assert call.metadata == {"attempt_id": "a-1"}
    assert place(retell, idempotency_key="a-1").call_id == call.call_id


def test_the_client_reads_a_call_that_is_over(retell: Retell, receiver: Receiver) -> None:
    call_id = place(retell, retell_llm_dynamic_variables={"first_name": "Zoe"}).call_id
    wait_for_end(receiver, call_id=call_id)
    call = retell.call.retrieve(call_id)
    assert isinstance(call, PhoneCallResponse)
    assert call.call_status == "ended"
    assert call.disconnection_reason in ("user_hangup", "agent_hangup")
    assert call.transcript is not None
    assert "Zoe" in call.transcript
    assert call.transcript_object is not None
    assert call.transcript_object[0].role == "agent"
    assert call.transcript_object[0].words
    assert call.call_analysis is not None
    assert call.call_analysis.in_voicemail is False
    assert call.call_cost is not None
    assert call.call_cost.combined_cost > 0
    assert call.latency is not None
    assert call.latency.e2e is not None


def test_the_client_lists_calls_by_metadata_and_by_page(retell: Retell, receiver: Receiver) -> None:
    placed = [
        place(retell, f"+1212555{n:04}", metadata={"attempt_id": str(n)}).call_id
        for n in (101, 102)
    ]
    for call_id in placed:
        wait_for_end_of_all(receiver, retell=retell, call_id=call_id)
    found = retell.call.list(
        filter_criteria={
            "metadata": [{"type": "string", "op": "eq", "key": "attempt_id", "value": "102"}]
        },
        include_total=True,
    )
    assert found.total == 1
    assert found.items is not None
    assert found.items[0].call_id == placed[1]
    first = retell.call.list(limit=1)
    assert first.has_more
    assert first.pagination_key is not None
    second = retell.call.list(limit=1, pagination_key=first.pagination_key)
    assert second.has_more is False


def wait_for_end_of_all(receiver: Receiver, *, retell: Retell, call_id: str) -> None:
    while getattr(retell.call.retrieve(call_id), "call_analysis", None) is None:
        receiver.wait()


def test_the_client_stops_a_call_and_reads_the_lines_in_use(retell: Retell) -> None:
    call_id = place(retell, "+12125550108").call_id
    lines = retell.concurrency.retrieve()
    assert (lines.current_concurrency, lines.concurrency_limit) == (1, 3)
    retell.call.stop(call_id)
    call = retell.call.retrieve(call_id)
    assert call.disconnection_reason == "manual_stopped"
    assert retell.concurrency.retrieve().current_concurrency == 0


def test_the_client_updates_and_deletes_a_call(retell: Retell, receiver: Receiver) -> None:
    call_id = place(retell, "+12125550102").call_id
    wait_for_end(receiver, call_id=call_id)
    assert retell.call.update(call_id, metadata={"seen": True}).metadata == {"seen": True}
    retell.call.delete(call_id)
    with pytest.raises(APIStatusError) as unknown:
        retell.call.retrieve(call_id)
    assert unknown.value.status_code == 422


def test_the_client_reads_numbers_and_agents(retell: Retell) -> None:
    assert retell.phone_number.retrieve(FROM).phone_number_type == "retell-twilio"
    numbers = retell.phone_number.list().items
    assert numbers is not None
    assert [number.phone_number for number in numbers] == [FROM]
    assert retell.agent.retrieve("agent_one").response_engine.type == "retell-llm"
    assert [agent.agent_id for agent in retell.agent.list().items] == ["agent_one"]


def test_the_client_raises_its_own_errors(retell: Retell, simulator: str) -> None:
    with pytest.raises(NotFoundError, match="not found from phone-number"):
        retell.call.create_phone_call(from_number="+14155550111", to_number="+12125550100")
    for number in ("+12125550108", "+13125550108", "+14155550108"):
        place(retell, number)
    with pytest.raises(RateLimitError):
        place(retell)
    with (
        Retell(api_key="key_wrong", base_url=simulator, max_retries=0) as stranger,
        pytest.raises(AuthenticationError),
    ):
        stranger.concurrency.retrieve()


def test_the_clients_own_check_accepts_a_webhook_from_the_wire(
    retell: Retell, receiver: Receiver
) -> None:
    place(retell)
    received = receiver.wait()
    signature = received.headers["x-retell-signature"]
    text = received.body.decode()
    check: Any = verify
    assert check(text, "key_simulator", signature) is True
    assert check(text, "key_other", signature) is False
    assert check(text + " ", "key_simulator", signature) is False


def test_the_client_creates_a_web_call_by_the_newer_path(retell: Retell) -> None:
    made = retell.call.create_web_call(
        agent_id="agent_one",
        agent_version="latest",
        metadata={"test": True},
        retell_llm_dynamic_variables={"first_name": "Zoe"},
    )
    assert made.transport == "gateway"
    assert made.access_token
    assert made.expires_at > 0
    assert made.ice_servers[0].urls
    assert retell.concurrency.retrieve().current_concurrency == 1
    call = retell.call.retrieve(made.call_id)
    assert isinstance(call, WebCallResponse)
    assert (call.call_status, call.metadata) == ("registered", {"test": True})


def test_the_client_reads_a_web_call_that_was_talked_in(
    retell: Retell, receiver: Receiver, simulator: str
) -> None:
    with httpx.Client(base_url=simulator) as raw:
        body = {"agent_id": "agent_one", "retell_llm_dynamic_variables": {"first_name": "Zoe"}}
        key = {"authorization": "Bearer key_simulator"}
        answer = raw.post("/v2/create-web-call", json=body, headers=key)
        assert answer.status_code == 201
        made = WebCallResponse.model_validate(answer.json())
        assert (made.call_type, made.call_status) == ("web_call", "registered")
        token = {"access_token": made.access_token}
        assert raw.post("/_sim/web-call/join", json=token).status_code == 200
        raw.post("/_sim/web-call/say", json={**token, "text": "Go ahead"})
        raw.post("/_sim/web-call/leave", json=token)
        assert raw.post("/_sim/web-call/join", json=token).status_code == 403
    wait_for_end(receiver, call_id=made.call_id)
    call = retell.call.retrieve(made.call_id)
    assert isinstance(call, WebCallResponse)
    assert (call.call_status, call.disconnection_reason) == ("ended", "user_hangup")
    assert call.transcript is not None
    assert "User: Go ahead" in call.transcript
    found = retell.call.list(
        filter_criteria={"call_type": {"type": "enum", "op": "in", "value": ["web_call"]}}
    )
    assert found.items is not None
    assert [one.call_id for one in found.items] == [made.call_id]
