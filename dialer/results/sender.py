"""The sender: one signed POST to an address of the customer, and nothing else.

No redirects, no proxies, no retries, no cookies; at most the beginning of the answer is read, and
the whole takes no longer than its limit however slowly the other side drips.
"""

import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpx

from dialer.results.addresses import AddressRefused, LookUp, machines_of
from dialer.results.signature import key_of, signed_headers

TIMEOUT = httpx.Timeout(connect=5, pool=5, write=10, read=15)
WHOLE_WITHIN_S = 30.0
READ_BYTES = 2_000
"""Of an answer; it is only shown to people."""

_CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")
_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one POST; without a status no answer came, and `error` says why."""

    status: int | None = None
    retry_after: timedelta | None = None
    text: str = ""
    error: str | None = None


class ResultSender:
    """Sends messages, signed by secrets that only the settings know."""

    def __init__(
        self,
        secrets: Mapping[str, Sequence[str]],
        *,
        private: bool,
        look_up: LookUp,
        whole_within_s: float = WHOLE_WITHIN_S,
    ) -> None:
        self._keys = {name: [key_of(one) for one in several] for name, several in secrets.items()}
        self._private = private
        self._look_up = look_up
        self._whole_within_s = whole_within_s

    def post(
        self, address: str, *, secret: str, message_id: str, body: bytes, now: datetime
    ) -> Answered:
        """POST a body. Never raises for what lies with the other side, or with the settings."""
        keys = self._keys.get(secret)
        if not keys:
            return Answered(error=f'DIALER_RESULT_SECRETS has no secret called "{secret}"')
        headers = signed_headers(keys, message_id=message_id, body=body, now=now)
        try:
            url = httpx.URL(address)
            machines = self._machines(url)
        except (AddressRefused, httpx.InvalidURL) as error:
            return Answered(error=str(error))
        last: Exception | None = None
        for machine in machines[:2]:
            try:
                return self._post(url, machine, headers=headers, body=body, now=now)
            except _NOT_CONNECTED as error:
                last = error
            except (httpx.HTTPError, OSError) as error:
                return Answered(error=_told(error))
        return Answered(error=_told(last))

    def _machines(self, url: httpx.URL) -> list[str]:
        if url.scheme not in ("https", "http") or not url.host:
            raise AddressRefused("it is not an address such as https://crm.example.com/dialer")
        if url.scheme == "http" and not self._private:
            raise AddressRefused("results are personal data and go to https:// addresses only")
        port = url.port or (443 if url.scheme == "https" else 80)
        return machines_of(url.host, port, private=self._private, look_up=self._look_up)

    def _post(
        self, url: httpx.URL, machine: str, *, headers: dict[str, str], body: bytes, now: datetime
    ) -> Answered:
        """Send to the machine that was judged, under the name that was asked for."""
        own = {
            "Host": url.netloc.decode("ascii"),
            "Content-Type": "application/json",
            "User-Agent": "dialer",
            "Accept-Encoding": "identity",
        }
        with _Deadline(self._whole_within_s) as deadline, _client(url.scheme) as http:
            extensions = {"sni_hostname": url.host, "trace": deadline.watch}
            request = http.build_request(
                "POST",
                url.copy_with(host=machine),
                content=body,
                headers=own | headers,
                extensions=extensions,
            )
            response = http.send(request, stream=True)
            try:
                return Answered(
                    response.status_code,
                    _retry_after(response.headers.get("retry-after"), now=now),
                    _beginning(response),
                )
            finally:
                response.close()


class _Deadline:
    """Cuts the connection when the whole exchange takes too long; whoever waits then fails."""

    def __init__(self, within_s: float) -> None:
        self._timer = threading.Timer(within_s, self._cut)
        self._timer.daemon = True
        self._stream: Any = None
        self._over = False
        self._lock = threading.Lock()

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._stream = None

    def watch(self, event_name: str, details: Mapping[str, Any]) -> None:
        """Take note of the connection, as httpcore's trace tells of it."""
        if event_name in _CONNECTED:
            with self._lock:
                self._stream = details["return_value"]
        if self._over:
            raise httpx.ReadTimeout("the exchange did not end in time")

    def _cut(self) -> None:
        with self._lock:
            self._over = True
            stream = self._stream
            connection = stream.get_extra_info("socket") if stream is not None else None
            if connection is not None:
                try:
                    # Not an SSL socket's own, which takes its state from under the reader.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
                except OSError:  # closed meanwhile
                    return


@cache
def _trust(scheme: str) -> ssl.SSLContext:
    """Load the authorities once; over plain HTTP none is ever looked at."""
    if scheme == "https":
        return httpx.create_ssl_context(trust_env=False)
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _client(scheme: str) -> httpx.Client:
    # One per message: a connection is kept by IP address, and must not serve another name there.
    return httpx.Client(
        timeout=TIMEOUT,
        verify=_trust(scheme),
        http2=False,
        follow_redirects=False,
        trust_env=False,
    )


def _beginning(response: httpx.Response) -> str:
    """Read what of the answer comes at once; where it breaks off, its status still counts."""
    found = b""
    try:
        for chunk in response.iter_raw(READ_BYTES):
            found += chunk
            if len(found) >= READ_BYTES:
                break
    except httpx.HTTPError:
        pass
    return found[:READ_BYTES].decode("utf-8", errors="replace")


def _retry_after(text: str | None, *, now: datetime) -> timedelta | None:
    """Read a Retry-After header: seconds, or a date; None for anything else."""
    if not text:
        return None
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text), 10**7))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(at - now, timedelta(0))


def _told(error: Exception | None) -> str:
    kind = type(error).__name__
    return f"{kind}: {error}" if error is not None and str(error) else kind
