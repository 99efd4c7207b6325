"""Agents as Retell tells them: what they say, and which of them calls from a number.

Only few of their fields mean something here; `raw` has all of them. New ones appear every few
weeks, and each may hold a text that is spoken.

https://docs.retellai.com/api-references/get-agent
"""

from typing import Annotated, Any, Protocol, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator

from dialer.retell.models import Kept, Received, to_whole

Version = Annotated[int, BeforeValidator(to_whole)] | str  # a number, or a tag such as "prod"
WholeVersion = Annotated[int, BeforeValidator(to_whole)]

M = TypeVar("M", bound=BaseModel)


class ResponseEngine(Received):
    """What makes an agent's sentences."""

    type: str | None = None  # retell-llm, conversation-flow, custom-llm
    llm_id: str | None = None
    conversation_flow_id: str | None = None
    version: WholeVersion | None = None


class Agent(Kept):
    """An agent: its voice, its voicemail text, and what makes its sentences."""

    agent_id: str | None = None
    agent_name: str | None = None
    version: WholeVersion | None = None
    is_published: bool | None = None
    response_engine: ResponseEngine | None = None
    voice_id: str | None = None
    language: Any = None
    webhook_url: str | None = None
    webhook_events: list[str] | None = None  # None: the three of a call's life
    webhook_timeout_ms: int | None = None


class Prompt(Kept):
    """A Retell LLM or a conversation flow: prompts, states or nodes, tools."""

    llm_id: str | None = None
    version: WholeVersion | None = None
    default_dynamic_variables: dict[str, Any] | None = None


class BoundAgent(Received):
    """One of the agents that may call from a number."""

    agent_id: str | None = None
    agent_version: Version | None = None  # None: the latest
    weight: float | None = None


class PhoneNumber(Kept):
    """A number of the workspace."""

    phone_number: str | None = None
    phone_number_type: str | None = None  # retell-twilio, retell-telnyx, custom
    nickname: str | None = None
    area_code: int | None = None
    inbound_agents: list[BoundAgent] | None = None
    allowed_outbound_country_list: list[str] | None = None  # empty: all
    sip_outbound_trunk_config: dict[str, Any] | None = None
    outbound_agents: list[BoundAgent] | None = None
    outbound_agent_id: str | None = None  # withdrawn in 2026, and still seen
    outbound_agent_version: Version | None = None

    @property
    def callers(self) -> tuple[BoundAgent, ...]:
        """The agents that may make a call from this number; Retell draws one by weight."""
        bound = [one for one in self.outbound_agents or () if one.agent_id and one.weight != 0]
        if not bound and self.outbound_agent_id:
            version = self.outbound_agent_version
            bound = [BoundAgent(agent_id=self.outbound_agent_id, agent_version=version)]
        return tuple(bound)


class PhoneNumberPage(Received):
    """One page of list-phone-numbers. A page without `items` is unreadable, never empty."""

    items: list[PhoneNumber]
    has_more: bool | None = None
    pagination_key: str | None = None


class Ask(Protocol):
    """Asks Retell for what stands at a path, and reads it as a model."""

    def __call__(self, model: type[M], path: str) -> M: ...


class AgentReader:
    """Reads agents, their prompts, and the numbers they are bound to.

    Each question raises:
        AgentNotFound: Retell knows nothing of that name.
        AccountProblem: our key is refused.
        ProviderUnavailable: no usable answer, or the time of all questions is used up.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def agent(self, agent_id: str, *, version: int | str | None = None) -> Agent:
        """Ask for an agent, by default in its latest version."""
        return self._ask(Agent, _path("get-agent", agent_id, version=version))

    def llm(self, llm_id: str, *, version: int | None = None) -> Prompt:
        """Ask for a Retell LLM, by default in its latest version."""
        return self._ask(Prompt, _path("get-retell-llm", llm_id, version=version))

    def conversation_flow(self, flow_id: str, *, version: int | None = None) -> Prompt:
        """Ask for a conversation flow, by default in its latest version."""
        return self._ask(Prompt, _path("get-conversation-flow", flow_id, version=version))

    def phone_number(self, number: str) -> PhoneNumber:
        """Ask for a number of the workspace."""
        return self._ask(PhoneNumber, _path("get-phone-number", number))


def _path(verb: str, name: str, *, version: int | str | None = None) -> str:
    path = f"/{verb}/{quote(name, safe='')}"
    return path if version is None else f"{path}?version={quote(str(version), safe='')}"
