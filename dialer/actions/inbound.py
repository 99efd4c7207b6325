"""Inbound: somebody calls us, most often a lead that missed our call.

1. Retell announces the call: the lead is recognised by its number, and the agent is told whom it
   talks with. No lead with the number is called meanwhile.
2. The call ends. After a conversation the lead closes as reached, unless it asked to be called
   again; otherwise, and for leads of other campaigns, the retry waits as it did before.

What Retell does not tell is no harm: the first webhook of an unannounced call is taken for its
announcement, and without news of the end the leads are due again after a while.

https://docs.retellai.com/features/inbound-call-webhook
"""

from datetime import datetime, timedelta
from typing import Any

from dialer.actions.aside import cancel_intent
from dialer.actions.control import lock_lead
from dialer.actions.do_not_call import suppress
from dialer.actions.openings import opening_for
from dialer.actions.talks import inbound_of, is_test, person_number, who_calls
from dialer.domain.dispositions import Disposition, refine
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.evidence import CallEvidence
from dialer.domain.hold import Hold, HoldCode
from dialer.domain.inbound import TALK_PATIENCE, InboundStatus, is_conversation
from dialer.domain.opt_out_words import OptOutSpec, wish_of
from dialer.domain.states import OVER, AttemptStatus, ClosedAs, LeadStatus
from dialer.log import get_logger
from dialer.retell.models import Call
from dialer.store import attempts, campaigns, inbound_calls, leads, suppressions
from dialer.store.database import Connection
from dialer.store.tables import InboundCall, Lead

log = get_logger(__name__)


def make_way(tx: Connection, phone: str, *, until: datetime, now: datetime) -> None:
    """Call nobody with this number before `until`; what was claimed and not sent is given up."""
    hold = Hold(HoldCode.GAP, "The person is calling us.", until=until)
    for lead in suppressions.lock_person(tx, phone):
        if lead.status is LeadStatus.IN_FLIGHT:
            attempt = suppressions.unsent_of(tx, lead.id)
            if attempt is not None:
                cancel_intent(tx, attempt, lead, hold, now=now, by="inbound")
        elif lead.status is LeadStatus.READY and lead.due_at is not None and lead.due_at < until:
            leads.change(tx, lead.id, due_at=until, wanted_at=lead.wanted_at or lead.due_at)


def settle_inbound(
    tx: Connection, call: Call, evidence: CallEvidence, *, now: datetime
) -> str | None:
    """Apply what Retell says of a call that came to us. Gives why it changes nothing, or None.

    May be applied any number of times, in any order.
    """
    if is_test(call):
        return "It is a test call."
    caller = person_number(call)
    row = inbound_of(tx, call) or _unannounced(tx, call, caller, now=now)
    if row is None:
        return "Nobody here knows who called."
    if evidence.rank is AttemptStatus.ENDED:
        _end(tx, row, evidence, now=now)
    else:
        _begin(tx, row, evidence, now=now)
    return None


def _begin(tx: Connection, row: InboundCall, evidence: CallEvidence, *, now: datetime) -> None:
    suppressions.lock_person(tx, row.from_number)  # leads come before their calls
    locked = inbound_calls.lock(tx, row.id)
    if locked is None or locked.status is not InboundStatus.ANNOUNCED:
        return
    inbound_calls.change(
        tx,
        row.id,
        call_id=locked.call_id or evidence.call_id,
        status=InboundStatus.TALKING,
        started_at=evidence.started_at or now,
    )
    make_way(tx, row.from_number, until=now + TALK_PATIENCE, now=now)


def _unannounced(
    tx: Connection, call: Call, caller: str | None, *, now: datetime
) -> InboundCall | None:
    """Write down a call of which nobody told us before, if it returns one of ours."""
    lead = who_calls(tx, caller, to_number=call.to_number) if caller is not None else None
    if lead is None or caller is None:
        return None
    if all(one.from_number != call.to_number for one in attempts.of_lead(tx, lead.id)):
        return None  # another system's number
    return inbound_calls.add(
        tx,
        key=call.call_id,
        call_id=call.call_id,
        from_number=caller,
        to_number=call.to_number,
        lead_id=lead.id,
        status=InboundStatus.ANNOUNCED,
        received_at=now,
    )


