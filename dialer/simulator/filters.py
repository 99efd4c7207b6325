"""The filters of list-calls; https://docs.retellai.com/api-references/list-calls.

A value a call does not have matches no filter but `np` (not present).
"""

import operator
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from dialer.simulator.calls import Call
from dialer.simulator.shapes import call_cost, latency
from dialer.simulator.speech import analysis

STRING_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "sw": str.startswith,
    "ew": str.endswith,
    "co": operator.contains,
}
NUMBER_TESTS: Mapping[str, Callable[[float, float], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


class _Filter(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class StringFilter(_Filter):
    """A comparison of text."""

    type: Literal["string"]
    op: Literal["eq", "ne", "sw", "ew", "co"]
    value: StrictStr

    def accepts(self, value: Any) -> bool:
        return isinstance(value, str) and STRING_TESTS[self.op](value, self.value)


class EnumFilter(_Filter):
    """One of the listed values."""

    type: Literal["enum"]
    op: Literal["in"]
    value: list[StrictStr]

    def accepts(self, value: Any) -> bool:
        return value in self.value


class StatusFilter(EnumFilter):
    """One of the listed states; Retell cannot filter for `registered`."""

    value: list[Literal["not_connected", "ongoing", "ended", "error"]]  # type: ignore[assignment]


class BooleanFilter(_Filter):
    """True or false."""

    type: Literal["boolean"]
    op: Literal["eq"]
    value: StrictBool

    def accepts(self, value: Any) -> bool:
        return value is self.value


class NumberFilter(_Filter):
    """A comparison of numbers."""

    type: Literal["number"]
    op: Literal["eq", "ne", "gt", "ge", "lt", "le"]
    value: float

    def accepts(self, value: Any) -> bool:
        return _is_number(value) and NUMBER_TESTS[self.op](value, self.value)


class RangeFilter(_Filter):
    """Between two numbers, both included."""

    type: Literal["range"]
    op: Literal["bt"]
    value: tuple[float, float]

    def accepts(self, value: Any) -> bool:
        return _is_number(value) and self.value[0] <= value <= self.value[1]


class PresentFilter(_Filter):
    """Has a value, or has none."""

    type: Literal["present"]
    op: Literal["pr", "np"]

    def accepts(self, value: Any) -> bool:
        return (value is not None) is (self.op == "pr")


class _Keyed(_Filter):
    key: StrictStr


class KeyedString(StringFilter, _Keyed):
    """A StringFilter on one key."""


class KeyedEnum(EnumFilter, _Keyed):
    """An EnumFilter on one key."""


class KeyedBoolean(BooleanFilter, _Keyed):
    """A BooleanFilter on one key."""


class KeyedNumber(NumberFilter, _Keyed):
    """A NumberFilter on one key."""


class KeyedRange(RangeFilter, _Keyed):
    """A RangeFilter on one key."""


class KeyedPresent(PresentFilter, _Keyed):
    """A PresentFilter on one key."""


Text = StringFilter
TextOrList = Annotated[StringFilter | EnumFilter, Field(discriminator="type")]
Number = Annotated[NumberFilter | RangeFilter, Field(discriminator="type")]
ByKey = Annotated[
    KeyedString | KeyedEnum | KeyedBoolean | KeyedNumber | KeyedRange | KeyedPresent,
    Field(discriminator="type"),
]


class AgentFilter(_Filter):
    """An agent, in some or all of its versions."""

    agent_id: StrictStr
    version: list[int] | None = None


class Criteria(_Filter):
    """All filters of one request; a call must pass each."""

    call_id: TextOrList | None = None
    batch_call_id: Text | None = None
    from_number: Text | None = None
    to_number: Text | None = None
    call_status: StatusFilter | None = None
    call_type: EnumFilter | None = None
    direction: EnumFilter | None = None
    disconnection_reason: EnumFilter | None = None
    user_sentiment: EnumFilter | None = None
    data_storage_setting: EnumFilter | None = None
    agent_tag: EnumFilter | None = None
    in_voicemail: BooleanFilter | None = None
    call_successful: BooleanFilter | None = None
    start_timestamp: Number | None = None
    end_timestamp: Number | None = None
    duration_ms: Number | None = None
    combined_cost: Number | None = None
    e2e_latency_p50: Number | None = None
    metadata: list[ByKey] = []
    dynamic_variables: list[ByKey] = []
    custom_analysis_data: list[ByKey] = []
    custom_attributes: list[ByKey] = []
    agent: list[AgentFilter] = []
    tool_calls: list[dict[str, Any]] = []  # simulated calls use no tools: any filter excludes all


class ListCalls(BaseModel):
    """POST /v3/list-calls."""

    model_config = ConfigDict(extra="forbid")

    filter_criteria: Criteria = Criteria()
    sort_order: Literal["ascending", "descending"] = "descending"
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    skip: Annotated[int, Field(ge=0)] | None = None
    pagination_key: StrictStr | None = None
    include_total: bool = False


def _analysed(call: Call, name: str) -> Any:
    return analysis(call)[name] if call.analyzed else None


FIELDS: Mapping[str, Callable[[Call], Any]] = {
    "call_id": lambda call: call.call_id,
    "batch_call_id": lambda call: None,
    "from_number": lambda call: call.request.from_number or None,
    "to_number": lambda call: call.request.to_number or None,
    "call_status": lambda call: call.status.value,
    "call_type": lambda call: "web_call" if call.in_browser else "phone_call",
    "direction": lambda call: None if call.in_browser else call.direction,
    "disconnection_reason": lambda call: call.reason,
    "user_sentiment": lambda call: _analysed(call, "user_sentiment"),
    "data_storage_setting": lambda call: call.data_storage_setting,
    "agent_tag": lambda call: call.request.override_agent_version,
    "in_voicemail": lambda call: _analysed(call, "in_voicemail"),
    "call_successful": lambda call: _analysed(call, "call_successful"),
    "start_timestamp": lambda call: call.shown_start_ms,
    "end_timestamp": lambda call: call.ended_ms,
    "duration_ms": lambda call: None if call.ended_ms is None else call.duration_ms,
    "combined_cost": lambda call: (
        None if call.ended_ms is None else call_cost(call)["combined_cost"]
    ),
    "e2e_latency_p50": lambda call: latency(call)["e2e"]["p50"] if call.connected else None,
}
"""Where each unkeyed filter finds its value."""

KEYED_FIELDS: Mapping[str, Callable[[Call], Mapping[str, Any]]] = {
    "metadata": lambda call: call.metadata or {},
    "dynamic_variables": lambda call: call.request.retell_llm_dynamic_variables or {},
    "custom_analysis_data": lambda call: _analysed(call, "custom_analysis_data") or {},
    "custom_attributes": lambda call: call.custom_attributes,
}
"""Where each list of keyed filters finds its values."""


def matches(call: Call, *, criteria: Criteria) -> bool:
    """Whether the call passes every filter."""
    if criteria.tool_calls:
        return False
    for name, read in FIELDS.items():
        wanted = getattr(criteria, name)
        if wanted is not None and not wanted.accepts(read(call)):
            return False
    for name, read_all in KEYED_FIELDS.items():
        keyed = getattr(criteria, name)
        if keyed:
            values = read_all(call)
            if not all(each.accepts(values.get(each.key)) for each in keyed):
                return False
    return not criteria.agent or any(_is_agent(call, wanted=each) for each in criteria.agent)


def _is_agent(call: Call, *, wanted: AgentFilter) -> bool:
    version = call.request.override_agent_version or 0
    return call.agent_id == wanted.agent_id and (
        wanted.version is None or version in wanted.version
    )
