"""Lead history: what happened to one lead, as plain values. Reads only."""

from datetime import datetime
from typing import Any

from dialer.actions.do_not_call import look_up
from dialer.domain.next_call import REPLACED
from dialer.domain.trials import marked_as
from dialer.store import (
    appointments,
    attempts,
    function_calls,
    inbound_calls,
    lists,
    other_calls,
    webhooks,
)
from dialer.store.database import Connection, Database
from dialer.store.tables import Attempt, Lead, LeadList

MOST_OTHER_CALLS = 50
MOST_LETTERS = 50
MOST_FUNCTIONS = 200


def letters(db: Database, call_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Give the webhooks of some calls as they came, by call, the first first."""

    def body(tx: Connection) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for row in webhooks.of_calls(tx, call_ids, most=MOST_LETTERS):
            told = {"event_id": row.event_id, "at": row.received_at, "status": row.status}
            found.setdefault(row.call_id or "", []).append({**told, "raw": row.raw})
        return found

    return db.read(body) if call_ids else {}


def call_told(tx: Connection, row: Attempt) -> dict[str, Any]:
    """Tell one attempt, with each change of it."""
    events = [
        {
            "at": one.at,
            "from": one.from_status,
            "to": one.to_status.value,
            "by": one.by,
            "evidence": one.evidence,
        }
        for one in attempts.history(tx, row.id)
    ]
    return {**attempt_told(row), "events": events}


def attempt_told(row: Attempt) -> dict[str, Any]:
    """Tell one attempt as it is now."""
    return {
        "id": row.id,
        "n": row.n,
        "status": row.status.value,
        "call_id": row.call_id,
        "trial": marked_as((row.request or {}).get("metadata")),
        "from_number": row.from_number,
        "sent_at": row.sent_at or row.send_started_at,
        "sent_local": row.sent_local,
        "promised_at": row.promised_at,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "disposition": row.disposition,
        "reason": row.reason,
        "rang": row.rang,
        "duration_ms": row.duration_ms,
        "cost_cents": row.cost_cents,
        "product_costs": row.product_costs,
        "latency": row.latency,
        "llm_tokens": row.llm_tokens,
        "summary": row.summary,
        "sentiment": row.sentiment,
        "retry_at": row.retry_at,
        "late": row.late,
        "agent_id": row.agent_id,
        "agent_version": row.agent_version,
        "in_voicemail": row.in_voicemail,
        "call_successful": row.call_successful,
        "custom_analysis": row.custom_analysis,
        "transcript": row.transcript,
        "scrubbed_transcript": row.scrubbed_transcript,
        "has_recording": row.recording_url is not None,
        "call_deleted_at": row.call_deleted_at,
        "said_deleted_at": row.said_deleted_at,
    }


def other_calls_told(tx: Connection, lead: Lead) -> list[dict[str, Any]]:
    """Tell the calls of other systems to this number, the latest first."""
    found = other_calls.to_phone(tx, lead.phone, most=MOST_OTHER_CALLS)
    return [{"call_id": one.call_id, "started_at": one.started_at} for one in found]


def functions_told(tx: Connection, lead: Lead) -> list[dict[str, Any]]:
    """Tell what agents asked for in the calls of this lead, the latest first."""
    return [
        {
            "at": one.asked_at,
            "name": one.name,
            "call_id": one.call_id,
            "is_test": one.is_test,
            "arguments": one.arguments,
            "result": one.result.value,
            "answer": (one.answer or {}).get("answer"),
            "reference": one.reference,
            "took_ms": one.took_ms,
        }
        for one in function_calls.of_lead(tx, lead.id, most=MOST_FUNCTIONS)
    ]


def appointments_told(tx: Connection, lead: Lead) -> list[dict[str, Any]]:
    """Tell what this lead has booked."""
    return [
        {
            "starts_at": one.starts_at,
            "calendar": one.calendar,
            "confirmation": one.number,
            "name": one.name,
            "note": one.note,
            "booked_at": one.booked_at,
        }
        for one in appointments.of_lead(tx, lead.id)
    ]


def inbound_told(tx: Connection, lead: Lead) -> list[dict[str, Any]]:
    """Tell the calls of this lead to us, the latest first."""
    return [
        {
            "at": one.received_at,
            "call_id": one.call_id,
            "status": one.status.value,
            "disposition": one.disposition,
            "duration_ms": one.duration_ms,
            "summary": one.summary,
            "transcript": one.transcript,
        }
        for one in inbound_calls.of_lead(tx, lead.id, most=MOST_OTHER_CALLS)
    ]


def opt_outs_told(tx: Connection, lead: Lead, *, now: datetime) -> dict[str, Any]:
    """Tell what the do-not-call lists say of this number."""
    known = look_up(tx, lead.phone, campaign_id=lead.campaign_id, now=now)
    return {
        "suppressed": known.suppressed,
        "registries": [one.name for one in known.registries],
        "entries": [
            {
                "campaign_id": one.campaign_id,
                "reason": one.reason,
                "source": one.source.value,
                "actor": one.actor,
                "note": one.note,
                "call_id": one.call_id,
                "since": one.created_at,
                "expires_at": one.expires_at,
            }
            for one in known.entries
        ],
    }


def imports_told(tx: Connection, lead: Lead) -> list[dict[str, Any]]:
    """Give the lists that brought a lead and that changed it, with its rows in them."""
    found = []
    for what, list_id, row in (
        ("brought", lead.list_id, lead.row),
        ("changed", lead.updated_list_id, lead.updated_row),
    ):
        # The place of a replaced lead in its list is that of the one with the right number.
        if list_id is not None and (what, lead.held_reason) != ("brought", REPLACED):
            of = lists.get(tx, list_id)
            found.append({"what": what, "list_id": list_id, "row": row, **_file(of)})
    return found


def _file(row: LeadList | None) -> dict[str, Any]:
    if row is None:
        return {"file_name": None, "at": None}
    return {"file_name": row.file_name, "at": row.created_at}
