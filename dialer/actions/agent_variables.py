"""Agent variables: which `{{placeholders}}` a campaign's agent has, so that none is read aloud.

1. Which agents may talk: the campaign's own, else those bound to the numbers it calls from, and
   those they may hand a call over to.
2. What they may say: every text of the prompt and of the agent's voicemail, with the changes the
   campaign makes for its calls.
3. Who fills the placeholders: Retell, the agent's defaults, its tools during the call, the
   campaign for all leads. What is left, each lead must bring.

Asked of Retell within five seconds, outside any transaction. Nothing here fails: what could not
be read is told in a sentence.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.placeholders import placeholders_of
from dialer.errors import AccountProblem, AgentNotFound, LookUpFailed
from dialer.log import get_logger
from dialer.retell.agents import Agent, AgentReader, BoundAgent, ResponseEngine

log = get_logger(__name__)

WITHIN = timedelta(seconds=5)

SPOKEN = (
    "voicemail_option",
    "voicemail_message",
    "ivr_option",
    "call_screening_option",
    "pre_session_tools",
    "post_session_tools",
    "webhook_url",
)
"""The fields of an agent in which Retell fills placeholders; the others are settings of a voice."""

PROMPTS = {"retell-llm": "retell_llm", "conversation-flow": "conversation_flow"}
"""The kinds of prompts, and the sections of an override that change them."""

EXTRACTORS = ("extract_dynamic_variable", "extract_dynamic_variables")  # a tool, and a node
AGENT_SWAP = "agent_swap"  # the call goes on with another agent, and with the same variables


@dataclass(frozen=True, slots=True)
class AgentVariables:
    """What each lead must bring.

    Unless it was `checked`, there may be more names than these; `sentence` says why, or where
    they were read. `defaults` are placeholders for which the agent has a value of its own,
    `given` those the campaign fills for all leads.
    """

    needed: frozenset[str]
    defaults: frozenset[str]
    given: frozenset[str]
    checked: bool
    sentence: str


class _NotReadable(Exception):
    """A prompt that Retell does not show; the text continues a sentence about the agent."""


@dataclass
class _Findings:
    """What was found in all the agents that may talk."""

    wanted: set[str] = field(default_factory=set)  # not filled by the agent itself
    filled: set[str] = field(default_factory=set)
    read: list[str] = field(default_factory=list)  # agents, for people
    doubts: list[str] = field(default_factory=list)

    def add(self, parts: Sequence[object]) -> None:
        """Add what one agent says."""
        found, own = placeholders_of(_texts(parts)), set(_filled(parts))
        self.wanted |= found - own
        self.filled |= found & own


def required_variables(world: World, spec: CampaignSpec) -> AgentVariables:
    """Find what each lead of a campaign must bring."""
    reader = world.provider.agents(within=WITHIN)
    found = _Findings()
    callers = _callers(reader, spec, found)
    _look_at_all(reader, callers, override=spec.agent_override or {}, found=found)
    found.add(list(spec.variables.values()))
    return _result(found, given=frozenset(spec.variables))


def variables_of_agent(
    world: World, agent_id: str, *, version: int | str | None = None
) -> AgentVariables:
    """Find what each lead must bring when this agent calls."""
    reader = world.provider.agents(within=WITHIN)
    found = _Findings()
    caller = BoundAgent(agent_id=agent_id, agent_version=version)
    _look_at_all(reader, [caller], override={}, found=found)
    return _result(found, given=frozenset())


def _result(found: _Findings, *, given: frozenset[str]) -> AgentVariables:
    needed = frozenset(found.wanted - given)
    if found.doubts:
        log.info("agent_not_checked", read=len(found.read), doubts=len(found.doubts))
        sentence = f"Not checked: {' '.join(dict.fromkeys(found.doubts))}"
    else:
        names = ", ".join(sorted(needed)) or "nothing from the leads"
        sentence = f"The prompt of {', '.join(found.read)} needs {names}."
    return AgentVariables(
        needed=needed,
        defaults=frozenset(found.filled - found.wanted),
        given=frozenset(found.wanted & given),
        checked=not found.doubts,
        sentence=sentence,
    )


def _callers(reader: AgentReader, spec: CampaignSpec, found: _Findings) -> list[BoundAgent]:
    """Give the agents that may begin a call."""
    if spec.agent_id is not None:
        return [BoundAgent(agent_id=spec.agent_id, agent_version=spec.agent_version)]
    callers: list[BoundAgent] = []
    for number in spec.from_numbers:
        try:
            bound = reader.phone_number(number).callers
        except (LookUpFailed, AccountProblem) as error:
            found.doubts.append(_doubt(error, about=f"number {number}"))
            continue
        if not bound:
            found.doubts.append(f"No agent is bound to {number} for outgoing calls.")
        callers += bound
    return callers


def _look_at_all(
    reader: AgentReader,
    callers: Sequence[BoundAgent],
    *,
    override: Mapping[str, Any],
    found: _Findings,
) -> None:
    """Look once at each agent, and at those that may take over its calls."""
    waiting = [(caller, override) for caller in callers]
    seen: set[tuple[object, object]] = set()
    while waiting:
        bound, changes = waiting.pop(0)
        if (bound.agent_id, bound.agent_version) in seen:
            continue
        seen.add((bound.agent_id, bound.agent_version))
        parts = _parts_of(reader, bound, override=changes, found=found)
        found.add(parts)
        waiting += [(other, {}) for other in _successors(parts)]


def _parts_of(
    reader: AgentReader, bound: BoundAgent, *, override: Mapping[str, Any], found: _Findings
) -> list[object]:
    """Give everything one agent may say; what could not be read becomes a doubt."""
    agent_id = bound.agent_id or ""
    about = f"agent {agent_id}"
    parts: list[object] = [_section(override, name) for name in PROMPTS.values()]
    try:
        agent = reader.agent(agent_id, version=bound.agent_version)
        fields = {**agent.raw, **_section(override, "agent")}
        parts.append([fields.get(name) for name in SPOKEN])
        about = f"prompt of agent {agent_id}"
        parts.append(_prompt(reader, Agent.model_validate(fields), override=override))
        found.read.append(agent_id)
    except (LookUpFailed, AccountProblem) as error:
        found.doubts.append(_doubt(error, about=about))
    except _NotReadable as error:
        found.doubts.append(f"Agent {agent_id} {error}")
    return parts


def _prompt(reader: AgentReader, agent: Agent, *, override: Mapping[str, Any]) -> dict[str, Any]:
    """Give what an agent's sentences are made of, with the changes of the campaign."""
    engine = agent.response_engine or ResponseEngine()
    if engine.type == "retell-llm" and engine.llm_id:
        prompt = reader.llm(engine.llm_id, version=engine.version)
    elif engine.type == "conversation-flow" and engine.conversation_flow_id:
        prompt = reader.conversation_flow(engine.conversation_flow_id, version=engine.version)
    elif engine.type == "custom-llm":
        raise _NotReadable("speaks through a custom LLM, whose prompt Retell does not know.")
    else:
        raise _NotReadable("has a prompt of an unknown kind.")
    if prompt.raw.keys().isdisjoint(("llm_id", "conversation_flow_id")):
        raise _NotReadable("has a prompt that cannot be read.")
    return {**prompt.raw, **_section(override, PROMPTS[engine.type])}


