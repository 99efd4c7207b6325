"""What programs do to campaigns: make, start, halt, edit, copy them, put them away."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from dialer.actions import appointment, control, copying, editing
from dialer.actions.preflight import findings_of
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.roles import Scope
from dialer.domain.selection import Selection
from dialer.domain.states import CampaignStatus
from dialer.errors import UserError
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.campaigns import FindingShown, told
from dialer.web.api.kinds import LARGEST_ID, Given, Id, Moment

router = asks(Scope.CAMPAIGNS_WRITE, tag="campaigns")

SHORTEST_REASON = 10


class Start(Given):
    """How a campaign starts. Nothing given: now, and all of it."""

    at: Moment | None = Field(default=None, description="Start by itself then.")
    despite: str | None = Field(
        default=None,
        min_length=SHORTEST_REASON,
        max_length=500,
        description="Why it must start although a finding forbids it; written down.",
        examples=["The registry is loaded tonight; legal has agreed."],
    )
    first_only: bool = Field(default=False, description="Call one lead, then wait for `call-all`.")


class Edit(Given):
    """Settings to change, by keys such as `limits.lines`; null sets nothing aside."""

    set: dict[str, Any] = Field(default_factory=dict, examples=[{"limits.lines": 5}])
    unset: list[str] = Field(default_factory=list, examples=[["ends_at"]])
    dry_run: bool = Field(default=False, description="Tell what would change.")


class Copy(Given):
    """What a copy is called, and whether it has the same leads."""

    name: str | None = Field(default=None, min_length=1, max_length=copying.LONGEST_NAME)
    with_leads: bool = False


class Redial(Given):
    """Whom a redial calls."""

    name: str | None = Field(default=None, min_length=1, max_length=copying.LONGEST_NAME)
    include_stopped: bool = False


class Moved(BaseModel):
    """A campaign's status after it was changed."""

    campaign_id: int = Field(examples=[7])
    status: CampaignStatus
    findings: list[FindingShown] = Field(default_factory=list)
    leads_closed: int | None = Field(default=None, description="By a stop: not called any more.")


class Copied(BaseModel):
    """A copy, which is a draft until it is started."""

    campaign_id: int
    leads: int
    left_out: int


class Created(Moved):
    """A campaign that was made, and what it took over."""

    leads: int | None = Field(default=None, description="Taken from the list.")
    left_out: int | None = Field(default=None, description="Of the list, and not to be called.")


class Edited(BaseModel):
    """Values by key, before and after."""

    before: dict[str, Any]
    after: dict[str, Any]


@router.post("/campaigns", status_code=HTTPStatus.CREATED)
def create_campaign(
    request: Request,
    spec: CampaignSpec,
    leads_of_list: Annotated[
        int | None,
        Query(ge=1, le=LARGEST_ID, description="Take over the leads that this list brought."),
    ] = None,
) -> Created:
    """Make a campaign as a draft; its settings are those of a campaign file.

    Its leads are pushed, imported from a file, or those of a list, as new ones.
    """
    if spec.leads is not None:
        raise UserError(
            "leads names a file, which a request has not",
            fix="leave it out, and push the leads: POST /campaigns/{id}/leads",
        )
    world, actor = world_of(request), actor_of(request)
    if leads_of_list is None:
        campaign_id = control.create(world, spec, actor=actor)
        return Created(campaign_id=campaign_id, status=CampaignStatus.DRAFT)
    made = copying.create_with_leads_of_list(world, spec, leads_of_list, actor=actor)
    return Created(status=CampaignStatus.DRAFT, **asdict(made))


@router.post("/campaigns/{campaign_id}/start")
def start_campaign(request: Request, campaign_id: Id, how: Start | None = None) -> Moved:
    """Start a campaign now, or at a time. Refused (409) where a finding forbids it."""
    how, world, actor = how or Start(), world_of(request), actor_of(request)
    row = world.db.read(lambda tx: control.find(tx, campaign_id))
    if how.at is not None:
        if how.despite is not None or how.first_only:
            raise UserError(
                "despite and first_only count for a start now", fix="leave them out, or at"
            )
        appointment.start_at(world, campaign_id, how.at, actor=actor)
        return _moved(request, campaign_id)
    found = control.start(
        world, campaign_id, actor=actor, despite=how.despite, first_only=how.first_only
    ).found
    findings = found.findings if found else findings_of(world, row, now=world.clock.now())
    return _moved(request, campaign_id, findings=told(findings))


