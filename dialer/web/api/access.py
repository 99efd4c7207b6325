"""Access: every route of the API asks for exactly one scope, or there is no such route.

Session cookies open nothing here, so a browser that another site misleads has nothing to bring.
"""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from starlette.requests import Request

from dialer.actions import api_tokens
from dialer.actions.world import World
from dialer.domain.roles import OF_API, Program, Scope
from dialer.errors import DialerError
from dialer.web.api.bodies import ApiRoute
from dialer.web.site import site_of


class TokenNeeded(DialerError):
    """There is no token, or it does not hold."""

    def __init__(self, *, given: bool) -> None:
        super().__init__("the token does not hold" if given else "there is no token")
        self.given = given


class ScopeMissing(DialerError):
    """The token holds, and may not do this."""

    def __init__(self, needed: Scope) -> None:
        super().__init__(f"the token lacks the scope {needed}")
        self.needed = needed


class ScopedRouter(APIRouter):
    """A router whose routes all ask for one scope; None for what names nobody and nothing."""

    def __init__(
        self, scope: Scope | None, *, tag: str, route_class: type[APIRoute] = ApiRoute
    ) -> None:
        guards = [] if scope is None else [Depends(_guard(scope))]
        super().__init__(
            dependencies=guards,
            route_class=route_class,
            tags=[tag],
            generate_unique_id_function=lambda route: route.name,
        )
        self.scope = scope

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add a route, and have the OpenAPI document say what it asks for."""
        if self.scope is not None:
            security = {"security": [{"token": [self.scope.value]}]}
            options["openapi_extra"] = {**(options.get("openapi_extra") or {}), **security}
        super().add_api_route(path, endpoint, **options)


def asks(scope: Scope, *, tag: str, route_class: type[APIRoute] = ApiRoute) -> ScopedRouter:
    """Make a router for programs whose token has this scope."""
    if scope not in OF_API:
        raise TypeError(f"{scope} opens pages; a route of the API asks for one of its own scopes")
    return ScopedRouter(scope, tag=tag, route_class=route_class)


def open_to_all(*, tag: str) -> ScopedRouter:
    """Make a router for whoever asks."""
    return ScopedRouter(None, tag=tag)


def program_of(request: Request) -> Program:
    """Give who asks; only routes that ask for a scope may ask this."""
    program: Program = request.state.program
    return program


def actor_of(request: Request) -> str:
    """Name who asks, for the activity log."""
    return program_of(request).name


def world_of(request: Request) -> World:
    """Give the world a request may look at and change."""
    return site_of(request).world()


def _guard(needed: Scope) -> Callable[[Request], None]:
    def guard(request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise TokenNeeded(given=False)
        world = world_of(request)
        program = api_tokens.program_of(world.db, token.strip(), now=world.clock.now())
        if program is None:
            raise TokenNeeded(given=True)
        if needed not in program.scopes:
            raise ScopeMissing(needed)
        request.state.program = program

    return guard
