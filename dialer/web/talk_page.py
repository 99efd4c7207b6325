"""Talk to the agent as a lead: by voice with a live agent, by typing in a rehearsal.

The token that joins a call is made on a click, so none stands in a page that was only opened; our
key stays here. Only this page may use the microphone and speak with the host of Retell's kit.
"""

from typing import Annotated, Any

from fastapi import Form
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dialer.actions import web_calls
from dialer.actions.explain import explain
from dialer.domain.roles import Role
from dialer.errors import NotFound, UserError
from dialer.retell.web_calls import TypedTalk
from dialer.web.access import actor_of, requires
from dialer.web.headers import talking_with
from dialer.web.pages import page
from dialer.web.site import Site, site_of

router = requires(Role.OPERATOR)

KIT_HOST = "retell-ai-4ihahnq7.livekit.cloud"
"""Where the kit connects to; it stands in the kit itself."""
KIT_SPEAKS = "v2"

Token = Annotated[str, Form(max_length=4000)]
Text = Annotated[str, Form(max_length=2000)]


@router.get("/leads/{lead_id}/talk")
def talk_page(request: Request, lead_id: int) -> Response:
    """Show the page; nothing is asked of Retell yet."""
    site, lead = site_of(request), _lead(request, lead_id)
    if _is_live(site):
        speaks = site.settings.web_call_api == KIT_SPEAKS
        headers = talking_with(KIT_HOST)
        return page(request, "talk_live.html", lead=lead, headers=headers, kit_speaks=speaks)
    return _typed(request, lead, None)


@router.post("/leads/{lead_id}/talk")
def begin(request: Request, lead_id: int) -> Response:
    """Create a call: its token for the kit that joins it, or the talk that has begun."""
    site = site_of(request)
    world, actor = site.world(), actor_of(request).name
    if _is_live(site):
        call = web_calls.open_web_call(world, lead_id, actor=actor)
        return JSONResponse({"call_id": call.call_id, "access_token": call.access_token})
    lead = _lead(request, lead_id)
    try:
        call = web_calls.open_web_call(world, lead_id, actor=actor)
        talk = web_calls.join_talk(world, call.access_token)
    except UserError as error:
        return _typed(request, lead, None, error=error)
    return _typed(request, lead, talk, token=call.access_token)


@router.post("/leads/{lead_id}/talk/say")
def say(request: Request, lead_id: int, token: Token, text: Text = "") -> Response:
    """Say something, and show the answer."""
    lead, world = _rehearsed(request, lead_id), site_of(request).world()
    try:
        talk = web_calls.say(world, token, text)
    except UserError as error:
        return _typed(request, lead, None, error=error)
    return _typed(request, lead, talk, token=token)


@router.post("/leads/{lead_id}/talk/leave")
def leave(request: Request, lead_id: int, token: Token) -> Response:
    """Hang up, and show what was said."""
    lead, world = _rehearsed(request, lead_id), site_of(request).world()
    try:
        talk = web_calls.leave_talk(world, token)
    except UserError as error:
        return _typed(request, lead, None, error=error)
    return _typed(request, lead, talk, token=token)


def _is_live(site: Site) -> bool:
    return site.settings.mode == "live"


def _lead(request: Request, lead_id: int) -> dict[str, Any]:
    world = site_of(request).world()
    return explain(world.db, lead_id, now=world.clock.now())


def _rehearsed(request: Request, lead_id: int) -> dict[str, Any]:
    """Give the lead of a talk that is typed.

    Raises:
        NotFound: the agent is a live one.
    """
    if _is_live(site_of(request)):
        raise NotFound("a live agent is talked with by voice")
    return _lead(request, lead_id)


def _typed(
    request: Request,
    lead: dict[str, Any],
    talk: TypedTalk | None,
    *,
    token: str = "",
    error: UserError | None = None,
) -> Response:
    """Show a talk; what went wrong is shown beside it, in a page that can be swapped in."""
    return page(request, "talk.html", lead=lead, talk=talk, token=token, error=error)
