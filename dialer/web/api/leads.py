"""Leads: listed, shown with all that happened to them, and why they are called or not."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from dialer.actions.control import find
from dialer.actions.explain import explain, explain_number, fields_of
from dialer.domain.dispositions import Disposition
from dialer.domain.lead_filter import LONGEST_REASON, LeadFilter
from dialer.domain.roles import Scope
from dialer.domain.states import ClosedAs, LeadState
from dialer.errors import UserError
from dialer.store import lead_paging
from dialer.store.database import Connection
from dialer.store.lead_paging import Place
from dialer.store.tables import Lead
from dialer.web.api.access import asks, world_of
from dialer.web.api.cursors import (
    BadCursor,
    Cursor,
    Limit,
    Page,
    read_text,
    written,
)
from dialer.web.api.kinds import LARGEST_ID, Id, LeadsFrom, read_phone

router = asks(Scope.LEADS_READ, tag="leads")


class LeadRow(BaseModel):
    """A lead in a list."""

    id: int = Field(examples=[41])
    campaign_id: int
    phone: str = Field(examples=["+12125552671"])
    name: str | None
    external_ref: str | None
    state: LeadState
    closed_as: ClosedAs | None
    held_reason: str | None
    disposition: Disposition | None
    due_at: datetime | None
    callback_at: datetime | None
    attempts_counted: int
    tries: int
    zones: list[str]
    zone_source: str
    region: str | None


class Hold(BaseModel):
    """One reason not to call now; `until` where waiting helps."""

    code: str = Field(examples=["outside_window"])
    sentence: str
    until: datetime | None


class Gate(BaseModel):
    """One check before a call, and the reason it gives not to call."""

    name: str
    hold: Hold | None


class NextCall(BaseModel):
    """When the next call is, and which rule made it so."""

    at: datetime | None
    why: str


class LeadShown(LeadRow):
    """All about a lead: why it is called or not, when next, and all that happened to it."""

    model_config = ConfigDict(extra="ignore")

    campaign: str
    campaign_status: str
    test_of: int | None = Field(description="The lead as which somebody's own phone is called.")
    taken_from: LeadsFrom | None = Field(description="Where no list of its campaign brought it.")
    regions: list[str]
    local_times: dict[str, str]
    consent: dict[str, Any] | None
    consent_required: bool
    alt_phones: list[str]
    variables: dict[str, Any]
    overrides: dict[str, Any] | None
    created_at: datetime
    closed_at: datetime | None
    next_call: NextCall
    why_not_now: Hold | None
    gates: list[Gate]
    attempts: list[dict[str, Any]]
    other_calls: list[dict[str, Any]]
    functions: list[dict[str, Any]]
    appointments: list[dict[str, Any]]
    inbound_calls: list[dict[str, Any]]
    do_not_call: dict[str, Any]
    imports: list[dict[str, Any]]
    activity: list[dict[str, Any]]


@router.get("/campaigns/{campaign_id}/leads")
def list_leads(
    request: Request,
    campaign_id: Id,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: LeadState | None = None,
    last: Annotated[Disposition | None, Query(description="How the last call came out.")] = None,
    closed_as: ClosedAs | None = None,
    held: Annotated[str | None, Query(min_length=1, max_length=LONGEST_REASON)] = None,
) -> Page[LeadRow]:
    """List the leads of a campaign, those that are called next first; one filter at a time.

    A lead that is called meanwhile changes its place. To learn what came of calls, read `/results`.
    """
    chosen = LeadFilter(state=state, last=last, closed_as=closed_as, held=held)
    if sum(one is not None for one in (state, last, closed_as, held)) > 1:
        raise UserError("only one filter can be asked for at a time", fix="leave one out")
    question = ("leads", campaign_id, chosen)
    after = _place(question, cursor)

    def body(tx: Connection) -> list[Lead]:
        find(tx, campaign_id)
        return lead_paging.page(tx, campaign_id, chosen=chosen, after=after, most=limit + 1)

    rows = world_of(request).db.read(body)
    items = [LeadRow(**fields_of(row)) for row in rows[:limit]]
    more = len(rows) > limit
    next_cursor = written(question, Place.of(rows[limit - 1]).written()) if more else None
    return Page(items=items, next_cursor=next_cursor)


@router.get("/leads/{lead_id}")
def show_lead(request: Request, lead_id: Id) -> LeadShown:
    """Show a lead: why it is called or not, when next, and all that happened to it."""
    world = world_of(request)
    return LeadShown(**explain(world.db, lead_id, now=world.clock.now()))


@router.get("/leads")
def find_leads(
    request: Request,
    phone: Annotated[str, Query(min_length=1, max_length=60, examples=["+12125552671"])],
) -> list[LeadShown]:
    """Show the leads with a number, in whatever campaigns."""
    world = world_of(request)
    found = explain_number(world.db, read_phone(phone), now=world.clock.now())
    return [LeadShown(**one) for one in found]


def _place(question: object, cursor: str | None) -> Place | None:
    text = read_text(question, cursor)
    if text is None:
        return None
    place = Place.read(text)
    if place is None:
        raise BadCursor
    numbers = (place.priority, place.row or 0, place.lead_id)
    if any(abs(number) > LARGEST_ID for number in numbers):
        raise BadCursor
    return place