@router.post("/campaigns/{campaign_id}/unschedule")
def unschedule_campaign(request: Request, campaign_id: Id) -> Moved:
    """Make a scheduled campaign a draft again."""
    appointment.unschedule(world_of(request), campaign_id, actor=actor_of(request))
    return _moved(request, campaign_id)


@router.post("/campaigns/{campaign_id}/call-all")
def call_all_of_campaign(request: Request, campaign_id: Id) -> Moved:
    """Let a campaign that was to call its first lead call the others."""
    control.call_all(world_of(request), campaign_id, actor=actor_of(request))
    return _moved(request, campaign_id)


@router.post("/campaigns/{campaign_id}/pause")
def pause_campaign(request: Request, campaign_id: Id) -> Moved:
    """Begin no further call; calls in progress go on."""
    control.pause(world_of(request), campaign_id, actor=actor_of(request))
    return _moved(request, campaign_id)


@router.post("/campaigns/{campaign_id}/resume")
def resume_campaign(request: Request, campaign_id: Id) -> Moved:
    """Go on after a pause or a hold."""
    control.resume(world_of(request), campaign_id, actor=actor_of(request))
    return _moved(request, campaign_id)


@router.post("/campaigns/{campaign_id}/stop")
def stop_campaign(request: Request, campaign_id: Id) -> Moved:
    """Stop for good; leads that still wait are not called."""
    closed = control.stop(world_of(request), campaign_id, actor=actor_of(request))
    return _moved(request, campaign_id, leads_closed=closed)


@router.post("/campaigns/{campaign_id}/archive")
def archive_campaign(request: Request, campaign_id: Id) -> Moved:
    """Put a campaign that is over out of sight; nothing of it is lost."""
    control.archive(world_of(request), campaign_id, actor=actor_of(request))
    return _moved(request, campaign_id)


@router.patch("/campaigns/{campaign_id}")
def edit_campaign(request: Request, campaign_id: Id, edit: Edit) -> Edited:
    """Change settings, also while the campaign runs; calls in progress go on."""
    changes = edit.set | dict.fromkeys(edit.unset, editing.DEFAULT)
    if not changes:
        raise UserError("nothing is to be changed", fix='send {"set": {"limits.lines": 5}}')
    world, source = world_of(request), "the request"
    if edit.dry_run:
        edited = editing.preview(world, campaign_id, changes, source=source)
    else:
        actor = actor_of(request)
        edited = editing.edit(world, campaign_id, changes, actor=actor, source=source)
    return Edited(before=edited.before, after=edited.after)


@router.post("/campaigns/{campaign_id}/duplicate", status_code=HTTPStatus.CREATED)
def duplicate_campaign(request: Request, campaign_id: Id, copy: Copy | None = None) -> Copied:
    """Make a draft with the same settings, and, where asked for, with the same leads."""
    copy = copy or Copy()
    made = copying.duplicate(
        world_of(request),
        campaign_id,
        actor=actor_of(request),
        name=copy.name,
        with_leads=copy.with_leads,
    )
    return _copied(made)


@router.post("/campaigns/{campaign_id}/redial", status_code=HTTPStatus.CREATED)
def redial_campaign(request: Request, campaign_id: Id, whom: Redial | None = None) -> Copied:
    """Make a draft of those whom a campaign did not reach; nobody is redialed twice."""
    whom = whom or Redial()
    selection = Selection.NOT_REACHED_OR_STOPPED if whom.include_stopped else Selection.NOT_REACHED
    made = copying.redial(
        world_of(request),
        campaign_id,
        actor=actor_of(request),
        name=whom.name,
        selection=selection,
    )
    return _copied(made)


def _moved(request: Request, campaign_id: int, **more: Any) -> Moved:
    row = world_of(request).db.read(lambda tx: control.find(tx, campaign_id))
    return Moved(campaign_id=campaign_id, status=row.status, **more)


def _copied(made: copying.Copied) -> Copied:
    return Copied(campaign_id=made.campaign_id, leads=made.leads, left_out=made.left_out)
