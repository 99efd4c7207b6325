"""Evidence: apply what Retell says of a call to its attempt and lead.

Webhooks, look-ups and late answers all end here. Evidence may only raise the attempt's rank, so
applying it twice, or in any order, ends in the same rows.
"""

from datetime import datetime
from typing import Any

from dialer.actions.aside import cancel_intent
from dialer.actions.late import apply_late
from dialer.actions.refining import refine_end, refined
from dialer.actions.self_hold import hold_if_calls_go_wrong
from dialer.actions.settling import end_values, finish_lead
from dialer.actions.wishes import heed_wish, tell_unclear, wish_in
from dialer.domain.dispositions import Disposition
from dialer.domain.evidence import CallEvidence
from dialer.domain.gates import Hold, HoldCode
from dialer.domain.lines import backed_off
from dialer.domain.numbers import NUMBER_RESTS, RestReason
from dialer.domain.patience import SILENCE
from dialer.domain.result_events import ResultEvent
from dialer.domain.states import Analysis, AttemptStatus
from dialer.log import get_logger
from dialer.store import attempts, campaigns, gate, incidents, leads, numbers, results
from dialer.store.database import Connection
from dialer.store.tables import Attempt, Lead

log = get_logger(__name__)

GIVEN_UP = (AttemptStatus.NOT_PLACED, AttemptStatus.CANCELLED)


def apply_evidence(
    tx: Connection,
    evidence: CallEvidence,
    *,
    seen: Attempt,
    by: str,
    source: str,
    now: datetime,
) -> bool:
    """Apply one sighting of the call of attempt `seen`. Returns True when it freed a line.

    Locks in the order gate, campaign, lead, attempt; `seen` may be out of date.
    """
    if seen.status is not AttemptStatus.ENDED:
        _heed_retell(tx, seen, evidence, now=now)
    lead = leads.lock(tx, seen.lead_id)
    attempt = attempts.lock(tx, seen.id)
    wish = wish_in(tx, lead, evidence)
    lead = heed_wish(tx, lead, attempt, evidence, wish, now=now)  # whatever else is made of it
    if _is_second_call(tx, attempt, evidence, now=now):
        return False
    if attempt.status is AttemptStatus.INTENT:
        # A fail-over or a restored backup has forgotten the send. This stops another one.
        hold = Hold(HoldCode.TOO_LATE, "There is a call of this attempt already.")
        cancel_intent(tx, attempt, lead, hold, now=now, by=by)
        lead, attempt = leads.lock(tx, lead.id), attempts.lock(tx, attempt.id)
    details = _news(attempt, evidence)
    evidence = refined(tx, lead, attempt, evidence, news=details, now=now)
    freed = False
    if not attempts.outranks(evidence.rank, attempt.status):
        if details:
            attempts.change(tx, attempt.id, **details)
        refine_end(tx, lead, attempt, evidence, news=details, now=now)
    elif attempt.status in GIVEN_UP:
        apply_late(tx, attempt, lead, evidence, by=by, source=source, now=now)
        if details:
            attempts.change(tx, attempt.id, **details)
    else:
        given = dict(details)
        freed = _raise_rank(tx, attempt, lead, evidence, given, by=by, source=source, now=now)
    if details.get("analysis") is Analysis.DONE:
        results.tell_attempt(tx, attempt.id, ResultEvent.ATTEMPT_ANALYZED, now=now)
    if "custom_analysis" in details:
        _tell_unreadable(tx, attempt, evidence, by=by, now=now)
        tell_unclear(tx, attempt, wish, by=by, now=now)
    return freed


def _tell_unreadable(
    tx: Connection, attempt: Attempt, evidence: CallEvidence, *, by: str, now: datetime
) -> None:
    """Write into the history that somebody named a time which nobody could read."""
    asked = evidence.asked
    if evidence.disposition is not Disposition.CALLBACK or asked is None or asked.at is not None:
        return
    sentence = f'a callback was asked for, but its time "{asked.text}" could not be read'
    ended = AttemptStatus.ENDED
    attempts.note(tx, attempt.id, current=ended, target=ended, now=now, by=by, evidence=sentence)
    log.warning("callback_unreadable", attempt_id=attempt.id)


