"""Changes at Retell: sent once, and whatever becomes of them is told for what it is."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import stamina
from retell_peer import Peer, StoppedClock, client_of, hang, reset_after_reading, telling

from dialer.actions.retell_trouble import as_user_error
from dialer.errors import (
    AccountProblem,
    AgentNotFound,
    CallNotFound,
    ChangeFailed,
    ChangeRefused,
    ChangeUnknown,
    LookUpFailed,
    NumberNotFound,
    ProviderUnavailable,
    UserError,
    VoiceNotFound,
)
from dialer.retell.call_desk import recording_link
from dialer.retell.call_filters import CallFilters
from dialer.retell.client import RetellClient
from dialer.retell.models import Call
from dialer.retell.wire import HEADERS_STARTED

ENDED = Call(call_id="call_1", call_status="ended")
CHANGES: dict[str, Callable[[RetellClient], object]] = {
    "PATCH /v2/update-call/call_1": lambda c: c.call_desk.set_metadata(ENDED, {"a": "b"}),
    "PATCH /v2/update-live-call/call_1": lambda c: c.call_desk.set_metadata(
        Call(call_id="call_1", call_status="ongoing"), {"a": "b"}
    ),
    "DELETE /v2/delete-call/call_1": lambda c: c.call_desk.delete("call_1"),
    "POST /create-phone-number": lambda c: c.number_desk.buy({"area_code": 415}),
    "POST /import-phone-number": lambda c: c.number_desk.import_one({"phone_number": "+1"}),
    "PATCH /update-phone-number/%2B1": lambda c: c.number_desk.update("+1", {"nickname": "x"}),
    "DELETE /delete-phone-number/%2B1": lambda c: c.number_desk.release("+1"),
    "POST /create-retell-llm": lambda c: c.agent_desk.make_llm({"general_prompt": "Hi"}),
    "POST /create-agent": lambda c: c.agent_desk.make({"voice_id": "x"}),
    "POST /publish-agent-version/a": lambda c: c.agent_desk.publish("a", version=1),
}
each_change = pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))


@pytest.fixture(autouse=True)
def _without_waiting() -> Iterator[None]:
    """Keep the tries, drop the pauses between them."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@contextmanager
def behind(
    answer: Callable[[httpx.Request], httpx.Response], *, url: str = "http://retell.invalid"
) -> Iterator[tuple[RetellClient, list[httpx.Request]]]:
    """Give a client whose requests are answered so, and the requests it sent."""
    sent: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if trace := request.extensions.get("trace"):
            trace(HEADERS_STARTED, {})
        return answer(request)

    transport = httpx.MockTransport(handle)
    client = RetellClient(url, "key_1", clock=StoppedClock(), transport=transport)
    with closing(client):
        yield client, sent


def always(status: int, reply: Any = None) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(status, json=reply if reply is not None else {"message": "No."})


# -- what is sent


@pytest.mark.parametrize("path", list(CHANGES))
def test_a_change_goes_to_its_own_path_once(path: str) -> None:
    with behind(always(200, {"call_id": "call_1"})) as (client, sent):
        CHANGES[path](client)
    (request,) = sent
    assert f"{request.method} {request.url.raw_path.decode()}" == path
    assert request.headers["authorization"] == "Bearer key_1"


@each_change
@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
def test_no_change_is_sent_again(change: Callable[[RetellClient], object], status: int) -> None:
    wanted = ProviderUnavailable if status == 429 else ChangeUnknown
    with behind(always(status)) as (client, sent), pytest.raises(wanted) as caught:
        change(client)
    assert len(sent) == 1
    assert caught.value.status == status


def every_transport_error(kind: type[httpx.HTTPError] = httpx.TransportError) -> Iterator[Any]:
    for child in kind.__subclasses__():
        yield child
        yield from every_transport_error(child)


