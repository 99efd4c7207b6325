"""A lead as its page shows it: what `explain` tells, in the order in which people read it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dialer.domain.dispositions import MEANING
from dialer.domain.hold import HoldCode
from dialer.domain.states import LeadState
from dialer.domain.zones import ZoneSource
from dialer.web import do_not_call_view
from dialer.web.written_values import told, value_words

ZONE_FROM = {
    ZoneSource.GIVEN: "named by its list",
    ZoneSource.PLACE: "from the state or postal code of its list",
    ZoneSource.NUMBER: "from its number",
    ZoneSource.LIST_DEFAULT: "the default of its list, as nothing better is known",
    ZoneSource.NONE: "nobody knows it, so nobody calls",
}
IN_WORDS = {
    LeadState.PENDING: "It waits for its first call.",
    LeadState.IN_FLIGHT: "It is being called right now.",
    LeadState.RETRY_LATER: "It was called, and waits for its next call.",
    LeadState.COMPLETED: "It was reached.",
    LeadState.CLOSED: "It is closed, and not called any more.",
    LeadState.HELD: "It waits for a person to decide.",
}

LINKS = frozenset(
    {
        *("recording_url", "recording_multi_channel_url", "public_log_url"),
        *("scrubbed_recording_url", "scrubbed_recording_multi_channel_url"),
        "knowledge_base_retrieved_contents_url",
    }
)
"""Whoever has one of these may read what is behind it, whoever that is."""
KEPT_BACK = "(a link, kept back)"

Letters = Mapping[str, Sequence[Mapping[str, Any]]]


def seen(found: Mapping[str, Any], letters: Letters, *, now: datetime) -> dict[str, Any]:
    """Give everything on the page, as plain values that can still be masked."""
    zones = found["zones"]
    return {
        **found,
        "consent": told(found["consent"]),
        "variables": _once(found["variables"]),
        "zone": zones[0] if zones else None,
        "zone_from": ZONE_FROM[ZoneSource(found["zone_source"])],
        "state_sentence": IN_WORDS[LeadState(found["state"])],
        "is_open": found["closed_as"] is None,
        "waits_for_a_person": (found["why_not_now"] or {}).get("code") == HoldCode.FIRST_LEAD_ONLY,
        "is_overdue": found["due_at"] is not None and found["due_at"] <= now,
        "timeline": sorted(_timeline(found, letters), key=lambda one: one["at"], reverse=True),
    }


def _once(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Give each variable once: a list's column stands under our own name for it, too."""
    shown = {
        (re.sub(r"[\W_]", "", name).lower(), str(value)): name for name, value in variables.items()
    }
    return {name: variables[name] for name in shown.values()}


def _timeline(found: Mapping[str, Any], letters: Letters) -> Iterator[dict[str, Any]]:
    for call in found["attempts"]:
        yield _call(call, letters.get(call["call_id"] or "", ()))
    for one in found["imports"]:
        if one["at"] is not None:
            what = "Imported" if one["what"] == "brought" else "Changed by an import"
            yield _note(one["at"], what, f"row {one['row']} of {one['file_name']}")
    for one in found["activity"]:
        yield _note(one["at"], one["action"], told(one["after"]), by=one["actor"])
    for one in found["do_not_call"]["entries"]:
        where = "everywhere" if one["campaign_id"] is None else "in one campaign"
        why = told(
            {
                "reason": do_not_call_view.why(one["reason"]),
                "until": one["expires_at"],
                "note": one["note"],
            }
        )
        yield _note(one["since"], "do not call", f"{where}; {why}", by=one["actor"])
    yield from _talks(found)
    for one in found["other_calls"]:
        text = f"call {one['call_id']}; it counts for how often a person may be called"
        yield _note(one["started_at"], "called by another system", text)


def _talks(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give what agents asked for, what was booked, and the calls that came from the lead."""
    for one in found["functions"]:
        given = one["arguments"] if isinstance(one["arguments"], dict) else {}
        if one["name"] == "transfer_note":
            yield _note(one["at"], "transfer note", told(given), by="agent")
            continue
        asked = told(given)
        answer = one["answer"] or one["result"]
        text = f"{asked} → {answer}" if asked else answer
        what = f"{one['name']} (a test)" if one["is_test"] else one["name"]
        yield _note(one["at"], what, text, by="agent")
    for one in found["appointments"]:
        text = f"{one['calendar']}: {value_words(one['starts_at'])}, number {one['confirmation']}"
        yield _note(one["booked_at"], "appointment", text, by="agent")
    for one in found["inbound_calls"]:
        how = MEANING[one["disposition"]].sentence if one["disposition"] else "It is not over."
        yield _note(one["at"], "called us", one["summary"] or how)


def _call(call: Mapping[str, Any], letters: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    disposition = call["disposition"]
    first = call["events"][0]["at"] if call["events"] else None
    return {
        **call,
        "kind": "call",
        "at": call["sent_at"] or first,
        "sentence": MEANING[disposition].sentence if disposition is not None else None,
        "turns": list(_turns(call["transcript"] or "")),
        "scrubbed_turns": list(_turns(call["scrubbed_transcript"] or "")),
        "letters": [{**one, "raw": _read(one["raw"])} for one in letters],
    }


def _turns(transcript: str) -> Iterator[dict[str, str]]:
    """Part a transcript into who says what; a line without a speaker goes on with the last."""
    for line in transcript.splitlines():
        speaker, colon, text = line.partition(":")
        if colon and speaker.strip().lower() in ("agent", "user"):
            yield {"speaker": speaker.strip(), "text": text.strip()}
        elif line.strip():
            yield {"speaker": "", "text": line.strip()}


def _read(raw: str) -> Any:
    """Read a webhook, so that masking sees its names; what is no JSON stays text."""
    try:
        return _without_links(json.loads(raw))
    except ValueError:
        return raw


def _without_links(value: Any) -> Any:
    """Take out the links that carry their own right to read."""
    if isinstance(value, dict):
        return {
            name: KEPT_BACK if name in LINKS and one else _without_links(one)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_without_links(one) for one in value]
    return value


def _note(at: datetime, what: str, text: str, *, by: str | None = None) -> dict[str, Any]:
    return {"kind": "note", "at": at, "what": what, "text": text, "by": by}
