"""The production client talks to an exchange in its own process as it would over the wire."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from dialer.errors import AgentNotFound, CallNotFound, CallRejected
from dialer.forecast.virtual_clock import VirtualClock
from dialer.retell.client import RetellClient
from dialer.simulator.engine import Exchange
from dialer.simulator.in_process import HEADERS_STARTED, InProcess
from dialer.simulator.settings import Event, SimulatorSettings
from dialer.simulator.testing import play

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
BODY = {
    "from_number": "+14155550199",
    "to_number": "+12125550123",
    "metadata": {"attempt_id": "a1"},
}


class Peers:
    """A client, and the exchange that it talks to."""

    def __init__(self, settings: SimulatorSettings | None = None) -> None:
        self.clock = VirtualClock(NOW)
        self.exchange = Exchange(settings or SimulatorSettings(agents=("agent_1",)))
        transport = InProcess(self.exchange, now_ms=self.clock.now_ms)
        self.client = RetellClient(
            "http://retell.invalid", "key", clock=self.clock, transport=transport
        )


@pytest.fixture
def peers() -> Iterator[Peers]:
    made = Peers()
    yield made
    made.client.close()


def test_a_call_is_accepted_at_the_moment_of_the_clock(peers: Peers) -> None:
    created = peers.client.create_phone_call(BODY)
    assert created.sent_at == NOW  # the trace of the request was told
    (call,) = peers.exchange.calls
    assert (call.call_id, call.created_ms) == (created.call_id, peers.clock.now_ms())
    assert peers.exchange.lines_in_use == 1
    assert peers.client.get_concurrency().current_concurrency == 1


def test_a_call_is_found_by_its_id_and_by_its_attempt(peers: Peers) -> None:
    created = peers.client.create_phone_call(BODY)
    peers.clock.sleep(timedelta(minutes=5))
    assert peers.client.get_call(created.call_id).call_status in ("ended", "not_connected")
    found = peers.client.calls_of_attempt("a1")
    assert found.complete
    assert [call.call_id for call in found.calls] == [created.call_id]
    with pytest.raises(CallNotFound):
        peers.client.get_call("call_none")


def test_agents_are_shown_by_name_and_version(peers: Peers) -> None:
    reader = peers.client.agents(within=timedelta(seconds=5))
    agent = reader.agent("agent_1", version=2)
    assert agent.raw["version"] == 2
    assert agent.raw["webhook_events"] == ["call_started", "call_ended", "call_analyzed"]
    with pytest.raises(AgentNotFound):
        reader.agent("agent_2", version=None)


def test_a_refused_request_is_refused_here_too(peers: Peers) -> None:
    with pytest.raises(CallRejected):
        peers.client.create_phone_call({**BODY, "to_number": "12"})
    assert list(peers.exchange.calls) == []


def test_a_path_nobody_knows_is_not_found(peers: Peers) -> None:
    with pytest.raises(CallNotFound):
        peers.client.stop_call("x/../y")


def test_the_name_of_the_trace_event_is_the_one_the_client_waits_for() -> None:
    from dialer.retell import wire

    assert HEADERS_STARTED == wire.HEADERS_STARTED


def test_agents_tell_only_of_what_they_are_set_to() -> None:
    settings = SimulatorSettings(webhook_url="http://hooks.invalid/", webhook_events=(Event.ENDED,))
    exchange = Exchange(settings)
    exchange.create_call(BODY, now_ms=0)
    sent = play(exchange, until_ms=3_600_000)
    assert [delivery.event for delivery in sent] == [Event.ENDED]
    exchange.create_call(
        {**BODY, "agent_override": {"agent": {"webhook_events": ["call_analyzed"]}}},
        now_ms=3_600_000,
    )
    sent = play(exchange, until_ms=7_200_000)
    assert [delivery.event for delivery in sent] == [Event.ANALYZED]
