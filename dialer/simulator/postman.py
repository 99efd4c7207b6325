"""Sends webhooks over HTTP, each at once, none behind another."""

import asyncio
import ssl

import httpx
import orjson

from dialer.simulator.outbox import Delivery
from dialer.simulator.signature import HEADER, sign

KEEP_ALIVE_S = 3  # receivers usually close idle connections after 5 s: be first


class Postman:
    """Carries deliveries, each on a connection of its own, which is kept for the next one.

    One client per connection, because the pool of a single client costs milliseconds for each
    request once a hundred of them are open.
    """

    def __init__(self, *, connections: int) -> None:
        self._room = asyncio.Semaphore(connections)
        self._idle: list[httpx.AsyncClient] = []
        self._tls = ssl.create_default_context()

    async def send(self, delivery: Delivery, *, now_ms: int) -> int | None:
        """Sign and send; give the receiver's status, or None when no answer came in time."""
        body = orjson.dumps(delivery.payload)
        headers = {
            "Content-Type": "application/json",
            HEADER: sign(body, key=delivery.signing_key, now_ms=now_ms),
        }
        async with self._room:
            client = self._idle.pop() if self._idle else self._open()
            try:
                async with asyncio.timeout(delivery.timeout_s):
                    answer = await client.post(delivery.url, content=body, headers=headers)
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
                return None
            finally:
                self._idle.append(client)
            return answer.status_code

    async def close(self) -> None:
        """Close every connection."""
        for client in self._idle:
            await client.aclose()
        self._idle.clear()

    def _open(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=1, keepalive_expiry=KEEP_ALIVE_S)
        return httpx.AsyncClient(verify=self._tls, trust_env=False, limits=limits, timeout=None)
