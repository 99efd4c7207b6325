"""Signs webhooks and sends them, each at once, none behind another."""

import asyncio

import h11
import orjson

from dialer.simulator.courier import Courier
from dialer.simulator.outbox import Delivery
from dialer.simulator.signature import HEADER, sign


class Postman:
    """Carries deliveries, at most `connections` at the same time."""

    def __init__(self, *, connections: int) -> None:
        self._room = asyncio.Semaphore(connections)
        self._courier = Courier()

    async def send(self, delivery: Delivery, *, now_ms: int) -> tuple[int | None, bytes]:
        """Sign and send; give the receiver's status and answer, or None when none came in time."""
        body = orjson.dumps(delivery.payload)
        headers = {
            "Content-Type": "application/json",
            HEADER: sign(body, key=delivery.signing_key, now_ms=now_ms),
        }
        async with self._room:
            try:
                async with asyncio.timeout(delivery.timeout_s):
                    return await self._courier.post(delivery.url, headers=headers, body=body)
            except (OSError, ValueError, h11.ProtocolError, TimeoutError):
                return None, b""

    def close(self) -> None:
        """Close every idle connection."""
        self._courier.close()