@each_change
@pytest.mark.parametrize("error", [*every_transport_error(), httpx.DecodingError, OSError])
def test_whatever_breaks_after_the_request_began_may_have_been_done(
    change: Callable[[RetellClient], object], error: type[Exception]
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error("broken")

    with behind(fail) as (client, sent), pytest.raises(ChangeUnknown):
        change(client)
    assert len(sent) == 1


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_what_never_left_this_machine_was_not_done(error: type[httpx.TransportError]) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error("no way")

    client = RetellClient(
        "http://retell.invalid", "k", clock=StoppedClock(), transport=httpx.MockTransport(fail)
    )
    with closing(client), pytest.raises(ProviderUnavailable):
        client.number_desk.buy({})


def test_on_a_real_socket_a_reset_is_unknown_and_a_refusal_is_told() -> None:
    with Peer(reset_after_reading) as peer, client_of(peer.url) as client:
        with pytest.raises(ChangeUnknown):
            client.number_desk.buy({"area_code": 415})
        assert len(peer.requests) == 1
    with (
        Peer(telling(400, "Not available.")) as peer,
        client_of(peer.url) as client,
        pytest.raises(ChangeRefused, match="Not available"),
    ):
        client.number_desk.buy({"area_code": 415})
    with (
        Peer(hang) as peer,
        client_of(peer.url, read_timeout=httpx.Timeout(0.1)) as client,
        pytest.raises(ProviderUnavailable),
    ):
        client.number_desk.every()


@each_change
@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refused_key_changes_nothing(
    change: Callable[[RetellClient], object], status: int
) -> None:
    with behind(always(status)) as (client, sent), pytest.raises(AccountProblem):
        change(client)
    assert len(sent) == 1


@each_change
@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_not_followed(change: Callable[[RetellClient], object], status: int) -> None:
    def away(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers={"Location": "http://elsewhere.invalid/"})

    with behind(away) as (client, sent), pytest.raises(ChangeUnknown):
        change(client)
    assert len(sent) == 1


@pytest.mark.parametrize("reply", [b"", b"<html>", b"[]"])
def test_a_change_whose_answer_cannot_be_read_was_done_perhaps(reply: bytes) -> None:
    answer = httpx.Response(201, content=reply)
    with behind(lambda _: answer) as (client, _), pytest.raises(ChangeUnknown):
        client.number_desk.buy({})


def test_a_body_that_is_no_json_is_not_sent() -> None:
    with behind(always(200)) as (client, sent), pytest.raises(ChangeRefused):
        client.number_desk.buy({"area_code": object()})
    assert sent == []


@pytest.mark.parametrize(
    ("ask", "missing"),
    [
        (lambda c: c.call_desk.delete("x"), CallNotFound),
        (lambda c: c.call_desk.set_metadata(ENDED, {}), CallNotFound),
        (lambda c: c.number_desk.show("+1"), NumberNotFound),
        (lambda c: c.number_desk.update("+1", {}), NumberNotFound),
        (lambda c: c.number_desk.release("+1"), NumberNotFound),
        (lambda c: c.agent_desk.show("x"), AgentNotFound),
        (lambda c: c.agent_desk.versions("x"), AgentNotFound),
        (lambda c: c.agent_desk.publish("x", version=1), AgentNotFound),
        (lambda c: c.voice_desk.show("x"), VoiceNotFound),
    ],
)
def test_what_is_not_there_is_told(ask: Any, missing: type[LookUpFailed]) -> None:
    with behind(always(404)) as (client, _), pytest.raises(missing):
        ask(client)


def test_a_422_to_a_change_of_a_number_may_mean_its_agent() -> None:
    with behind(always(422)) as (client, _), pytest.raises(ChangeRefused):
        client.number_desk.update("+1", {"outbound_agents": []})


def test_new_fields_and_new_words_are_read() -> None:
    number = {
        "phone_number": "+1",
        "phone_number_type": "retell-quantum",
        "outbound_agents": [{"agent_id": "a", "weight": "odd", "mood": 1}],
        "sip_outbound_trunk_config": "none",
        "new": {"deep": []},
    }
    with behind(always(200, {"items": [number], "has_more": False, "odd": 1})) as (client, _):
        (found,) = client.number_desk.every()
    assert found.phone_number_type == "retell-quantum"
    assert [one.agent_id for one in found.callers] == ["a"]
    assert (found.sip_outbound_trunk_config, found.raw["new"]) == (None, {"deep": []})
    voice = {"voice_id": "v", "provider": "humming", "gender": "robot", "age": 7}
    with behind(always(200, [voice])) as (client, _):
        (heard,) = client.voice_desk.every()
    assert (heard.provider, heard.gender, heard.age) == ("humming", "robot", None)
    listed = {"agent_id": "a", "channel": "smell", "is_suspended": "maybe"}
    with behind(always(200, {"items": [listed], "has_more": None})) as (client, _):
        (agent,) = client.agent_desk.every()
    assert (agent.channel, agent.is_suspended) == ("smell", None)


def test_a_published_agent_is_changed_in_a_draft_of_it() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"agent_id": "a", "version": 4, "is_published": True})
        return httpx.Response(200, json={"agent_id": "a", "version": 5, "is_published": False})

    with behind(answer) as (client, sent):
        assert client.agent_desk.change("a", {"webhook_url": "u"}).version == 5
    assert [f"{one.method} {one.url.raw_path.decode()}" for one in sent] == [
        "GET /get-agent/a",
        "POST /create-agent-version/a",
        "PATCH /update-agent/a?version=5",
    ]
    assert json.loads(sent[1].content) == {"base_version": 4}


