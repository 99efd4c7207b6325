"""What operators make of a campaign: an appointment, a copy, a redial; and putting it away."""

from datetime import datetime
from typing import Annotated

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions import appointment, control, copying
from dialer.actions.parts import PARTS_AT_ONCE
from dialer.domain.roles import Role
from dialer.domain.selection import Selection
from dialer.domain.written_moments import read_moment
from dialer.domain.zone_names import check_zone
from dialer.web.access import actor_of, requires
from dialer.web.campaign_page import Again, show
from dialer.web.form_errors import Unfit, about
from dialer.web.sign_in import see
from dialer.web.site import site_of

router = requires(Role.OPERATOR)

Word = Annotated[str, Form(max_length=200)]


@router.post("/campaigns/{campaign_id}/schedule")
def schedule(request: Request, campaign_id: int, at: Word = "", zone: Word = "") -> Response:
    """Let a campaign start by itself at a time, by the clock of a zone."""
    world, actor = site_of(request).world(), actor_of(request).name
    try:
        moment = _moment(at, zone)
        with about("schedule-at"):
            appointment.start_at(world, campaign_id, moment, actor=actor)
    except Unfit as error:
        again = Again("schedule", error, {"at": at, "zone": zone})
        return show(request, campaign_id, again=again)
    return see(f"/campaigns/{campaign_id}")


def _moment(at: str, zone: str) -> datetime:
    """Read a time by the clock of a zone.

    Raises:
        Unfit: it cannot be told which moment that is.
    """
    what = "it cannot be told when the campaign is to start"
    try:
        name = check_zone(zone.strip())
    except ValueError as error:
        fix = "name a zone such as America/New_York"
        raise Unfit("schedule-zone", what, why=str(error), fix=fix) from error
    try:
        return read_moment(f"{at.strip()} {name}".strip())
    except ValueError as error:
        raise Unfit("schedule-at", what, why=str(error), fix="name day, time and zone") from error


@router.post("/campaigns/{campaign_id}/unschedule")
def unschedule(request: Request, campaign_id: int) -> Response:
    """Make a scheduled campaign a draft again."""
    world = site_of(request).world()
    appointment.unschedule(world, campaign_id, actor=actor_of(request).name)
    return see(f"/campaigns/{campaign_id}")


@router.post("/campaigns/{campaign_id}/duplicate")
def duplicate(request: Request, campaign_id: int, with_leads: Word = "") -> Response:
    """Make a draft with the same settings; a long list is copied to its end by `reconcile`."""
    copied = copying.duplicate(
        site_of(request).world(),
        campaign_id,
        actor=actor_of(request).name,
        with_leads=bool(with_leads),
        parts_now=PARTS_AT_ONCE,
    )
    return see(f"/campaigns/{copied.campaign_id}")


@router.post("/campaigns/{campaign_id}/redial")
def redial(request: Request, campaign_id: int, stopped: Word = "") -> Response:
    """Make a draft of those who were not reached; with `stopped` also of those not called."""
    copied = copying.redial(
        site_of(request).world(),
        campaign_id,
        actor=actor_of(request).name,
        selection=Selection.NOT_REACHED_OR_STOPPED if stopped else Selection.NOT_REACHED,
        parts_now=PARTS_AT_ONCE,
    )
    return see(f"/campaigns/{copied.campaign_id}")


@router.post("/campaigns/{campaign_id}/archive")
def archive(request: Request, campaign_id: int) -> Response:
    """Put a campaign that is over out of sight."""
    control.archive(site_of(request).world(), campaign_id, actor=actor_of(request).name)
    return see(f"/campaigns/{campaign_id}")


@router.post("/pause-everything")
def pause_everything(request: Request) -> Response:
    """Begin no call at all, whatever the campaign; calls in progress go on."""
    control.pause_everything(site_of(request).world(), actor=actor_of(request).name)
    return see("/")


@router.post("/resume-everything")
def resume_everything(request: Request) -> Response:
    """Let the campaigns that run call again."""
    control.resume_everything(site_of(request).world(), actor=actor_of(request).name)
    return see("/")
