"""Giving leads back: what becomes of a lead that was not dialed after all."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from dialer.actions.called_enough import free_again
from dialer.actions.deciding import promised, talked_meanwhile
from dialer.actions.openings import shift_those_due
from dialer.domain.gates import has_ended
from dialer.domain.hold import CALLED_ENOUGH, CLOSED_NOW, FOR_A_PERSON, Hold, HoldCode
from dialer.domain.states import OVER, AttemptStatus, ClosedAs, LeadStatus
from dialer.store import attempts, campaigns, leads
from dialer.store.database import Connection
from dialer.store.tables import Attempt, Campaign, Lead

_BY_PLACE = (*CLOSED_NOW, HoldCode.NO_ZONE, HoldCode.NEVER_OPEN)
"""Reasons that hold for every lead of the same place."""

_TELLS_WHEN = (*CLOSED_NOW, *CALLED_ENOUGH, HoldCode.BACKING_OFF, HoldCode.GAP)
"""Reasons whose `until` is a moment at which this lead may be called. After any other one the lead
stays due: what is used up or resting is the campaign's, and the next claim asks about it."""


def put_aside(
    tx: Connection,
    campaign: Campaign,
    refused: Iterable[tuple[Lead, Hold]],
    *,
    now: datetime,
) -> None:
    """Do with due leads what the reasons for not dialing them ask for.

    One that waits for its opening takes along thousands of those behind it that wait for theirs:
    they would be refused as well, one after the other, for as long as the list is. So does one
    whose person was called enough.
    """
    wait = False
    free_at: dict[int, datetime] = {}
    for lead, hold in refused:
        if hold.code is HoldCode.SUPPRESSED:
            leads.close(tx, lead, closed_as=ClosedAs.SUPPRESSED, now=now)
        elif hold.code is HoldCode.NO_CONSENT:
            leads.hold_those(tx, [lead.id], reason=hold.code)
        elif hold.code is HoldCode.CAMPAIGN_ENDED:
            _close_ended(tx, lead, now=now)
        elif hold.code in _BY_PLACE:
            wait = True
        elif hold.code in CALLED_ENOUGH and hold.until is not None:
            free_at[lead.id] = hold.until
        # else nothing changes: the lead stays due, the claim is not made
    if wait:
        shift_those_due(tx, campaign.id, campaigns.spec_of(campaign), now=now)
    if free_at:
        leads.shift_each(tx, free_again(tx, campaign, now=now) | free_at)


def give_back(
    tx: Connection,
    lead: Lead,
    attempt: Attempt,
    hold: Hold | None,
    *,
    now: datetime,
    wanted_at: datetime | None = None,
) -> None:
    """Return an IN_FLIGHT lead whose `attempt` was not sent; it may be tried as often as before.

    One that was talked with in the meantime is done. In a campaign that is over, or will be when
    the lead is due again, nobody would look at it again, so it closes there. `wanted_at` is when
    it would be due if any hour were allowed, where the hold does not say so.
    """
    campaign = campaigns.get(tx, lead.campaign_id)
    if campaign is None or campaign.status in OVER:
        leads.close(tx, lead, closed_as=ClosedAs.STOPPED, now=now)
    elif hold is not None and hold.code is HoldCode.SUPPRESSED:
        leads.close(tx, lead, closed_as=ClosedAs.SUPPRESSED, now=now)
    elif talked_meanwhile(tx, lead, attempt):
        leads.close(tx, lead, closed_as=ClosedAs.REACHED, now=now)
    elif hold is not None and hold.code in FOR_A_PERSON:
        leads.move(
            tx,
            lead.id,
            current=LeadStatus.IN_FLIGHT,
            target=LeadStatus.HELD,
            held_reason=hold.code,
            wanted_at=now,
        )
    else:
        waits_for = hold.until if hold is not None and hold.code in _TELLS_WHEN else None
        waits = {"due_at": waits_for or now, "wanted_at": wanted_at or now}
        waits |= _as_promised(lead, campaign, not_before=waits["due_at"], now=now)
        if has_ended(campaign.ends_at, at=waits["due_at"]):
            _close_ended(tx, lead, now=now)
            return
        leads.move(tx, lead.id, current=LeadStatus.IN_FLIGHT, target=LeadStatus.READY, **waits)


def _as_promised(
    lead: Lead, campaign: Campaign, *, not_before: datetime, now: datetime
) -> dict[str, Any]:
    """Say when a lead waits that was promised a call while the one that was not made waited."""
    if lead.callback_at is None or lead.callback_at <= not_before:
        return {}
    outcome = promised(campaigns.spec_of(campaign), lead, lead.callback_at, now=now)
    if outcome.due_at is None or outcome.due_at <= not_before:
        return {}
    return {
        "due_at": outcome.due_at,
        "wanted_at": outcome.wanted_at,
        "priority": int(outcome.priority),
    }


def _close_ended(tx: Connection, lead: Lead, *, now: datetime) -> None:
    reason = HoldCode.CAMPAIGN_ENDED
    leads.close(tx, lead, closed_as=ClosedAs.EXHAUSTED, now=now, held_reason=reason)


def cancel_intent(
    tx: Connection, attempt: Attempt, lead: Lead, hold: Hold, *, now: datetime, by: str
) -> bool:
    """Give up an attempt before anything was sent, and give its lead back.

    Returns False when it was sent, or given up, in the meantime.
    """
    moved = attempts.move(
        tx,
        attempt.id,
        current=AttemptStatus.INTENT,
        target=AttemptStatus.CANCELLED,
        now=now,
        by=by,
        evidence=f"{hold.code}: {hold.sentence}",
        reason=hold.code,
    )
    if moved:
        give_back(tx, lead, attempt, hold, now=now)
    return moved
