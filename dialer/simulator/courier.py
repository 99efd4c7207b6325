"""HTTP/1.1 requests at the least cost: h11 on asyncio streams, connections kept for the next one.

httpx costs 1.5 ms of CPU for each request in an event loop, this a fifth of it. The simulator
shares its two cores with the engine whose latency it measures, so its own cost is a fault of the
measurement.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import h11

Reply = tuple[int, bytes]
"""The status and the body of an answer."""

KEEP_S = 3  # receivers usually close idle connections after 5 s: be first


class Origin(NamedTuple):
    """Whom a connection leads to."""

    scheme: str
    host: str
    port: int


class Connection:
    """One connection to one origin, for one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._state = h11.Connection(h11.CLIENT)
        self.idle_since = 0.0

    async def post(self, target: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send a request and read its answer to the end."""
        request = h11.Request(method="POST", target=target, headers=list(headers.items()))
        sent = [request, h11.Data(data=body), h11.EndOfMessage()]
        self._writer.write(b"".join(self._state.send(part) or b"" for part in sent))
        await self._writer.drain()
        status = 0
        parts: list[bytes] = []
        while True:
            event = self._state.next_event()
            if event is h11.NEED_DATA:
                self._state.receive_data(await self._reader.read(65536))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                parts.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                return status, b"".join(parts)

    def renew(self) -> bool:
        """Make ready for the next request; False when the connection cannot be used again."""
        if self._state.our_state is not h11.DONE or self._state.their_state is not h11.DONE:
            return False
        self._state.start_next_cycle()
        self.idle_since = time.monotonic()
        return True

    @property
    def fresh(self) -> bool:
        """Whether the other side has surely not closed it yet."""
        return not self._reader.at_eof() and time.monotonic() - self.idle_since < KEEP_S

    def close(self) -> None:
        """Close at once."""
        self._writer.transport.abort()


class Courier:
    """Posts to any number of origins at the same time."""

    def __init__(self) -> None:
        self._idle: dict[Origin, list[Connection]] = {}
        self._tls = ssl.create_default_context()

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        """Post `body`; give the status and the body of the answer.

        Raises:
            OSError: no connection, or it broke.
            ValueError: the URL is none.
            h11.ProtocolError: the answer is not HTTP or was cut.
        """
        origin, target = _split(url)
        connection = self._take(origin) or await self._open(origin)
        try:
            all_headers = {
                "Host": f"{origin.host}:{origin.port}",
                "Content-Length": str(len(body)),
                **headers,
            }
            reply = await connection.post(target, headers=all_headers, body=body)
        except BaseException:
            connection.close()
            raise
        if connection.renew():
            self._idle.setdefault(origin, []).append(connection)
        else:
            connection.close()
        return reply

    def close(self) -> None:
        """Close the idle connections."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    def _take(self, origin: Origin) -> Connection | None:
        waiting = self._idle.get(origin, [])
        while waiting:
            connection = waiting.pop()
            if connection.fresh:
                return connection
            connection.close()
        return None

    async def _open(self, origin: Origin) -> Connection:
        tls = self._tls if origin.scheme == "https" else None
        return Connection(*await asyncio.open_connection(origin.host, origin.port, ssl=tls))


def _split(url: str) -> tuple[Origin, str]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"not an http address: {url}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Origin(parts.scheme, parts.hostname, port), target
