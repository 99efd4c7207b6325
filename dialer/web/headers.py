"""Headers that keep a browser from doing what our pages never ask for."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CONNECT = "connect-src 'self'"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        _CONNECT,
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
PERMISSIONS = "camera=(), geolocation=(), microphone={}"

ALWAYS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),  # browsers that know no frame-ancestors
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", PERMISSIONS.format("()").encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
ITS_OWN = frozenset({b"content-security-policy", b"permissions-policy"})
"""A page may bring these itself; nothing else that it says weakens what is added."""
NOT_KEPT = (b"cache-control", b"no-store")  # whatever comes from the database


def talking_with(host: str) -> dict[str, str]:
    """Give the headers of a page that uses the microphone, and talks with one host besides us."""
    connect = f"{_CONNECT} wss://{host} https://{host}"
    return {
        "content-security-policy": POLICY.replace(_CONNECT, connect),
        "permissions-policy": PERMISSIONS.format("(self)"),
    }


class SecurityHeaders:
    """Adds the headers to every answer but those that it brings itself.

    Plain ASGI, as it stands before the webhooks.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = ALWAYS if scope["path"].startswith("/static/") else (*ALWAYS, NOT_KEPT)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                brought = {name for name, _ in own} & ITS_OWN
                message["headers"] = [*own, *(one for one in added if one[0] not in brought)]
            await send(message)

        await self._app(scope, receive, send_with_headers)
