"""The do-not-call list: read, asked, added to, taken from."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from dialer.actions import do_not_call
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.roles import Scope
from dialer.store import suppressions
from dialer.store.tables import Suppression
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.cursors import Cursor, Limit, Page, page_by_id, read_id
from dialer.web.api.kinds import LARGEST_ID, Given, Moment, Reason, read_phone

reading = asks(Scope.DNC_READ, tag="do-not-call")
writing = asks(Scope.DNC_WRITE, tag="do-not-call")

MOST_PHONES = 1_000

Phone = Annotated[str, Field(min_length=1, max_length=60, examples=["+12125552671"])]
CampaignId = Annotated[
    int | None,
    Field(default=None, ge=1, le=LARGEST_ID, description="Only there; else everywhere."),
]


class Entry(BaseModel):
    """An entry of the list."""

    phone: str = Field(examples=["+12125552671"])
    campaign_id: int | None
    holds: bool
    reason: str
    source: OptOutSource
    note: str | None
    since: datetime
    expires_at: datetime | None
    actor: str


class Known(BaseModel):
    """What the lists say of a number."""

    phone: str
    suppressed: bool = Field(description="It is not called.")
    registries: list[str]
    entries: list[Entry]


class Add(Given):
    """Numbers that are not to be called."""

    phones: list[Phone] = Field(min_length=1, max_length=MOST_PHONES)
    campaign_id: CampaignId = None
    reason: Reason = "asked"
    note: str | None = Field(default=None, max_length=500)
    expires_at: Moment | None = None


class Added(BaseModel):
    """What came of one number."""

    phone: str = Field(description="As it was sent, where it is no number.")
    result: str = Field(description="added, unchanged or rejected", examples=["added"])
    message: str | None = None
    closed: int = Field(default=0, description="Leads that waited, and are not called.")
    cancelled: int = Field(default=0, description="Calls that were claimed and not sent.")


class Remove(Given):
    """A number that may be called again, and why."""

    phone: Phone
    campaign_id: CampaignId = None
    reason: Reason


@reading.get("/do-not-call")
def list_do_not_call(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Page[Entry]:
    """List the entries of our own list, the newest first."""
    question = "do-not-call"
    before, world = read_id(question, cursor), world_of(request)
    rows = world.db.read(lambda tx: suppressions.page_before(tx, before=before, most=limit + 1))
    rows, next_cursor = page_by_id(question, rows, limit=limit)
    now = world.clock.now()
    return Page(items=[_entry(row, now=now) for row in rows], next_cursor=next_cursor)


@reading.get("/do-not-call/check")
def check_number(
    request: Request,
    phone: Annotated[str, Query(min_length=1, max_length=60, examples=["+12125552671"])],
    campaign_id: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> Known:
    """Tell whether a number may be called, by our list and by the registries."""
    number, world = read_phone(phone), world_of(request)
    now = world.clock.now()
    known = world.db.read(
        lambda tx: do_not_call.look_up(tx, number, campaign_id=campaign_id, now=now)
    )
    return Known(
        phone=number,
        suppressed=known.suppressed,
        registries=[one.name for one in known.registries],
        entries=[_entry(one, now=now) for one in known.entries],
    )


@writing.post("/do-not-call", status_code=HTTPStatus.OK)
def add_to_do_not_call(request: Request, given: Add) -> list[Added]:
    """Never call numbers again; leads that wait for a call to them close at once.

    May be sent twice. A number that is none does not keep the others.
    """
    opt_out = OptOut(
        given.reason,
        OptOutSource.HAND,
        actor_of(request),
        note=given.note,
        campaign_id=given.campaign_id,
        expires_at=given.expires_at,
    )
    world = world_of(request)
    return [
        Added(
            phone=one.phone,
            result=one.result,
            message=one.problem,
            closed=one.done.closed,
            cancelled=one.done.cancelled,
        )
        for one in do_not_call.add_written(world, given.phones, opt_out)
    ]


@writing.post("/do-not-call/remove")
def remove_from_do_not_call(request: Request, given: Remove) -> Entry:
    """Take a number off our list, and give its entry as it was; closed leads stay closed."""
    world = world_of(request)
    gone = do_not_call.remove(
        world,
        read_phone(given.phone),
        campaign_id=given.campaign_id,
        reason=given.reason,
        actor=actor_of(request),
    )
    return _entry(gone, now=world.clock.now()).model_copy(update={"holds": False})


def _entry(row: Suppression, *, now: datetime) -> Entry:
    return Entry(
        phone=row.phone,
        campaign_id=row.campaign_id,
        holds=row.expires_at is None or row.expires_at > now,
        reason=row.reason,
        source=row.source,
        note=row.note,
        since=row.created_at,
        expires_at=row.expires_at,
        actor=row.actor,
    )
