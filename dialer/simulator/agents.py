"""The agents of the simulated workspace, their versions, and the prompts they were given.

An agent that nobody changed says the same in every version. From its first change on it has
versions as Retell has them: drafts, which can be changed, and published ones, which cannot.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, StrictBool, StrictStr

from dialer.simulator.answers import Answer, Refused, refusal
from dialer.simulator.pages import page
from dialer.simulator.prompts import (
    AgentPrompt,
    Engine,
    agent_behind,
    agent_changes,
    engine_object,
    prompt_object,
    said_by,
)
from dialer.simulator.requests import read_body
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.shapes import DEFAULT_AGENT, agent_object, agent_summary
from dialer.simulator.voices import is_voice
from dialer.simulator.wishes import (
    AgentWish,
    CreateAgent,
    EngineWish,
    LlmWish,
    NewVersion,
    Publication,
)

PUBLISHED = "Cannot update a published agent version, create a new version first."


class ChannelFilter(BaseModel):
    """Which kind of agents."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["string"]
    op: Literal["eq", "ne", "sw", "ew", "co"]
    value: Literal["voice", "chat"]


class TransferFilter(BaseModel):
    """Whether agents take over calls."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["boolean"]
    op: Literal["eq"]
    value: StrictBool


class AgentCriteria(BaseModel):
    """The filters of list-agents."""

    model_config = ConfigDict(extra="forbid")

    channel: ChannelFilter | None = None
    is_transfer_agent: TransferFilter | None = None
    query: StrictStr | None = None

    def accepts(self, shown: Mapping[str, Any]) -> bool:
        """Tell whether an agent passes; all of them speak, and none takes over calls."""
        if self.channel is not None and (self.channel.value == "voice") is (
            self.channel.op == "ne"
        ):
            return False
        if self.is_transfer_agent is not None and self.is_transfer_agent.value:
            return False
        query = self.query or ""
        return query.lower() in shown["agent_name"].lower() or query in shown["agent_id"]


class ListAgents(BaseModel):
    """POST /v2/list-agents."""

    model_config = ConfigDict(extra="forbid")

    filter_criteria: AgentCriteria = AgentCriteria()


class Agents:
    """All agents and the Retell LLMs that were made for them."""

    def __init__(self, settings: SimulatorSettings, *, prompts: dict[str, AgentPrompt]) -> None:
        self._settings = settings
        self._prompts = prompts
        self._versions: dict[str, list[dict[str, Any]]] = {}
        self._llms: dict[str, dict[str, Any]] = {}
        self._gone: set[str] = set()

    @property
    def default(self) -> str:
        """The agent that is bound to the numbers the workspace began with."""
        return self._settings.agents[0] if self._settings.agents else DEFAULT_AGENT

    def has(self, agent_id: str) -> bool:
        """Tell whether there is such an agent; without any of its own, the workspace takes all."""
        if agent_id in self._gone:
            return False
        begun_with = self._settings.agents
        return not begun_with or agent_id in {*begun_with, *self._prompts, *self._versions}

    def prompt_of(self, agent_id: str) -> dict[str, Any]:
        """Give what an agent was told to say, as Retell shows its prompt."""
        engine = self._version(agent_id, None)["response_engine"]
        return self._llms.get(engine.get("llm_id", "")) or said_by(agent_id, self._prompts)

    def changed(self, agent_id: str) -> Mapping[str, Any]:
        """Give the latest version of an agent that was made or changed; empty for others."""
        versions = self._versions.get(agent_id)
        return versions[-1] if versions else {}

    def show(self, agent_id: str, *, version: str | None) -> Answer:
        """GET /get-agent/{agent_id}."""
        if not self.has(agent_id):
            return refusal(422)
        return Answer(200, self._version(agent_id, version))

    def list(self, body: object, *, limit: int, key: str | None, falling: bool) -> Answer:
        """POST /v2/list-agents."""
        wanted = read_body(ListAgents, {} if body is None else body).filter_criteria
        known = dict.fromkeys((*self._settings.agents, *self._prompts, *self._versions))
        summaries = [self._summary(one) for one in known or (DEFAULT_AGENT,)]
        shown = [one for one in summaries if wanted.accepts(one) and self.has(one["agent_id"])]
        return page(shown[::-1] if falling else shown, limit=limit, key=key)

    def list_versions(self, agent_id: str, *, limit: int, key: str | None, falling: bool) -> Answer:
        """GET /list-agent-versions/{agent_id}."""
        if not self.has(agent_id):
            return refusal(422)
        kept = ("version", "is_published", "base_version", "version_title", "version_description")
        found = self._versions.get(agent_id) or [self._plain(agent_id, 0)]
        shown = [
            {
                **{name: one[name] for name in kept if name in one},
                "last_modification_timestamp": one["last_modification_timestamp"],
            }
            for one in found
        ]
        return page(shown[::-1] if falling else shown, limit=limit, key=key)

    def make(self, body: object, *, now_ms: int) -> Answer:
        """POST /create-agent."""
        wish = read_body(CreateAgent, body)
        self._check(wish)
        agent_id = _new_id("agent_", 26, now_ms, len(self._versions))
        made = {
            **self._plain(agent_id, 0),
            **wish.model_dump(mode="json", exclude_unset=True),
            "is_published": False,
            "last_modification_timestamp": now_ms,
        }
        self._versions[agent_id] = [made]
        return Answer(201, made)

    def update(self, agent_id: str, body: object, *, version: str | None, now_ms: int) -> Answer:
        """PATCH /update-agent/{agent_id}."""
        if not self.has(agent_id):
            return refusal(422)
        wish = read_body(AgentWish, body)
        self._check(wish)
        draft = self._version(agent_id, version)
        if draft["is_published"]:
            return refusal(400, message=PUBLISHED)
        draft |= wish.model_dump(mode="json", exclude_unset=True)
        draft["last_modification_timestamp"] = now_ms
        return Answer(200, draft)

    def make_version(self, agent_id: str, body: object, *, now_ms: int) -> Answer:
        """POST /create-agent-version/{agent_id}."""
        if not self.has(agent_id):
            return refusal(422)
        base = read_body(NewVersion, body).base_version
        copied = dict(self._version(agent_id, str(base)))
        versions = self._versions.setdefault(agent_id, [self._plain(agent_id, 0)])
        draft = copied | {
            "version": versions[-1]["version"] + 1,
            "base_version": base,
            "is_published": False,
            "last_modification_timestamp": now_ms,
        }
        versions.append(draft)
        return Answer(201, draft)

    def publish(self, agent_id: str, body: object, *, now_ms: int) -> Answer:
        """POST /publish-agent-version/{agent_id}."""
        if not self.has(agent_id):
            return refusal(422)
        wish = read_body(Publication, body)
        draft = self._version(agent_id, str(wish.version))
        if draft["is_published"]:
            return refusal(400, message=f"Version {wish.version} is published already.")
        draft |= wish.model_dump(exclude_unset=True)
        draft |= {"is_published": True, "last_modification_timestamp": now_ms}
        return Answer(200)

    def delete(self, agent_id: str) -> Answer:
        """DELETE /delete-agent/{agent_id}."""
        if not self.has(agent_id):
            return refusal(422)
        self._versions.pop(agent_id, None)
        self._gone.add(agent_id)
        return Answer(204)

    def make_llm(self, body: object, *, now_ms: int) -> Answer:
        """POST /create-retell-llm."""
        wish = read_body(LlmWish, body)
        llm_id = _new_id("llm_", 28, now_ms, len(self._llms))
        made = {
            "llm_id": llm_id,
            "version": 0,
            "is_published": False,
            "last_modification_timestamp": now_ms,
            **wish.model_dump(mode="json", exclude_unset=True),
        }
        self._llms[llm_id] = made
        return Answer(201, made)

    def show_prompt(self, engine_id: str, *, engine: Engine, version: str | None) -> Answer:
        """GET /get-retell-llm/{llm_id} and GET /get-conversation-flow/{conversation_flow_id}."""
        if engine is Engine.RETELL_LLM and engine_id in self._llms:
            return Answer(200, self._llms[engine_id])
        agent_id = agent_behind(engine_id, engine=engine, prompts=self._prompts)
        if agent_id is None or not self.has(agent_id):
            return refusal(422)
        shown = prompt_object(agent_id, prompts=self._prompts, version=_whole(version))
        return Answer(200, shown)

    def _version(self, agent_id: str, asked: str | None) -> dict[str, Any]:
        """Give one version of an agent; a tag stands for the latest.

        Raises:
            Refused: there is no such version.
        """
        versions = self._versions.get(agent_id)
        if versions is None:
            return self._plain(agent_id, _whole(asked))
        if asked == "latest_published":
            versions = [one for one in versions if one["is_published"]]
        elif asked is not None and asked.isdecimal():
            versions = [one for one in versions if one["version"] == int(asked)]
        if not versions:
            raise Refused(refusal(422))
        return versions[-1]

    def _plain(self, agent_id: str, version: int) -> dict[str, Any]:
        engine = engine_object(agent_id, prompts=self._prompts, version=version)
        shown = agent_object(agent_id, settings=self._settings, engine=engine, version=version)
        return shown | agent_changes(agent_id, prompts=self._prompts)

    def _summary(self, agent_id: str) -> dict[str, Any]:
        name = self.changed(agent_id).get("agent_name")
        summary = agent_summary(agent_id)
        return summary if name is None else {**summary, "agent_name": name}

    def _check(self, wish: AgentWish) -> None:
        engine = wish.response_engine or EngineWish(type="custom-llm", llm_websocket_url="wss://")
        unknown_llm = (
            engine.llm_id is not None
            and engine.llm_id not in self._llms
            and agent_behind(engine.llm_id, engine=Engine.RETELL_LLM, prompts=self._prompts) is None
        )
        if unknown_llm or (wish.voice_id is not None and not is_voice(wish.voice_id)):
            raise Refused(refusal(422))


def _whole(asked: str | None) -> int:
    """Give the number of a version; a tag stands for the first."""
    return int(asked) if asked is not None and asked.isdecimal() else 0


def _new_id(prefix: str, digits: int, now_ms: int, nth: int) -> str:
    return prefix + hashlib.sha256(f"{prefix}|{now_ms}|{nth}".encode()).hexdigest()[:digits]
