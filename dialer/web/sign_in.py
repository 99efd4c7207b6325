"""Signing in: the first person by the one-time link, everybody by name and password."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dialer.actions import own_links, people, sessions
from dialer.domain import credentials
from dialer.domain.roles import Actor
from dialer.errors import UserError
from dialer.web.access import COOKIE, actor_of, open_to_all, own_account, who_asks
from dialer.web.error_pages import status_of
from dialer.web.form_errors import Unfit, about
from dialer.web.pages import page
from dialer.web.site import site_of

public = open_to_all()
account = own_account()

Typed = Annotated[str, Form(max_length=1000)]
GONE = "This link is not good any more: it was used, or is over."
OWN_GONE_FIX = "Ask an admin for another one."
GONE_FIX = "Sign in, or start the dialer again: as long as nobody is here, it prints a new one."


@public.get("/sign-in")
def sign_in_page(request: Request, next: str = "/", changed: bool = False) -> Response:  # noqa: A002
    """Ask for name and password."""
    if who_asks(request) is not None:
        return see(within(next))
    db = site_of(request).world().db
    nobody = not people.everybody(db)
    return page(
        request, "sign_in.html", back=within(next), changed=changed, nobody=nobody, error=None
    )


@public.post("/sign-in")
def sign_in(
    request: Request,
    name: Typed = "",
    password: Typed = "",
    next: Typed = "/",  # noqa: A002
) -> Response:
    """Begin a session; one that this browser had before ends."""
    world = site_of(request).world()
    now = world.clock.now()
    try:
        token = sessions.sign_in(world.db, name, password, address=address_of(request), now=now)
    except UserError as error:
        return _again(request, "sign_in.html", error, back=within(next), nobody=False)
    before = who_asks(request)
    if before is not None:
        sessions.sign_out(world.db, before)
    return _with_cookie(request, see(within(next)), token)


@public.get("/welcome/{link}")
def welcome_page(request: Request, link: str) -> Response:
    """Ask the first person for a name and a password."""
    world = site_of(request).world()
    if not people.is_first_link(world.db, link, now=world.clock.now()):
        return page(
            request,
            "error.html",
            status=HTTPStatus.GONE,
            title="Link",
            back="",
            what=GONE,
            why=None,
            fix=GONE_FIX,
        )
    return page(request, "welcome.html", error=None, name="", **_rules())


@public.post("/welcome/{link}")
def welcome(
    request: Request, link: str, name: Typed = "", password: Typed = "", again: Typed = ""
) -> Response:
    """Make the first person, who is then signed in."""
    world = site_of(request).world()
    now = world.clock.now()
    try:
        name = _name_kept(name, password, again)
        people.add_first(world.db, link, name=name, password=password, now=now)
    except UserError as error:
        return _again(request, "welcome.html", error, name=name, **_rules())
    token = sessions.sign_in(world.db, name, password, address=address_of(request), now=now)
    return _with_cookie(request, see("/"), token)


def _name_kept(name: str, password: str, again: str) -> str:
    """Give the name as it is kept, once nothing speaks against it and the password.

    Raises:
        Unfit: names the field.
    """
    with about("name"):
        kept = credentials.read_name(name)
    with about("password"):
        credentials.check_password(password, name=kept)
    if password != again:
        raise Unfit("again", "the two passwords are not the same", fix="type it twice")
    return kept


@public.get("/link/{link}")
def own_link_page(request: Request, link: str) -> Response:
    """Ask the person of a link for the password they choose."""
    world = site_of(request).world()
    name = own_links.whose(world.db, link, now=world.clock.now())
    if name is None:
        told: dict[str, Any] = {
            "title": "Link",
            "back": "",
            "what": GONE,
            "why": None,
            "fix": OWN_GONE_FIX,
        }
        return page(request, "error.html", status=HTTPStatus.GONE, **told)
    return page(request, "own_link.html", error=None, name=name, **_rules())


@public.post("/link/{link}")
def own_link(request: Request, link: str, password: Typed = "", again: Typed = "") -> Response:
    """Give the person of a link their password, and sign them in."""
    world = site_of(request).world()
    now = world.clock.now()
    name = own_links.whose(world.db, link, now=now)
    try:
        if password != again:
            raise UserError("the two passwords are not the same")
        name = own_links.take(world.db, link, password=password, now=now)
    except UserError as error:
        return _again(request, "own_link.html", error, name=name or "", **_rules())
    token = sessions.sign_in(world.db, name, password, address=address_of(request), now=now)
    return _with_cookie(request, see("/"), token)


@account.post("/sign-out")
def sign_out(request: Request) -> Response:
    """End this session."""
    sessions.sign_out(site_of(request).world().db, actor_of(request))
    return _without_cookie(see("/sign-in"))


@account.post("/sign-out-everywhere")
def sign_out_everywhere(request: Request) -> Response:
    """End all sessions of this person."""
    world = site_of(request).world()
    sessions.sign_out_everywhere(world.db, actor_of(request), now=world.clock.now())
    return _without_cookie(see("/sign-in"))


@account.get("/account")
def account_page(request: Request) -> Response:
    """Show who is signed in, and what they may do to their account."""
    return page(request, "account.html", error=None, **_rules())


@account.post("/account/password")
def change_password(
    request: Request, old: Typed = "", new: Typed = "", again: Typed = ""
) -> Response:
    """Change the password of who is signed in; they sign in anew, everywhere."""
    world, person = site_of(request).world(), actor_of(request)
    try:
        _check_same(person, new, again)
        sessions.change_password(
            world.db,
            person,
            old=old,
            new=new,
            address=address_of(request),
            now=world.clock.now(),
        )
    except UserError as error:
        return _again(request, "account.html", error, **_rules())
    return _without_cookie(see("/sign-in?changed=1"))


def see(path: str) -> RedirectResponse:
    """Send a browser on to a page after a form."""
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER)


def address_of(request: Request) -> str:
    """Give where a request comes from; behind a proxy on this machine, what that says."""
    return request.client.host if request.client is not None else "unknown"


def _check_same(person: Actor, new: str, again: str) -> None:
    if person.person_id is None:
        raise UserError("a token has no password")
    if new != again:
        raise UserError("the two new passwords are not the same")


def _again(request: Request, template: str, error: UserError, **values: Any) -> Response:
    status = status_of(error)
    return page(request, template, status=status, error=error, **{"changed": False} | values)


def _rules() -> dict[str, Any]:
    return {"shortest": credentials.SHORTEST_PASSWORD}


def within(path: str) -> str:
    """Give a path of ours; anything that might lead to another host becomes the first page."""
    odd = any(letter <= " " or letter == "\\" for letter in path)
    return path if path.startswith("/") and not path.startswith("//") and not odd else "/"


def _with_cookie(request: Request, response: Response, token: str) -> Response:
    # A proxy that speaks TLS says so; whoever lies only makes the cookie stricter.
    forwarded = request.headers.get("x-forwarded-proto", "")
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(credentials.SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https" or forwarded == "https",
    )
    return response


def _without_cookie(response: Response) -> Response:
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response
