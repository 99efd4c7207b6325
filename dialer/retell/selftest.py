"""The proof, at start-up, that the installed HTTP library tells sent from unsent.

The whole safety of dialing hangs on one trace event. It is documented, but not promised for
ever, so a process that is about to dial tries it out on loopback first.
"""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import httpx

from dialer.clock import SystemClock
from dialer.errors import TransportUnfit
from dialer.retell.wire import NEVER_SENT, SendTrace, TooLate, exchange, open_wire

_HANG_S = 0.05  # how long to wait for a connection that will never be accepted
_PATIENCE_S = 2.0  # for everything that answers at once, also on a busy machine
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_FIX = "Install the pinned version of httpx; nothing is dialed until then."
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def check_trace() -> None:
    """Prove that a request is seen as sent exactly when the peer could have read it.

    And that it can be stopped at that very moment, when it is too late to send it.

    Opens sockets on loopback only; takes about a tenth of a second.

    Raises:
        TransportUnfit: do not dial with this installation.
    """
    with _refusing_port() as port:
        _expect_unsent("a refused connection", port)
    with _full_port() as port:
        _expect_unsent("a connection that is never accepted", port, connect_s=_HANG_S)
    with _resetting_port() as (port, _):
        _expect_sent("a request that was read and then reset", port)
    with _resetting_port() as (port, received):
        _post(port, send_by=_LONG_AGO)
    if received:
        raise TransportUnfit(
            "The installed HTTP library sends a request that was stopped.",
            why=_versions(),
            fix=_FIX,
        )


def _expect_unsent(case: str, port: int, *, connect_s: float = _PATIENCE_S) -> None:
    error, trace = _post(port, connect_s=connect_s)
    # Some systems accept where Linux lets the connect wait; then the event must have been seen.
    if isinstance(error, NEVER_SENT) == (trace.sent_at is None):
        return
    raise _unfit(case, error, trace)


def _expect_sent(case: str, port: int) -> None:
    error, trace = _post(port)
    if trace.sent_at is None or isinstance(error, NEVER_SENT):
        raise _unfit(case, error, trace)


def _post(
    port: int, *, connect_s: float = _PATIENCE_S, send_by: datetime | None = None
) -> tuple[Exception, SendTrace]:
    trace = SendTrace(SystemClock(), send_by=send_by)
    with closing(open_wire(f"http://127.0.0.1:{port}", api_key="selftest")) as http:
        request = http.build_request(
            "POST",
            "/",
            content=b"{}",
            timeout=httpx.Timeout(_PATIENCE_S, connect=connect_s),
            extensions={"trace": trace},
        )
        try:
            exchange(http, request, read_within_s=_PATIENCE_S)
        except (httpx.HTTPError, TooLate, OSError) as error:
            return error, trace
    raise TransportUnfit(
        "The HTTP library reports success where no answer was given.", why=_versions()
    )


def _unfit(case: str, error: Exception, trace: SendTrace) -> TransportUnfit:
    seen = "was seen" if trace.sent_at is not None else "was not seen"
    return TransportUnfit(
        "The installed HTTP library cannot tell a sent request from an unsent one.",
        why=f"For {case} it raised {type(error).__name__} and the trace event {seen}"
        f" ({_versions()}).",
        fix=_FIX,
    )


def _versions() -> str:
    return f"httpx {httpx.__version__}"


@contextmanager
def _refusing_port() -> Iterator[int]:
    """Hold a port that is bound but not listening: nobody else can take it meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@contextmanager
def _full_port() -> Iterator[int]:
    """Listen with a queue that is full, so that the next connect hangs."""
    waiting: list[socket.socket] = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        try:
            for _ in range(4):
                waiting.append(client := socket.socket())
                client.setblocking(False)
                client.connect_ex(listener.getsockname())
            yield listener.getsockname()[1]
        finally:
            for client in waiting:
                client.close()


@contextmanager
def _resetting_port() -> Iterator[tuple[int, list[bytes]]]:
    """Read from one connection and reset it; what was read is there once the block is left."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(_PATIENCE_S)
        peer = threading.Thread(target=_read_and_reset, args=(listener, received), daemon=True)
        peer.start()
        yield listener.getsockname()[1], received
        peer.join(_PATIENCE_S)


def _read_and_reset(listener: socket.socket, received: list[bytes]) -> None:
    try:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(_PATIENCE_S)
            received.extend(filter(None, [connection.recv(1)]))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    except OSError:
        return  # the client was never there, or left first
