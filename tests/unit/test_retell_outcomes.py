"""Every error that the layers below can raise says something of the phone."""

from contextlib import closing

import httpx
import pytest

from dialer.clock import SystemClock
from dialer.errors import CallError, NotSent, OutcomeUnknown
from dialer.retell.client import RetellClient
from dialer.retell.wire import HEADERS_STARTED


class Failing(httpx.BaseTransport):
    """Raises at the wire, before or after the headers began to be written."""

    def __init__(self, error: Exception, *events: str) -> None:
        self._error = error
        self._events = events

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for event in self._events:
            request.extensions["trace"](event, {})
        raise self._error


def httpx_errors() -> list[Exception]:
    request = httpx.Request("POST", "http://127.0.0.1")
    special: dict[str, Exception] = {
        "HTTPStatusError": httpx.HTTPStatusError(
            "x", request=request, response=httpx.Response(500)
        ),
        "RequestNotRead": httpx.RequestNotRead(),
        "ResponseNotRead": httpx.ResponseNotRead(),
        "StreamClosed": httpx.StreamClosed(),
        "StreamConsumed": httpx.StreamConsumed(),
    }
    kinds = [getattr(httpx, name) for name in httpx.__all__]
    return [
        special.get(kind.__name__) or kind("x")
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, Exception)
    ]


EVERY_ERROR: list[Exception] = [
    *httpx_errors(),
    OSError("x"),
    TimeoutError("x"),
    ConnectionResetError("x"),
    ValueError("x"),
    RuntimeError("x"),
    RecursionError("x"),
]


def classify(error: Exception, *events: str) -> type[CallError]:
    client = RetellClient(
        "http://127.0.0.1:1", "key_1", clock=SystemClock(), transport=Failing(error, *events)
    )
    with closing(client), pytest.raises(CallError) as caught:
        client.create_phone_call({"to_number": "+12025550111"})
    assert caught.value.__cause__ is error
    return type(caught.value)


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_every_error_of_httpx_is_mapped(error: Exception) -> None:
    unsent = type(error).__name__ in {"ConnectError", "ConnectTimeout", "PoolTimeout"}
    before = classify(error, "connection.connect_tcp.started")
    assert before is (NotSent if unsent else OutcomeUnknown)
    assert classify(error, HEADERS_STARTED) is OutcomeUnknown


def test_there_are_as_many_errors_in_httpx_as_this_was_written_for() -> None:
    assert len(httpx_errors()) >= 28
