"""Deciding: what becomes of a lead after a call, by promise, cadence and window.

1. Somebody who asked to be called at a time is called then, ahead of everything else.
2. A promised call that reached nobody is made once more after a little while.
3. Otherwise the cadence decides, by all attempts so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dialer.actions.facts import zones_of
from dialer.actions.openings import opening_for
from dialer.domain.cadence import Cadence, Close, next_step, place
from dialer.domain.callbacks import promise_due
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.evidence import CallEvidence
from dialer.domain.gates import HoldCode, has_ended
from dialer.domain.inbound import is_conversation
from dialer.domain.priority import Priority
from dialer.domain.states import OVER, ClosedAs
from dialer.store import attempts, campaigns, inbound_calls, known_calls, suppressions
from dialer.store.attempts import Ended
from dialer.store.database import Connection
from dialer.store.tables import Attempt, Lead

_NOBODY_THERE = (
    Disposition.NO_ANSWER,
    Disposition.BUSY,
    Disposition.VOICEMAIL,
    Disposition.IVR,
    Disposition.INACTIVE,
)
"""After these a promised call is made once more; who declines it has changed their mind."""
_NEVER = (Verdict.SUPPRESS, Verdict.INVALID, Verdict.REVIEW)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a lead closes, or when it is due again; neither when no call may ever start."""

    closed_as: ClosedAs | None = None
    due_at: datetime | None = None
    wanted_at: datetime | None = None  # when it would be due if any hour were allowed
    reason: HoldCode | None = None  # why it closed, where no call says so
    callback_at: datetime | None = None  # the promise it waits for
    priority: Priority = Priority.RETRY_FIRST

    @property
    def retry_at(self) -> datetime | None:
        """The moment before which no further attempt is made; None when none is."""
        return None if self.due_at is None else self.wanted_at

    def values(self) -> dict[str, Any]:
        """Give the columns of a lead, all but how it closed."""
        return {
            "due_at": self.due_at,
            "wanted_at": self.wanted_at,
            "held_reason": self.reason,
            "callback_at": self.callback_at,
            "priority": int(self.priority),
        }


def zone_of(lead: Lead) -> str:
    """Give the zone by whose clock a lead speaks: the likeliest one."""
    return next(iter(zones_of(lead)), "UTC")


def decide(
    tx: Connection,
    lead: Lead,
    attempt: Attempt,
    evidence: CallEvidence,
    *,
    counted: dict[str, Any],
    now: datetime,
) -> Outcome:
    """Decide what becomes of a lead whose latest call ended at `now`; changes nothing.

    `counted` holds the lead's `attempts` and `free_tries` with this call included.
    """
    campaign = campaigns.get(tx, lead.campaign_id)
    if campaign is None:
        raise LookupError(f"campaign {lead.campaign_id} is gone")
    spec = campaigns.spec_of(campaign)
    this = Ended(
        disposition=evidence.disposition or Disposition.UNKNOWN,
        rang=evidence.rang,
        send_started_at=attempt.send_started_at or attempt.created_at,
        promised_at=attempt.promised_at,
    )
    ended = [*(attempts.ended_before(tx, attempt) if attempt.n > 1 else ()), this]
    outcome = _by_promise(spec, lead, evidence, ended, now=now) or by_cadence(
        spec, lead, evidence, ended, counted=counted, now=now, seed=attempt.id
    )
    if outcome.closed_as is not None:
        return outcome
    if outcome.callback_at is None and talked_meanwhile(tx, lead, attempt):
        return Outcome(closed_as=ClosedAs.REACHED)
    if campaign.status in OVER:
        return Outcome(closed_as=ClosedAs.STOPPED)
    if suppressions.is_suppressed(tx, lead.phone, campaign_id=lead.campaign_id, now=now):
        return Outcome(closed_as=ClosedAs.SUPPRESSED)
    return within_end(spec, outcome)


def talked_meanwhile(tx: Connection, lead: Lead, attempt: Attempt) -> bool:
    """Tell whether the person was talked with otherwise while `attempt` was out.

    They called us, or an earlier call of ours that had been given up reached them.
    """
    since = attempt.created_at
    calls = inbound_calls.ended_since(tx, lead.id, since)
    if any(is_conversation(one.disposition) and one.promised_at is None for one in calls):
        return True
    return lead.tries > 1 and known_calls.talked_late(tx, lead.id, since=since)


def within_end(spec: CampaignSpec, outcome: Outcome) -> Outcome:
    """Close a lead that would be due again only when its campaign has ended."""
    if outcome.due_at is None or not has_ended(spec.ends_at, at=outcome.due_at):
        return outcome
    return Outcome(closed_as=ClosedAs.EXHAUSTED, reason=HoldCode.CAMPAIGN_ENDED)


