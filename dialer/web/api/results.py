"""Results: a feed of attempts that came to an end, and each attempt with what was said."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from dialer.actions import feed
from dialer.domain.dispositions import Disposition
from dialer.domain.roles import Scope
from dialer.domain.states import Analysis, AttemptStatus, ClosedAs, LeadState
from dialer.domain.trials import Trial
from dialer.web.api.access import asks, world_of
from dialer.web.api.cursors import Cursor, Limit, read_id, written
from dialer.web.api.kinds import LARGEST_ID, Moment

router = asks(Scope.RESULTS_READ, tag="results")


class LeadOfResult(BaseModel):
    """The lead of an attempt, as it is now."""

    id: int
    phone: str
    name: str | None
    external_ref: str | None
    state: LeadState
    closed_as: ClosedAs | None
    disposition: Disposition | None


class AttemptTold(BaseModel):
    """An attempt, as it is now."""

    id: str
    n: int = Field(description="Its number among the lead's attempts.")
    status: AttemptStatus
    call_id: str | None
    from_number: str
    trial: Trial | None = Field(description="What was tried by it, if it was a test.")
    sent_at: datetime | None
    sent_local: dict[str, Any] | None
    promised_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    disposition: Disposition | None
    reason: str | None
    rang: bool | None
    duration_ms: int | None
    cost_cents: float | None
    product_costs: list[dict[str, Any]] | None
    latency: dict[str, Any] | None
    llm_tokens: dict[str, Any] | None
    summary: str | None
    sentiment: str | None
    retry_at: datetime | None
    late: bool
    agent_id: str | None
    agent_version: int | None
    in_voicemail: bool | None
    call_successful: bool | None
    custom_analysis: Any
    has_recording: bool
    call_deleted_at: datetime | None = Field(description="From then on Retell has forgotten it.")
    said_deleted_at: datetime | None = Field(
        description="When what was said was deleted here, being old enough."
    )
    analysis: Analysis = Field(description="`pending`: ask for the attempt again in a minute.")


class AttemptShown(AttemptTold):
    """An attempt with what was said, and each change of it."""

    lead_id: int
    campaign_id: int
    phone: str
    transcript: str | None
    scrubbed_transcript: str | None
    events: list[dict[str, Any]]


class Result(BaseModel):
    """One end of an attempt."""

    id: int = Field(description="Grows from item to item.", examples=[1201])
    at: datetime
    became: AttemptStatus
    campaign_id: int
    lead: LeadOfResult
    attempt: AttemptTold


class Feed(BaseModel):
    """Some ends, in the order in which they were written."""

    items: list[Result]
    next_cursor: str = Field(description="Keep it, and ask with it next time; there always is one.")
    more: bool = Field(description="More are there, or being written, already: ask at once.")


@router.get("/results")
def list_results(
    request: Request,
    limit: Limit = 50,
    cursor: Cursor = None,
    since: Annotated[
        Moment | None,
        Query(description="Where the first page begins; up to a minute earlier."),
    ] = None,
    campaign_id: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> Feed:
    """Read on in the feed of attempts that ended. Nothing is left out, and nothing told twice.

    Ask again and again with `next_cursor`; an empty page means that nothing is new. An attempt
    comes again only where late evidence gave it another end. `since` counts without a cursor.
    """
    question = ("results", campaign_id)
    page = feed.read_on(
        world_of(request),
        after=read_id(question, cursor),
        since=since,
        most=limit,
        campaign_id=campaign_id,
    )
    items = [Result(**one) for one in page.items]
    return Feed(items=items, next_cursor=written(question, page.place), more=page.more)


@router.get("/attempts/{attempt_id}")
def show_attempt(
    request: Request, attempt_id: Annotated[str, Path(min_length=1, max_length=64)]
) -> AttemptShown:
    """Show one attempt, with transcript and each change of it."""
    return AttemptShown(**feed.show(world_of(request), attempt_id))
