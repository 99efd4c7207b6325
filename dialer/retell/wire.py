"""The HTTP connection to Retell, and the proof of what left this machine.

An exception alone does not tell whether a request was executed: a reset looks the same before
and after the phone rang. The trace event that httpcore emits just before it writes the request
headers does; `dialer.retell.selftest` proves at start-up that the installed version still does.
"""

import ssl
import time
from dataclasses import dataclass
from datetime import datetime

import httpx

from dialer.clock import Clock
from dialer.errors import UserError

HEADERS_STARTED = "http11.send_request_headers.started"

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""What httpx raises when no connection was to be had."""

MAX_ANSWER_BYTES = 32 * 1024 * 1024
KEEPALIVE_S = 4.0  # shorter than any usual server's: a connection it just closed costs an UNKNOWN

CREATE_TIMEOUT = httpx.Timeout(connect=5, pool=5, write=10, read=120)
READ_TIMEOUT = httpx.Timeout(connect=5, pool=5, write=10, read=15)


class TooLate(Exception):
    """The moment to send has passed; raised before the first byte is written."""


class SendTrace:
    """Watches one request go out.

    `sent_at` is when its headers began to be written, None until then. Past `send_by` it stops
    the request at the last possible moment: connected, and nothing written.
    """

    def __init__(self, clock: Clock, *, send_by: datetime | None = None) -> None:
        self._clock = clock
        self._send_by = send_by
        self.sent_at: datetime | None = None

    def __call__(self, event_name: str, details: object) -> None:
        if event_name == HEADERS_STARTED and self.sent_at is None:
            now = self._clock.now()
            if self._send_by is not None and now > self._send_by:
                raise TooLate(f"it is {now - self._send_by} past the last moment to send")
            self.sent_at = now


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of Retell."""

    status: int
    headers: httpx.Headers
    body: bytes


def open_wire(
    base_url: str,
    *,
    api_key: str,
    max_connections: int = 80,
    transport: httpx.BaseTransport | None = None,
) -> httpx.Client:
    """Open the one HTTP client that all threads of a process share.

    HTTP/1.1 only, no redirects, no retries, and no proxy or certificate from the environment.

    Raises:
        UserError: the address or the key cannot be used.
    """
    url = _address(base_url)
    if not api_key or not api_key.isascii() or not api_key.isprintable() or " " in api_key:
        raise UserError("The Retell API key is empty or holds unprintable characters.")
    # Over plain HTTP no certificate is ever looked at; loading the authorities takes 50 ms.
    trust = True if url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.Client(
        base_url=url,
        headers={"Authorization": f"Bearer {api_key}", "User-Agent": "dialer"},
        timeout=READ_TIMEOUT,
        limits=httpx.Limits(
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=KEEPALIVE_S,
        ),
        verify=trust,
        http2=False,
        follow_redirects=False,
        trust_env=False,
        transport=transport,
    )


def exchange(http: httpx.Client, request: httpx.Request, *, read_within_s: float) -> Answer:
    """Send `request` and read the whole answer.

    Raises:
        Exception: whatever httpx and the layers below it raise, and the same for a body that is
            too large or drips for longer than `read_within_s`.
    """
    response = http.send(request, stream=True)
    try:
        deadline = time.monotonic() + read_within_s
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise httpx.ReadError(f"the answer is larger than {MAX_ANSWER_BYTES} bytes")
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout("the answer did not end in time")
        return Answer(response.status_code, response.headers, bytes(body))
    finally:
        response.close()


def _address(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise UserError("The address of Retell cannot be read.", why=str(error)) from error
    if url.scheme not in ("http", "https") or not url.host:
        raise UserError(
            "The address of Retell must begin with https:// and name a host.", why=base_url
        )
    return url