def _by_promise(
    spec: CampaignSpec,
    lead: Lead,
    evidence: CallEvidence,
    ended: Sequence[Ended],
    *,
    now: datetime,
) -> Outcome | None:
    """Give the outcome of a promise that was made, or that was not kept yet."""
    this = ended[-1]
    verdict = MEANING[this.disposition].verdict
    if verdict in _NEVER:
        return None
    asked_at = evidence.asked.at if evidence.asked is not None else None
    if lead.callback_at is not None and lead.callback_at != this.promised_at:
        asked_at = lead.callback_at  # promised while they talked
    elif this.disposition is not Disposition.CALLBACK:
        asked_at = None
    kept = {one.promised_at for one in ended} - {None}
    if asked_at is not None and len(kept) < spec.callback.at_most:
        return promised(spec, lead, asked_at, now=now)
    if this.promised_at is None or this.disposition not in _NOBODY_THERE:
        return None
    if sum(one.rang for one in ended if one.promised_at == this.promised_at) > 1:
        return None
    wanted_at = now + spec.callback.again_after
    return Outcome(
        due_at=opening_for(spec, lead, after=wanted_at),
        wanted_at=wanted_at,
        callback_at=this.promised_at,
        priority=Priority.PROMISE,
    )


def promised(spec: CampaignSpec, lead: Lead, asked_at: datetime, *, now: datetime) -> Outcome:
    """Give the outcome of a promise to call at a time."""
    due_at = promise_due(
        asked_at, now=now, opening=lambda after: opening_for(spec, lead, after=after)
    )
    wanted_at = max(asked_at, now)
    if due_at is not None:
        wanted_at = min(wanted_at, due_at)  # a little earlier, before it closes
    return Outcome(
        due_at=due_at, wanted_at=wanted_at, callback_at=asked_at, priority=Priority.PROMISE
    )


def by_cadence(
    spec: CampaignSpec,
    lead: Lead,
    evidence: CallEvidence,
    ended: Sequence[Ended],
    *,
    counted: dict[str, Any],
    now: datetime,
    seed: str,
) -> Outcome:
    """Give the outcome by the cadence alone, by all attempts so far, this one included.

    The jitter is drawn from `seed`, the id of the attempt.
    """
    cadence, this, zone_name = spec.cadence, ended[-1], zone_of(lead)
    if evidence.only_heard and not cadence.voicemail_retries:
        return Outcome(closed_as=ClosedAs.EXHAUSTED)
    step = next_step(
        cadence,
        this.disposition,
        times=sum(one.disposition is this.disposition for one in ended),
        attempts=counted["attempts"] + _counted_otherwise(cadence, ended),
        free_tries=counted["free_tries"] + _uncounted(cadence, ended),
        now=now,
        zone_name=zone_name,
        seed=seed,
    )
    if isinstance(step, Close):
        return Outcome(closed_as=step.closed_as)
    called_at = [one.send_started_at for one in ended if one.rang]
    placed = partial(place, cadence, step, called_at=called_at, zone_name=zone_name)
    due_at = placed(opening=lambda after: opening_for(spec, lead, after=after))
    waits = Outcome(due_at=due_at, wanted_at=placed(opening=lambda after: after))
    verdict = MEANING[this.disposition].verdict
    if verdict is not Verdict.WAIT and _is_too_late(cadence, called_at, due_at):
        return Outcome(closed_as=ClosedAs.EXHAUSTED)
    if verdict is not Verdict.RETRY and this.promised_at is not None:  # no phone rang for it
        return replace(waits, callback_at=this.promised_at, priority=Priority.PROMISE)
    first = cadence.retries == "before fresh"
    return replace(waits, priority=Priority.RETRY_FIRST if first else Priority.RETRY_LAST)


def _is_too_late(cadence: Cadence, called_at: Sequence[datetime], due_at: datetime | None) -> bool:
    if due_at is None or not called_at:
        return False
    return due_at - min(called_at) > timedelta(days=cadence.max_days)


def _counted_otherwise(cadence: Cadence, ended: Sequence[Ended]) -> int:
    """Give how many attempts more, or fewer, count than those that rang."""
    if not cadence.counts:
        return 0
    return sum(cadence.is_counted(one.disposition, rang=one.rang) - one.rang for one in ended)


def _uncounted(cadence: Cadence, ended: Sequence[Ended]) -> int:
    """Count the attempts that rang and are free all the same."""
    if not cadence.counts:
        return 0
    return sum(one.rang and not cadence.is_counted(one.disposition, rang=one.rang) for one in ended)
