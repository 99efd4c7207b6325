"""People who may sign in, and the tokens of programs."""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

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
OF_PAGES = {
    Scope.READ: "pages, with numbers masked; of the API what names no person",
    Scope.OPERATE: "pages, to run campaigns and decide about leads; the whole API",
    Scope.ADMIN: "all pages; the whole API",
}
OF_PARTS = {
    Scope.CAMPAIGNS_READ: "see campaigns",
    Scope.CAMPAIGNS_WRITE: "make, change, start and stop campaigns",
    Scope.LEADS_READ: "see leads and lists, with whole numbers",
    Scope.LEADS_WRITE: "bring leads in, change them and decide about them",
    Scope.DNC_READ: "look numbers up on the do-not-call list",
    Scope.DNC_WRITE: "put numbers on the do-not-call list and take them off",
    Scope.RESULTS_READ: "see how calls came out, and what was said",
    Scope.SCHEDULES_READ: "see schedules",
    Scope.SCHEDULES_WRITE: "make and change schedules",
    Scope.CALLS_READ: "see calls, numbers, agents and voices at Retell",
    Scope.CALLS_WRITE: "hang up, change, delete and bring in calls; talk in a browser",
    Scope.WORKSPACE_WRITE: "buy, bind and release numbers; make and change agents",
    Scope.HEALTH_READ: "see health, incidents and the activity log",
    Scope.HEALTH_WRITE: "acknowledge incidents",
}


class TokenAsked(NamedTuple):
    """What was asked for of a token that was not made."""

    name: str
    scopes: Sequence[Scope]


READS_PAGES = TokenAsked("", (Scope.READ,))


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
    token_asked: TokenAsked = READS_PAGES,
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
        of_pages=OF_PAGES,
        of_parts=OF_PARTS,
        token_asked=token_asked,
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
        unfit = Unfit(field, error.what, why=error.why, fix="correct it")
        return _page(request, error=unfit, token_asked=TokenAsked(name, scopes))
    return _page(request, error=None, token=made)


@changing.post(TOKENS + "/{token_id}/revoke")
def revoke(request: Request, token_id: int) -> Response:
    """Refuse a token from now on."""
    world = site_of(request).world()
    api_tokens.revoke(world.db, token_id, actor=actor_of(request).name, now=world.clock.now())
    return see(PATH)
