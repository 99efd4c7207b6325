"""Deliveries: results that go to other systems, and what is done about those that do not arrive."""

from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from dialer.actions import telling
from dialer.bootstrap import open_sender
from dialer.domain.result_events import ResultEvent
from dialer.domain.roles import Scope
from dialer.store import result_delivery
from dialer.store.tables import ResultMessage
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.cursors import Cursor, Limit, Page, page_by_id, read_id
from dialer.web.api.kinds import LARGEST_ID, Given, Id, Note
from dialer.web.site import site_of

reading = asks(Scope.RESULTS_READ, tag="deliveries")
writing = asks(Scope.CAMPAIGNS_WRITE, tag="deliveries")


class Stands(StrEnum):
    """How a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"  # every try is used up


class Delivery(BaseModel):
    """A result that goes to another system."""

    id: int = Field(description="`data.sequence` of the event.", examples=[31])
    campaign_id: int
    event: ResultEvent
    lead_id: int
    attempt_id: str | None
    state: Stands
    tries: int
    created_at: datetime
    next_at: datetime | None
    settled_at: datetime | None
    answer: int | None = Field(description="The last HTTP status.")
    error: str | None
    acknowledged_at: datetime | None


class DeliveryShown(Delivery):
    """A delivery with what was sent."""

    body: str | None


class Sample(Given):
    """What the sample tells."""

    event: ResultEvent = ResultEvent.LEAD_CLOSED


class SampleSent(BaseModel):
    """What a sample met; it changes nothing here."""

    address: str
    ok: bool
    status: int | None = Field(description="null: no answer came, and `error` says why.")
    took_ms: int
    error: str | None
    answer: str
    body: str


class Counted(BaseModel):
    """How many deliveries it was."""

    campaign_id: int
    deliveries: int


@reading.get("/deliveries")
def list_deliveries(
    request: Request,
    limit: Limit = 50,
    cursor: Cursor = None,
    campaign_id: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    state: Stands | None = None,
) -> Page[Delivery]:
    """List the results that go to other systems, the newest first."""
    question = ("deliveries", campaign_id, state)
    ask = partial(
        result_delivery.page,
        before=read_id(question, cursor),
        most=limit + 1,
        campaign_id=campaign_id,
        status=state.value.upper() if state is not None else None,
    )
    rows, next_cursor = page_by_id(question, world_of(request).db.read(ask), limit=limit)
    return Page(items=[Delivery(**_fields(row)) for row in rows], next_cursor=next_cursor)


@reading.get("/deliveries/{delivery_id}")
def show_delivery(request: Request, delivery_id: Id) -> DeliveryShown:
    """Show one delivery, with what was sent and the last answer."""
    read = partial(telling.read_message, message_id=delivery_id)
    row = world_of(request).db.read(read)
    return DeliveryShown(**_fields(row), body=row.body)


@writing.post("/deliveries/{delivery_id}/replay")
def replay_delivery(request: Request, delivery_id: Id) -> Delivery:
    """Send one again, whatever became of it: same body, same id, all its tries anew."""
    world = world_of(request)
    telling.replay(world, delivery_id, actor=actor_of(request))
    return Delivery(**_fields(world.db.read(partial(telling.read_message, message_id=delivery_id))))


@writing.post("/campaigns/{campaign_id}/deliveries/replay-dead")
def replay_dead_deliveries(request: Request, campaign_id: Id) -> Counted:
    """Send all dead letters of a campaign again that nobody has acknowledged."""
    count = telling.replay_dead(world_of(request), campaign_id, actor=actor_of(request))
    return Counted(campaign_id=campaign_id, deliveries=count)


@writing.post("/campaigns/{campaign_id}/deliveries/acknowledge")
def acknowledge_deliveries(request: Request, campaign_id: Id, given: Note) -> Counted:
    """Say that the dead letters of a campaign were seen, and are not sent any more."""
    actor = actor_of(request)
    count = telling.acknowledge(world_of(request), campaign_id, actor=actor, note=given.note)
    return Counted(campaign_id=campaign_id, deliveries=count)


@writing.post("/campaigns/{campaign_id}/deliveries/on")
def switch_deliveries_on(request: Request, campaign_id: Id) -> Counted:
    """Let a campaign's address be sent to again that had said it wants no more."""
    telling.switch_on(world_of(request), campaign_id, actor=actor_of(request))
    return Counted(campaign_id=campaign_id, deliveries=0)


@writing.post("/campaigns/{campaign_id}/deliveries/test")
def send_sample(request: Request, campaign_id: Id, given: Sample | None = None) -> SampleSent:
    """Send a sample to a campaign's address, signed as a real one, and tell what came back."""
    event = (given or Sample()).event
    sender = open_sender(site_of(request).settings)
    tested = telling.test(world_of(request), campaign_id, sender, event=event)
    answered = tested.answered
    return SampleSent(
        address=tested.address,
        ok=tested.is_taken,
        status=answered.status,
        took_ms=round(tested.took.total_seconds() * 1000),
        error=answered.error,
        answer=answered.text,
        body=tested.body,
    )


def _fields(row: ResultMessage) -> dict[str, Any]:
    names = set(Delivery.model_fields) - {"state", "attempt_id"}
    own = {name: getattr(row, name) for name in names}
    return {**own, "attempt_id": row.attempt_id or None, "state": row.status.lower()}
