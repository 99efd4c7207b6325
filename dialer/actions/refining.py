"""Refining: what the analysis changes about an end that was settled before it came.

The rows end as they would have if the analysis had come first. That means that a lead may wait
otherwise than it did, close, or, rarely, open again:

- A conversation that was a voicemail closes as exhausted instead of reached. It is called again
  only where the campaign allows `voicemail_retries`: nobody who was marked as reached is called
  by surprise.
- Whoever named a time for a callback is called then; they asked for it.
- A lead that closed for another reason than its call, or that was called again, stays as it is.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dialer.actions.deciding import Outcome, decide, zone_of
from dialer.actions.settling import hold
from dialer.domain.callbacks import asked_time
from dialer.domain.dispositions import Disposition, refine
from dialer.domain.evidence import CallEvidence
from dialer.domain.opt_out_words import wish_of
from dialer.domain.states import AttemptStatus, ClosedAs, LeadStatus
from dialer.log import get_logger
from dialer.store import attempts, campaigns, leads, results
from dialer.store.database import Connection
from dialer.store.tables import Attempt, Lead

log = get_logger(__name__)

_LEFT_OPEN = (
    Disposition.TALKED,
    Disposition.QUICK_HANGUP,
    Disposition.INACTIVE,
    Disposition.CALLBACK,
)
"""Ends that may turn out to be others; the reasons of the others leave nothing to doubt."""
_BY_CALL = (ClosedAs.REACHED, ClosedAs.EXHAUSTED)


def refined(
    tx: Connection,
    lead: Lead,
    attempt: Attempt,
    evidence: CallEvidence,
    *,
    news: dict[str, Any],
    now: datetime,
) -> CallEvidence:
    """Say how a call came out by all that is known of it, whichever event said it.

    `news` are the columns this evidence changes; what it does not change is known already.
    """
    if evidence.disposition not in _LEFT_OPEN:
        return evidence
    spec = campaigns.settings_of(tx, lead.campaign_id)
    custom = news.get("custom_analysis", attempt.custom_analysis)
    said = custom if isinstance(custom, dict) else None
    asked = asked_time(
        spec.callback,
        said,
        zone_name=zone_of(lead),
        said_at=evidence.ended_at or attempt.ended_at or now,
    )
    if (wish := wish_of(spec.opt_out, said)) is not None and wish.is_clear:
        asked = None  # an opt-out outweighs a time
    duration_ms: int | None = news.get("duration_ms", attempt.duration_ms)
    facts: dict[str, Any] = {"hung_up_after": None, "quick": spec.cadence.quick_hangup}
    if evidence.hung_up and duration_ms is not None:
        facts["hung_up_after"] = timedelta(milliseconds=duration_ms)
    plain = refine(evidence.disposition, in_voicemail=None, call_successful=None, **facts)
    disposition = refine(
        evidence.disposition,
        in_voicemail=news.get("in_voicemail", attempt.in_voicemail),
        call_successful=news.get("call_successful", attempt.call_successful),
        **facts,
    )
    if asked is not None and asked.at is not None and disposition in _LEFT_OPEN[:2]:
        disposition = Disposition.CALLBACK
    heard = plain is Disposition.TALKED and disposition is Disposition.VOICEMAIL
    return replace(evidence, disposition=disposition, asked=asked, only_heard=heard)


def refine_end(
    tx: Connection,
    lead: Lead,
    attempt: Attempt,
    evidence: CallEvidence,
    *,
    news: dict[str, Any],
    now: datetime,
) -> None:
    """Bring an ended attempt and its lead to what is known now; both are locked.

    `evidence` is refined already. Applying the same twice changes nothing more.
    """
    disposition = evidence.disposition
    settled_before = attempt.status is AttemptStatus.ENDED and attempt.disposition in _LEFT_OPEN
    if not settled_before or disposition is None or attempt.reason != evidence.reason:
        return
    named = disposition is Disposition.CALLBACK and "custom_analysis" in news
    if disposition is attempt.disposition and not named:
        return
    if attempt.disposition is Disposition.TALKED and disposition is Disposition.QUICK_HANGUP:
        return  # how long it lasted was told too late; whoever is reached stays reached
    attempts.change(tx, attempt.id, disposition=disposition)
    if attempt.n != lead.tries or lead.status is LeadStatus.IN_FLIGHT:
        return
    leads.change(tx, lead.id, disposition=disposition)
    if lead.status is LeadStatus.CLOSED and lead.closed_as not in _BY_CALL:
        return
    if lead.status is LeadStatus.READY and lead.callback_at is not None and not named:
        return  # promised in the meantime
    counted = {"attempts": lead.attempts, "free_tries": lead.free_tries}
    outcome = decide(tx, lead, attempt, evidence, counted=counted, now=attempt.closed_at or now)
    attempts.change(tx, attempt.id, retry_at=outcome.retry_at)
    _settle_anew(tx, lead, outcome, now=now)
    results.tell_promised(tx, lead.id, now=now)
    log.info("end_refined", attempt_id=attempt.id, lead_id=lead.id, disposition=disposition)


def _settle_anew(tx: Connection, lead: Lead, outcome: Outcome, *, now: datetime) -> None:
    """Close a lead, let it wait otherwise, or open it again."""
    closed_as = outcome.closed_as
    if lead.status is LeadStatus.CLOSED:
        if closed_as is None and outcome.due_at is not None:
            reopen(tx, lead, outcome)
        elif closed_as is not ClosedAs.STOPPED:  # its campaign is over; it was closed before
            closed_as, reason = closed_as or ClosedAs.EXHAUSTED, outcome.reason
            leads.change(tx, lead.id, closed_as=closed_as, held_reason=reason)
            if closed_as is not lead.closed_as:
                results.tell_closed_otherwise(tx, lead.id, now=now)
    elif closed_as is not None:
        leads.close(tx, lead, closed_as=closed_as, now=now, **outcome.values())
    elif outcome.due_at is None:
        hold(tx, lead, outcome.values())
    elif lead.status is LeadStatus.READY:
        leads.change(tx, lead.id, **outcome.values())


def reopen(tx: Connection, lead: Lead, outcome: Outcome) -> None:
    """Let a closed lead wait for a call again."""
    leads.move(
        tx,
        lead.id,
        current=LeadStatus.CLOSED,
        target=LeadStatus.READY,
        closed_as=None,
        closed_at=None,
        **outcome.values(),
    )
    log.info("lead_reopened", lead_id=lead.id, due_at=outcome.due_at)
