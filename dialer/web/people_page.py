"""People who may sign in, and the tokens of programs."""

from typing import Annotated, Any

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions import api_tokens, own_links, people
from dialer.domain.credentials import SHORTEST_PASSWORD
from dialer.domain.roles import Role, Scope
from dialer.errors import UserError
from dialer.web.access import actor_of, requires
from dialer.web.error_pages import status_for
from dialer.web.form_errors import Unfit
from dialer.web.pages import page
from dialer.web.sign_in import see
from dialer.web.site import site_of

viewing = requires(Role.OPERATOR)
changing = requires(Role.ADMIN)

PATH = "/settings/people"
TOKENS = "/settings/tokens"
Word = Annotated[str, Form(max_length=1000)]
MAY = {
    Role.VIEWER: "look, with numbers masked",
    Role.OPERATOR: "run campaigns and decide about leads",
    Role.ADMIN: "everything, people and settings too",
}
SCOPES = {
    Scope.READ: "read, with numbers masked",
    Scope.OPERATE: "run campaigns and decide about leads",
    Scope.ADMIN: "everything",
}


@viewing.get(PATH)
def people_page(request: Request) -> Response:
    """Show who may sign in, and which programs may ask."""
    return _page(request, error=None)


def _page(
    request: Request,
    *,
    error: UserError | None,
    typed: dict[str, str] | None = None,
    token: tuple[int, str] | None = None,
    link: tuple[str, str] | None = None,
    cause: UserError | None = None,
) -> Response:
    world = site_of(request).world()
    return page(
        request,
        "people.html",
        status=status_for(cause or error),
        error=error,
        typed=typed or {"name": "", "role": ""},
        made=token,
        link=link,
        people=people.everybody(world.db),
        tokens=api_tokens.everything(world.db),
        may=MAY,
        scopes=SCOPES,
        shortest=SHORTEST_PASSWORD,
        is_admin=actor_of(request).role.includes(Role.ADMIN),
        now=world.clock.now(),
    )


@changing.post(f"{PATH}/add")
def add(request: Request, name: Word = "", role: Word = "", password: Word = "") -> Response:
    """Make a person who may sign in; without a password, by a link that is shown this once."""
    world = site_of(request).world()
    typed = {"name": name, "role": role}
    told: dict[str, Any] = {"actor": actor_of(request).name, "now": world.clock.now()}
    try:
        told["role"] = _role(role)
        if not password:
            token = own_links.invite(world.db, name, **told)
            return _page(request, error=None, link=(name, _address(request, token)))
        people.add(world.db, name, password=password, **told)
    except UserError as error:
        field = "password" if "password" in error.what else "name"
        unfit = Unfit(field, error.what, why=error.why, fix=error.fix)
        return _page(request, error=unfit, typed=typed, cause=error)
    return see(PATH)


@changing.post(f"{PATH}/link")
def make_link(request: Request, name: Word = "") -> Response:
    """Show a link, this once, by which a person chooses another password."""
    world = site_of(request).world()
    actor, now = actor_of(request).name, world.clock.now()
    token = own_links.make(world.db, name, actor=actor, now=now)
    return _page(request, error=None, link=(name, _address(request, token)))


def _address(request: Request, token: str) -> str:
    settings = site_of(request).settings
    return f"{settings.public_url or settings.web_url}/link/{token}"


@changing.post(f"{PATH}/role")
def set_role(request: Request, name: Word = "", role: Word = "") -> Response:
    """Give a person another role."""
    world = site_of(request).world()
    now, actor = world.clock.now(), actor_of(request).name
    try:
        people.set_role(world.db, name, role=_role(role), actor=actor, now=now)
    except UserError as error:
        return _page(request, error=error)
    return see(PATH)


@changing.post(f"{PATH}/remove")
def remove(request: Request, name: Word = "") -> Response:
    """Let a person sign in no more."""
    world = site_of(request).world()
    try:
        people.remove(world.db, name, actor=actor_of(request).name, now=world.clock.now())
    except UserError as error:
        return _page(request, error=error)
    return see(PATH)


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        raise UserError(f"“{text[:20]}” is no role", fix="viewer, operator or admin") from error


@changing.post(f"{TOKENS}/create")
def create_token(
    request: Request,
    name: Word = "",
    scope: Annotated[list[str], Form()] = [],  # noqa: B006  # FastAPI copies it
) -> Response:
    """Make a token and show it this once."""
    world = site_of(request).world()
    scopes = [one for one in Scope if one.value in scope]
    actor, now = actor_of(request).name, world.clock.now()
    try:
        made = api_tokens.create(world.db, name, scopes=scopes, actor=actor, now=now)
    except UserError as error:
        field = "token-name" if scopes else "scope-read"
        return _page(request, error=Unfit(field, error.what, why=error.why, fix="correct it"))
    return _page(request, error=None, token=made)


@changing.post(TOKENS + "/{token_id}/revoke")
def revoke(request: Request, token_id: int) -> Response:
    """Refuse a token from now on."""
    world = site_of(request).world()
    api_tokens.revoke(world.db, token_id, actor=actor_of(request).name, now=world.clock.now())
    return see(PATH)
