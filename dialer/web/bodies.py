"""Bodies of forms: small ones only, whose length was declared.

Files come at addresses of their own, where they are streamed to disk and counted.
"""

import re
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from dialer.web.access import SAFE_METHODS
from dialer.web.api.address import API
from dialer.web.functions import FOLDER as FUNCTIONS
from dialer.web.problems import problem
from dialer.web.webhooks import PATH as WEBHOOKS

MOST_BYTES = 64 * 1024
MOST_BYTES_OF_LONG_ONES = 2 * 1024 * 1024
FILES = frozenset(("/upload", "/campaigns/new", "/do-not-call/file", "/schedules/file"))
_LONG = re.compile(r"/lists/\d+/correct|/campaigns/\d+/(edit|review)")


class SmallBodies:
    """Refuses larger ones before they are read; what Retell signs, and the API, have their own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_form(scope) and (status := _why_not(scope)) is not None:
            await problem(status)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_form(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] not in SAFE_METHODS
        and not scope["path"].startswith((WEBHOOKS, FUNCTIONS, f"{API}/"))
        and scope["path"] not in FILES
    )


def _why_not(scope: Scope) -> HTTPStatus | None:
    headers = Headers(scope=scope)
    most = MOST_BYTES_OF_LONG_ONES if _LONG.fullmatch(scope["path"]) else MOST_BYTES
    length = headers.get("content-length")
    if length is None:
        return HTTPStatus.LENGTH_REQUIRED if "transfer-encoding" in headers else None
    too_large = not length.isdigit() or int(length) > most
    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else None