def _raise_rank(
    tx: Connection,
    attempt: Attempt,
    lead: Lead,
    evidence: CallEvidence,
    details: dict[str, Any],
    *,
    by: str,
    source: str,
    now: datetime,
) -> bool:
    """Move an open attempt to what the evidence says; True when that freed its line."""
    ends = evidence.rank is AttemptStatus.ENDED
    if ends:
        details |= end_values(evidence, now=now)
        details["retry_at"] = finish_lead(tx, lead, attempt, evidence, now=now)
    else:
        details["check_at"] = now + SILENCE
    moved = attempts.move(
        tx,
        attempt.id,
        current=attempt.status,
        target=evidence.rank,
        now=now,
        by=by,
        evidence=source,
        **details,
    )
    return moved and ends


def _is_second_call(
    tx: Connection, attempt: Attempt, evidence: CallEvidence, *, now: datetime
) -> bool:
    """Two calls for one attempt: what must never happen. Told to people, and never repeated."""
    if attempt.call_id is None or attempt.call_id == evidence.call_id:
        return False
    sentence = (
        f"Attempt {attempt.id} has two calls at Retell: {attempt.call_id} and {evidence.call_id}."
    )
    incidents.open_incident(
        tx, "second_call", subject=f"{attempt.id}:{evidence.call_id}", sentence=sentence, now=now
    )
    gate.refuse_replay(tx, now=now)
    log.error("second_call", attempt_id=attempt.id, call_id=evidence.call_id)
    return True


def _heed_retell(tx: Connection, seen: Attempt, evidence: CallEvidence, *, now: datetime) -> None:
    """Slow down, rest a number or hold the campaign when the fault is not the lead's."""
    if evidence.disposition is Disposition.PROVIDER_BUSY:
        state = gate.lock(tx)
        changed = backed_off(
            state,
            sent_at=seen.send_started_at or now,
            retry_after=None,
            now=now,
        )
        gate.save(tx, changed, before=state)
    elif evidence.disposition is Disposition.ACCOUNT_PROBLEM:
        reason = evidence.reason or "account_problem"
        sentence = f'Retell ended a call with "{reason}".'
        if campaigns.hold(tx, seen.campaign_id, reason=reason, sentence=sentence, now=now):
            log.error("campaign_held", campaign_id=seen.campaign_id, reason=reason)
    elif evidence.disposition is Disposition.BLOCKED:
        _rest_number(tx, seen, evidence, now=now)
    elif evidence.disposition is Disposition.UNKNOWN:
        log.error("unknown_reason", attempt_id=seen.id, reason=evidence.reason)
    elif evidence.disposition is not None:
        hold_if_calls_go_wrong(tx, seen, evidence.disposition, now=now)


def _rest_number(tx: Connection, seen: Attempt, evidence: CallEvidence, *, now: datetime) -> None:
    """Let a number that carriers block rest from the end of the call on, however late that is told.

    The campaign goes on with its other numbers, or waits until one is back.
    """
    ended_at = min(evidence.ended_at or seen.send_started_at or now, now)
    until = ended_at + NUMBER_RESTS
    if until <= now:
        return
    reason, sentence = RestReason.BLOCKED, evidence.reason or "blocked"
    numbers.rest(tx, seen.from_number, until=until, reason=reason, sentence=sentence)
    log.warning("number_rests", attempt_id=seen.id, reason=evidence.reason)


def _news(before: Attempt, evidence: CallEvidence) -> dict[str, Any]:
    """Give what is not known yet. The analysis knows best; anything else only fills blanks."""
    details: dict[str, Any] = {
        "call_id": evidence.call_id if before.call_id is None else None,
        "started_at": evidence.started_at,
        "ended_at": evidence.ended_at,
        "duration_ms": evidence.duration_ms,
        "cost_cents": evidence.cost_cents,
        "product_costs": evidence.product_costs,
        "latency": evidence.latency,
        "llm_tokens": evidence.llm_tokens,
        "transcript": evidence.transcript or None,
        "scrubbed_transcript": evidence.scrubbed_transcript,
        "recording_url": evidence.recording_url,
        "summary": evidence.summary,
        "sentiment": evidence.sentiment,
        "in_voicemail": evidence.in_voicemail,
        "call_successful": evidence.call_successful,
        "custom_analysis": evidence.custom_analysis,
        "agent_id": evidence.agent_id,
        "agent_version": evidence.agent_version,
    }
    final = before.analysis is Analysis.DONE and not evidence.analysis_done
    changed = {
        name: value
        for name, value in details.items()
        if value is not None
        and value != getattr(before, name)
        and not (final and getattr(before, name) is not None)
    }
    if evidence.analysis_done and before.analysis is not Analysis.DONE:
        changed |= {"analysis": Analysis.DONE}
        if evidence.rank is AttemptStatus.ENDED:
            changed |= {"check_at": None}
    return changed
