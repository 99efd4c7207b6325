"""Agents and voices: what Retell has of them, what they need, and what we change of them."""

from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query
from pydantic import AnyHttpUrl, BaseModel, Field
from starlette.requests import Request

from dialer.actions import workspace_agents
from dialer.actions.agent_variables import variables_of_agent
from dialer.domain.agent_check import Verdict
from dialer.domain.roles import Scope
from dialer.retell.agents import Agent
from dialer.retell.mapping import WEBHOOK_EVENTS
from dialer.retell.models import moment_of
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.kinds import Given, RetellId
from dialer.web.site import site_of

reading = asks(Scope.CALLS_READ, tag="workspace")
writing = asks(Scope.WORKSPACE_WRITE, tag="workspace")

MOST_VERSION = 10**6

Version = Annotated[
    int | None, Query(ge=0, le=MOST_VERSION, description="The latest, if left out.")
]


class AgentShown(BaseModel):
    """An agent, as Retell lists it."""

    agent_id: str
    agent_name: str | None
    channel: str | None
    is_suspended: bool | None


class VersionShown(BaseModel):
    """A version of an agent; a published one can be called with."""

    version: int | None
    is_published: bool | None
    base_version: int | None
    version_title: str | None
    changed_at: datetime | None


class CheckedShown(BaseModel):
    """One thing we expect of an agent, and whether it is so."""

    name: str = Field(examples=["webhook"])
    verdict: Verdict
    sentence: str
    fix: str | None


class VariablesShown(BaseModel):
    """The variables of an agent's prompt."""

    checked: bool = Field(description="false: the prompt could not be read.")
    sentence: str
    needed: list[str] = Field(description="Each lead must have them.")
    defaults: list[str] = Field(description="The agent has a value where a lead has none.")


class MakeAgent(Given):
    """What an agent file says: the agent's fields, and those of its prompt."""

    agent: dict[str, Any] = Field(
        examples=[{"agent_name": "Renewals", "voice_id": "retell-Cimo"}],
        description="As Retell has them; `voice_id` is needed.",
    )
    llm: dict[str, Any] | None = Field(
        default=None,
        examples=[{"general_prompt": "You are Mia. You talk with {{name}}."}],
        description="Without it `agent.response_engine` names a prompt that is there.",
    )
    publish: bool = Field(default=False, description="Calls have it at once.")


class Webhook(Given):
    """Where Retell tells of an agent's calls."""

    url: AnyHttpUrl | None = Field(
        default=None, description="Ours, if left out.", examples=["https://dialer.example/webhooks"]
    )
    events: list[Annotated[str, Field(min_length=1, max_length=60)]] = Field(
        default=list(WEBHOOK_EVENTS), min_length=1, max_length=50
    )
    publish: bool = Field(default=False, description="Calls have it at once.")


class Publish(Given):
    """Which draft is published."""

    version: int | None = Field(
        default=None, ge=0, le=MOST_VERSION, description="The latest, if left out."
    )


class AgentChanged(BaseModel):
    """An agent after it was changed; a draft counts once it is published."""

    agent_id: str
    version: int
    is_published: bool
    webhook_url: str | None = None
    webhook_events: list[str] | None = None


class VoiceShown(BaseModel):
    """A voice that agents may have."""

    voice_id: str
    voice_name: str | None
    provider: str | None
    gender: str | None
    accent: str | None
    age: str | None
    preview_audio_url: str | None


@reading.get("/agents")
def list_agents(
    request: Request,
    query: Annotated[
        str | None, Query(min_length=1, max_length=100, description="In name or id.")
    ] = None,
) -> list[AgentShown]:
    """List the voice agents."""
    found = workspace_agents.list_agents(world_of(request), query=query)
    names = AgentShown.model_fields
    return [AgentShown(**{name: getattr(one, name) for name in names}) for one in found]


@reading.get("/agents/{agent_id}")
def show_agent(request: Request, agent_id: RetellId, version: Version = None) -> dict[str, Any]:
    """Show all of an agent, as Retell has it."""
    return workspace_agents.show_agent(world_of(request), agent_id, version=version).raw


