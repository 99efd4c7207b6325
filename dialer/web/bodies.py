"""Bodies of forms: small ones only, whose length was declared."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from dialer.web.access import SAFE_METHODS
from dialer.web.functions import FOLDER as FUNCTIONS
from dialer.web.problems import problem
from dialer.web.webhooks import PATH as WEBHOOKS

MOST_BYTES = 64 * 1024


class SmallBodies:
    """Refuses larger ones before they are read; what Retell signs has a limit of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_form(scope) and (status := _why_not(Headers(scope=scope))) is not None:
            await problem(status)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_form(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] not in SAFE_METHODS
        and not scope["path"].startswith((WEBHOOKS, FUNCTIONS))
    )


def _why_not(headers: Headers) -> HTTPStatus | None:
    length = headers.get("content-length")
    if length is None:
        return HTTPStatus.LENGTH_REQUIRED if "transfer-encoding" in headers else None
    too_large = not length.isdigit() or int(length) > MOST_BYTES
    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else None
