"""Questions to Retell: asked again when it helps, never answered by a guess."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import stamina
from retell_peer import Conversation, Peer, hang, reset_after_reading, saying

from dialer.clock import SystemClock
from dialer.errors import AccountProblem, CallNotFound, LookUpFailed, ProviderUnavailable
from dialer.retell.client import RetellClient

Say = Callable[[str, str, Any], tuple[int, Any]]


@pytest.fixture(autouse=True)
def _without_waiting() -> Iterator[None]:
    """Keep the tries, drop the pauses between them."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


def replying(say: Say) -> Callable[[Conversation], None]:
    """Answer each request with the status and the object that `say` gives for it."""

    def behave(connection: Conversation) -> None:
        while request := connection.read_request():
            head, _, body = request.partition(b"\r\n\r\n")
            method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
            status, reply = say(method, path, json.loads(body) if body else None)
            content = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
            measure = b"" if status == 204 else f"Content-Length: {len(content)}\r\n".encode()
            connection.sendall(f"HTTP/1.1 {status} X\r\n".encode() + measure + b"\r\n" + content)

    return behave


@contextmanager
def asking(behaviour: Callable[[Conversation], None]) -> Iterator[tuple[RetellClient, Peer]]:
    timeout = httpx.Timeout(10, read=0.2)
    with Peer(behaviour) as peer:
        client = RetellClient(peer.url, "key_1", clock=SystemClock(), read_timeout=timeout)
        with closing(client):
            yield client, peer


def always(status: int, reply: Any) -> Callable[[Conversation], None]:
    return replying(lambda *_: (status, reply))


def first_lines(peer: Peer) -> list[str]:
    return [request.split(b" HTTP/1.1")[0].decode() for request in peer.requests]


def test_a_call_is_asked_for_by_its_id() -> None:
    with asking(always(200, {"call_id": "call_1", "call_status": "ongoing"})) as (client, peer):
        assert client.get_call("call_1").call_status == "ongoing"
    assert first_lines(peer) == ["GET /v2/get-call/call_1"]


def test_an_odd_id_cannot_reach_another_path() -> None:
    with asking(always(200, {"call_id": "x"})) as (client, peer):
        client.get_call("../agent?x=1#y")
    assert first_lines(peer) == ["GET /v2/get-call/..%2Fagent%3Fx%3D1%23y"]


def test_stopping_a_call_needs_no_answer_body() -> None:
    with asking(always(204, b"")) as (client, peer):
        client.stop_call("call_1")
    assert first_lines(peer) == ["POST /v2/stop-call/call_1"]


def test_the_lines_of_the_workspace() -> None:
    with asking(always(200, {"concurrency_limit": 20, "current_concurrency": 3})) as (client, peer):
        assert client.get_concurrency().outbound_ceiling == 20
    assert first_lines(peer) == ["GET /get-concurrency"]


def test_whose_key_it_is() -> None:
    with asking(always(200, {"org_id": "org_1", "api_key_name": None})) as (client, peer):
        assert client.get_api_key_info().org_id == "org_1"
    assert first_lines(peer) == ["GET /get-api-key-info"]


ASKS: list[Callable[[RetellClient], object]] = [
    lambda client: client.get_call("call_1"),
    lambda client: client.stop_call("call_1"),
    lambda client: client.list_calls({}),
    lambda client: client.calls_of_attempt("a-1"),
    lambda client: client.get_concurrency(),
    lambda client: client.get_api_key_info(),
]


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refused_key_is_told_at_once(ask: Callable[[RetellClient], object], status: int) -> None:
    with (
        asking(always(status, {"message": "No."})) as (client, peer),
        pytest.raises(AccountProblem) as caught,
    ):
        ask(client)
    assert caught.value.status == status
    assert len(peer.requests) == 1


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_trouble_is_asked_again_twice_and_then_told(
    ask: Callable[[RetellClient], object], status: int
) -> None:
    with (
        asking(always(status, {"message": "Later."})) as (client, peer),
        pytest.raises(ProviderUnavailable) as caught,
    ):
        ask(client)
    assert (caught.value.status, caught.value.message) == (status, "Later.")
    assert len(peer.requests) == 3


def test_trouble_that_passes_is_not_told() -> None:
    statuses = iter([500, 429, 200])
    with asking(replying(lambda *_: (next(statuses), {"call_id": "call_1"}))) as (client, peer):
        assert client.get_call("call_1").call_id == "call_1"
    assert len(peer.requests) == 3