@reading.get("/agents/{agent_id}/versions")
def list_versions(request: Request, agent_id: RetellId) -> list[VersionShown]:
    """List the versions of an agent."""
    found = workspace_agents.list_versions(world_of(request), agent_id)
    return [
        VersionShown(**one.model_dump(), changed_at=moment_of(one.last_modification_timestamp))
        for one in found
    ]


@reading.get("/agents/{agent_id}/check")
def check_agent(
    request: Request, agent_id: RetellId, version: Version = None
) -> list[CheckedShown]:
    """Compare what Retell has of an agent with what we expect: webhooks, version, prompt."""
    wanted = workspace_agents.wanted_of(site_of(request).settings)
    found = workspace_agents.check(world_of(request), agent_id, wanted=wanted, version=version)
    return [CheckedShown(**asdict(one)) for one in found]


@reading.get("/agents/{agent_id}/variables")
def list_variables(request: Request, agent_id: RetellId, version: Version = None) -> VariablesShown:
    """Tell which variables the prompt of an agent needs."""
    found = variables_of_agent(world_of(request), agent_id, version=version)
    return VariablesShown(
        checked=found.checked,
        sentence=found.sentence,
        needed=sorted(found.needed),
        defaults=sorted(found.defaults),
    )


@writing.post("/agents", status_code=HTTPStatus.CREATED)
def create_agent(request: Request, given: MakeAgent) -> AgentChanged:
    """Make an agent, its prompt first; a draft, unless it is published. Sent twice it makes two."""
    written = given.model_dump(include={"agent", "llm"}, exclude_none=True)
    file = workspace_agents.agent_file_of(written, named="the body")
    file = workspace_agents.with_our_webhook(file, site_of(request).settings)
    made = workspace_agents.create_agent(world_of(request), file, actor=actor_of(request))
    return _changed(request, made, publish=given.publish)


@writing.post("/agents/{agent_id}/webhook")
def set_webhook(request: Request, agent_id: RetellId, given: Webhook | None = None) -> AgentChanged:
    """Write our webhook address and events into an agent; of a published one a draft is made."""
    wish, settings = given or Webhook(), site_of(request).settings
    url = str(wish.url) if wish.url is not None else workspace_agents.our_webhook(settings)
    changed = workspace_agents.set_webhook(
        world_of(request), agent_id, url=url, events=wish.events, actor=actor_of(request)
    )
    return _changed(request, changed, publish=wish.publish)


@writing.post("/agents/{agent_id}/publish")
def publish_agent(
    request: Request, agent_id: RetellId, which: Publish | None = None
) -> AgentChanged:
    """Publish a draft of an agent; calls have it from now on."""
    world, actor = world_of(request), actor_of(request)
    version = which.version if which is not None else None
    if version is None:
        version, _ = workspace_agents.publish_latest(world, agent_id, actor=actor)
    else:
        workspace_agents.publish(world, agent_id, version=version, actor=actor)
    return AgentChanged(agent_id=agent_id, version=version, is_published=True)


@reading.get("/voices")
def list_voices(request: Request) -> list[VoiceShown]:
    """List the voices, with the addresses at which they can be heard."""
    found = workspace_agents.list_voices(world_of(request))
    names = VoiceShown.model_fields
    return [VoiceShown(**{name: getattr(one, name) for name in names}) for one in found]


@reading.get("/voices/{voice_id}")
def show_voice(request: Request, voice_id: RetellId) -> VoiceShown:
    """Show one voice."""
    found = workspace_agents.show_voice(world_of(request), voice_id)
    return VoiceShown(**{name: getattr(found, name) for name in VoiceShown.model_fields})


def _changed(request: Request, agent: Agent, *, publish: bool) -> AgentChanged:
    agent_id, version = agent.agent_id or "", agent.version or 0
    if publish:
        world, actor = world_of(request), actor_of(request)
        workspace_agents.publish(world, agent_id, version=version, actor=actor)
    return AgentChanged(
        agent_id=agent_id,
        version=version,
        is_published=publish,
        webhook_url=agent.webhook_url,
        webhook_events=agent.webhook_events,
    )
