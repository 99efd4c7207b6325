"""Access: every route says who may use it, or there is no such route.

Routers are made here, and the app takes no others: `open_to_all` for strangers, `requires(role)`
for the rest. A router for viewers refuses to hold a route that changes something, except what
people do to their own account (`own_account`).
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.requests import Request

from dialer.actions import sessions
from dialer.domain.roles import Actor, Role
from dialer.errors import DialerError
from dialer.web.site import site_of

COOKIE = "dialer_session"
SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))


class SignInNeeded(DialerError):
    """Nobody knows who asks; they may sign in and come back to `back`."""

    def __init__(self, back: str) -> None:
        super().__init__("sign in first")
        self.back = back

    @property
    def sign_in_at(self) -> str:
        """Give the address to sign in at, with the way back."""
        return "/sign-in" + (f"?next={quote(self.back, safe='/')}" if self.back != "/" else "")


class NotAllowed(DialerError):
    """The role does not reach so far."""

    def __init__(self, role: Role, needed: Role) -> None:
        super().__init__(f"a {role} may not do this")
        self.role = role
        self.needed = needed


class GuardedRouter(APIRouter):
    """A router whose routes all ask who is there; None asks nobody."""

    def __init__(self, needed: Role | None, *, own_account: bool = False) -> None:
        guards = [] if needed is None else [Depends(_guard(needed))]
        super().__init__(dependencies=guards)
        self.needed = needed
        self.own_account = own_account

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add a route, unless it would let a viewer change something."""
        changes = set(options.get("methods") or ("GET",)) - SAFE_METHODS
        if changes and self.needed is Role.VIEWER and not self.own_account:
            raise TypeError(f"{path} changes something; viewers may only look")
        super().add_api_route(path, endpoint, **options)


def open_to_all() -> GuardedRouter:
    """Make a router for whoever asks."""
    return GuardedRouter(None)


def requires(role: Role) -> GuardedRouter:
    """Make a router for people and tokens that have at least this role."""
    return GuardedRouter(role)


def own_account() -> GuardedRouter:
    """Make a router for what everybody who is signed in may do to themselves."""
    return GuardedRouter(Role.VIEWER, own_account=True)


def actor_of(request: Request) -> Actor:
    """Give who asks; only routes that are not open to all may ask this."""
    actor: Actor = request.state.actor
    return actor


def may_operate(request: Request) -> bool:
    """Tell whether who asks may do more than look, and sees telephone numbers."""
    return actor_of(request).role.includes(Role.OPERATOR)


def who_asks(request: Request) -> Actor | None:
    """Tell who asks, by session cookie or token; None for a stranger.

    A token that is wrong is not passed over in favour of a cookie.
    """
    site = site_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        world = site.world()
        return sessions.who_by_token(world.db, token.strip(), now=world.clock.now())
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return None
    world = site.world()
    return sessions.who(world.db, cookie, now=world.clock.now())


def _guard(needed: Role) -> Callable[[Request], None]:
    def guard(request: Request) -> None:
        actor = who_asks(request)
        request.state.actor = actor
        if actor is None:
            raise SignInNeeded(_way_back(request))
        if not actor.role.includes(needed):
            raise NotAllowed(actor.role, needed)

    return guard


def _way_back(request: Request) -> str:
    if request.method not in SAFE_METHODS:
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query
