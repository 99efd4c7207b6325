"""The filters of list-calls, as Retell wants them.

https://docs.retellai.com/api-references/list-calls
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dialer.retell.models import epoch_ms


@dataclass(frozen=True, slots=True)
class CallFilters:
    """Which calls are wanted; what is None or empty does not matter."""

    agent_id: str | None = None
    agent_version: int | None = None
    from_number: str | None = None
    to_number: str | None = None
    since: datetime | None = None  # the start of the call
    until: datetime | None = None
    statuses: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    call_types: tuple[str, ...] = ()
    sentiments: tuple[str, ...] = ()
    in_voicemail: bool | None = None
    call_successful: bool | None = None
    batch_call_id: str | None = None
    longer_than_ms: int | None = None
    costlier_than_cents: float | None = None
    slower_than_ms: int | None = None  # the agent's answers, half of them
    agent_tags: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()  # called by the agent, each of them
    metadata: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    analysis: Mapping[str, str | float | bool] = field(default_factory=dict)
    attributes: Mapping[str, str | float | bool] = field(default_factory=dict)
    further: Mapping[str, Any] = field(default_factory=dict)
    """Filters in Retell's own words; each takes the place of ours of the same name."""

    def criteria(self) -> dict[str, Any]:
        """Give the filter_criteria; a call must pass each of them."""
        found: dict[str, Any] = {
            "from_number": _equal(self.from_number),
            "to_number": _equal(self.to_number),
            "batch_call_id": _equal(self.batch_call_id),
            "start_timestamp": _between(self.since, self.until),
            "call_status": _one_of(self.statuses),
            "disconnection_reason": _one_of(self.reasons),
            "direction": _one_of(self.directions),
            "call_type": _one_of(self.call_types),
            "user_sentiment": _one_of(self.sentiments),
            "in_voicemail": _is(self.in_voicemail),
            "call_successful": _is(self.call_successful),
            "duration_ms": _more_than(self.longer_than_ms),
            "combined_cost": _more_than(self.costlier_than_cents),
            "e2e_latency_p50": _more_than(self.slower_than_ms),
            "agent_tag": _one_of(self.agent_tags),
            "tool_calls": [{"name": name} for name in self.tools],
            "metadata": _keyed(self.metadata),
            "dynamic_variables": _keyed(self.variables),
            "custom_analysis_data": _keyed(self.analysis),
            "custom_attributes": _keyed(self.attributes),
            "agent": self._agent(),
            **self.further,
        }
        return {name: wanted for name, wanted in found.items() if wanted}

    def _agent(self) -> list[dict[str, Any]]:
        if self.agent_id is None:
            return []
        version = {} if self.agent_version is None else {"version": [self.agent_version]}
        return [{"agent_id": self.agent_id, **version}]


def _equal(text: str | None) -> dict[str, Any] | None:
    return None if text is None else {"type": "string", "op": "eq", "value": text}


def _one_of(words: tuple[str, ...]) -> dict[str, Any] | None:
    return {"type": "enum", "op": "in", "value": [str(word) for word in words]} if words else None


def _is(wanted: bool | None) -> dict[str, Any] | None:
    return None if wanted is None else {"type": "boolean", "op": "eq", "value": wanted}


def _more_than(number: float | None) -> dict[str, Any] | None:
    return None if number is None else {"type": "number", "op": "gt", "value": number}


def _between(since: datetime | None, until: datetime | None) -> dict[str, Any] | None:
    """Both ends belong to the span."""
    if since is not None and until is not None:
        return {"type": "range", "op": "bt", "value": [epoch_ms(since), epoch_ms(until)]}
    if since is not None:
        return {"type": "number", "op": "ge", "value": epoch_ms(since)}
    if until is not None:
        return {"type": "number", "op": "le", "value": epoch_ms(until)}
    return None


def _keyed(values: Mapping[str, str | float | bool]) -> list[dict[str, Any]]:
    return [
        {"type": _type_of(value), "op": "eq", "key": key, "value": value}
        for key, value in values.items()
    ]


def _type_of(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number"
