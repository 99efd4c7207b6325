"""What the agents of the workspace say: prompts that a test or a rehearsal may choose."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Engine(StrEnum):
    """What makes an agent's sentences."""

    RETELL_LLM = "retell-llm"
    CONVERSATION_FLOW = "conversation-flow"
    CUSTOM_LLM = "custom-llm"  # a server of the customer's; Retell knows no prompt


class AgentPrompt(BaseModel):
    """How one agent differs from the default one. A plain text stands for its prompt.

    `prompt` holds fields of its Retell LLM or conversation flow (`general_prompt`,
    `begin_message`, `states`, `default_dynamic_variables` …), `agent` fields of the agent itself
    (`voicemail_option`, `webhook_url` …), both as Retell shows them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Engine = Engine.RETELL_LLM
    prompt: dict[str, Any] = Field(default_factory=dict)
    agent: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _plain_text(cls, given: object) -> object:
        if isinstance(given, list) and all(isinstance(part, str) for part in given):
            given = ",".join(given)  # a command line splits what it is given at commas
        return {"prompt": {"general_prompt": given}} if isinstance(given, str) else given


AgentPrompts: TypeAlias = Mapping[str, AgentPrompt]
"""By agent id."""

DEFAULT_PROMPT: Mapping[str, Any] = {
    "model": "gpt-4.1",
    "start_speaker": "agent",
    "begin_message": "Hello {{first_name}}, this is a simulated call.",
    "general_prompt": "You are a simulated agent and talk with {{first_name}}.",
    "general_tools": [{"type": "end_call", "name": "end_call", "description": "Hang up."}],
    "states": [],
    "default_dynamic_variables": {"first_name": "there"},  # so no list of leads lacks anything
}
_ENGINE_IDS = {
    Engine.RETELL_LLM: ("llm_id", "llm_of_"),
    Engine.CONVERSATION_FLOW: ("conversation_flow_id", "conversation_flow_of_"),
}


def engine_object(agent_id: str, *, prompts: AgentPrompts, version: int) -> dict[str, Any]:
    """Give the `response_engine` of an agent."""
    engine = _chosen(agent_id, prompts).engine
    if engine is Engine.CUSTOM_LLM:
        return {"type": engine.value, "llm_websocket_url": "wss://llm.example/socket"}
    key, prefix = _ENGINE_IDS[engine]
    return {"type": engine.value, key: f"{prefix}{agent_id}", "version": version}


def agent_behind(engine_id: str, *, engine: Engine, prompts: AgentPrompts) -> str | None:
    """Give the agent whose LLM or flow has this id; None when there is no such thing."""
    _, prefix = _ENGINE_IDS[engine]
    agent_id = engine_id.removeprefix(prefix)
    if not engine_id.startswith(prefix) or _chosen(agent_id, prompts).engine is not engine:
        return None
    return agent_id


def prompt_object(agent_id: str, *, prompts: AgentPrompts, version: int) -> dict[str, Any]:
    """Give an agent's Retell LLM or conversation flow as Retell shows it."""
    chosen = _chosen(agent_id, prompts)
    key, prefix = _ENGINE_IDS[chosen.engine]
    shown = {
        key: f"{prefix}{agent_id}",
        "version": version,
        "is_published": True,
        "last_modification_timestamp": 1767225600000,
    }
    return {**shown, **said_by(agent_id, prompts)}


def said_by(agent_id: str, prompts: AgentPrompts) -> dict[str, Any]:
    """Give the fields of a prompt that hold what an agent says."""
    if agent_id not in prompts:
        return dict(DEFAULT_PROMPT)
    return {"start_speaker": "agent", **_chosen(agent_id, prompts).prompt}


def agent_changes(agent_id: str, *, prompts: AgentPrompts) -> dict[str, Any]:
    """Give the fields in which an agent differs from the default one."""
    return _chosen(agent_id, prompts).agent


def _chosen(agent_id: str, prompts: AgentPrompts) -> AgentPrompt:
    return prompts.get(agent_id, AgentPrompt())
