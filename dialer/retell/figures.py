"""What a call measured and cost: latencies, the price of each product, tokens, the scrubbed words.

Plain values, as small as what people look at: the single measurements behind a percentile, which
a long call has thousands of, are left out. What has another shape than we know reads as None.

https://docs.retellai.com/api-references/get-call
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from dialer.retell.models import Call

MOST_PRODUCTS = 50  # a call uses a handful


def latency_of(call: Call) -> dict[str, Any] | None:
    """Give the spread of each latency in milliseconds: `{"e2e": {"p50": 800, …}}`."""
    spreads = {name: _numbers_in(spread) for name, spread in (call.latency or {}).items()}
    return {name: spread for name, spread in spreads.items() if spread} or None


def product_costs_of(call: Call) -> list[dict[str, Any]] | None:
    """Give what each product cost, in cents; an empty list for a call that cost nothing."""
    costs = call.call_cost.product_costs if call.call_cost else None
    if costs is None:
        return None
    return [
        {"product": one["product"], **_numbers_in(one), **_transfer_mark(one)}
        for one in costs[:MOST_PRODUCTS]
        if isinstance(one.get("product"), str)
    ]


def tokens_of(call: Call) -> dict[str, Any] | None:
    """Give how many tokens the model used: requests, their average, and all together."""
    usage = call.llm_token_usage or {}
    counted = _numbers_in(usage)
    values = usage.get("values")
    if isinstance(values, list):
        counted["total"] = sum(value for value in values if _is_number(value))
    return counted or None


def scrubbed_transcript_of(call: Call) -> str | None:
    """Write the words without personal data as Retell writes its plain transcript."""
    said = "".join(f"{speaker}: {words}\n" for speaker, words in _scrubbed_turns(call))
    return said or None


def _scrubbed_turns(call: Call) -> Iterator[tuple[str, str]]:
    for turn in call.scrubbed_transcript_with_tool_calls or ():
        if not isinstance(turn, Mapping):
            continue
        role, words = turn.get("role"), turn.get("content")
        if role in ("agent", "user", "transfer_target") and isinstance(words, str) and words:
            yield role.replace("_", " ").capitalize(), words


def _numbers_in(values: object) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        return {}
    return {str(name): value for name, value in values.items() if _is_number(value)}


def _transfer_mark(cost: Mapping[str, Any]) -> dict[str, Any]:
    mark = cost.get("is_transfer_leg_cost")
    return {"is_transfer_leg_cost": mark} if isinstance(mark, bool) else {}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
