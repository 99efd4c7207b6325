"""Pushing leads into a campaign: one or many, each request once."""

import hashlib
from typing import Annotated, Literal

from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.pushing import MOST_LEADS, RequestKey, push
from dialer.actions.storing import Known
from dialer.domain.roles import Scope
from dialer.leads.problems import RejectReason
from dialer.web.api.access import asks, program_of, world_of
from dialer.web.api.bodies import body_of
from dialer.web.api.in_flight import InFlight
from dialer.web.api.kinds import Given, Id

router = asks(Scope.LEADS_WRITE, tag="leads")

MOST_VARIABLES = 100
MOST_PHONES = 5

Text = Annotated[str, Field(max_length=8_000)]
Word = Annotated[str, Field(max_length=500)]
Value = Annotated[str, Field(max_length=8_000)] | bool | int | float | None


IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Yours, and unique per request: sent again with the same body, it gets the"
        " same answer and pushes nobody twice. Kept for three days.",
        examples=["crm-2026-03-04-0017"],
    ),
]


class PushedLead(Given):
    """A lead. What its words mean is what columns of a file mean."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "phone": "(212) 555-2671",
                    "name": "Ada Lee",
                    "external_ref": "003-17",
                    "variables": {"plan": "Team"},
                }
            ]
        }
    )

    phone: Word
    alt_phones: list[Word] = Field(default_factory=list, max_length=MOST_PHONES)
    name: Word | None = None
    first_name: Word | None = None
    last_name: Word | None = None
    email: Word | None = None
    company: Word | None = None
    external_ref: Word | None = Field(default=None, description="Your own id of the person.")
    time_zone: Word | None = None
    state: Word | None = None
    postal_code: Word | None = None
    country: Word | None = None
    not_before: Word | None = Field(
        default=None, description="Not called before; without an offset by the lead's clock."
    )
    consent_at: Word | None = None
    consent_source: Text | None = None
    consent_text: Text | None = None
    variables: dict[Word, Value] = Field(default_factory=dict, max_length=MOST_VARIABLES)


class Push(Given):
    """Leads to bring into a campaign."""

    leads: list[PushedLead] = Field(min_length=1, max_length=MOST_LEADS)
    known: Known = Field(
        default=Known.SKIP, description="What becomes of a lead the campaign has already."
    )


class PushedRow(BaseModel):
    """What became of one lead of the request."""

    row: int = Field(description="Its place in `leads`, from 1.", examples=[1])
    result: Literal["imported", "updated", "duplicate", "rejected"]
    lead_id: int | None = Field(description="The lead it became, or is one of already.")
    phone: str | None = Field(description="As it is dialed; null where it is no number.")
    reason: RejectReason | None
    message: str | None


class PushAnswer(BaseModel):
    """What became of a push; it is a lead list of its own, which can be undone."""

    campaign_id: int
    list_id: int
    rows: int
    imported: int
    updated: int
    duplicates: int
    rejected: int
    leads: list[PushedRow]


@router.post("/campaigns/{campaign_id}/leads")
def push_leads(
    request: Request, response: Response, campaign_id: Id, given: Push, key: IdempotencyKey
) -> PushAnswer:
    """Push one lead or up to a thousand; tells for each what became of it.

    They are cleaned and checked as the rows of a file: number, zone, variables, do-not-call list,
    duplicates. A row that is rejected does not keep the others.
    """
    program = program_of(request)
    leads = [one.model_dump(exclude_none=True) for one in given.leads]
    held = RequestKey(program.token_id, key, _sha256(request))
    in_flight: InFlight = request.app.state.in_flight
    with in_flight.held((program.token_id, key)):
        pushed = push(
            world_of(request), campaign_id, leads, key=held, actor=program.name, known=given.known
        )
    if pushed.again:
        response.headers["Idempotent-Replayed"] = "true"
    return PushAnswer(**pushed.answer)


def _sha256(request: Request) -> str:
    """Tell requests apart by their address and their bytes."""
    asked = request.url.path.encode() + b"\n" + body_of(request)
    return hashlib.sha256(asked).hexdigest()
