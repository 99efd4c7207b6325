"""Functions that agents may ask for during a call, and the times they may book."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, Field, model_validator
from starlette.requests import Request

from dialer.actions import slots
from dialer.actions.own_functions import fields_of, tool_of
from dialer.actions.trying import try_function
from dialer.domain.appointments import Offer
from dialer.domain.functions import Function
from dialer.domain.roles import Scope
from dialer.errors import NotFound
from dialer.web.api.access import asks, world_of
from dialer.web.api.kinds import LARGEST_ID, Given, Moment
from dialer.web.site import site_of

reading = asks(Scope.CAMPAIGNS_READ, tag="functions")
trying = asks(Scope.LEADS_READ, tag="functions")
writing = asks(Scope.CAMPAIGNS_WRITE, tag="functions")

MOST_SLOTS = 1_000

Calendar = Annotated[
    str | None,
    Query(min_length=1, max_length=100, description="That of the settings, if left out."),
]


class FunctionShown(BaseModel):
    """A function that agents may ask for."""

    name: str = Field(examples=["schedule_callback"])
    about: str
    arguments: dict[str, Any] = Field(description="A JSON Schema of each.")
    needed: list[str]
    whose: str = Field(description="ours, or yours: of the module that a setting names.")
    tool: dict[str, Any] = Field(description="To paste into an agent's general_tools at Retell.")


class Try(Given):
    """How an agent would ask."""

    arguments: dict[str, Any] = Field(default_factory=dict, examples=[{"when": "tomorrow at 3"}])
    lead_id: int | None = Field(default=None, ge=1, le=LARGEST_ID, description="Who is talked to.")


class Slot(Given):
    """A time that may be booked, once."""

    starts_at: Moment
    ends_at: Moment

    @model_validator(mode="after")
    def _ends_later(self) -> "Slot":
        if self.ends_at <= self.starts_at:
            raise ValueError("it must end after it begins")
        return self


class Offers(Given):
    """Times that agents may book."""

    calendar: str | None = Field(default=None, min_length=1, max_length=100)
    slots: list[Slot] = Field(min_length=1, max_length=MOST_SLOTS)


class SlotShown(BaseModel):
    """A time ahead, and who has booked it."""

    starts_at: datetime
    ends_at: datetime
    confirmation: str | None = None
    lead_id: int | None = None
    name: str | None = None
    note: str | None = None


class Offered(BaseModel):
    """What became of times that were offered."""

    calendar: str
    added: int = Field(description="Those that were there already stay as they are.")


class Withdrawn(BaseModel):
    """A time that is not offered any more; whoever has booked it keeps it."""

    calendar: str
    starts_at: datetime


@reading.get("/functions")
def list_functions(request: Request) -> list[FunctionShown]:
    """List what agents may ask for during a call, with the JSON that an agent needs for it."""
    settings = site_of(request).settings
    address = settings.public_url or settings.web_url
    return [
        FunctionShown(**fields_of(one), tool=tool_of(one, address=address))
        for one in _book(request).values()
    ]


@trying.post("/functions/{name}/try")
def try_a_function(
    request: Request, name: Annotated[str, Path(min_length=1, max_length=64)], given: Try
) -> dict[str, Any]:
    """Ask for a function as an agent would in a call with a lead; nothing is changed."""
    wanted = _book(request).get(name)
    if wanted is None:
        raise NotFound(f"there is no function {name}", fix="GET /functions lists them")
    return try_function(world_of(request), wanted, given.arguments, lead_id=given.lead_id)


@trying.get("/slots")
def list_slots(request: Request, calendar: Calendar = None) -> list[SlotShown]:
    """List the times ahead of a calendar, and who has booked them."""
    found = slots.slots_of(world_of(request), _calendar(request, calendar))
    return [SlotShown(**one) for one in found]


@writing.post("/slots", status_code=HTTPStatus.CREATED)
def offer_slots(request: Request, given: Offers) -> Offered:
    """Offer times for booking. May be sent twice."""
    calendar = _calendar(request, given.calendar)
    offers = [Offer(one.starts_at, one.ends_at) for one in given.slots]
    added = slots.offer(world_of(request), offers, calendar=calendar)
    return Offered(calendar=calendar, added=added)


@writing.delete("/slots")
def withdraw_slot(request: Request, starts_at: Moment, calendar: Calendar = None) -> Withdrawn:
    """Offer a time no longer."""
    named = _calendar(request, calendar)
    slots.withdraw_slot(world_of(request), named, starts_at=starts_at)
    return Withdrawn(calendar=named, starts_at=starts_at)


def _book(request: Request) -> Mapping[str, Function]:
    return site_of(request).functions


def _calendar(request: Request, named: str | None) -> str:
    return named or site_of(request).settings.calendar
