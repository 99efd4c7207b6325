"""What Retell has: calls, numbers, agents, voices. Asked at the moment; nothing of it is ours."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from dialer.actions import calls, workspace_agents, workspace_numbers
from dialer.domain.roles import Scope
from dialer.retell.call_filters import CallFilters
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.kinds import LARGEST_ID, Moment, read_phone

reading = asks(Scope.CALLS_READ, tag="calls")
writing = asks(Scope.CALLS_WRITE, tag="calls")
workspace = asks(Scope.CALLS_READ, tag="workspace")

MOST = 1_000

CallId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
RetellId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
Number = Annotated[str | None, Query(min_length=1, max_length=60, examples=["+12125552671"])]


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


class NumberShown(BaseModel):
    """A number of the workspace."""

    number: str | None
    type: str | None
    nickname: str | None
    outbound: list[str]
    inbound: list[str]
    countries: list[str]
    campaigns: list[int]
    resting_until: datetime | None


class AgentShown(BaseModel):
    """An agent, as Retell lists it."""

    agent_id: str
    agent_name: str | None
    channel: str | None
    is_suspended: bool | None


class VoiceShown(BaseModel):
    """A voice that agents may have."""

    voice_id: str
    voice_name: str | None
    provider: str | None
    gender: str | None
    accent: str | None
    age: str | None
    preview_audio_url: str | None


@reading.get("/calls")
def list_calls(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    since: Moment | None = None,
    until: Moment | None = None,
    from_number: Number = None,
    to_number: Number = None,
    status: Literal["not_connected", "ongoing", "ended", "error"] | None = None,
    campaign_id: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    lead_id: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    oldest_first: bool = False,
) -> Calls:
    """List calls of the workspace, the latest first; those that still ring may be missing."""
    named = {"campaign_id": campaign_id, "lead_id": lead_id}
    filters = CallFilters(
        from_number=read_phone(from_number) if from_number else None,
        to_number=read_phone(to_number) if to_number else None,
        since=since,
        until=until,
        statuses=(status,) if status is not None else (),
        metadata={name: str(value) for name, value in named.items() if value is not None},
    )
    order: Literal["ascending", "descending"] = "ascending" if oldest_first else "descending"
    found = calls.list_calls(world_of(request), filters, most=limit, order=order)
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


@workspace.get("/numbers")
def list_numbers(request: Request) -> list[NumberShown]:
    """List our numbers: which agents call from each, and which campaigns."""
    found = workspace_numbers.list_numbers(world_of(request))
    return [NumberShown(**one) for one in found]


@workspace.get("/numbers/{number}")
def show_number(
    request: Request, number: Annotated[str, Path(pattern=r"^\+?[0-9]{5,20}$")]
) -> dict[str, Any]:
    """Show all of one number, as Retell has it."""
    return workspace_numbers.show_number(world_of(request), read_phone(number))


@workspace.get("/agents")
def list_agents(request: Request) -> list[AgentShown]:
    """List the voice agents."""
    found = workspace_agents.list_agents(world_of(request))
    names = AgentShown.model_fields
    return [AgentShown(**{name: getattr(one, name) for name in names}) for one in found]


@workspace.get("/agents/{agent_id}")
def show_agent(
    request: Request, agent_id: RetellId, version: Annotated[int | None, Query(ge=0)] = None
) -> dict[str, Any]:
    """Show all of an agent, as Retell has it."""
    return workspace_agents.show_agent(world_of(request), agent_id, version=version).raw


@workspace.get("/voices")
def list_voices(request: Request) -> list[VoiceShown]:
    """List the voices, with the addresses at which they can be heard."""
    found = workspace_agents.list_voices(world_of(request))
    names = VoiceShown.model_fields
    return [VoiceShown(**{name: getattr(one, name) for name in names}) for one in found]


@workspace.get("/voices/{voice_id}")
def show_voice(request: Request, voice_id: RetellId) -> VoiceShown:
    """Show one voice."""
    found = workspace_agents.show_voice(world_of(request), voice_id)
    return VoiceShown(**{name: getattr(found, name) for name in VoiceShown.model_fields})
