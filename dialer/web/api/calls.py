"""Calls as Retell has them: listed, shown, stopped, changed, deleted, brought in, made."""

from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dialer.actions import call_sync, calls, web_calls
from dialer.actions.other_calls import ask_batch
from dialer.actions.retell_trouble import told_of
from dialer.domain.pairs import read_pairs, read_values
from dialer.domain.roles import Scope
from dialer.errors import UserError
from dialer.retell.call_desk import SortOrder
from dialer.retell.call_filters import CallFilters
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.kinds import LARGEST_ID, Given, Id, Moment, RetellId, read_phone
from dialer.web.recordings import passed_on

reading = asks(Scope.CALLS_READ, tag="calls")
writing = asks(Scope.CALLS_WRITE, tag="calls")

MOST = 1_000
MOST_VERSION = 10**6
MOST_FIGURE = 10**9

CallId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
Word = Annotated[str, Field(min_length=1, max_length=500)]
Phone = Annotated[str, Field(min_length=1, max_length=60, examples=["+12125552671"])]
Pair = Annotated[str, Field(min_length=3, max_length=500, examples=["order=17"])]
Figure = Annotated[int, Field(ge=0, le=MOST_FIGURE)]


class Call(BaseModel):
    """A call, as Retell tells it."""

    call_id: str
    call_status: str | None
    disconnection_reason: str | None
    direction: str | None
    from_number: str | None
    to_number: str | None
    agent_id: str | None
    agent_name: str | None
    agent_version: int | None
    started_at: datetime | None
    ended_at: datetime | None
    duration_ms: int | None
    cost_cents: float | None
    product_costs: Any
    latency: Any
    llm_tokens: Any
    summary: str | None
    sentiment: str | None
    in_voicemail: bool | None
    call_successful: bool | None
    custom_analysis: Any
    metadata: Any
    variables: Any
    has_recording: bool
    transcript: str | None
    scrubbed_transcript: str | None


class Calls(BaseModel):
    """Some calls."""

    items: list[Call]
    has_more: bool | None = Field(description="null: Retell did not say.")


class CallShown(BaseModel):
    """What Retell and what we know of a call."""

    call_id: str
    call: Call | None
    unknown: str | None = Field(description="Why Retell's part is missing.")
    attempt: dict[str, Any] | None = Field(description="Our attempt, where it is one of ours.")


class Stopped(BaseModel):
    """A call that was told to hang up."""

    call_id: str
    stopped: bool = True


class CallQuery(BaseModel):
    """Which calls are wanted; all that is named must hold of each."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = 50
    oldest_first: bool = Field(default=False, description="By their start.")
    agent_id: Word | None = None
    agent_version: Annotated[int, Field(ge=0, le=MOST_VERSION)] | None = None
    from_number: Phone | None = None
    to_number: Phone | None = None
    since: Moment | None = Field(default=None, description="Begun since.")
    until: Moment | None = None
    status: list[Literal["not_connected", "ongoing", "ended", "error"]] = []
    reason: list[Word] = Field(default=[], description="Ended so, in Retell's word.")
    direction: list[Literal["inbound", "outbound"]] = []
    type: list[Literal["phone_call", "web_call"]] = []
    sentiment: list[Word] = Field(default=[], examples=[["Positive"]])
    in_voicemail: bool | None = None
    call_successful: bool | None = None
    longer_than_ms: Figure | None = None
    costlier_than_cents: Annotated[float, Field(ge=0, le=MOST_FIGURE)] | None = None
    slower_than_ms: Figure | None = Field(
        default=None, description="Half of the agent's answers took longer."
    )
    agent_tag: list[Word] = []
    tool: list[Word] = Field(default=[], description="The agent called this function.")
    campaign_id: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None
    lead_id: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None
    attempt_id: Word | None = None
    batch_call_id: Word | None = None
    metadata: list[Pair] = []
    variable: list[Pair] = []
    analysis: list[Pair] = Field(default=[], description="Of the custom analysis.")
    attribute: list[Pair] = Field(default=[], description="A custom attribute.")

    @model_validator(mode="after")
    def _has_agent(self) -> "CallQuery":
        if self.agent_version is not None and self.agent_id is None:
            raise ValueError("agent_version is of no agent; name agent_id, too")
        return self

    def filters(self) -> CallFilters:
        """Give them as Retell is asked."""
        named = {name: getattr(self, name) for name in ("campaign_id", "lead_id", "attempt_id")}
        ours = {name: str(value) for name, value in named.items() if value is not None}
        return CallFilters(
            agent_id=self.agent_id,
            agent_version=self.agent_version,
            from_number=read_phone(self.from_number) if self.from_number else None,
            to_number=read_phone(self.to_number) if self.to_number else None,
            since=self.since,
            until=self.until,
            statuses=tuple(self.status),
            reasons=tuple(self.reason),
            directions=tuple(self.direction),
            call_types=tuple(self.type),
            sentiments=tuple(self.sentiment),
            in_voicemail=self.in_voicemail,
            call_successful=self.call_successful,
            batch_call_id=self.batch_call_id,
            longer_than_ms=self.longer_than_ms,
            costlier_than_cents=self.costlier_than_cents,
            slower_than_ms=self.slower_than_ms,
            agent_tags=tuple(self.agent_tag),
            tools=tuple(self.tool),
            metadata={**read_pairs(self.metadata), **ours},
            variables=read_pairs(self.variable),
            analysis=read_values(self.analysis),
            attributes=read_values(self.attribute),
        )


class Change(Given):
    """What is kept with a call at Retell."""

    set: dict[Word, Word] = Field(default_factory=dict, max_length=50, examples=[{"order": "17"}])
    unset: list[Word] = Field(default_factory=list, max_length=50)


class Metadata(BaseModel):
    """All that Retell keeps with a call."""

    call_id: str
    metadata: dict[str, Any]


class Deleted(BaseModel):
    """A call that Retell has forgotten; what is kept here stays."""

    call_id: str
    deleted: bool = True


class Sync(Given):
    """From when on calls are brought in."""

    since: Moment | None = Field(default=None, description="Since the last time, if left out.")


class Synced(BaseModel):
    """What a sync did."""

    since: datetime
    calls_of_ours: int
    brought_back: int
    without_lead: int
    asked_again: int
    refreshed: int
    others_listed: int
    others_new: int
    others_to_our_leads: int
    complete: bool = Field(description="false: send it again, it goes on from there.")
    differences: list[str]


class Learned(BaseModel):
    """What is known of a batch's calls."""

    batch_call_id: str
    calls: int
    new: int = Field(description="Not known before.")
    people: int = Field(description="Whose numbers are leads here.")
    complete: bool


