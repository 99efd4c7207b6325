"""The simulated Retell on a real socket."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import orjson
import pytest

from dialer.clock import SystemClock
from dialer.retell.client import RetellClient
from dialer.retell.models import EPOCH
from dialer.simulator.faults import Faults
from dialer.simulator.server import bind
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.signature import sign
from dialer.simulator.testing import Receiver, running_simulator, webhook_receiver

KEY = {"Authorization": "Bearer key_simulator"}


def body(number: str = "+12125550100", **fields: Any) -> dict[str, Any]:
    return {"from_number": "+14155550199", "to_number": number, **fields}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as running:
        yield running


@pytest.fixture
def client(receiver: Receiver) -> Iterator[httpx.Client]:
    settings = SimulatorSettings(
        speed=200, webhook_url=receiver.url, webhook_backoff_s=(0.01, 0.01, 0.01), limit=5
    )
    with (
        running_simulator(settings) as url,
        httpx.Client(base_url=url, headers=KEY, trust_env=False) as connected,
    ):
        yield connected


def truth(client: httpx.Client) -> dict[str, Any]:
    figures: dict[str, Any] = client.get("/_sim/truth").json()
    return figures


@pytest.mark.parametrize("header", [None, "Bearer wrong", "key_simulator"])
def test_without_the_key_nothing_is_answered(client: httpx.Client, header: str | None) -> None:
    del client.headers["Authorization"]
    headers = {} if header is None else {"Authorization": header}
    answer = client.post("/v2/create-phone-call", json=body(), headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {"status": "error", "message": "API key is missing or invalid."}
    assert truth(client)["calls"] == 0


def test_a_call_tells_its_life_by_signed_webhooks(client: httpx.Client, receiver: Receiver) -> None:
    call_id = client.post("/v2/create-phone-call", json=body()).json()["call_id"]
    received = [receiver.wait() for _ in range(3)]
    payloads = [orjson.loads(each.body) for each in received]
    # Two hundred times as fast as a call, they may overtake each other on the wire.
    assert {each["event"] for each in payloads} == {"call_started", "call_ended", "call_analyzed"}
    assert {each["call"]["call_id"] for each in payloads} == {call_id}
    for each in received:
        assert each.path == "/webhooks/retell"
        assert each.headers["content-type"] == "application/json"
        signature = each.headers["x-retell-signature"]
        moment = re.fullmatch(r"v=(\d+),d=[0-9a-f]{64}", signature)
        assert moment is not None
        assert signature == sign(each.body, key="key_simulator", now_ms=int(moment[1]))


def test_a_refused_webhook_comes_again(client: httpx.Client, receiver: Receiver) -> None:
    receiver.answers += [500, 503, 302]
    client.post("/v2/create-phone-call", json=body("+12125550102"))
    received = [orjson.loads(receiver.wait().body)["event"] for _ in range(5)]
    assert received.count("call_ended") + received.count("call_analyzed") == 5


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("there", [True, False])
def test_a_receiver_that_does_not_answer_is_tried_four_times_and_given_up(
    client: httpx.Client, silent_port: int, there: bool
) -> None:
    agent = {
        "webhook_url": f"http://127.0.0.1:{silent_port if there else 1}/",
        "webhook_events": ["call_ended"],
        "webhook_timeout_ms": 50,
    }
    client.post("/v2/create-phone-call", json=body("+12125550102", agent_override={"agent": agent}))
    while (counts := truth(client)["webhooks"])["given_up"] == 0:
        pass
    assert (counts["sent"], counts["retried"], counts["delivered"]) == (4, 3, 0)


def test_an_address_that_is_none_is_given_up_too(client: httpx.Client) -> None:
    agent = {"webhook_url": "nowhere", "webhook_events": ["call_ended"]}
    client.post("/v2/create-phone-call", json=body("+12125550102", agent_override={"agent": agent}))
    while truth(client)["webhooks"]["given_up"] == 0:
        pass


def test_a_body_that_is_no_json_is_a_400(client: httpx.Client) -> None:
    assert client.post("/v2/create-phone-call", content=b"{half").status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v2/list-calls"), ("GET", "/list-phone-numbers"), ("GET", "/list-agents")],
)
def test_withdrawn_paths_are_a_404(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 404
    assert answer.json()["message"] == f"Cannot {method} {path}"


@pytest.mark.parametrize("plus", ["+", "%2B"])
def test_a_number_is_found_with_either_plus(client: httpx.Client, plus: str) -> None:
    answer = client.get(f"/get-phone-number/{plus}14155550199")
    assert answer.json()["phone_number"] == "+14155550199"


def test_the_workspace_shows_its_numbers_agents_and_key(client: httpx.Client) -> None:
    assert client.get("/get-api-key-info").json()["org_id"]
    numbers = client.get("/v2/list-phone-numbers", params={"limit": 1}).json()
    assert not numbers["has_more"]
    agents = client.post("/v2/list-agents", json={}).json()["items"]
    agent = client.get(f"/get-agent/{agents[0]['agent_id']}").json()
    assert agent["agent_name"] == agents[0]["agent_name"]
    assert client.get("/v2/list-phone-numbers", params={"limit": "many"}).status_code == 400


def set_faults(client: httpx.Client, **faults: Any) -> None:
    assert client.post("/_sim/faults", json=faults).status_code == 200


@pytest.mark.parametrize(("fault", "calls"), [("before", 0), ("after", 1)])
def test_a_reset_is_a_reset_on_the_wire(client: httpx.Client, fault: str, calls: int) -> None:
    set_faults(client, **{f"reset_{fault}_acceptance": 1})
    with pytest.raises(httpx.ReadError):
        client.post("/v2/create-phone-call", json=body())
    assert truth(client)["calls"] == calls


@pytest.mark.parametrize(("fault", "calls"), [("before", 0), ("after", 1)])
def test_a_timeout_is_silence_on_the_wire(client: httpx.Client, fault: str, calls: int) -> None:
    set_faults(client, **{f"timeout_{fault}_acceptance": 1})
    with pytest.raises(httpx.ReadTimeout):
        client.post("/v2/create-phone-call", json=body(), timeout=0.2)
    assert truth(client)["calls"] == calls


def test_silence_ends_with_a_closed_connection(client: httpx.Client) -> None:
    set_faults(client, timeout_before_acceptance=1, hang_s=0.05)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        client.post("/v2/create-phone-call", json=body())


def test_half_an_answer_breaks_off_in_the_body(client: httpx.Client) -> None:
    set_faults(client, half_answer=1)
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        client.post("/v2/create-phone-call", json=body())
    assert truth(client)["calls"] == 1


def test_an_answer_may_be_no_json_or_name_no_call(client: httpx.Client) -> None:
    set_faults(client, not_json=1)
    answer = client.post("/v2/create-phone-call", json=body())
    assert (answer.status_code, answer.headers["content-type"][:9]) == (201, "text/html")
    set_faults(client, not_json=None, without_call_id=1)
    answer = client.post("/v2/create-phone-call", json=body("+12125550120"))
    assert "call_id" not in answer.json()


def test_a_redirect_leads_back_to_the_same_path(client: httpx.Client) -> None:
    set_faults(client, statuses={"307": 1})
    answer = client.post("/v2/create-phone-call", json=body())
    assert (answer.status_code, answer.headers["location"]) == (307, "/v2/create-phone-call")


def test_faults_can_be_shown_changed_and_taken_back(client: httpx.Client) -> None:
    set_faults(client, answer_429=0.5, webhook_late_s=[1, 2])
    shown = client.get("/_sim/faults").json()
    assert (shown["answer_429"], shown["webhook_late_s"]) == (0.5, [1, 2])
    set_faults(client, answer_429=None, webhook_late_s=None)
    assert client.get("/_sim/faults").json() == Faults().model_dump(mode="json")
    assert client.post("/_sim/faults", json={"nonsense": 1}).status_code == 400


def test_the_limit_can_be_changed(client: httpx.Client) -> None:
    assert client.post("/_sim/limit", json={"limit": 0}).json() == {"limit": 0}
    assert client.post("/v2/create-phone-call", json=body()).status_code == 429
    assert truth(client)["limit"] == 0
    assert client.post("/_sim/limit", json={"limit": -1}).status_code == 400


def test_raw_calls_tell_what_the_simulator_knows(client: httpx.Client) -> None:
    client.post("/v2/create-phone-call", json=body(metadata={"attempt_id": "a"}))
    (call,) = client.get("/_sim/calls").json()
    assert call["simulated"]["attempt_id"] == "a"
    assert call["simulated"]["outcome"] == "talk"


def test_the_workspaces_calls_can_be_asked_for_from_a_moment_on(
    client: httpx.Client, receiver: Receiver
) -> None:
    made = []
    for number in ("+12125550101", "+12125550102", "+12125550100"):
        made.append(client.post("/v2/create-phone-call", json=body(number)).json()["call_id"])
        while b"call_analyzed" not in receiver.wait().body:
            pass
    retell = RetellClient(str(client.base_url), "key_simulator", clock=SystemClock())
    with closing(retell):
        everything = retell.outbound_calls_since(EPOCH, max_pages=1)
        assert [call.call_id for call in everything.calls] == made
        assert everything.complete
        second = everything.calls[1].started_at
        assert second is not None
        later = retell.outbound_calls_since(second, max_pages=1)
        assert [call.call_id for call in later.calls] == made[1:]


def test_the_settings_refuse_what_they_do_not_know() -> None:
    with pytest.raises(ValueError, match="limits"):
        SimulatorSettings.model_validate({"limits": 3})


def test_an_answer_in_two_pieces_is_sent_at_once() -> None:
    """Else the second piece waits until the other side has acknowledged the first."""

    async def is_sent_at_once(listener: socket.socket) -> bool:
        loop = asyncio.get_running_loop()
        taken: asyncio.Future[asyncio.BaseTransport] = loop.create_future()

        class Taking(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                taken.set_result(transport)

        async with await loop.create_server(Taking, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname()[:2])
            transport = await taken
            ours = transport.get_extra_info("socket")
            at_once = bool(ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            transport.close()
            writer.close()
        return at_once

    assert asyncio.run(is_sent_at_once(bind(SimulatorSettings(port=0))))


SERVE = """
import sys
from dialer.simulator.server import run
from dialer.simulator.settings import SimulatorSettings
run(SimulatorSettings(port=0), on_ready=lambda url: print(url, file=sys.stderr, flush=True))
"""


@pytest.mark.processes
def test_a_simulator_of_its_own_says_where_it_is_and_ends_quietly() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        url = process.stderr.readline().strip()
        assert httpx.get(f"{url}/_sim/truth", trust_env=False).json()["calls"] == 0
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20) == ("", "")
        assert process.returncode == 0