def test_a_connection_that_breaks_is_tried_again() -> None:
    with (
        asking(reset_after_reading) as (client, peer),
        pytest.raises(ProviderUnavailable) as caught,
    ):
        client.get_call("call_1")
    assert caught.value.code == "read_error"
    assert len(peer.requests) == 3


def test_a_refused_connection_is_told() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with (
            closing(RetellClient(url, "key_1", clock=SystemClock())) as client,
            pytest.raises(ProviderUnavailable) as caught,
        ):
            client.get_concurrency()
    assert caught.value.code == "connect_error"


def test_silence_is_not_waited_for_twice() -> None:
    with asking(hang) as (client, peer), pytest.raises(ProviderUnavailable) as caught:
        client.get_call("call_1")
    assert caught.value.code == "read_timeout"
    assert len(peer.requests) == 1


def test_a_long_retry_after_is_left_to_the_caller() -> None:
    wire = b"HTTP/1.1 429 Busy\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n"
    with asking(saying(wire)) as (client, peer), pytest.raises(ProviderUnavailable) as caught:
        client.get_call("call_1")
    assert caught.value.retry_after_s == 30
    assert len(peer.requests) == 1


@pytest.mark.parametrize("status", [404, 422])
def test_a_call_that_is_not_there_is_not_found(status: int) -> None:
    for ask in (RetellClient.get_call, RetellClient.stop_call):
        with (
            asking(always(status, {"message": "Cannot find requested asset"})) as (client, peer),
            pytest.raises(CallNotFound),
        ):
            ask(client, "call_1")
        assert len(peer.requests) == 1


@pytest.mark.parametrize("status", [400, 404, 405, 409, 422, 301, 307])
def test_no_other_answer_to_a_list_means_an_empty_list(status: int) -> None:
    with (
        asking(always(status, {"items": [], "has_more": False})) as (client, _),
        pytest.raises(ProviderUnavailable),
    ):
        client.calls_of_attempt("a-1")


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"items":[],"has_more":fal',
        b'{"items":null,"has_more":false}',
        b'{"items":[{"no":"id"}],"has_more":false}',
    ],
)
def test_an_unreadable_list_is_never_an_empty_list(reply: bytes) -> None:
    with asking(always(200, reply)) as (client, _), pytest.raises(LookUpFailed):
        client.calls_of_attempt("a-1")


def test_an_attempt_is_looked_up_by_its_metadata() -> None:
    questions: list[Any] = []

    def say(method: str, path: str, question: Any) -> tuple[int, Any]:
        questions.append((method, path, question))
        ours = {"call_id": "call_1", "metadata": {"attempt_id": "a-1"}}
        return 200, {"items": [ours], "has_more": False}

    with asking(replying(say)) as (client, _):
        found = client.calls_of_attempt("a-1")
    assert [call.call_id for call in found.calls] == ["call_1"]
    assert found.complete
    ((method, path, question),) = questions
    assert (method, path) == ("POST", "/v3/list-calls")
    assert question["filter_criteria"] == {
        "metadata": [{"type": "string", "op": "eq", "key": "attempt_id", "value": "a-1"}]
    }
    assert question["sort_order"] == "descending"
    assert "pagination_key" not in question


def test_a_list_that_ignores_the_filter_lends_no_strangers_call() -> None:
    items = [
        {"call_id": "call_1", "metadata": {"attempt_id": "another"}},
        {"call_id": "call_2", "metadata": {"attempt_id": "a-1"}},
        {"call_id": "call_3", "metadata": {}},
    ]
    with asking(always(200, {"items": items, "has_more": False})) as (client, _):
        found = client.calls_of_attempt("a-1")
    assert [call.call_id for call in found.calls] == ["call_2"]
    assert found.complete


def test_a_call_listed_without_metadata_might_be_ours_so_nothing_is_proven() -> None:
    items = [{"call_id": "call_1"}]
    with asking(always(200, {"items": items, "has_more": False})) as (client, _):
        found = client.calls_of_attempt("a-1")
    assert found.calls == ()
    assert not found.complete


def test_all_pages_are_turned() -> None:
    pages: dict[str | None, Any] = {
        None: {"items": [{"call_id": "c1"}], "has_more": True, "pagination_key": "p2"},
        "p2": {"items": [{"call_id": "c2"}], "has_more": True, "pagination_key": "p3"},
        "p3": {"items": [{"call_id": "c2"}, {"call_id": "c3"}], "has_more": False},
    }
    with asking(replying(lambda _m, _p, q: (200, pages[q.get("pagination_key")]))) as (client, _):
        found = client.find_calls({})
    assert [call.call_id for call in found.calls] == ["c1", "c2", "c3"]
    assert found.complete