# -- lists of calls


def test_every_filter_has_retells_shape() -> None:
    moment = datetime(2026, 11, 3, 12, tzinfo=UTC)
    criteria = CallFilters(
        agent_id="a",
        agent_version=2,
        from_number="+1",
        since=moment,
        until=moment,
        statuses=("ended",),
        in_voicemail=False,
        longer_than_ms=1000,
        slower_than_ms=900,
        agent_tags=("prod",),
        tools=("book",),
        metadata={"k": "v"},
        analysis={"score": 3.0},
        attributes={"checked": True},
        further={"call_id": {"type": "string", "op": "sw", "value": "call_"}},
    ).criteria()
    start = 1_793_707_200_000
    assert criteria == {
        "agent": [{"agent_id": "a", "version": [2]}],
        "from_number": {"type": "string", "op": "eq", "value": "+1"},
        "start_timestamp": {"type": "range", "op": "bt", "value": [start, start]},
        "call_status": {"type": "enum", "op": "in", "value": ["ended"]},
        "in_voicemail": {"type": "boolean", "op": "eq", "value": False},
        "duration_ms": {"type": "number", "op": "gt", "value": 1000},
        "e2e_latency_p50": {"type": "number", "op": "gt", "value": 900},
        "agent_tag": {"type": "enum", "op": "in", "value": ["prod"]},
        "tool_calls": [{"name": "book"}],
        "metadata": [{"type": "string", "op": "eq", "key": "k", "value": "v"}],
        "custom_analysis_data": [{"type": "number", "op": "eq", "key": "score", "value": 3.0}],
        "custom_attributes": [{"type": "boolean", "op": "eq", "key": "checked", "value": True}],
        "call_id": {"type": "string", "op": "sw", "value": "call_"},
    }
    assert CallFilters().criteria() == {}
    assert CallFilters(until=moment).criteria()["start_timestamp"]["op"] == "le"


def test_pages_are_turned_until_there_are_enough() -> None:
    asked: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        question = json.loads(request.content)
        asked.append((question["limit"], question.get("pagination_key")))
        first = int(question.get("pagination_key", 0))
        items = [{"call_id": f"c{n}"} for n in range(first, first + min(2, question["limit"]))]
        page = {"items": items, "has_more": True, "pagination_key": str(first + 2)}
        return httpx.Response(200, json=page)

    with behind(answer) as (client, _):
        found = client.call_desk.list({}, most=5)
    assert [one.call_id for one in found.calls] == ["c0", "c1", "c2", "c3", "c4"]
    assert found.has_more
    assert asked == [(5, None), (3, "2"), (1, "4")]


