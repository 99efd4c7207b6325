"""Requests that another site made a browser send: refused where they could change something.

`Sec-Fetch-Site` says where a request comes from, in every browser of the last years; older ones
say `Origin`. Programs that are no browsers say neither, and bring no cookie of ours.
"""

from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from dialer.log import get_logger
from dialer.web.access import SAFE_METHODS
from dialer.web.problems import problem

log = get_logger(__name__)

_OURS = ("same-origin", "none")  # none: typed or bookmarked by the person


class CrossSiteRefused:
    """Refuses them before anything else looks at them; plain ASGI, as webhooks pass here too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            headers = Headers(scope=scope)
            if not is_ours(headers):
                log.warning("cross_site_refused", path=scope["path"])
                detail = "The request comes from another site."
                await problem(HTTPStatus.FORBIDDEN, detail)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def is_ours(headers: Headers) -> bool:
    """Tell whether a request comes from one of our pages, or from no page."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in _OURS
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")