@pytest.mark.parametrize(
    "page",
    [
        {"items": [{"call_id": "c1"}], "has_more": True},
        {"items": [{"call_id": "c1"}], "has_more": True, "pagination_key": ""},
        {"items": [{"call_id": "c1"}], "has_more": True, "pagination_key": "same"},
        {"items": [{"call_id": "c1"}]},
        {"items": [{"call_id": "c1"}], "has_more": "who knows"},
    ],
)
def test_a_list_whose_end_was_not_seen_is_incomplete(page: Any) -> None:
    with asking(always(200, page)) as (client, peer):
        found = client.find_calls({})
    assert [call.call_id for call in found.calls] == ["c1"]
    assert not found.complete
    assert len(peer.requests) <= 2


def test_turning_pages_has_an_end() -> None:
    numbers = iter(range(1000))

    def endless(*_: Any) -> tuple[int, Any]:
        n = next(numbers)
        page = {"items": [{"call_id": f"c{n}"}], "has_more": True, "pagination_key": f"p{n}"}
        return 200, page

    with asking(replying(endless)) as (client, peer):
        found = client.find_calls({}, max_pages=4)
    assert len(found.calls) == len(peer.requests) == 4
    assert not found.complete


def test_a_page_that_fails_fails_the_whole_look_up() -> None:
    def say(_method: str, _path: str, question: Any) -> tuple[int, Any]:
        if "pagination_key" in question:
            return 400, {"message": "bad key"}
        return 200, {"items": [{"call_id": "c1"}], "has_more": True, "pagination_key": "p2"}

    with asking(replying(say)) as (client, _), pytest.raises(ProviderUnavailable):
        client.find_calls({})


def test_calls_to_a_number_include_those_that_have_not_started() -> None:
    since = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
    since_ms = 1_793_707_200_000
    number = "+12025550111"
    items = [
        {"call_id": "ringing", "to_number": number},
        {"call_id": "recent", "to_number": number, "start_timestamp": since_ms},
        {"call_id": "old", "to_number": number, "start_timestamp": since_ms - 1},
        {"call_id": "elsewhere", "to_number": "+12025550100", "start_timestamp": since_ms},
    ]
    with asking(always(200, {"items": items, "has_more": False})) as (client, peer):
        found = client.calls_to_number(number, since=since)
    assert [call.call_id for call in found.calls] == ["ringing", "recent"]
    assert found.complete
    question = json.loads(peer.requests[0].partition(b"\r\n\r\n")[2])
    assert question["filter_criteria"] == {
        "to_number": {"type": "string", "op": "eq", "value": number}
    }


def test_the_workspaces_calls_are_asked_for_from_a_moment_on_the_earliest_first() -> None:
    def say(_method: str, _path: str, question: Any) -> tuple[int, Any]:
        if "pagination_key" in question:
            return 200, {"items": [{"call_id": "c2"}], "has_more": False}
        return 200, {"items": [{"call_id": "c1"}], "has_more": True, "pagination_key": "p2"}

    since = datetime(2026, 11, 3, 12, 0, 0, 1999, tzinfo=UTC)
    with asking(replying(say)) as (client, peer):
        found = client.outbound_calls_since(since, max_pages=2)
        cut = client.outbound_calls_since(since, max_pages=1)
    assert [call.call_id for call in found.calls] == ["c1", "c2"]
    assert (found.complete, cut.complete) == (True, False)
    first = json.loads(peer.requests[0].partition(b"\r\n\r\n")[2])
    assert first == {
        "filter_criteria": {
            "call_type": {"type": "enum", "op": "in", "value": ["phone_call"]},
            "direction": {"type": "enum", "op": "in", "value": ["outbound"]},
            "start_timestamp": {"type": "number", "op": "ge", "value": 1_793_707_200_001},
        },
        "sort_order": "ascending",
        "limit": 1000,
    }


def test_a_page_never_asks_for_more_than_retell_gives() -> None:
    with asking(always(200, {"items": [], "has_more": False})) as (client, peer):
        client.list_calls({}, limit=5000)
    assert json.loads(peer.requests[0].partition(b"\r\n\r\n")[2])["limit"] == 1000
