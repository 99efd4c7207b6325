"""How calls are shown to people: a list, then one with what it measured, cost and said."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dialer.cli.output import print_fields, print_rows, say
from dialer.domain.counts import how_many

LIST_COLUMNS = (
    "call_id",
    "started_at",
    "call_status",
    "disconnection_reason",
    "to_number",
    "from_number",
    "agent_id",
    "duration",
    "cost",
    "campaign",
    "lead",
)
FIGURE_COLUMNS = ("kind", "p50", "p90", "p95", "p99", "min", "max", "num")
COST_COLUMNS = ("product", "cost", "unit_price", "is_transfer_leg_cost")
_APART = ("latency", "product_costs", "llm_tokens", "transcript", "scrubbed_transcript", "events")


def listed(call: Mapping[str, Any]) -> dict[str, Any]:
    """Give one line of a list of calls."""
    metadata = call["metadata"] or {}
    return {
        **call,
        **shown_amounts(call),
        "campaign": metadata.get("campaign_id"),
        "lead": metadata.get("lead_id"),
    }


def shown_amounts(call: Mapping[str, Any]) -> dict[str, Any]:
    """Give duration and cost as people read them."""
    duration_ms, cents = call["duration_ms"], call["cost_cents"]
    return {
        "duration": None if duration_ms is None else f"{duration_ms / 1000:.0f} s",
        "cost": None if cents is None else f"${cents / 100:.4f}",
    }


def figures(call: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the latencies of a call, a line for each kind; milliseconds."""
    return [{"kind": kind, **spread} for kind, spread in (call["latency"] or {}).items()]


def show_found(found: Mapping[str, Any]) -> None:
    """Print one call: what Retell says of it, else what is kept here."""
    attempt, call = found["attempt"], found["call"]
    ours = {
        f"our.{name}": attempt[name]
        for name in ("lead_id", "campaign_id", "n", "status", "disposition", "call_deleted_at")
        if attempt is not None and attempt[name] is not None
    }
    show_call(call or attempt, more=ours)
    if call is None:
        say(f"Retell does not show it: {found['unknown']}; this is what is kept here")
    elif attempt is None:
        say("the call is not one of ours")


def show_call(call: Mapping[str, Any], *, more: Mapping[str, Any] | None = None) -> None:
    """Print one call: fields, latencies, costs, then its words."""
    print_fields({**dict(_fields(call)), **(more or {})})
    if rows := figures(call):
        _blank_line()
        print_rows(FIGURE_COLUMNS, rows)
    if call["product_costs"]:
        _blank_line()
        print_rows(COST_COLUMNS, call["product_costs"])
    for words in (call["transcript"], call["scrubbed_transcript"]):
        if words:
            _blank_line()
            print_rows(("words",), [{"words": line} for line in words.splitlines()])
    if call["has_recording"]:
        say(f"listen: dialer calls recording {call['call_id']} --to FILE")


def show_listed(calls: Sequence[Mapping[str, Any]], *, has_more: bool | None) -> None:
    """Print a list of calls, and whether there are more."""
    print_rows(LIST_COLUMNS, [listed(one) for one in calls])
    if not calls:
        say("no such call")
    elif has_more:
        say(f"the first {how_many(len(calls), 'call')}; there are more: --limit")
    elif has_more is None:
        say("Retell did not say whether there are more")


def _fields(call: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in call.items():
        if name in _APART or value is None:
            continue
        if isinstance(value, Mapping):
            yield from ((f"{name}.{key}", one) for key, one in value.items())
        else:
            yield name, value
    for name, count in (call["llm_tokens"] or {}).items():
        yield f"llm_tokens.{name}", count


def _blank_line() -> None:
    print_rows((), [])
