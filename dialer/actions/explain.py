"""Explain: all that is known of a lead, and why it is called or not. Reads only.

What it gives are plain values, for the command line, the API and the lead's page alike.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dialer.actions.budgets import why_no_budget
from dialer.actions.callers import why_no_number
from dialer.actions.control import find, read_lead
from dialer.actions.facts import known_facts, whereabouts_of, zones_of
from dialer.actions.lead_history import (
    appointments_told,
    call_told,
    functions_told,
    imports_told,
    inbound_told,
    opt_outs_told,
    other_calls_told,
)
from dialer.actions.lead_source import source_told
from dialer.domain.gates import DialFacts, every_gate
from dialer.domain.hold import Hold
from dialer.domain.lines import GateState
from dialer.domain.local_time import local_times
from dialer.domain.next_call import LastTry, Waiting, why_not_now, why_then
from dialer.domain.states import LeadState, LeadStatus, state_of
from dialer.domain.trials import FIRST_LEAD_ONLY
from dialer.errors import NotFound
from dialer.store import attempts, campaigns, consents, first_lead, gate, lead_pages, ledger
from dialer.store.consents import Counted
from dialer.store.database import Connection, Database
from dialer.store.tables import Attempt, AuditLog, Campaign, Lead

BY_HAND = ("retry", "callback")
"""Actions of people that set when a lead is due."""


def explain(db: Database, lead_id: int, *, now: datetime) -> dict[str, Any]:
    """Tell everything about one lead, as of `now`.

    Raises:
        NotFound: there is no such lead.
    """

    def body(tx: Connection) -> dict[str, Any]:
        return _explained(tx, read_lead(tx, lead_id), now=now)

    return db.read(body)


def explain_number(db: Database, phone: str, *, now: datetime) -> list[dict[str, Any]]:
    """Tell everything about the leads with a number, in whatever campaigns.

    Raises:
        NotFound: no campaign has the number.
    """

    def body(tx: Connection) -> list[dict[str, Any]]:
        return [_explained(tx, lead, now=now) for lead in lead_pages.with_phone(tx, phone)]

    found = db.read(body)
    if not found:
        raise NotFound(
            f"no campaign has {phone}", fix=f"dialer dnc check {phone} tells what else is known"
        )
    return found


def first_leads(
    db: Database, campaign_id: int, *, state: LeadState | None, most: int
) -> tuple[list[dict[str, Any]], int]:
    """Give the leads of a campaign that are called next, and how many there are in all.

    Raises:
        NotFound: there is no such campaign.
    """

    def body(tx: Connection) -> tuple[list[dict[str, Any]], int]:
        find(tx, campaign_id)
        rows = lead_pages.first(tx, campaign_id, state=state, most=most)
        return [fields_of(lead) for lead in rows], lead_pages.count(tx, campaign_id, state=state)

    return db.read(body)


def consents_of(db: Database, campaign_id: int, *, now: datetime) -> Counted | None:
    """Count the waiting leads of a campaign that have consent; None where it needs none."""
    row = db.read(lambda tx: find(tx, campaign_id))
    if not campaigns.spec_of(row).require_consent:
        return None
    return db.read(lambda tx: consents.count(tx, campaign_id, now=now))


def _explained(tx: Connection, lead: Lead, *, now: datetime) -> dict[str, Any]:
    campaign = find(tx, lead.campaign_id)
    spec = campaigns.spec_of(campaign)
    tries = attempts.of_lead(tx, lead.id)
    activity = ledger.of_subject(tx, f"lead:{lead.id}")
    waiting = _waiting(lead, tries, activity)
    state = gate.find(tx)
    facts = known_facts(tx, lead, status=campaign.status, spec=spec, state=state, now=now)
    hold = why_not_now(waiting, facts, spec, now=now) or _why_not_from_here(
        tx, campaign, state, now=now
    )
    why = why_then(waiting, spec, campaign_status=campaign.status, now=now)
    return {
        **fields_of(lead),
        "campaign": campaign.name,
        "campaign_status": campaign.status.value,
        "test_of": campaign.test_of,
        "taken_from": None if lead.list_id is not None else source_told(tx, campaign),
        "regions": sorted(waiting.where.regions),
        "local_times": local_times(waiting.where.zones, now=now),
        "consent": lead.consent,
        "consent_required": spec.require_consent,
        "alt_phones": lead.alt_phones or [],
        "variables": lead.variables,
        "overrides": lead.overrides,
        "created_at": lead.created_at,
        "closed_at": lead.closed_at,
        "next_call": {"at": lead.due_at if lead.status is LeadStatus.READY else None, "why": why},
        "why_not_now": _hold(hold),
        "gates": [
            {"name": name, "hold": _hold(found)}
            for name, found in _gates(tx, campaign, facts, state, now=now)
        ],
        "attempts": [call_told(tx, one) for one in tries],
        "other_calls": other_calls_told(tx, lead),
        "functions": functions_told(tx, lead),
        "appointments": appointments_told(tx, lead),
        "inbound_calls": inbound_told(tx, lead),
        "do_not_call": opt_outs_told(tx, lead, now=now),
        "imports": imports_told(tx, lead),
        "activity": [
            {"at": one.at, "actor": one.actor, "action": one.action, "after": one.after}
            for one in activity
        ],
    }


def fields_of(lead: Lead) -> dict[str, Any]:
    """Give what a list of leads shows of each."""
    return {
        "id": lead.id,
        "campaign_id": lead.campaign_id,
        "phone": lead.phone,
        "name": lead.name,
        "external_ref": lead.external_ref,
        "state": state_of(lead.status, tries=lead.tries, closed_as=lead.closed_as).value,
        "closed_as": lead.closed_as,
        "held_reason": lead.held_reason,
        "disposition": lead.disposition,
        "due_at": lead.due_at,
        "callback_at": lead.callback_at,
        "attempts_counted": lead.attempts,
        "tries": lead.tries,
        "zones": list(zones_of(lead)),
        "zone_source": lead.zone_source,
        "region": lead.region,
    }


def _waiting(lead: Lead, tries: Sequence[Attempt], activity: Sequence[AuditLog]) -> Waiting:
    ended = [one for one in tries if one.disposition is not None]
    last = None
    if ended and (disposition := ended[-1].disposition) is not None:
        times = sum(one.disposition is disposition for one in ended)
        last = LastTry(disposition, times, ended[-1].promised_at)
    since = tries[-1].created_at if tries else lead.created_at
    set_by = [one.actor for one in activity if one.action in BY_HAND and one.at >= since]
    return Waiting(
        status=lead.status,
        where=whereabouts_of(lead),
        due_at=lead.due_at,
        callback_at=lead.callback_at,
        held_reason=lead.held_reason,
        closed_as=lead.closed_as,
        consent=lead.consent,
        last=last,
        set_by=set_by[-1] if set_by else None,
    )


def _why_not_from_here(
    tx: Connection, campaign: Campaign, state: GateState | None, *, now: datetime
) -> Hold | None:
    """Say why none of the campaign's leads is called now, whoever it is."""
    if state is None:
        return None
    return (
        _why_first_only(tx, campaign)
        or why_no_budget(tx, campaign, state, now=now)
        or why_no_number(tx, campaign, now=now)
    )


def _why_first_only(tx: Connection, campaign: Campaign) -> Hold | None:
    return FIRST_LEAD_ONLY if first_lead.is_called(tx, campaign) else None


def _gates(
    tx: Connection,
    campaign: Campaign,
    facts: DialFacts,
    state: GateState | None,
    *,
    now: datetime,
) -> list[tuple[str, Hold | None]]:
    """Ask every gate, and those that all leads of a campaign share."""
    budget = why_no_budget(tx, campaign, state, now=now) if state is not None else None
    number = why_no_number(tx, campaign, now=now) if state is not None else None
    return [
        *every_gate(facts, now=now),
        ("campaign calls more than its first lead", _why_first_only(tx, campaign)),
        ("calls and money of the day", budget),
        ("a number to call from", number),
    ]


def _hold(hold: Hold | None) -> dict[str, Any] | None:
    if hold is None:
        return None
    return {"code": hold.code.value, "sentence": hold.sentence, "until": hold.until}
