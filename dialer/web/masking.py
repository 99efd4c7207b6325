"""Masking: what viewers see of telephone numbers, wherever they stand.

Fails closed: what might be a number is masked. Dates and moments are not, nor values under names
that we give ourselves.
"""

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from dialer.log import mask_phone
from dialer.web.access import may_operate

FEWEST_DIGITS = 7

_NUMBER_OR_DATE = re.compile(
    r"(?P<date>(?<!\d)\d{4}-\d\d-\d\d(?!\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?)"
    r"|(?P<number>\+?[(]?\d(?:[\s().\-/\u00a0]{0,3}\d){6,})"
)
_OURS = frozenset(
    {
        *("id", "campaign_id", "list_id", "lead_id", "call_id", "event_id", "agent_id"),
        *("test_of", "test_lead"),
        *("n", "row", "tries", "attempts_counted", "duration_ms", "cost_cents", "from_number"),
        *("latency", "llm_tokens", "product_costs"),
    }
)
"""Names of what is no person's number; only beneath them are long digits kept."""
_THEIRS = frozenset(
    {
        *("variables", "overrides", "consent", "custom_analysis", "custom_analysis_data"),
        *("retell_llm_dynamic_variables", "collected_dynamic_variables", "metadata"),
    }
)
"""Beneath these the names are a list's or an agent's, and prove nothing."""
_MOMENTS = ("timestamp", "_ms", "_at")


def as_seen_by(request: Request, value: Any) -> Any:
    """Give a value as whoever asks may see it: operators as it is, viewers `masked`."""
    return value if may_operate(request) else masked(value)


def texts_as_seen_by(request: Request, value: Any) -> Any:
    """Do the same for what holds figures of ours: viewers see it with `masked_texts`."""
    return value if may_operate(request) else masked_texts(value)


def masked(value: Any, *, name: str = "", ours: bool = True) -> Any:
    """Give a value, and all within it, with numbers masked; `ours` says who gave the names."""
    if ours and name in _OURS:
        return value
    ours = ours and name not in _THEIRS
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, Mapping):
        return {masked(key): masked(one, name=str(key), ours=ours) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked(one, name=name, ours=ours) for one in value]
    if isinstance(value, int | float) and not (ours and name.endswith(_MOMENTS)):
        long = abs(value) >= 10 ** (FEWEST_DIGITS - 1)
        return masked_text(f"{value:.0f}") if long else value
    return value


def masked_text(text: str) -> str:
    """Give a text with every number in it masked, however it is written."""
    return _NUMBER_OR_DATE.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    if found["date"]:
        return found["date"]
    plus = "+" if found["number"].startswith("+") else ""
    return mask_phone(plus + re.sub(r"\D", "", found["number"]))


def masked_texts(value: Any) -> Any:
    """Give a value, and all within it, with numbers in texts masked; figures are counts of ours."""
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, Mapping):
        return {key: masked_texts(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked_texts(one) for one in value]
    return value
