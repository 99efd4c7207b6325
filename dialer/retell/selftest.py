"""The proof, at start-up, that the installed HTTP library tells sent from unsent.

The whole safety of dialing hangs on one trace event. It is documented, but not promised for
ever, so a process that is about to dial tries it out on loopback first.
"""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx

from dialer.clock import SystemClock
from dialer.errors import TransportUnfit
from dialer.retell.wire import NEVER_SENT, SendTrace, exchange, open_wire

_CONNECT_S = 0.05  # enough for a connect on loopback that is going to succeed
_READ_S = 2.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def check_trace() -> None:
    """Prove that a request is seen as sent exactly when the peer could have read it.

    Opens sockets on loopback only; takes about a tenth of a second.

    Raises:
        TransportUnfit: do not dial with this installation.
    """
    with _refusing_port() as port:
        _expect_unsent("a refused connection", port)
    with _full_port() as port:
        _expect_unsent("a connection that is never accepted", port)
    with _resetting_port() as port:
        _expect_sent("a request that was read and then reset", port)


def _expect_unsent(case: str, port: int) -> None:
    error, trace = _post(port)
    # Some systems accept where Linux lets the connect wait; then the event must have been seen.
    if isinstance(error, NEVER_SENT) == (trace.sent_at is None):
        return
    raise _unfit(case, error, trace)


def _expect_sent(case: str, port: int) -> None:
    error, trace = _post(port)
    if trace.sent_at is None or isinstance(error, NEVER_SENT):
        raise _unfit(case, error, trace)


def _post(port: int) -> tuple[Exception, SendTrace]:
    trace = SendTrace(SystemClock())
    with closing(open_wire(f"http://127.0.0.1:{port}", api_key="selftest")) as http:
        request = http.build_request(
            "POST",
            "/",
            content=b"{}",
            timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S),
            extensions={"trace": trace},
        )
        try:
            exchange(http, request, read_within_s=_READ_S)
        except (httpx.HTTPError, OSError) as error:
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
        fix="Install the pinned version of httpx; nothing is dialed until then.",
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
def _resetting_port() -> Iterator[int]:
    """Read one request, then reset the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(_READ_S)
        peer = threading.Thread(target=_read_and_reset, args=(listener,), daemon=True)
        peer.start()
        yield listener.getsockname()[1]
        peer.join(_READ_S)


def _read_and_reset(listener: socket.socket) -> None:
    try:
        connection, _ = listener.accept()
    except OSError:
        return
    with connection:
        connection.settimeout(_READ_S)
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
