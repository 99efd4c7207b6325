"""The bodies of results: what another system is told, in words that stay.

A body holds what is known when it is first sent, a moment after the change; it is kept, so that
each try sends the same. No transcript is in it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from dialer.domain.result_events import ResultEvent
from dialer.store import attempts, campaigns, gate, leads, suppressions
from dialer.store.database import Connection
from dialer.store.tables import Attempt, Lead, ResultMessage

_LEAD = ("id", "phone", "name", "external_ref", "variables", "attempts")
_ATTEMPT = (
    "id",
    "n",
    "call_id",
    "from_number",
    "disposition",
    "reason",
    "started_at",
    "ended_at",
    "duration_ms",
    "cost_cents",
    "recording_url",
    "summary",
    "sentiment",
    "in_voicemail",
    "call_successful",
    "custom_analysis",
)


def body_of(tx: Connection, row: ResultMessage) -> str:
    """Write the body of a message."""
    told = {**_about(tx, row), **_particulars(tx, row)}
    return written(row.event, sequence=row.id, told_at=row.created_at, told=told)


def written(
    event: ResultEvent, *, sequence: int, told_at: datetime, told: Mapping[str, Any]
) -> str:
    """Write a body as all of them are shaped."""
    document = {
        "type": event.value,
        "timestamp": told_at,
        "data": {"sequence": sequence, **told},
    }
    return orjson.dumps(document, option=orjson.OPT_UTC_Z).decode()


def message_id(tx: Connection, row: ResultMessage) -> str:
    """Give the webhook-id: the same at each try, another one after a database went back in time."""
    moment = int(row.created_at.timestamp() * 1000)
    return f"msg_{gate.install(tx)[:8]}_{row.id}_{moment}"


def _about(tx: Connection, row: ResultMessage) -> dict[str, Any]:
    campaign = campaigns.get(tx, row.campaign_id)
    lead = leads.get(tx, row.lead_id)
    return {
        "campaign": {"id": row.campaign_id, "name": campaign.name if campaign else None},
        "lead": _fields(lead, _LEAD) if lead is not None else {"id": row.lead_id},
        "attempt": _attempt(tx, row),
    }


def _attempt(tx: Connection, row: ResultMessage) -> dict[str, Any] | None:
    """Give the attempt it is about, else the lead's last one by then."""
    if row.attempt_id:
        found = attempts.get(tx, row.attempt_id)
    else:
        made = [
            one for one in attempts.of_lead(tx, row.lead_id) if one.created_at <= row.created_at
        ]
        found = made[-1] if made else None
    return _fields(found, _ATTEMPT) if found is not None else None


def _particulars(tx: Connection, row: ResultMessage) -> dict[str, Any]:
    match row.event:
        case ResultEvent.LEAD_CLOSED:
            return {"closed_as": row.closed_as, "disposition": row.disposition}
        case ResultEvent.CALLBACK_PROMISED:
            return {"callback_at": row.about_at}
        case ResultEvent.DO_NOT_CALL_ADDED:
            return {"do_not_call": _opt_out(tx, row)}
        case _:
            return {}


def _opt_out(tx: Connection, row: ResultMessage) -> dict[str, Any]:
    lead = leads.get(tx, row.lead_id)
    entries = suppressions.entries_of(tx, lead.phone) if lead is not None else []
    here = [one for one in entries if one.campaign_id in (None, row.campaign_id)]
    if not here:  # taken off the list again
        return {"since": row.about_at}
    entry = here[0]
    return {
        "since": entry.created_at,
        "until": entry.expires_at,
        "reason": entry.reason,
        "source": entry.source.value,
        "everywhere": entry.campaign_id is None,
    }


def _fields(row: Lead | Attempt, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


SAMPLE: Mapping[str, Any] = {
    "test": True,
    "campaign": {"id": 0, "name": "A test"},
    "lead": {
        "id": 0,
        "phone": "+12125550100",
        "name": "Ada Example",
        "external_ref": "crm-1",
        "variables": {"first_name": "Ada"},
        "attempts": 1,
    },
    "attempt": None,
    "closed_as": "reached",
    "disposition": "talked",
}
"""What a test tells; nobody has this number."""
