"""What comes in: bodies that are JSON, small, flat enough, and free of what no database keeps.

Checked before anything of it is understood, so that nothing behind has to fear a NUL, a number of
forty digits, or a thousand brackets.
"""

from collections.abc import Callable, Coroutine
from email.message import Message
from http import HTTPStatus
from typing import Any

import orjson
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from dialer.errors import DialerError
from dialer.web.access import SAFE_METHODS
from dialer.web.api.kinds import LARGEST_ID
from dialer.web.body import BodyBroken, BodyTooLarge, BodyTooSlow, read_body
from dialer.web.site import site_of

MOST_BYTES = 256 * 1024
MOST_BYTES_OF_LEADS = 4 * 1024 * 1024
PUSHES = "/leads"
"""Only a push is large; its address ends with this."""
DEEPEST = 30


class Unreadable(DialerError):
    """A request that cannot be read; `status` says how."""

    def __init__(self, status: HTTPStatus, what: str, *, fix: str) -> None:
        super().__init__(what)
        self.status = status
        self.what = what
        self.fix = fix


class ApiRoute(APIRoute):
    """A route whose request was read and looked through before it is understood."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give what answers a request."""
        answer = super().get_route_handler()
        takes_body = self.body_field is not None

        async def checked(request: Request) -> Response:
            check_address(request)
            if request.method in SAFE_METHODS:
                return await answer(request)
            body = await _read(request)
            if not takes_body:
                return await answer(_Read(request, b"", None))
            if not body:
                return await answer(_Read(request, body, None))
            _check_type(request)
            return await answer(_Read(request, body, _parsed(body)))

        return checked


class _Read(Request):
    """A request whose body is known and understood as JSON."""

    def __init__(self, request: Request, body: bytes, value: Any) -> None:
        super().__init__(request.scope, request.receive)
        self.raw = self._body = body
        self._json = value


def body_of(request: Request) -> bytes:
    """Give the bytes of a body that a route takes, as they came."""
    assert isinstance(request, _Read)
    return request.raw


async def _read(request: Request) -> bytes:
    most = MOST_BYTES_OF_LEADS if request.url.path.endswith(PUSHES) else MOST_BYTES
    try:
        return await read_body(request, most_bytes=most, within=site_of(request).body_within)
    except BodyTooLarge as error:
        raise Unreadable(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the body is larger than {most:,} bytes",
            fix="send less at once",
        ) from error
    except (BodyTooSlow, BodyBroken) as error:
        raise Unreadable(
            HTTPStatus.REQUEST_TIMEOUT, "the body did not come to its end", fix="send it again"
        ) from error


def check_address(request: Request) -> None:
    """Refuse a NUL in the address: no text of a database may hold one.

    Raises:
        Unreadable: there is one.
    """
    if "\0" in request.url.path or b"%00" in request.scope.get("query_string", b""):
        raise Unreadable(HTTPStatus.BAD_REQUEST, "the address holds a NUL", fix="leave it out")


def _check_type(request: Request) -> None:
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    kind, subtype = message.get_content_maintype(), message.get_content_subtype()
    if kind != "application" or not (subtype == "json" or subtype.endswith("+json")):
        raise Unreadable(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "the body is not said to be JSON",
            fix="send content-type: application/json",
        )


def _parsed(body: bytes) -> Any:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable(
            HTTPStatus.BAD_REQUEST,
            f"the body is not JSON in UTF-8: {error.msg}",
            fix="write JSON as RFC 8259 has it",
        ) from error
    _look_through(value)
    return value


def _look_through(value: Any) -> None:
    left = [(value, 1)]
    while left:
        one, depth = left.pop()
        if depth > DEEPEST:
            raise _not_kept(f"the body is deeper than {DEEPEST} levels", fix="make it flatter")
        if isinstance(one, dict):
            left += [(name, depth) for name in one]
            left += [(inner, depth + 1) for inner in one.values()]
        elif isinstance(one, list):
            left += [(inner, depth + 1) for inner in one]
        elif isinstance(one, str) and "\0" in one:
            raise _not_kept("the body holds a NUL", fix="leave it out")
        elif isinstance(one, int) and abs(one) > LARGEST_ID:
            raise _not_kept("the body holds a number beyond 64 bits", fix="write it as a text")


def _not_kept(what: str, *, fix: str) -> Unreadable:
    return Unreadable(HTTPStatus.BAD_REQUEST, what, fix=fix)
