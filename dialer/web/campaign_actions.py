"""What operators do to a campaign: start it, halt it, and the same to many of its leads."""

from typing import Annotated

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions import bulk, control, phone_tests
from dialer.domain.errands import BulkVerb
from dialer.domain.lead_filter import LeadFilter
from dialer.domain.roles import Role
from dialer.errors import UserError
from dialer.web.access import actor_of, requires
from dialer.web.campaign_page import Again, show
from dialer.web.campaign_view import url_of
from dialer.web.form_errors import Unfit, about
from dialer.web.sign_in import see, within
from dialer.web.site import site_of

router = requires(Role.OPERATOR)

Word = Annotated[str, Form(max_length=200)]


@router.post("/campaigns/{campaign_id}/start")
def start(
    request: Request, campaign_id: int, first_only: Word = "", despite: Word = ""
) -> Response:
    """Start a campaign, or only its first call; `despite` is why a finding does not forbid it."""
    control.start(
        site_of(request).world(),
        campaign_id,
        actor=actor_of(request).name,
        despite=despite.strip() or None,
        first_only=bool(first_only),
    )
    return see(f"/campaigns/{campaign_id}")


@router.post("/campaigns/{campaign_id}/test-call")
def call_me(request: Request, campaign_id: int, to: Word = "") -> Response:
    """Call a phone of one's own as the campaign's first lead, and show how it goes."""
    world, actor = site_of(request).world(), actor_of(request).name
    try:
        with about("to"):
            test = phone_tests.call_phone_as_first(world, campaign_id, to, actor=actor)
    except Unfit as error:
        return show(request, campaign_id, again=Again("mine", error, {"to": to}))
    return see(f"/leads/{test.lead_id}")


@router.post("/campaigns/{campaign_id}/call-all")
def call_all(request: Request, campaign_id: int) -> Response:
    """Let a campaign that was to call its first lead call the others."""
    control.call_all(site_of(request).world(), campaign_id, actor=actor_of(request).name)
    return see(f"/campaigns/{campaign_id}")


@router.post("/campaigns/{campaign_id}/pause")
def pause(request: Request, campaign_id: int, back: Word = "") -> Response:
    """Begin no further call; calls in progress go on. `back` is the page it was asked for on."""
    control.pause(site_of(request).world(), campaign_id, actor=actor_of(request).name)
    return see(within(back) if back else f"/campaigns/{campaign_id}")


@router.post("/campaigns/{campaign_id}/resume")
def resume(request: Request, campaign_id: int) -> Response:
    """Go on after a pause or a hold."""
    control.resume(site_of(request).world(), campaign_id, actor=actor_of(request).name)
    return see(f"/campaigns/{campaign_id}")


@router.post("/campaigns/{campaign_id}/stop")
def stop(request: Request, campaign_id: int) -> Response:
    """Stop for good; who waits is not called."""
    control.stop(site_of(request).world(), campaign_id, actor=actor_of(request).name)
    return see(f"/campaigns/{campaign_id}")


@router.post("/campaigns/{campaign_id}/leads/{verb}")
def to_all(
    request: Request,
    campaign_id: int,
    verb: str,
    reason: Word = "",
    state: Word = "",
    last: Word = "",
    closed_as: Word = "",
    held: Word = "",
) -> Response:
    """Do the same to all leads that a filter finds."""
    known = verb.replace("-", "_")
    if known not in set(BulkVerb):
        raise UserError(f"nobody knows how to {verb}", fix="skip, retry or do-not-call")
    given = {"state": state, "last": last, "closed_as": closed_as, "held": held}
    if len(LeadFilter.asked(given)) > 1:
        what = "leads are chosen by one thing at a time"
        raise UserError(what, fix="choose them by their state or by how their last call came out")
    chosen = LeadFilter.read(given)
    bulk.ask(
        site_of(request).world(),
        campaign_id,
        BulkVerb(known),
        chosen,
        reason=reason,
        actor=actor_of(request).name,
    )
    return see(url_of(campaign_id, chosen))
