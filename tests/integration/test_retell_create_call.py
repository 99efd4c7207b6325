"""What every answer to create-phone-call, and every silence, says of the phone.

Each peer here is a real socket that really behaves so.
"""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta

import httpx
import pytest
from retell_peer import (
    BODY,
    CALL,
    HASTY,
    NOW,
    Behaviour,
    Conversation,
    Peer,
    StoppedClock,
    answering,
    client_of,
    close_after_reading,
    failure,
    hang,
    place,
    reset_after_reading,
    reset_unread,
    saying,
    telling,
)

from dialer.errors import (
    AccountProblem,
    NotSent,
    OutcomeUnknown,
    UserError,
)
from dialer.retell.client import RetellClient


def test_a_201_with_a_call_id_is_a_call_and_tells_when_it_was_sent() -> None:
    with Peer(answering(201, json.dumps(CALL | {"agent_version": "odd"}).encode())) as peer:
        created = place(peer.url)
    assert created.call_id == "call_1"
    assert created.sent_at == NOW


def test_the_request_carries_the_key_and_exactly_the_body() -> None:
    with Peer(answering(201, json.dumps(CALL).encode())) as peer:
        place(peer.url + "/prefix/")
    head, _, body = peer.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /prefix/v2/create-phone-call HTTP/1.1\r\n")
    assert b"authorization: bearer key_1" in head.lower()
    assert b"content-type: application/json" in head.lower()
    assert json.loads(body) == BODY


