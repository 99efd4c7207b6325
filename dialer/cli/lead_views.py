"""How a lead is shown to people: its fields, then its calls, then what happened, in order."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dialer.cli.call_views import COST_COLUMNS, FIGURE_COLUMNS, figures
from dialer.cli.output import print_fields, print_rows, say
from dialer.domain.counts import how_many

LEAD_COLUMNS = (
    "id",
    "phone",
    "name",
    "state",
    "due_at",
    "tries",
    "disposition",
    "held_reason",
    "zones",
    "region",
)
_CALL_COLUMNS = (
    "n",
    "sent_at",
    "sent_local",
    "from_number",
    "status",
    "disposition",
    "duration",
    "cost",
    "summary",
)
_EVENT_COLUMNS = ("at", "what", "change", "by", "evidence")
_APART = (
    *("attempts", "activity", "imports", "do_not_call", "other_calls"),
    *("gates", "next_call", "why_not_now", "variables"),
    *("functions", "appointments", "inbound_calls"),
)


def show_lead(found: Mapping[str, Any]) -> None:
    """Print one lead: some tables, parted by empty lines."""
    print_fields(_fields(found))
    if found["attempts"]:
        _blank_line()
        print_rows(_CALL_COLUMNS, [_call(one) for one in found["attempts"]])
    for columns, rows in _figures(found["attempts"]):
        if rows:
            _blank_line()
            print_rows(columns, rows)
    _blank_line()
    events: list[dict[str, Any]] = sorted(_events(found), key=lambda event: event["at"])
    print_rows(_EVENT_COLUMNS, events)
    say(f"next: {found['next_call']['why']}")
    hold = found["why_not_now"]
    say("not now: " + (hold["sentence"] if hold else "nothing forbids it; it waits for a line."))


def _figures(
    attempts: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[Sequence[str], list[dict[str, Any]]]]:
    """Give the latencies, the costs and the tokens of all calls, each as one table."""
    yield (
        ("n", *FIGURE_COLUMNS),
        [{"n": one["n"], **row} for one in attempts for row in figures(one)],
    )
    yield (
        ("n", *COST_COLUMNS),
        [{"n": one["n"], **part} for one in attempts for part in one["product_costs"] or ()],
    )
    yield (
        ("n", "tokens"),
        [{"n": one["n"], "tokens": one["llm_tokens"]} for one in attempts if one["llm_tokens"]],
    )


def _blank_line() -> None:
    print_rows((), [])


def _fields(found: Mapping[str, Any]) -> dict[str, Any]:
    hold, listed = found["why_not_now"], found["do_not_call"]
    plain = {name: value for name, value in found.items() if name not in _APART}
    return {
        **plain,
        **{f"variables.{name}": value for name, value in found["variables"].items()},
        "next_call_at": found["next_call"]["at"],
        "next_call_why": found["next_call"]["why"],
        "why_not_now": hold and hold["sentence"],
        "not_before": hold and hold["until"],
        "suppressed": listed["suppressed"],
        "registries": listed["registries"],
    }


def _call(attempt: Mapping[str, Any]) -> dict[str, Any]:
    duration_ms, cents = attempt["duration_ms"], attempt["cost_cents"]
    return {
        **attempt,
        "duration": None if duration_ms is None else f"{duration_ms / 1000:.0f} s",
        "cost": None if cents is None else f"${cents / 100:.2f}",
    }


def _events(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give what happened to a lead and its number, as far as it is dated."""
    for one in found["imports"]:
        if one["at"] is not None:
            where = f"row {one['row']} of {one['file_name']}"
            yield _event(one["at"], f"list {one['list_id']}", one["what"], "import", where)
    for one in found["activity"]:
        yield _event(one["at"], "lead", one["action"], one["actor"], _told(one["after"]))
    for one in found["do_not_call"]["entries"]:
        told = _told({"reason": one["reason"], "until": one["expires_at"], "note": one["note"]})
        where = "everywhere" if one["campaign_id"] is None else f"campaign {one['campaign_id']}"
        yield _event(one["since"], "do not call", where, one["actor"], told)
    for one in found["other_calls"]:
        yield _event(one["started_at"], "call", "begun", "another system", one["call_id"])
    yield from _talks(found)
    for attempt in found["attempts"]:
        for one in attempt["events"]:
            change = f"{one['from'] or ''} → {one['to']}".strip()
            what = f"attempt {attempt['n']}"
            yield _event(one["at"], what, change, one["by"], one["evidence"])


def _talks(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give what agents asked for, and the calls that came from the lead."""
    for one in found["functions"]:
        told = _told(one["arguments"] if isinstance(one["arguments"], dict) else {})
        if one["name"] == "transfer_note":
            yield _event(one["at"], "transfer note", one["result"], "agent", told)
            continue
        said = f"{told}: {one['answer']}" if told else one["answer"]
        yield _event(one["at"], one["name"], one["result"], "agent", said)
    for one in found["appointments"]:
        when = f"{one['starts_at']:%Y-%m-%d %H:%M} UTC, number {one['confirmation']}"
        yield _event(one["booked_at"], "appointment", one["calendar"], "agent", when)
    for one in found["inbound_calls"]:
        yield _event(one["at"], "call to us", one["status"], "lead", one["disposition"])


def _event(at: Any, what: str, change: str, by: str, evidence: str | None) -> dict[str, Any]:
    return {"at": at, "what": what, "change": change, "by": by, "evidence": evidence}


def _told(after: Mapping[str, Any] | None) -> str:
    given = {name: value for name, value in (after or {}).items() if value is not None}
    return ", ".join(f"{name} {value}" for name, value in given.items())


def show_leads(rows: Sequence[Mapping[str, Any]], *, count: int) -> None:
    """Print some leads, and say how many there are."""
    print_rows(LEAD_COLUMNS, rows)
    if count > len(rows):
        say(f"{len(rows):,} of {how_many(count, 'lead')}; --limit shows more, campaigns export all")
    elif not rows:
        say("no such lead")
