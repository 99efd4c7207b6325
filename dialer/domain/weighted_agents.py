"""The agents of a number, as people type them: `agent_a=0.7`, `agent_b@prod=0.3`, `agent_c`."""

from collections.abc import Sequence
from typing import Any

ENOUGH = 1e-6  # so far from 1 a sum of weights may be


def read_agents(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Read the agents of a number with their weights, as Retell wants them.

    Without any weight each gets the same part. A version is a number, or a tag such as `prod`.

    Raises:
        ValueError: one is unreadable, only some have weights, or these do not add up to 1.
    """
    found = [_read(text) for text in texts]
    weights = [one["weight"] for one in found if one["weight"] is not None]
    if not weights:
        return [{**one, "weight": 1 / len(found)} for one in found]
    if len(weights) < len(found):
        raise ValueError("give a weight to each of the agents, or to none")
    if abs(sum(weights) - 1) > ENOUGH:
        raise ValueError(f"the weights add up to {sum(weights):g}, not to 1")
    return found


def written(agents: Sequence[Any]) -> list[str]:
    """Write agents so that `read_agents` reads them back."""
    return [_written(one) for one in agents]


def _read(text: str) -> dict[str, Any]:
    name, sign, share = text.partition("=")
    agent_id, at, version = name.strip().partition("@")
    if not agent_id or (at and not version):
        raise ValueError(f"{text!r} names no agent; write for example agent_1@prod=0.5")
    tag = {"agent_version": int(version) if version.isdecimal() else version} if at else {}
    if not sign:
        return {"agent_id": agent_id, "weight": None, **tag}
    try:
        weight = float(share)
    except ValueError as error:
        raise ValueError(f"{share!r} is no weight; write for example {agent_id}=0.5") from error
    if not 0 < weight <= 1:
        raise ValueError(f"the weight of {agent_id} must be above 0 and at most 1")
    return {"agent_id": agent_id, "weight": weight, **tag}


def _written(one: Any) -> str:
    version = "" if one.agent_version is None else f"@{one.agent_version}"
    weight = "" if one.weight in (None, 1) else f"={one.weight:g}"
    return f"{one.agent_id}{version}{weight}"
