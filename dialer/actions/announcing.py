"""Announcing: Retell says that somebody calls us, and is told what the agent should know.

https://docs.retellai.com/features/inbound-call-webhook
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from dialer.actions.inbound import make_way
from dialer.actions.talks import who_calls
from dialer.actions.world import World
from dialer.domain.e164 import is_e164
from dialer.domain.inbound import RING_PATIENCE, InboundStatus
from dialer.log import get_logger
from dialer.store import attempts, campaigns, gate, inbound_calls
from dialer.store.database import Connection
from dialer.store.tables import InboundCall, Lead

log = get_logger(__name__)

EVENT = "call_inbound"


def announce(world: World, body: bytes, *, now: datetime) -> dict[str, Any] | None:
    """Take note of a call that comes in, and say what its agent should know.

    Returns None for anything else. May be told twice of one call.
    """
    told = _announced(body)
    if told is None:
        return None
    caller = told.get("from_number")
    if not isinstance(caller, str) or not is_e164(caller):
        return {}  # withheld: nobody could be recognised
    return world.db.transact(lambda tx: _welcome(tx, world, told, caller, now=now))


def _announced(body: bytes) -> Mapping[str, Any] | None:
    try:
        content = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError):
        return None
    if not isinstance(content, dict) or content.get("event") != EVENT:
        return None
    told = content.get(EVENT)
    stamp = content.get("event_timestamp")
    return {**told, "event_timestamp": stamp} if isinstance(told, dict) else {}


def _welcome(
    tx: Connection, world: World, told: Mapping[str, Any], caller: str, *, now: datetime
) -> dict[str, Any]:
    ours = told.get("to_number")
    to_number = ours if isinstance(ours, str) and is_e164(ours) else None
    given = told.get("call_id")
    call_id = given if isinstance(given, str) and given.isprintable() and given else None
    lead = who_calls(tx, caller, to_number=to_number)
    row = inbound_calls.add(
        tx,
        key=call_id or _key(caller, to_number, told.get("event_timestamp")),
        call_id=call_id,
        from_number=caller,
        to_number=to_number,
        lead_id=lead.id if lead is not None else None,
        status=InboundStatus.ANNOUNCED,
        received_at=now,
    )
    if row.status is InboundStatus.ANNOUNCED:
        make_way(tx, caller, until=now + RING_PATIENCE, now=now)
    log.info("called_by_lead" if lead is not None else "called_by_stranger", inbound=row.id)
    return _introduction(tx, world, row, lead)


def _key(caller: str, to_number: str | None, stamp: object) -> str:
    return hashlib.sha256(f"{caller}|{to_number}|{stamp}".encode()).hexdigest()[:32]


def _introduction(
    tx: Connection, world: World, row: InboundCall, lead: Lead | None
) -> dict[str, Any]:
    """Say what the agent should know; all values are texts."""
    metadata = {"inbound": str(row.id), "inbound_install": gate.install(tx)}
    answer: dict[str, Any] = {"metadata": metadata}
    if lead is not None:
        campaign = campaigns.get(tx, lead.campaign_id)
        assert campaign is not None
        metadata |= {"lead_id": str(lead.id), "campaign_id": str(lead.campaign_id)}
        past = attempts.of_lead(tx, lead.id)
        context = {
            "campaign_name": campaign.name,
            "last_call_summary": (past[-1].summary if past else None) or "",
        }
        spec = campaigns.spec_of(campaign)
        answer["dynamic_variables"] = {**context, **spec.variables, **lead.variables}
    if world.webhook_url is not None:
        answer["agent_override"] = {"agent": {"webhook_url": world.webhook_url}}
    return answer
