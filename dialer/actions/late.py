"""Late evidence: a call exists although its attempt was given up.

It is never dropped. A newer attempt that was not sent yet is cancelled; when a newer call is out
already, two calls went to one person, and people are told.
"""

from datetime import datetime

from dialer.actions.aside import cancel_intent
from dialer.actions.settling import end_values, finish_lead
from dialer.domain.evidence import CallEvidence
from dialer.domain.gates import Hold, HoldCode
from dialer.domain.patience import SILENCE
from dialer.domain.states import AttemptStatus, LeadStatus
from dialer.log import get_logger
from dialer.store import attempts, incidents, leads
from dialer.store.database import Connection
from dialer.store.tables import Attempt, Lead

log = get_logger(__name__)


def apply_late(
    tx: Connection,
    attempt: Attempt,
    lead: Lead,
    evidence: CallEvidence,
    *,
    by: str,
    source: str,
    now: datetime,
) -> None:
    """Bring a given-up attempt back by what Retell says; lead and attempt are locked."""
    log.warning("late_evidence", attempt_id=attempt.id, call_id=evidence.call_id)
    rival = _cancel_unsent(tx, attempt, now=now, by=by)
    lead = leads.lock(tx, lead.id)
    if rival is not None:
        _tell(tx, attempt, rival, evidence, now=now)
    common = {"call_id": evidence.call_id, "late": True}
    if evidence.rank is AttemptStatus.ENDED:
        values = {**end_values(evidence, now=now), **common}
        if rival is not None and rival.lead_id == lead.id:  # that one decides, and heeds this one
            leads.change(tx, lead.id, attempts=lead.attempts + bool(values["rang"]))
        else:
            values["retry_at"] = finish_lead(tx, lead, attempt, evidence, now=now)
    elif rival is None and lead.status in (LeadStatus.READY, LeadStatus.HELD):
        if lead.status is LeadStatus.HELD:
            leads.move(tx, lead.id, current=LeadStatus.HELD, target=LeadStatus.READY, due_at=now)
        leads.move(tx, lead.id, current=LeadStatus.READY, target=LeadStatus.IN_FLIGHT, due_at=None)
        values = {**common, "check_at": now + SILENCE}
    else:
        # No room for an open attempt; its end is asked for all the same.
        attempts.change(tx, attempt.id, **common, check_at=now + SILENCE)
        return
    attempts.move(
        tx,
        attempt.id,
        current=attempt.status,
        target=evidence.rank,
        now=now,
        by=by,
        evidence=f"late {source}",
        **values,
    )


def _cancel_unsent(tx: Connection, attempt: Attempt, *, now: datetime, by: str) -> Attempt | None:
    """Cancel open attempts at the same person that were not sent; give one that was."""
    rivals = {
        row.id: row
        for row in (
            attempts.open_of_lead(tx, attempt.lead_id),
            attempts.open_of_phone(tx, attempt.phone),
        )
        if row is not None
    }
    hold = Hold(HoldCode.TOO_LATE, "An earlier call to this person turned up.")
    for rival in rivals.values():
        lead = leads.lock(tx, rival.lead_id)
        if not cancel_intent(tx, rival, lead, hold, now=now, by=by):
            return rival
    return None


def _tell(
    tx: Connection, attempt: Attempt, rival: Attempt, evidence: CallEvidence, *, now: datetime
) -> None:
    sentence = (
        f"Call {evidence.call_id} of attempt {attempt.id} turned up after it was given up, "
        f"and attempt {rival.id} is out to the same person."
    )
    incidents.open_incident(tx, "late_call", subject=evidence.call_id, sentence=sentence, now=now)
    log.error("late_call", attempt_id=attempt.id, rival_id=rival.id)
