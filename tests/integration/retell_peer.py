"""A peer on a real socket that behaves as badly as a test wants it to."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

import httpx
import pytest

from dialer.errors import CallError
from dialer.retell.client import CreatedCall, RetellClient

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
BODY = {"from_number": "+12025550100", "to_number": "+12025550111", "idempotency_key": "a-1"}
PATIENT = httpx.Timeout(10)
HASTY = httpx.Timeout(10, connect=0.1, read=0.1, pool=0.1)
CALL = {"call_id": "call_1", "call_status": "registered"}


class Conversation:
    """A connection whose requests are written down as they are read."""

    def __init__(self, connection: socket.socket, requests: list[bytes]) -> None:
        self._connection = connection
        self._requests = requests

    def read_request(self) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received or len(received) < expected_length(received):
            chunk = self._connection.recv(65536)
            if not chunk:
                break
            received += chunk
        if received:
            self._requests.append(received)
        return received

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def expected_length(received: bytes) -> int:
    head, _, _ = received.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(head) + 4 + int(line.split(b":")[1])
    return len(head) + 4


Behaviour = Callable[[Conversation], None]


class Peer:
    """A server that does one thing to every connection, and remembers what it read."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests: list[bytes] = []
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept)

    def __enter__(self) -> "Peer":
        self._acceptor.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(10)
            # A client that hangs up first is part of some tests.
            with suppress(OSError):
                self._behaviour(Conversation(connection, self.requests))


def saying(raw: bytes) -> Behaviour:
    """Answer every request on the connection with these bytes, then close."""

    def behave(connection: Conversation) -> None:
        if connection.read_request():
            connection.sendall(raw)

    return behave


def answering(status: int, body: bytes = b"", *headers: str) -> Behaviour:
    lines = [f"HTTP/1.1 {status} Whatever", *headers, f"Content-Length: {len(body)}"]
    return saying("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def telling(status: int, message: str, *headers: str) -> Behaviour:
    return answering(status, json.dumps({"status": "error", "message": message}).encode(), *headers)


def reset(connection: Conversation) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reset_unread(connection: Conversation) -> None:
    """Hang up on a request that has come and that nobody read."""
    connection.recv(1, socket.MSG_PEEK)
    reset(connection)


def reset_after_reading(connection: Conversation) -> None:
    connection.read_request()
    reset(connection)


def close_after_reading(connection: Conversation) -> None:
    connection.read_request()


def hang(connection: Conversation) -> None:
    """Read and say nothing until the client gives up."""
    connection.read_request()
    connection.recv(1)


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def sleep(self, duration: timedelta) -> None:
        raise AssertionError("nothing here sleeps")


@contextmanager
def client_of(url: str, timeout: httpx.Timeout = PATIENT, **more: Any) -> Iterator[RetellClient]:
    client = RetellClient(url, "key_1", clock=StoppedClock(), create_timeout=timeout, **more)
    try:
        yield client
    finally:
        client.close()


def place(url: str, timeout: httpx.Timeout = PATIENT) -> CreatedCall:
    with client_of(url, timeout) as client:
        return client.create_phone_call(BODY)


def failure(behaviour: Behaviour, timeout: httpx.Timeout = PATIENT) -> CallError:
    """Place a call with a peer that behaves so, and give what it raised."""
    with Peer(behaviour) as peer, pytest.raises(CallError) as caught:
        place(peer.url, timeout)
    assert len(peer.requests) <= 1, "the request was sent again"
    return caught.value