class WebCallMade(BaseModel):
    """A call in a browser, for Retell's browser kit: a test, which counts nowhere."""

    call_id: str
    access_token: str
    join_by: datetime | None
    transport: str | None


@reading.get("/calls")
def list_calls(request: Request, query: Annotated[CallQuery, Query()]) -> Calls:
    """List calls of the workspace, the latest first; those that still ring may be missing."""
    try:
        filters = query.filters()
    except ValueError as error:
        raise UserError("a filter cannot be read", why=str(error), fix="write key=value") from error
    order: SortOrder = "ascending" if query.oldest_first else "descending"
    found = calls.list_calls(world_of(request), filters, most=query.limit, order=order)
    items = [Call(**calls.call_fields(one)) for one in found.calls]
    return Calls(items=items, has_more=found.has_more)


@reading.get("/calls/{call_id}")
def show_call(request: Request, call_id: CallId) -> CallShown:
    """Show one call: how it came out, its latencies, what it cost, what was said."""
    return CallShown(**calls.show_call(world_of(request), call_id))


@writing.post("/calls/{call_id}/stop")
def stop_call(request: Request, call_id: CallId) -> Stopped:
    """Hang up. How the call came out is learned as of any other."""
    calls.stop_call(world_of(request), call_id, actor=actor_of(request))
    return Stopped(call_id=call_id)


@writing.patch("/calls/{call_id}")
def update_call(request: Request, call_id: CallId, given: Change) -> Metadata:
    """Change what is kept with a call at Retell; what we wrote there ourselves stays (409)."""
    metadata = calls.update_metadata(
        world_of(request),
        call_id,
        values=given.set,
        without=given.unset,
        actor=actor_of(request),
    )
    return Metadata(call_id=call_id, metadata=metadata)


@writing.delete("/calls/{call_id}")
def delete_call(request: Request, call_id: CallId) -> Deleted:
    """Have Retell forget a call, with transcript and recording; what is kept here stays."""
    calls.delete_call(world_of(request), call_id, actor=actor_of(request))
    return Deleted(call_id=call_id)


@writing.post("/calls/sync")
def sync_calls(request: Request, given: Sync | None = None) -> Synced:
    """Bring in calls of ours that we missed, and others' calls, which count for the caps.

    May take minutes, and may be sent as often as one likes.
    """
    done = call_sync.sync_calls(world_of(request), since=given.since if given else None)
    told = [one.sentence for one in done.compared.differences]
    return Synced(**call_sync.fields_of(done), differences=told)


@writing.post("/batch-calls/{batch_call_id}/learn")
def learn_batch(request: Request, batch_call_id: RetellId) -> Learned:
    """Learn now whom a batch of Retell's dashboard called, so that the caps count it."""
    with told_of(f"batch {batch_call_id}"):
        found = ask_batch(world_of(request), batch_call_id)
    return Learned(batch_call_id=batch_call_id, **asdict(found))


@writing.post("/leads/{lead_id}/web-call", status_code=HTTPStatus.CREATED)
def open_web_call(request: Request, lead_id: Id) -> WebCallMade:
    """Make a call in a browser with what the agent is told of a lead; join it within 30 seconds."""
    call = web_calls.open_web_call(world_of(request), lead_id, actor=actor_of(request))
    names = WebCallMade.model_fields
    return WebCallMade(**{name: getattr(call, name) for name in names})


@reading.get(
    "/calls/{call_id}/recording",
    response_class=StreamingResponse,
    responses={200: {"content": {"audio/wav": {}, "application/octet-stream": {}}}},
)
def fetch_recording(
    request: Request,
    call_id: CallId,
    scrubbed: Annotated[bool, Query(description="The one without personal data.")] = False,
) -> Response:
    """Give the recording of a call, by a link that Retell gives just now."""
    return passed_on(request, call_id, scrubbed=scrubbed)
