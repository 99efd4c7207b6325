"""Request bodies from strangers: never more of them than we want, never for longer."""

import asyncio
from datetime import timedelta

from starlette.requests import ClientDisconnect, Request

from dialer.errors import DialerError


class BodyRefused(DialerError):
    """A request whose body was not read to its end."""


class BodyTooLarge(BodyRefused):
    """The body is longer than allowed."""


class BodyTooSlow(BodyRefused):
    """The body did not come in time."""


class BodyBroken(BodyRefused):
    """The sender went away in the middle."""


async def read_body(request: Request, *, most_bytes: int, within: timedelta) -> bytes:
    """Read the raw body, keeping no more than `most_bytes` of it.

    Raises:
        BodyTooLarge: at the first chunk beyond `most_bytes`, or before any where the declared
            length already is.
        BodyTooSlow: the end did not come within the time.
        BodyBroken: nobody is left to answer.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > most_bytes:
        raise BodyTooLarge(declared)
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await _read_chunks(request, most_bytes=most_bytes)
    except TimeoutError as error:
        raise BodyTooSlow(str(within)) from error
    except ClientDisconnect as error:
        raise BodyBroken("the sender went away") from error


async def _read_chunks(request: Request, *, most_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most_bytes:
            raise BodyTooLarge(str(size))
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
