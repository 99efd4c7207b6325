"""Lets answers travel as badly as the exchange says: late, never, reset, cut in the middle."""

import asyncio
import socket
import struct
from collections.abc import Mapping

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from dialer.simulator.answers import Answer, Travel

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # linger for no time: the kernel sends RST


class BreakableProtocol(H11Protocol):
    """uvicorn's HTTP connection, which also shows each request the transport below it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class NoResponse(Response):
    """Nothing at all, for a connection that is gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send nothing."""


async def deliver(answer: Answer, *, request: Request, hang_s: float) -> Response:
    """Give the response to send, or break the connection and give one that sends nothing."""
    if answer.delay_s:
        await asyncio.sleep(answer.delay_s)
    if answer.travel is Travel.WHOLE:
        return whole(answer)
    transport: asyncio.Transport = request.state.transport
    match answer.travel:
        case Travel.NEVER:
            await _wait_for_close(request, at_most_s=hang_s)
            transport.abort()
        case Travel.RESET:
            _reset_on_close(transport)
            transport.abort()
        case Travel.HALF:
            transport.write(_half(whole(answer)))
            transport.close()
    await _wait_for_close(request, at_most_s=hang_s)
    return NoResponse()


def whole(answer: Answer) -> Response:
    """Give the response of an answer that arrives."""
    status, headers = answer.status, dict(answer.headers)
    if answer.body is None:
        return Response(status_code=status, headers=headers)
    if isinstance(answer.body, str):
        return Response(answer.body, status_code=status, headers=headers, media_type="text/html")
    return json_response(answer.body, status=status, headers=headers)


def json_response(
    shown: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Give a response that carries JSON."""
    content = orjson.dumps(shown)
    return Response(content, status_code=status, headers=headers, media_type="application/json")


async def _wait_for_close(request: Request, *, at_most_s: float) -> None:
    try:
        async with asyncio.timeout(at_most_s):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


def _reset_on_close(transport: asyncio.Transport) -> None:
    transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE
    )


def _half(response: Response) -> bytes:
    head = f"HTTP/1.1 {response.status_code} \r\n".encode()
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in response.raw_headers)
    body = bytes(response.body)
    return head + lines + b"\r\n" + body[: len(body) // 2]
