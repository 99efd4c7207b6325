"""Settling: what the end of a call means for its lead."""

from datetime import datetime
from typing import Any

from dialer.actions.deciding import decide
from dialer.actions.do_not_call import suppress
from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.evidence import CallEvidence
from dialer.domain.gates import HoldCode
from dialer.domain.patience import ANALYSIS_WAIT
from dialer.domain.states import Analysis, LeadStatus
from dialer.log import get_logger
from dialer.store import attempts, leads, results
from dialer.store.database import Connection
from dialer.store.tables import Attempt, Lead

log = get_logger(__name__)


def end_values(evidence: CallEvidence, *, now: datetime) -> dict[str, Any]:
    """Give the columns of an attempt whose call ended."""
    disposition = evidence.disposition or Disposition.UNKNOWN
    return {
        "disposition": disposition,
        "reason": evidence.reason,
        "rang": evidence.rang,
        "analysis": Analysis.DONE if evidence.analysis_done else Analysis.PENDING,
        "check_at": None if evidence.analysis_done else now + ANALYSIS_WAIT,
    }


def opt_out(
    tx: Connection,
    lead: Lead,
    attempt: Attempt,
    *,
    reason: str,
    source: OptOutSource,
    call_id: str,
    now: datetime,
) -> Lead:
    """Never call this person again, in whatever campaign; gives the lead as it is then.

    That is the number that was called, and the one the lead has by now.
    """
    said = OptOut(reason, source, actor="settle", call_id=call_id)
    for phone in sorted({lead.phone, attempt.phone}):
        suppress(tx, phone, said, now=now)
    return leads.lock(tx, lead.id)


def finish_lead(
    tx: Connection, lead: Lead, attempt: Attempt, evidence: CallEvidence, *, now: datetime
) -> datetime | None:
    """Close the lead of an ended attempt or make it due again; both are locked.

    Returns the moment before which it is not called again, whatever hours are allowed; None when
    it is closed, held or was closed before. Counts the attempt in any case.
    """
    disposition = evidence.disposition or Disposition.UNKNOWN
    counted = _count(lead, disposition, rang=evidence.rang)
    if lead.status is LeadStatus.CLOSED:
        leads.change(tx, lead.id, **counted)
        return None
    outcome = decide(tx, lead, attempt, evidence, counted=counted, now=now)
    values = {**counted, **outcome.values()}
    if outcome.closed_as is not None:
        leads.close(tx, lead, closed_as=outcome.closed_as, now=now, **values)
        log.info(
            "lead_closed", lead_id=lead.id, closed_as=outcome.closed_as, disposition=disposition
        )
    elif outcome.due_at is None:
        hold(tx, lead, values)
    elif lead.status is LeadStatus.READY:  # late evidence; the lead already waits
        wanted_at = _later(outcome.wanted_at, lead.wanted_at or lead.due_at)
        due_at = _later(outcome.due_at, lead.due_at)
        leads.change(tx, lead.id, **{**values, "due_at": due_at, "wanted_at": wanted_at})
        results.tell_promised(tx, lead.id, now=now)
        return wanted_at
    else:
        leads.move(tx, lead.id, current=lead.status, target=LeadStatus.READY, **values)
    results.tell_promised(tx, lead.id, now=now)
    return outcome.retry_at


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)


def _count(lead: Lead, disposition: Disposition, *, rang: bool) -> dict[str, Any]:
    free = MEANING[disposition].verdict is Verdict.FREE
    return {
        "attempts": lead.attempts + rang,
        "free_tries": lead.free_tries + free,
        "disposition": disposition,
    }


def times_ended_as(tx: Connection, lead: Lead, disposition: Disposition) -> int:
    """Count the lead's attempts that came out so, with the one that is ending."""
    earlier = attempts.count_ended_as(tx, lead.id, disposition) if lead.tries > 1 else 0
    return earlier + 1


def hold(tx: Connection, lead: Lead, values: dict[str, Any]) -> None:
    """Let a lead wait for a person: no call to it may ever start."""
    reason = HoldCode.NEVER_OPEN if lead.zones else HoldCode.NO_ZONE
    values = {**values, "due_at": None, "held_reason": reason}
    if lead.status is LeadStatus.HELD:
        leads.change(tx, lead.id, **values)
    else:
        leads.move(tx, lead.id, current=lead.status, target=LeadStatus.HELD, **values)
