"""What operators do to one lead: call it again, skip it, never call its number."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions import calls, do_not_call, lead_control, phone_tests, renumbering
from dialer.actions.world import World
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.roles import Role
from dialer.errors import UserError
from dialer.web.access import actor_of, requires
from dialer.web.lead_page import show
from dialer.web.sign_in import see
from dialer.web.site import site_of

router = requires(Role.OPERATOR)

Reason = Annotated[str, Form(max_length=200)]


@router.post("/leads/{lead_id}/retry")
def retry(request: Request, lead_id: int, at: Annotated[str, Form(max_length=40)] = "") -> Response:
    """Call a lead as soon as it may be, or at a time by the clock where it is."""

    def act(world: World, actor: str) -> None:
        lead_control.retry(world, lead_id, at=_spoken(at), actor=actor)

    return _done(request, lead_id, act, at=at)


@router.post("/leads/{lead_id}/skip")
def skip(request: Request, lead_id: int, reason: Reason = "") -> Response:
    """Close a lead without a further call."""

    def act(world: World, actor: str) -> None:
        lead_control.skip(world, lead_id, reason=_given(reason), actor=actor)

    return _done(request, lead_id, act, skip_reason=reason)


@router.post("/leads/{lead_id}/hang-up")
def hang_up(request: Request, lead_id: int) -> Response:
    """End the call that a lead is in; how it came out is learned as of any other."""

    def act(world: World, actor: str) -> None:
        calls.hang_up(world, lead_id, actor=actor)

    return _done(request, lead_id, act)


@router.post("/leads/{lead_id}/call-me")
def call_me(request: Request, lead_id: int, to: Reason = "") -> Response:
    """Call a phone of one's own as this lead, and show how it goes."""

    def act(world: World, actor: str) -> int:
        return phone_tests.call_phone(world, lead_id, to, actor=actor).lead_id

    return _done(request, lead_id, act, to=to)


@router.post("/leads/{lead_id}/number")
def renumber(request: Request, lead_id: int, to: Reason = "") -> Response:
    """Let another number take a lead's place, and show the lead that has it."""

    def act(world: World, actor: str) -> int:
        return renumbering.renumber(world, lead_id, to, actor=actor)

    return _done(request, lead_id, act, number_to=to)


@router.post("/leads/{lead_id}/note")
def note(
    request: Request,
    lead_id: int,
    text: Annotated[str, Form(max_length=lead_control.LONGEST_NOTE)] = "",
) -> Response:
    """Keep a note with a lead."""

    def act(world: World, actor: str) -> None:
        lead_control.note(world, lead_id, text, actor=actor)

    return _done(request, lead_id, act, text=text)


@router.post("/leads/{lead_id}/do-not-call")
def never_call(request: Request, lead_id: int, reason: Reason = "") -> Response:
    """Put a lead's number on the do-not-call list, in all campaigns."""

    def act(world: World, actor: str) -> None:
        opt_out = OptOut(reason=_given(reason), source=OptOutSource.HAND, actor=actor)
        do_not_call.add_lead(world, lead_id, opt_out)

    return _done(request, lead_id, act, never_reason=reason)


def _done(
    request: Request, lead_id: int, act: Callable[[World, str], int | None], **typed: str
) -> Response:
    """Do something to a lead and show it, or the lead that it gives.

    After an error the lead is shown with what is wrong, and with what was `typed` in its forms.
    """
    try:
        other = act(site_of(request).world(), actor_of(request).name)
    except UserError as error:
        return show(request, lead_id, error=error, typed=typed)
    return see(f"/leads/{lead_id if other is None else other}")


def _spoken(at: str) -> str | None:
    """Give a time as people type it; a browser's own field writes a T in the middle."""
    text = at.strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return text


def _given(reason: str) -> str:
    if not reason.strip():
        raise UserError("there is no reason", fix="say why, in a few words")
    return reason.strip()