def _end(tx: Connection, row: InboundCall, evidence: CallEvidence, *, now: datetime) -> None:
    opt_out, quick, lead = OptOutSpec(), timedelta(0), None
    if row.lead_id is not None:
        campaign, lead = lock_lead(tx, row.lead_id)
        spec = campaigns.spec_of(campaign)
        opt_out, quick = spec.opt_out, spec.cadence.quick_hangup
    _heed_wish(tx, row, evidence, opt_out, now=now)
    locked = inbound_calls.lock(tx, row.id)
    assert locked is not None
    inbound_calls.change(tx, row.id, **_news(evidence))
    if locked.status is InboundStatus.ENDED:
        return
    disposition = _disposition(evidence, quick=quick)
    inbound_calls.change(
        tx,
        row.id,
        call_id=locked.call_id or evidence.call_id,
        status=InboundStatus.ENDED,
        ended_at=evidence.ended_at or now,
        disposition=disposition,
    )
    if lead is not None and is_conversation(disposition) and locked.promised_at is None:
        _close(tx, leads.lock(tx, lead.id), disposition, now=now)
    wait_as_before(tx, row.from_number, now=now)


def _heed_wish(
    tx: Connection, row: InboundCall, evidence: CallEvidence, spec: OptOutSpec, *, now: datetime
) -> None:
    custom = evidence.custom_analysis
    wish = wish_of(spec, custom) if isinstance(custom, dict) else None
    if evidence.disposition is Disposition.OPTED_OUT:
        reason, source = evidence.reason or "opted_out", OptOutSource.CALL
    elif wish is not None and wish.is_clear:
        reason, source = f"analysis: {wish.key}", OptOutSource.ANALYSIS
    else:
        return
    said = OptOut(reason, source, actor="settle", call_id=evidence.call_id)
    suppress(tx, row.from_number, said, now=now)


def _news(evidence: CallEvidence) -> dict[str, Any]:
    told = {
        "started_at": evidence.started_at,
        "reason": evidence.reason,
        "duration_ms": evidence.duration_ms,
        "transcript": evidence.transcript or None,
        "summary": evidence.summary,
        "recording_url": evidence.recording_url,
        "call_id": evidence.call_id,
    }
    return {name: value for name, value in told.items() if value is not None}


def _disposition(evidence: CallEvidence, *, quick: timedelta) -> Disposition:
    """Say how a call to us came out; who hangs up at once was not talked with."""
    length = evidence.duration_ms
    after = timedelta(milliseconds=length) if evidence.hung_up and length is not None else None
    return refine(
        evidence.disposition or Disposition.UNKNOWN,
        hung_up_after=after,
        quick=quick,
        in_voicemail=None,
        call_successful=evidence.call_successful,
    )


def _close(tx: Connection, lead: Lead, disposition: Disposition, *, now: datetime) -> None:
    """Close a lead as reached. One in a call of ours closes with it (`deciding`)."""
    if lead.status in (LeadStatus.READY, LeadStatus.HELD):
        reached = {"disposition": disposition, "callback_at": None, "held_reason": None}
        leads.close(tx, lead, closed_as=ClosedAs.REACHED, now=now, **reached)
        log.info("lead_closed", lead_id=lead.id, closed_as=ClosedAs.REACHED, by="inbound")
    elif lead.closed_as is ClosedAs.EXHAUSTED:
        campaign = campaigns.get(tx, lead.campaign_id)
        if campaign is not None and campaign.status not in OVER:
            leads.change(tx, lead.id, closed_as=ClosedAs.REACHED, disposition=disposition)


def wait_as_before(tx: Connection, phone: str, *, now: datetime) -> None:
    """Let the leads with this number be due as if nobody had called us."""
    for lead in suppressions.lock_person(tx, phone):
        if lead.status is not LeadStatus.READY or lead.wanted_at is None or lead.due_at is None:
            continue
        spec = campaigns.settings_of(tx, lead.campaign_id)
        due_at = opening_for(spec, lead, after=max(lead.wanted_at, now))
        if due_at is not None and due_at < lead.due_at:
            leads.change(tx, lead.id, due_at=due_at)
