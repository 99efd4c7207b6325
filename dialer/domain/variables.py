"""The lead's own values, as the agent sees them: `{{name}}` in its prompt.

Retell fills some names itself. A column of such a name would replace what the agent knows about
the call it is in: a campaign may not set those names, and a column of such a name becomes
`lead_…`. `first_name`, `last_name` and `do_not_call` are not among them: they are fields of
Retell's contacts, and a lead's own value is what is wanted there.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from enum import Enum

SYSTEM_VARIABLES = frozenset(
    {
        "agent_number",
        "call_id",
        "call_type",
        "chat_id",
        "current_agent_state",
        "current_node",
        "direction",
        "previous_agent_state",
        "previous_node",
        "session_duration",
        "session_duration_ms",
        "session_type",
        "user_number",
    }
)
"""Filled by Retell in every call (docs.retellai.com/build/dynamic-variables)."""

SYSTEM_PREFIXES = ("current_", "session_")
"""Whole families: current_time_America/New_York, current_hour, current_calendar_…"""


def check_variable_names(names: Iterable[str]) -> list[str]:
    """Give the names that would shadow one of Retell's, as they were written.

    Spaces around a name and its case make no difference.
    """
    return [name for name in names if _shadows(name.strip().casefold())]


def safe_variable_name(name: str) -> str:
    """Give a name that shadows none of Retell's: the same, or `lead_` and the name."""
    return f"lead_{name.strip()}" if check_variable_names([name]) else name


def as_variables(row: Mapping[str, object]) -> dict[str, str]:
    """Turn values into what Retell accepts: strings only.

    Nothing becomes the empty string, which the agent leaves out; a missing key would be read
    aloud as `{{name}}`.
    """
    return {name.strip(): _as_text(value) for name, value in row.items()}


def _shadows(name: str) -> bool:
    return name in SYSTEM_VARIABLES or name.startswith(SYSTEM_PREFIXES)


def _as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case Enum():
            return _as_text(value.value)
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() | date() | time():
            return value.isoformat()
        case dict() | list() | tuple():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)
