"""A simulated Retell inside the process of a test or a benchmark, and what goes with it."""

import http.server
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dialer.simulator.engine import Exchange
from dialer.simulator.outbox import Delivery
from dialer.simulator.server import base_url, bind, make_server
from dialer.simulator.settings import SimulatorSettings


@contextmanager
def running_simulator(settings: SimulatorSettings | None = None) -> Iterator[str]:
    """Run a simulator in a thread on a free port, whatever port is set; give its base URL."""
    chosen = (settings or SimulatorSettings()).model_copy(update={"port": 0})
    listener = bind(chosen)
    server = make_server(chosen, listener)
    url = base_url(listener)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="simulator", daemon=True
    )
    thread.start()
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join()


def play(exchange: Exchange, *, until_ms: int, status: int | None = 204) -> list[Delivery]:
    """Let virtual time pass; give the webhooks sent, in order, each answered with `status`."""
    sent: list[Delivery] = []
    moment_ms = exchange.next_moment(now_ms=0)
    while moment_ms is not None and moment_ms <= until_ms:
        due = exchange.advance(moment_ms)
        sent.extend(due)
        for delivery in due:
            exchange.acknowledge(delivery, status=status, now_ms=moment_ms)
        moment_ms = exchange.next_moment(now_ms=moment_ms)
    exchange.advance(until_ms)
    return sent


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Where webhooks arrive. `answers` are the statuses of the next requests; then it is 204."""

    url: str
    answers: list[int] = field(default_factory=list)
    inbox: "queue.Queue[Received]" = field(default_factory=queue.Queue)

    def wait(self, *, timeout_s: float = 10) -> Received:
        """Give the next request.

        Raises:
            queue.Empty: none came in time.
        """
        return self.inbox.get(timeout=timeout_s)


@contextmanager
def webhook_receiver() -> Iterator[Receiver]:
    """Run a real HTTP server that keeps every request it gets."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Inbox)
    server.daemon_threads = True
    receiver = Receiver(url=f"http://127.0.0.1:{server.server_address[1]}/webhooks/retell")
    server.receiver = receiver  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Inbox(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver.inbox.put(Received(self.path, headers, body))
        self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""
