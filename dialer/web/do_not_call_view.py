"""The do-not-call list as its page shows it: entries in people's words, and the files of late."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dialer.actions import do_not_call
from dialer.domain.do_not_call import OptOutSource
from dialer.domain.errands import ErrandKind
from dialer.store import campaigns, errands, known_calls, registries, suppressions
from dialer.store.database import Connection
from dialer.store.tables import Errand, Suppression

PAGE = 50
FILES_SHOWN = 5
_FILES = (ErrandKind.OPT_OUTS, ErrandKind.REGISTRY)
_ASKED = "Asked not to be called"
_WHY: Mapping[str, str] = {
    "user_requested_dnc": _ASKED,
    "opted_out": _ASKED,
    "retell_do_not_call": "Retell refuses to call it",
}
_FOUND = "analysis: "
_FROM: Mapping[OptOutSource, str] = {
    OptOutSource.HAND: "written down by {}",
    OptOutSource.FILE: "a file, brought by {}",
    OptOutSource.CALL: "said in a call",
    OptOutSource.ANALYSIS: "heard in a call by its analysis",
    OptOutSource.FUNCTION: "told to the agent in a call",
    OptOutSource.RETELL: "Retell’s own list",
}


def read(tx: Connection, *, asked: str | None, before: int | None, now: datetime) -> dict[str, Any]:
    """Read what is known of a number, or the newest entries; and the files of late."""
    known = None
    if asked is not None:
        known = do_not_call.look_up(tx, asked, campaign_id=None, now=now)
        rows, more = known.entries, None
    else:
        rows = suppressions.page_before(tx, before=before, most=PAGE + 1)
        more = rows[PAGE - 1].id if len(rows) > PAGE else None
        rows = rows[:PAGE]
    entries = _entries(tx, rows, now=now)
    return {
        "entries": entries,
        "next_before": more,
        "suppressed": known is not None and known.suppressed,
        "only_in": [one for one in entries if one["campaign_id"] and not one["over"]],
        "listed": [one.name for one in known.registries] if known is not None else [],
        "registries": registries.every(tx),
        "files": [_file(one) for one in errands.latest_of(tx, _FILES, most=FILES_SHOWN)],
    }


def why(reason: str) -> str:
    """Say why a number is not called; what a person wrote stays as it is."""
    if reason.startswith(_FOUND):
        return f"{_ASKED} ({reason.removeprefix(_FOUND).replace('_', ' ')})"
    return _WHY.get(reason, reason)


def _entries(tx: Connection, rows: Sequence[Suppression], *, now: datetime) -> list[dict[str, Any]]:
    names = campaigns.names(tx, {row.campaign_id or 0 for row in rows})
    of_calls = known_calls.leads_of(tx, [row.call_id for row in rows if row.call_id])
    return [
        {
            "id": row.id,
            "phone": row.phone,
            "campaign_id": row.campaign_id,
            "campaign": names.get(row.campaign_id or 0),
            "reason": why(row.reason),
            "source": _FROM[row.source].format(row.actor[:40]),
            "lead_id": of_calls.get(row.call_id or ""),
            "note": row.note,
            "since": row.created_at,
            "expires_at": row.expires_at,
            "over": row.expires_at is not None and row.expires_at <= now,
        }
        for row in rows
    ]


def _file(row: Errand) -> dict[str, Any]:
    found = row.found or {}
    return {
        "name": row.asked["name"],
        "status": row.status.value,
        "sentence": row.sentence,
        "fraction": row.fraction,
        "rejected": found.get("rejected", 0),
        "wrong": found.get("first_rejects", []),
    }
