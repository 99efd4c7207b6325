"""Record: what the answer to a request for a call means for attempt, lead, campaign and gate."""

from datetime import datetime, timedelta

from dialer.actions.aside import give_back
from dialer.actions.do_not_call import suppress
from dialer.actions.evidence import apply_evidence
from dialer.actions.world import World
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.hold_checks import NUMBER_UNKNOWN
from dialer.domain.lines import after_unknown, backed_off, resting
from dialer.domain.numbers import NUMBER_RESTS, RestReason
from dialer.domain.patience import SILENCE, next_look_up
from dialer.domain.states import AttemptStatus, ClosedAs
from dialer.errors import (
    AccountProblem,
    CallError,
    CallRejected,
    NotSent,
    OutcomeUnknown,
    ProviderBusy,
)
from dialer.log import get_logger
from dialer.retell.client import CreatedCall
from dialer.retell.mapping import LOOKED_UP, evidence_of
from dialer.store import attempts, campaigns, gate, leads, numbers
from dialer.store.database import Connection
from dialer.store.tables import Attempt, Lead

log = get_logger(__name__)

BAD_NUMBERS_HOLD = 5
"""So many refused numbers in a row are no chance: the campaign is held."""
SAMPLE_TIME = timedelta(minutes=10)
SAMPLE_SIZE = 100
RETELLS_LIST = OptOut("retell_do_not_call", OptOutSource.RETELL, actor="dial")


def record_placed(tx: Connection, world: World, attempt_id: str, created: CreatedCall) -> None:
    """Record a call id. A webhook may have been first; then only the details are added."""
    now = world.clock.now()
    seen = attempts.get(tx, attempt_id)
    if seen is None:
        raise LookupError(f"attempt {attempt_id} is gone")
    gate.clear_streaks(tx)
    campaigns.clear_rejections(tx, seen.campaign_id)
    placed = any(
        attempts.move(
            tx,
            attempt_id,
            current=current,
            target=AttemptStatus.PLACED,
            now=now,
            by="dial",
            evidence="answer",
            call_id=created.call_id,
            sent_at=created.sent_at,
            check_at=now + SILENCE,
        )
        for current in (AttemptStatus.SENDING, AttemptStatus.UNKNOWN)
    )
    if not placed:
        apply_evidence(
            tx,
            evidence_of(LOOKED_UP, created.call),
            seen=seen,
            by="dial",
            source="answer",
            now=now,
        )
        attempts.change(tx, attempt_id, sent_at=created.sent_at)
    log.info("placed", attempt_id=attempt_id, call_id=created.call_id)


def record_failure(tx: Connection, world: World, attempt_id: str, error: CallError) -> bool:
    """Record that no call was made, or that nobody knows. True when a line became free.

    Locks in the order gate, campaign, lead, attempt. An attempt that is no longer SENDING is
    left alone: a webhook or `reconcile` knew more.
    """
    now = world.clock.now()
    seen = attempts.get(tx, attempt_id)
    if seen is None or seen.status is not AttemptStatus.SENDING:
        return False
    log.warning("send_failed", attempt_id=attempt_id, code=error.code, what=type(error).__name__)
    match error:
        case OutcomeUnknown():
            return _unknown(tx, seen, error, now=now)
        case ProviderBusy():
            _slow_down(tx, seen, error, now=now)
        case NotSent() if error.code != "too_late":
            _wait_for_retell(tx, seen, now=now)
        case AccountProblem():
            _hold_campaign(tx, seen, error, now=now)
        case CallRejected():
            _count_rejection(tx, seen, error, now=now)
        case _:
            pass
    lead = leads.lock(tx, seen.lead_id)
    moved = attempts.move(
        tx,
        attempt_id,
        current=AttemptStatus.SENDING,
        target=AttemptStatus.NOT_PLACED,
        now=now,
        by="dial",
        evidence=f"answer: {error.code}",
        reason=error.message,
        rang=False,
    )
    if moved:
        _return_lead(tx, lead, seen, error, now=now)
    return moved


def _return_lead(
    tx: Connection, lead: Lead, attempt: Attempt, error: CallError, *, now: datetime
) -> None:
    if isinstance(error, CallRejected):
        closed_as = ClosedAs.SUPPRESSED if error.do_not_call else ClosedAs.INVALID_NUMBER
        leads.close(tx, lead, closed_as=closed_as, now=now)
        if error.do_not_call:
            suppress(tx, lead.phone, RETELLS_LIST, now=now)
    else:
        give_back(tx, lead, attempt, None, now=now)


def _unknown(tx: Connection, seen: Attempt, error: CallError, *, now: datetime) -> bool:
    state = gate.lock(tx)
    started = seen.send_started_at or now
    moved = attempts.move(
        tx,
        seen.id,
        current=AttemptStatus.SENDING,
        target=AttemptStatus.UNKNOWN,
        now=now,
        by="dial",
        evidence=f"answer: {error.code}",
        reason=error.message,
        check_at=next_look_up(send_started_at=started, now=now),
    )
    if moved:
        sends, unknown = attempts.recent_sends(tx, since=now - SAMPLE_TIME, most=SAMPLE_SIZE)
        gate.save(tx, after_unknown(state, sends=sends, unknown=unknown, now=now), before=state)
    return False


def _slow_down(tx: Connection, seen: Attempt, error: ProviderBusy, *, now: datetime) -> None:
    state = gate.lock(tx)
    wait = None if error.retry_after_s is None else timedelta(seconds=error.retry_after_s)
    changed = backed_off(
        state,
        sent_at=seen.send_started_at or now,
        retry_after=wait,
        now=now,
    )
    gate.save(tx, changed, before=state)


def _wait_for_retell(tx: Connection, seen: Attempt, *, now: datetime) -> None:
    state = gate.lock(tx)
    changed = resting(state, sent_at=seen.send_started_at or now, retry_after=None, now=now)
    gate.save(tx, changed, before=state)


def _hold_campaign(tx: Connection, seen: Attempt, error: AccountProblem, *, now: datetime) -> None:
    campaign = campaigns.get(tx, seen.campaign_id)
    if campaign is None:
        return
    reason = error.code
    if error.from_number_unknown:
        reason = NUMBER_UNKNOWN
        numbers.rest(
            tx,
            seen.from_number,
            until=now + NUMBER_RESTS,
            reason=RestReason.NOT_OURS,
            sentence=error.message,
        )
        ours = set(campaigns.spec_of(campaign).from_numbers)
        if ours - numbers.resting(tx, now=now).keys():
            return
    held = campaigns.hold(tx, seen.campaign_id, reason=reason, sentence=error.message, now=now)
    if held:
        log.error("campaign_held", campaign_id=seen.campaign_id, reason=reason)


def _count_rejection(tx: Connection, seen: Attempt, error: CallRejected, *, now: datetime) -> None:
    if error.do_not_call:
        return
    if campaigns.count_rejection(tx, seen.campaign_id) < BAD_NUMBERS_HOLD:
        return
    sentence = (
        f"Retell refused {BAD_NUMBERS_HOLD} numbers in a row; the last time it said: "
        f"{error.message}"
    )
    if campaigns.hold(tx, seen.campaign_id, reason="bad_numbers", sentence=sentence, now=now):
        log.error("campaign_held", campaign_id=seen.campaign_id, reason="bad_numbers")