def test_any_2xx_with_a_call_id_is_a_call() -> None:
    with Peer(answering(200, json.dumps(CALL).encode())) as peer:
        assert place(peer.url).call_id == "call_1"


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (answering(201, b'{"call_status":"registered"}'), "no_call_id"),
        (answering(201, b'{"call_id":""}'), "no_call_id"),
        (answering(201, b'{"call_id":42}'), "no_call_id"),
        (answering(201, b'{"call_id":null}'), "no_call_id"),
        (answering(201, b'["call_1"]'), "no_call_id"),
        (answering(201, b"null"), "no_call_id"),
        (answering(201, b"<html>Created</html>", "Content-Type: text/html"), "unreadable_answer"),
        (answering(201, b'{"call_id":"call_1"'), "unreadable_answer"),
        (answering(201, b'{"call_id":"\xff"}'), "unreadable_answer"),
        (answering(201, b"[" * 100_000), "unreadable_answer"),
        (answering(201), "unreadable_answer"),
        (saying(b"HTTP/1.1 204 No Content\r\n\r\n"), "unreadable_answer"),
        (answering(201, b"not gzip", "Content-Encoding: gzip"), "decoding_error"),
        (saying(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"), "remote_protocol_error"),
        (saying(b"HTTP/1.1 400 Bad\r\nContent-Length: 500\r\n\r\n{"), "remote_protocol_error"),
        (saying(b"HTTP/1.1 201 Cre"), "remote_protocol_error"),
        (saying(b"SSH-2.0-OpenSSH_9.7\r\n"), "remote_protocol_error"),
        (saying(b"\x00" * 200), "remote_protocol_error"),
        (
            saying(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
            "remote_protocol_error",
        ),
        (close_after_reading, "remote_protocol_error"),
        (reset_after_reading, "read_error"),
    ],
)
def test_an_answer_that_settles_nothing_leaves_the_outcome_unknown(
    behaviour: Behaviour, code: str
) -> None:
    error = failure(behaviour)
    assert type(error) is OutcomeUnknown
    assert error.code == code


@pytest.mark.parametrize(
    "status", [300, 304, 405, 406, 408, 409, 410, 413, 415, 418, 425, 451, 500, 502, 503, 504, 599]
)
def test_any_status_nobody_vouches_for_leaves_the_outcome_unknown(status: int) -> None:
    error = failure(telling(status, "something"))
    assert type(error) is OutcomeUnknown
    assert (error.code, error.status) == (f"http_{status}", status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(status: int) -> None:
    with Peer(answering(201, json.dumps(CALL).encode())) as target:
        error = failure(answering(status, b"", f"Location: {target.url}/v2/create-phone-call"))
    assert type(error) is OutcomeUnknown
    assert target.requests == []


def test_a_redirect_to_nowhere_leaves_the_outcome_unknown() -> None:
    assert type(failure(answering(307, b"", "Location: http://[::bad"))) is OutcomeUnknown


def test_a_reset_before_anything_was_read_leaves_the_outcome_unknown() -> None:
    assert type(failure(reset_unread)) is OutcomeUnknown


def test_silence_after_the_request_leaves_the_outcome_unknown() -> None:
    error = failure(hang, HASTY)
    assert type(error) is OutcomeUnknown
    assert error.code == "read_timeout"


def test_half_an_answer_and_then_silence_leaves_the_outcome_unknown() -> None:
    def half(connection: Conversation) -> None:
        connection.read_request()
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{")
        connection.recv(1)

    assert failure(half, HASTY).code == "read_timeout"


def test_an_answer_that_drips_without_end_is_left() -> None:
    def drip(connection: Conversation) -> None:
        connection.read_request()
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 100000000\r\n\r\n")
        while True:
            connection.sendall(b" ")

    error = failure(drip, HASTY)
    assert type(error) is OutcomeUnknown
    assert error.code == "read_timeout"


def test_an_answer_without_measure_is_left() -> None:
    def flood(connection: Conversation) -> None:
        connection.read_request()
        connection.sendall(b"HTTP/1.1 201 Created\r\n\r\n")
        while True:
            connection.sendall(b" " * 1_000_000)

    error = failure(flood, httpx.Timeout(60))
    assert type(error) is OutcomeUnknown
    assert error.code == "read_error"


def test_a_peer_that_stops_reading_leaves_the_outcome_unknown() -> None:
    stop = threading.Event()

    def deaf(connection: Conversation) -> None:
        stop.wait(10)

    timeout = httpx.Timeout(10, write=0.1, read=0.1)
    with Peer(deaf) as peer, client_of(peer.url, timeout) as client:
        with pytest.raises(OutcomeUnknown):
            client.create_phone_call(BODY | {"metadata": {"big": "x" * 20_000_000}})
        stop.set()


def test_a_refused_connection_means_nothing_was_sent() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(NotSent) as caught:
            place(f"http://127.0.0.1:{bound.getsockname()[1]}")
    assert caught.value.code == "connect_error"


def test_a_connection_that_is_never_accepted_means_nothing_was_sent() -> None:
    waiting = [socket.socket() for _ in range(4)]
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        with pytest.raises(NotSent) as caught:
            place(f"http://127.0.0.1:{listener.getsockname()[1]}", HASTY)
        for client in waiting:
            client.close()
    assert caught.value.code == "connect_timeout"


def test_a_peer_that_does_not_speak_tls_means_nothing_was_sent() -> None:
    def plain(connection: Conversation) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with Peer(plain) as peer, pytest.raises(NotSent):
        place(peer.url.replace("http:", "https:"))


class SlowClock(StoppedClock):
    """Each reading finds six more seconds gone."""

    def __init__(self) -> None:
        self._readings = 0

    def now(self) -> datetime:
        self._readings += 1
        return NOW + timedelta(seconds=6 * self._readings)


def test_a_request_that_is_late_once_connected_is_not_sent() -> None:
    with Peer(answering(201, json.dumps(CALL).encode())) as peer:
        client = RetellClient(peer.url, "key_1", clock=SlowClock())
        with closing(client):
            with pytest.raises(NotSent) as caught:
                client.create_phone_call(BODY, send_by=NOW + timedelta(seconds=5))
            created = client.create_phone_call(BODY, send_by=NOW + timedelta(seconds=12))
    assert caught.value.code == "too_late"
    assert created.sent_at == NOW + timedelta(seconds=12)
    assert len(peer.requests) == 1


def test_no_free_connection_means_nothing_was_sent() -> None:
    arrived, stop = threading.Event(), threading.Event()

    def busy(connection: Conversation) -> None:
        connection.read_request()
        arrived.set()
        stop.wait(10)
        connection.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")

    timeout = httpx.Timeout(10, pool=0.1)
    with (
        Peer(busy) as peer,
        client_of(peer.url, timeout, max_connections=1) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        first = pool.submit(client.create_phone_call, BODY)
        assert arrived.wait(10)
        with pytest.raises(NotSent) as caught:
            client.create_phone_call(BODY)
        stop.set()
        assert type(first.exception(10)) is OutcomeUnknown
    assert caught.value.code == "pool_timeout"
    assert len(peer.requests) == 1


def test_a_body_that_cannot_be_written_is_not_sent() -> None:
    with (
        Peer(answering(201)) as peer,
        client_of(peer.url) as client,
        pytest.raises(AccountProblem) as caught,
    ):
        client.create_phone_call({"metadata": object()})
    assert caught.value.code == "unwritable_request"
    assert peer.requests == []


def test_the_environment_cannot_put_a_proxy_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer(answering(500)) as proxy, Peer(answering(201, json.dumps(CALL).encode())) as peer:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        assert place(peer.url).call_id == "call_1"
    assert proxy.requests == []


def test_many_threads_share_one_client() -> None:
    def echo(connection: Conversation) -> None:
        while request := connection.read_request():
            sent = json.loads(request.partition(b"\r\n\r\n")[2])
            body = json.dumps({"call_id": sent["idempotency_key"]}).encode()
            head = f"HTTP/1.1 201 Created\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)

    with Peer(echo) as peer, client_of(peer.url) as client, ThreadPoolExecutor(16) as pool:
        keys = [f"call_{n}" for n in range(200)]
        created = pool.map(
            lambda key: client.create_phone_call(BODY | {"idempotency_key": key}), keys
        )
        assert [one.call_id for one in created] == keys
    assert len(peer.requests) == 200


@pytest.mark.parametrize(
    "url", ["", "retell", "ftp://127.0.0.1", "http://", "http://127.0.0.1:port"]
)
def test_an_address_that_cannot_be_used_is_refused_at_once(url: str) -> None:
    with pytest.raises(UserError):
        RetellClient(url, "key_1", clock=StoppedClock())


@pytest.mark.parametrize("key", ["", " ", "key\n", "schlüssel", "two words"])
def test_a_key_that_cannot_travel_is_refused_at_once(key: str) -> None:
    with pytest.raises(UserError):
        RetellClient("http://127.0.0.1:1", key, clock=StoppedClock())
