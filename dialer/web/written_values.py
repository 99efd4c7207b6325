"""Values of settings, of the activity log and of an analysis, written as people read them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

NUMBERED = ("id", "lead", "instead_of", "campaign", "list", "row", "schedule", "version")
"""Last parts of names under which a number says which one, not how many."""

LINKED = {
    **dict.fromkeys(("campaign", "campaign_id", "copy_of", "redial_of"), "campaign"),
    **dict.fromkeys(("list", "list_id"), "list"),
    **dict.fromkeys(("schedule", "schedule_id"), "schedule"),
    **dict.fromkeys(("lead", "new_lead", "test_lead", "instead_of"), "lead"),
}
"""Names under which a value says which campaign, list, schedule or lead is meant."""


def value_words(value: object, *, whole: str = ",") -> str:
    """Write a value: yes or no, and parts with commas.

    `whole` formats whole numbers, whose thousands stand apart; "" leaves them as they are, where
    nobody knows whether they count something.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:{whole}}"
    if isinstance(value, Mapping):
        return ", ".join(
            f"{_name(key)}: {value_words(one, whole=whole)}" for key, one in value.items()
        )
    if isinstance(value, list | tuple):
        apart = "; " if any(isinstance(one, Mapping) for one in value) else ", "
        return apart.join(value_words(one, whole=whole) for one in value) or "none"
    return "none" if value is None else _text(str(value))


def told(after: Mapping[str, Any] | None) -> str:
    """Write what an entry of the activity log holds."""
    given = {name: value for name, value in (after or {}).items() if value is not None}
    return ", ".join(f"{_name(name)}: {_of(name, value)}" for name, value in given.items())


def change_words(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """Write what became of each thing that changed."""
    was, now = before or {}, after or {}
    names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    both = [_from_to(name, was[name], now[name]) for name in names if name in was and name in now]
    gone = {name: was[name] for name in names if name not in now}
    new = {name: now[name] for name in names if name not in was}
    parts = [*both, told(new), f"before: {told(gone)}" if told(gone) else ""]
    return "; ".join(part for part in parts if part)


def links_in(*values: Mapping[str, Any] | None) -> list[tuple[str, int]]:
    """Give the kinds and ids of what the values name by number: a campaign, a list, a schedule."""
    found = []
    for name, value in (one for some in values for one in (some or {}).items()):
        kind = LINKED.get(name)
        if kind is not None and isinstance(value, int) and not isinstance(value, bool):
            found.append((kind, value))
    return list(dict.fromkeys(found))


def _from_to(name: str, was: object, now: object) -> str:
    said = f"{_of(name, was)} → {_of(name, now)}"
    return said if name == "status" else f"{_name(name)}: {said}"


def _of(name: str, value: object) -> str:
    numbered = name.endswith(NUMBERED) and isinstance(value, int) and not isinstance(value, bool)
    return str(value) if numbered else value_words(value)


def _name(name: object) -> str:
    return str(name).replace("_", " ")


def _text(text: str) -> str:
    """Write a moment as people read it, and anything else as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    if len(text) < len("2026-01-01T00:00"):
        return text
    return f"{at:%Y-%m-%d %H:%M}" + (" UTC" if at.utcoffset() == UTC.utcoffset(None) else "")
