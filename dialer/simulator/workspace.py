"""What stands around the calls in a Retell workspace: its numbers, agents and lines."""

from collections.abc import Sequence
from typing import Any

from dialer.simulator.answers import Answer, refusal
from dialer.simulator.prompts import (
    AgentPrompts,
    Engine,
    agent_behind,
    agent_changes,
    engine_object,
    prompt_object,
)
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.shapes import DEFAULT_AGENT, agent_object, agent_summary, number_object

DEFAULT_NUMBER = "+14155550199"


def unknown_number(number: str) -> Answer:
    """Answer as Retell does when a number is not in the workspace."""
    return refusal(404, message=f"Item {number} not found from phone-number")


def default_agent(settings: SimulatorSettings) -> str:
    """Give the agent bound to every number of the workspace."""
    return settings.agents[0] if settings.agents else DEFAULT_AGENT


def get_number(number: str, *, settings: SimulatorSettings) -> Answer:
    """GET /get-phone-number/{number}."""
    if settings.phone_numbers and number not in settings.phone_numbers:
        return unknown_number(number)
    return Answer(200, number_object(number, agent_id=default_agent(settings)))


def list_numbers(*, settings: SimulatorSettings, limit: int, key: str | None) -> Answer:
    """GET /v2/list-phone-numbers."""
    agent_id = default_agent(settings)
    numbers = settings.phone_numbers or (DEFAULT_NUMBER,)
    shown = [number_object(number, agent_id=agent_id) for number in numbers]
    return _page(shown, limit=limit, key=key)


def get_agent(
    agent_id: str, *, settings: SimulatorSettings, prompts: AgentPrompts, version: str | None
) -> Answer:
    """GET /get-agent/{agent_id}; every version of an agent says the same."""
    if not _is_known(agent_id, settings=settings, prompts=prompts):
        return refusal(422)
    number = _version(version)
    engine = engine_object(agent_id, prompts=prompts, version=number)
    shown = agent_object(agent_id, settings=settings, engine=engine, version=number)
    return Answer(200, shown | agent_changes(agent_id, prompts=prompts))


def get_prompt(
    engine_id: str,
    *,
    engine: Engine,
    settings: SimulatorSettings,
    prompts: AgentPrompts,
    version: str | None,
) -> Answer:
    """GET /get-retell-llm/{llm_id} and GET /get-conversation-flow/{conversation_flow_id}."""
    agent_id = agent_behind(engine_id, engine=engine, prompts=prompts)
    if agent_id is None or not _is_known(agent_id, settings=settings, prompts=prompts):
        return refusal(422)
    return Answer(200, prompt_object(agent_id, prompts=prompts, version=_version(version)))


def list_agents(
    *, settings: SimulatorSettings, prompts: AgentPrompts, limit: int, key: str | None
) -> Answer:
    """POST /v2/list-agents."""
    known = dict.fromkeys((*settings.agents, *prompts)) or (DEFAULT_AGENT,)
    return _page([agent_summary(agent_id) for agent_id in known], limit=limit, key=key)


def api_key() -> Answer:
    """GET /get-api-key-info."""
    names = {"org_id": "org_simulated", "org_name": "Simulated", "api_key_name": "simulator"}
    return Answer(200, names)


def concurrency(*, settings: SimulatorSettings, limit: int, active: int) -> Answer:
    """GET /get-concurrency."""
    base = min(limit, 20)
    return Answer(
        200,
        {
            "current_concurrency": active + settings.foreign_calls,
            "concurrency_limit": limit,
            "base_concurrency": base,
            "purchased_concurrency": limit - base,
            "concurrency_purchase_limit": 100,
            "remaining_purchase_limit": max(0, 100 - (limit - base)),
            "concurrency_burst_enabled": False,
            "concurrency_burst_limit": 0,
            "reserved_inbound_concurrency": settings.reserved_inbound,
        },
    )


def _is_known(agent_id: str, *, settings: SimulatorSettings, prompts: AgentPrompts) -> bool:
    return not settings.agents or agent_id in settings.agents or agent_id in prompts


def _version(asked: str | None) -> int:
    """Give the number of a version; a tag stands for the first."""
    return int(asked) if asked is not None and asked.isdecimal() else 0


def _page(objects: Sequence[dict[str, Any]], *, limit: int, key: str | None) -> Answer:
    if not 1 <= limit <= 1000 or (key is not None and not key.isdigit()):
        return refusal(400)
    start = int(key or 0)
    end = start + limit
    body: dict[str, Any] = {"items": objects[start:end], "has_more": end < len(objects)}
    if body["has_more"]:
        body["pagination_key"] = str(end)
    return Answer(200, body)
