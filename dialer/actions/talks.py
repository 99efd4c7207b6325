"""Talks: whose call it is, in which an agent asks for a function, or somebody calls us."""

from dataclasses import dataclass
from datetime import datetime

from dialer.actions.deciding import zone_of
from dialer.domain.e164 import is_e164
from dialer.domain.functions import Person, Talk
from dialer.domain.states import NOT_BEGUN, LeadStatus
from dialer.domain.trials import is_marked
from dialer.retell.models import Call
from dialer.store import attempts, campaigns, gate, inbound_calls, lead_pages, leads
from dialer.store.database import Connection
from dialer.store.tables import Attempt, InboundCall, Lead

INBOUND = "inbound"
"""Retell's word for calls that come to us."""


@dataclass(frozen=True, slots=True)
class Found:
    """The rows a call belongs to, as far as it is ours."""

    talk: Talk
    lead: Lead | None = None
    attempt: Attempt | None = None
    inbound: InboundCall | None = None


def find_talk(tx: Connection, call: Call | None, *, now: datetime) -> Found:
    """Find whose call it is; nothing but its id and number is known of one that is not ours.

    Whoever is called as a lead hears the answers that the lead would.
    """
    if call is None:
        return Found(Talk(None, None, None, now, is_test=False))
    attempt = _attempt_of(tx, call)
    if attempt is not None and (tested := _tested_lead(tx, attempt)) is not None:
        person = _person(tx, tested)
        talk = Talk(call.call_id, person, attempt.phone, now, is_test=True)
        return Found(talk, tested, attempt)
    inbound = inbound_of(tx, call) if attempt is None else None
    lead = _lead_of(tx, call, attempt, inbound)
    phone = lead.phone if lead is not None else person_number(call)
    tries = attempt is None and is_test(call)  # a list may have put the mark into the metadata
    talk = Talk(call.call_id, _person(tx, lead), phone, now, is_test=tries)
    return Found(talk, lead, attempt, inbound)


def find_lead(tx: Connection, lead: Lead, *, now: datetime) -> Found:
    """Make the test call in which somebody tries a function on a lead."""
    return Found(Talk(None, _person(tx, lead), lead.phone, now, is_test=True), lead)


def is_test(call: Call) -> bool:
    """Tell whether a person only tries the agent, in a call that has no attempt here."""
    return is_marked(call.metadata)


def _tested_lead(tx: Connection, attempt: Attempt) -> Lead | None:
    """Give the lead as which somebody's own phone is called; None for an ordinary attempt."""
    campaign = campaigns.get(tx, attempt.campaign_id)
    if campaign is None or campaign.test_of is None:
        return None
    return leads.get(tx, campaign.test_of)


def person_number(call: Call) -> str | None:
    """Give the number at the other end, if it is one."""
    number = call.from_number if call.direction == INBOUND else call.to_number
    return number if number is not None and is_e164(number) else None


def inbound_of(tx: Connection, call: Call) -> InboundCall | None:
    """Find a call that came to us, by its id or by what its agent was given."""
    row = inbound_calls.of_call(tx, call.call_id)
    if row is not None or call.metadata_text("inbound_install") != gate.install(tx):
        return row
    row_id = _whole(call.metadata_text("inbound"))
    return inbound_calls.get(tx, row_id) if row_id is not None else None


def _whole(text: str | None) -> int | None:
    """Read an id; None for anything else."""
    is_one = text is not None and text.isascii() and text.isdecimal() and len(text) < 10
    return int(text) if is_one and text is not None else None


def _attempt_of(tx: Connection, call: Call) -> Attempt | None:
    attempt_id = call.metadata_text("attempt_id")
    named = attempts.get(tx, attempt_id.replace("\x00", "")) if attempt_id is not None else None
    return named or attempts.by_call(tx, call.call_id)


def _lead_of(
    tx: Connection, call: Call, attempt: Attempt | None, inbound: InboundCall | None
) -> Lead | None:
    if attempt is not None:
        return leads.get(tx, attempt.lead_id)
    if inbound is not None:
        return leads.get(tx, inbound.lead_id) if inbound.lead_id is not None else None
    lead_id = _whole(call.metadata_text("lead_id"))
    if lead_id is None or call.metadata_text("install") != gate.install(tx):
        return None
    return leads.get(tx, lead_id)


def _person(tx: Connection, lead: Lead | None) -> Person | None:
    campaign = campaigns.get(tx, lead.campaign_id) if lead is not None else None
    if lead is None or campaign is None:
        return None
    return Person(
        lead_id=lead.id,
        campaign_id=lead.campaign_id,
        campaign=campaign.name,
        phone=lead.phone,
        name=lead.name,
        variables={**campaigns.spec_of(campaign).variables, **lead.variables},
        zone=zone_of(lead),
    )


def who_calls(tx: Connection, caller: str, *, to_number: str | None) -> Lead | None:
    """Recognise a caller: the lead we called last, rather from the number that it calls back.

    One of a campaign that has not begun is nobody's yet, and one of a test call nobody's ever.
    """

    def rank(lead: Lead) -> tuple[bool, bool, datetime]:
        past = attempts.of_lead(tx, lead.id)
        is_open = lead.status is not LeadStatus.CLOSED
        from_there = any(one.from_number == to_number for one in past)
        return from_there, is_open, past[-1].created_at if past else lead.created_at

    known = [one for one in lead_pages.with_phone(tx, caller) if _has_begun(tx, one)]
    return max(known, key=rank, default=None)


def _has_begun(tx: Connection, lead: Lead) -> bool:
    campaign = campaigns.get(tx, lead.campaign_id)
    if campaign is None or campaign.test_of is not None:
        return False
    return campaign.status not in NOT_BEGUN