@pytest.mark.parametrize(
    "page",
    [
        {"items": [], "has_more": True, "pagination_key": "a"},
        {"items": [{"call_id": "c"}], "has_more": True},
        {"items": [{"call_id": "c"}], "has_more": True, "pagination_key": "a"},
    ],
)
def test_a_list_that_never_gets_further_ends(page: Any) -> None:
    with behind(always(200, page)) as (client, sent):
        client.call_desk.list({}, most=50)
    assert len(sent) <= 2


# -- recordings


@pytest.mark.parametrize(
    "link",
    ["http://elsewhere.invalid/r.wav", "file:///etc/passwd", "https://", "", "ftp://x", "//[", "x"],
)
def test_only_an_encrypted_link_is_followed(link: str) -> None:
    with (
        behind(always(200)) as (client, sent),
        pytest.raises(ProviderUnavailable),
        client.call_desk.recording(link),
    ):
        pass
    assert sent == []


@pytest.mark.parametrize(
    "link", ["https://bucket.example/r.wav?signature=1", "http://retell.invalid/r.wav"]
)
def test_a_recording_is_fetched_without_our_key(link: str) -> None:
    with (
        behind(lambda _: httpx.Response(206, content=b"sound")) as (client, sent),
        client.call_desk.recording(link, span="bytes=0-4") as found,
    ):
        assert (found.status, b"".join(found.chunks)) == (206, b"sound")
    (request,) = sent
    assert "authorization" not in request.headers
    assert request.headers["range"] == "bytes=0-4"
    assert str(request.url) == link


@pytest.mark.parametrize("status", [302, 403, 404, 416, 500])
def test_a_link_that_has_expired_is_told(status: int) -> None:
    with (
        behind(always(status)) as (client, _),
        pytest.raises(ProviderUnavailable) as caught,
        client.call_desk.recording("https://bucket.example/r.wav"),
    ):
        pass
    assert caught.value.status == status


@pytest.mark.parametrize("error", list(every_transport_error()))
def test_every_error_on_the_way_to_a_recording_is_told(error: type[httpx.TransportError]) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error("broken")

    with (
        behind(fail) as (client, _),
        pytest.raises(ProviderUnavailable),
        client.call_desk.recording("https://bucket.example/r.wav"),
    ):
        pass


def test_a_recording_that_breaks_off_is_told() -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise httpx.ReadError("gone")

    with (
        behind(lambda _: httpx.Response(200, content=broken())) as (client, _),
        client.call_desk.recording("https://bucket.example/r.wav") as found,
        pytest.raises(ProviderUnavailable, match="broke off"),
    ):
        b"".join(found.chunks)


def test_without_personal_data_there_may_be_another_recording() -> None:
    call = Call(call_id="c", recording_url="https://a", scrubbed_recording_url="https://b")
    assert (recording_link(call), recording_link(call, scrubbed=True)) == ("https://a", "https://b")
    assert recording_link(Call(call_id="c", recording_url="https://a"), scrubbed=True) is None
    assert recording_link(Call(call_id="c", scrubbed_recording_url="https://b")) == "https://b"


# -- told to people


def every_child(kind: type) -> Iterator[type]:
    for child in kind.__subclasses__():
        yield child
        yield from every_child(child)


@pytest.mark.parametrize("kind", [*every_child(LookUpFailed), *every_child(ChangeFailed)])
def test_every_trouble_at_retell_is_told_with_its_thing_and_a_fix(kind: Any) -> None:
    told = as_user_error(kind("Broken.", code="x"), what="call c")
    assert isinstance(told, UserError)
    assert "call c" in told.what
    assert told.why
    assert told.fix


@pytest.mark.parametrize("status", [401, 402, 403])
def test_trouble_with_the_account_is_told(status: int) -> None:
    told = as_user_error(AccountProblem("No.", code="x", status=status), what="call c")
    assert told.fix
