"""What programs do to single leads: call again, skip, promise a call, never call."""

from datetime import datetime
from functools import partial
from http import HTTPStatus

from pydantic import BaseModel, Field
from starlette.requests import Request

from dialer.actions import callbacks, do_not_call, lead_control, phone_tests, renumbering
from dialer.actions.control import read_lead
from dialer.actions.explain import fields_of
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.roles import Scope
from dialer.domain.states import LeadState
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.kinds import Given, Id, Reason

router = asks(Scope.LEADS_WRITE, tag="leads")
never = asks(Scope.DNC_WRITE, tag="leads")


class Retry(Given):
    """When a lead is called again; as soon as it may be, if nothing is said."""

    at: str | None = Field(
        default=None,
        min_length=1,
        max_length=60,
        description="By the clock where the lead is.",
        examples=["2026-12-01 15:00"],
    )


class Skip(Given):
    """Why a lead is left alone."""

    reason: Reason


class Callback(Given):
    """When a lead was promised a call."""

    at: str = Field(
        min_length=1,
        max_length=60,
        description="By the clock where the lead is.",
        examples=["2026-12-01 15:00"],
    )


class Number(Given):
    """The number that is right."""

    phone: str = Field(min_length=1, max_length=60, examples=["+12125552671"])


class LeadNote(Given):
    """What whoever looks at a lead next should know."""

    text: str = Field(min_length=1, max_length=lead_control.LONGEST_NOTE)


class Renumbered(BaseModel):
    """A lead whose number was wrong, and the one that has taken its place."""

    lead_id: int
    new_lead_id: int


class CallMe(Given):
    """A phone of your own; never the lead's."""

    to: str = Field(min_length=1, max_length=60, examples=["+12125552671"])


class PhoneTestMade(BaseModel):
    """A test that waits for a line; it counts nowhere, and the lead stays as it is."""

    lead_id: int
    test_lead_id: int = Field(description="GET /leads/{id} shows how it goes.")
    not_after: datetime


class Decided(BaseModel):
    """A lead after something was decided about it."""

    lead_id: int = Field(examples=[41])
    state: LeadState
    due_at: datetime | None
    callback_at: datetime | None


@router.post("/leads/{lead_id}/retry")
def retry_lead(request: Request, lead_id: Id, when: Retry | None = None) -> Decided:
    """Call a lead as soon as it may be, or at a time; also one that was given up or held."""
    at = when.at if when is not None else None
    lead_control.retry(world_of(request), lead_id, at=at, actor=actor_of(request))
    return _decided(request, lead_id)


@router.post("/leads/{lead_id}/skip")
def skip_lead(request: Request, lead_id: Id, why: Skip) -> Decided:
    """Close a lead without a further call."""
    lead_control.skip(world_of(request), lead_id, reason=why.reason, actor=actor_of(request))
    return _decided(request, lead_id)


@router.post("/leads/{lead_id}/callback")
def promise_callback(request: Request, lead_id: Id, when: Callback) -> Decided:
    """Promise a lead a call at a time; it goes before everybody else of its campaign.

    The promise to a lead that is in a call waits for its end.
    """
    callbacks.promise_callback(world_of(request), lead_id, when.at, actor=actor_of(request))
    return _decided(request, lead_id)


@router.post("/leads/{lead_id}/number", status_code=HTTPStatus.CREATED)
def renumber_lead(request: Request, lead_id: Id, given: Number) -> Renumbered:
    """Let a lead with the right number take a lead's place, which is closed.

    Zone, law and do-not-call list are those of the new number; consent is not taken along.
    """
    actor = actor_of(request)
    new_id = renumbering.renumber(world_of(request), lead_id, given.phone, actor=actor)
    return Renumbered(lead_id=lead_id, new_lead_id=new_id)


@router.post("/leads/{lead_id}/note")
def note_lead(request: Request, lead_id: Id, given: LeadNote) -> Decided:
    """Keep a note with a lead; it stands in its activity."""
    lead_control.note(world_of(request), lead_id, given.text, actor=actor_of(request))
    return _decided(request, lead_id)


@router.post("/leads/{lead_id}/call-me", status_code=HTTPStatus.CREATED)
def call_my_phone(request: Request, lead_id: Id, given: CallMe) -> PhoneTestMade:
    """Call a phone of your own with what the agent is told of a lead: a test.

    Do-not-call list, law and lines hold for it as for any call (409).
    """
    test = phone_tests.call_phone(world_of(request), lead_id, given.to, actor=actor_of(request))
    return PhoneTestMade(lead_id=lead_id, test_lead_id=test.lead_id, not_after=test.until)


@never.post("/leads/{lead_id}/do-not-call")
def never_call_lead(request: Request, lead_id: Id, why: Skip) -> Decided:
    """Put a lead's number on the do-not-call list, in all campaigns."""
    opt_out = OptOut(why.reason, OptOutSource.HAND, actor_of(request))
    do_not_call.add_lead(world_of(request), lead_id, opt_out)
    return _decided(request, lead_id)


def _decided(request: Request, lead_id: int) -> Decided:
    found = fields_of(world_of(request).db.read(partial(read_lead, lead_id=lead_id)))
    return Decided(
        lead_id=lead_id,
        state=found["state"],
        due_at=found["due_at"],
        callback_at=found["callback_at"],
    )
