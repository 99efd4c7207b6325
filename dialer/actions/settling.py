"""Settling: what the end of a call means for its lead."""

from datetime import datetime
from typing import Any

from dialer.actions.openings import opening_for
from dialer.domain.cadence import Close, next_step
from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.evidence import CallEvidence
from dialer.domain.gates import HoldCode
from dialer.domain.patience import ANALYSIS_WAIT
from dialer.domain.states import OVER, Analysis, ClosedAs, LeadStatus
from dialer.log import get_logger
from dialer.store import attempts, campaigns, leads
from dialer.store.database import Connection
from dialer.store.tables import Lead

log = get_logger(__name__)


def end_values(evidence: CallEvidence, *, now: datetime) -> dict[str, Any]:
    """Give the columns of an attempt whose call ended."""
    disposition = evidence.disposition or Disposition.UNKNOWN
    return {
        "disposition": disposition,
        "reason": evidence.reason,
        "rang": MEANING[disposition].rang or evidence.connected,
        "analysis": Analysis.DONE if evidence.analysis_done else Analysis.PENDING,
        "check_at": None if evidence.analysis_done else now + ANALYSIS_WAIT,
    }


def opt_out(tx: Connection, lead: Lead, evidence: CallEvidence, *, now: datetime) -> Lead:
    """Never call this person again, in whatever campaign; gives the lead as it is then."""
    reason = evidence.reason or "opted_out"
    leads.suppress(tx, lead.phone, reason=reason, call_id=evidence.call_id, now=now)
    leads.close_waiting(tx, closed_as=ClosedAs.SUPPRESSED, phone=lead.phone, now=now)
    return leads.lock(tx, lead.id)


def finish_lead(
    tx: Connection, lead: Lead, evidence: CallEvidence, *, now: datetime
) -> datetime | None:
    """Close the lead of an ended attempt or make it due again; `lead` is locked.

    Returns the moment it is due again, None when it is closed, held or was closed before.
    Counts the attempt in any case.
    """
    disposition = evidence.disposition or Disposition.UNKNOWN
    counted = _count(lead, disposition, rang=MEANING[disposition].rang or evidence.connected)
    if lead.status is LeadStatus.CLOSED:
        leads.change(tx, lead.id, **counted)
        return None
    closed_as, due_at = _decide(tx, lead, disposition, counted=counted, now=now)
    if closed_as is not None:
        leads.close(tx, lead, closed_as=closed_as, now=now, **counted)
        log.info("lead_closed", lead_id=lead.id, closed_as=closed_as, disposition=disposition)
    elif due_at is None:
        _hold(tx, lead, counted)
    elif lead.status is LeadStatus.READY:  # late evidence; the lead already waits
        due_at = max(due_at, lead.due_at or due_at)
        leads.change(tx, lead.id, due_at=due_at, **counted)
    else:
        leads.move(
            tx, lead.id, current=lead.status, target=LeadStatus.READY, due_at=due_at, **counted
        )
    return due_at


def _count(lead: Lead, disposition: Disposition, *, rang: bool) -> dict[str, Any]:
    free = MEANING[disposition].verdict is Verdict.FREE
    return {
        "attempts": lead.attempts + rang,
        "free_tries": lead.free_tries + free,
        "disposition": disposition,
    }


def _decide(
    tx: Connection, lead: Lead, disposition: Disposition, *, counted: dict[str, Any], now: datetime
) -> tuple[ClosedAs | None, datetime | None]:
    """Give how the lead closes, or when it is due again; both None when it cannot be due."""
    campaign = campaigns.get(tx, lead.campaign_id)
    if campaign is None:
        raise LookupError(f"campaign {lead.campaign_id} is gone")
    spec = campaigns.spec_of(campaign)
    step = next_step(
        spec.cadence,
        disposition,
        times=times_ended_as(tx, lead, disposition),
        attempts=counted["attempts"],
        free_tries=counted["free_tries"],
        now=now,
    )
    if isinstance(step, Close):
        return step.closed_as, None
    if campaign.status in OVER:
        return ClosedAs.STOPPED, None
    if leads.suppressed_among(tx, [lead.phone]):
        return ClosedAs.SUPPRESSED, None
    return None, opening_for(spec, lead, after=step.due_at)


def times_ended_as(tx: Connection, lead: Lead, disposition: Disposition) -> int:
    """Count the lead's attempts that came out so, with the one that is ending."""
    earlier = attempts.count_ended_as(tx, lead.id, disposition) if lead.tries > 1 else 0
    return earlier + 1


def _hold(tx: Connection, lead: Lead, counted: dict[str, Any]) -> None:
    reason = HoldCode.NEVER_OPEN if lead.zones else HoldCode.NO_ZONE
    values = {"due_at": None, "held_reason": reason, **counted}
    if lead.status is LeadStatus.HELD:
        leads.change(tx, lead.id, **values)
    else:
        leads.move(tx, lead.id, current=lead.status, target=LeadStatus.HELD, **values)