def _doubt(error: LookUpFailed | AccountProblem, *, about: str) -> str:
    match error:
        case AgentNotFound():
            return f"Retell knows no {about}."
        case AccountProblem():
            return f"Retell does not let us read it: {error.message}"
        case _:
            return f"Retell does not answer ({error.code})."


def _section(whole: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = whole.get(name)
    return dict(part) if isinstance(part, Mapping) else {}


def _walk(value: object) -> Iterator[object]:
    """Give a value and everything in it, however deep."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, Mapping):
            waiting.extend(one.values())
        elif isinstance(one, list | tuple):
            waiting.extend(one)


def _texts(value: object) -> Iterator[str]:
    return (one for one in _walk(value) if isinstance(one, str))


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    return (one for one in _walk(value) if isinstance(one, Mapping))


def _filled(value: object) -> Iterator[str]:
    """Give the names for which an agent has defaults, or which its tools find out in the call."""
    for one in _objects(value):
        defaults = _section(one, "default_dynamic_variables")
        yield from (name for name, default in defaults.items() if default is not None)
        yield from _section(one, "response_variables")
        if one.get("type") in EXTRACTORS:
            extracted = _objects(one.get("variables"))
            yield from (each["name"] for each in extracted if isinstance(each.get("name"), str))


def _successors(value: object) -> Iterator[BoundAgent]:
    """Give the agents that may take over a call."""
    for one in _objects(value):
        if one.get("type") == AGENT_SWAP and isinstance(one.get("agent_id"), str):
            yield BoundAgent.model_validate(dict(one))
