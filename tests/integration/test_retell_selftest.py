"""The start-up proof that the HTTP library tells sent from unsent."""

from collections.abc import Callable
from contextlib import suppress

import httpcore
import pytest

from dialer.errors import TransportUnfit, UserError
from dialer.retell.selftest import check_trace
from dialer.retell.wire import TooLate

Trace = Callable[[str, object], None]


def test_the_installed_library_passes() -> None:
    check_trace()


def test_it_can_be_repeated() -> None:
    check_trace()
    check_trace()


def another_library(monkeypatch: pytest.MonkeyPatch, altered: Callable[[Trace], Trace]) -> None:
    """Let the library underneath emit other trace events than it does today."""
    real = httpcore.ConnectionPool.handle_request

    def handle_request(
        pool: httpcore.ConnectionPool, request: httpcore.Request
    ) -> httpcore.Response:
        request.extensions = dict(request.extensions)
        request.extensions["trace"] = altered(request.extensions["trace"])
        return real(pool, request)

    monkeypatch.setattr(httpcore.ConnectionPool, "handle_request", handle_request)


def test_a_library_that_renames_the_event_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    another_library(
        monkeypatch,
        lambda trace: lambda name, details: trace(name.replace("http11", "http1"), details),
    )
    with pytest.raises(TransportUnfit, match="cannot tell") as caught:
        check_trace()
    assert isinstance(caught.value, UserError)
    assert "was not seen" in str(caught.value.why)


def test_a_library_that_emits_the_event_too_early_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    another_library(
        monkeypatch,
        lambda trace: lambda name, details: trace("http11.send_request_headers.started", details),
    )
    with pytest.raises(TransportUnfit) as caught:
        check_trace()
    assert "refused" in str(caught.value.why)
    assert "was seen" in str(caught.value.why)


def test_a_library_that_cannot_be_stopped_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(trace: Trace) -> Trace:
        def swallow(name: str, details: object) -> None:
            with suppress(TooLate):
                trace(name, details)

        return swallow

    another_library(monkeypatch, deaf)
    with pytest.raises(TransportUnfit, match="stopped"):
        check_trace()
