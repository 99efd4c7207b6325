"""Giving leads back: what becomes of a lead that was not dialed after all."""

from datetime import datetime

from dialer.domain.gates import Hold, HoldCode
from dialer.domain.states import OVER, AttemptStatus, ClosedAs, LeadStatus
from dialer.store import attempts, campaigns, leads
from dialer.store.database import Connection
from dialer.store.tables import Attempt, Lead


def put_aside(tx: Connection, lead: Lead, hold: Hold, *, now: datetime) -> None:
    """Do with a READY lead what the reason for not dialing it asks for.

    A lead that waits for its window takes all leads of the same zones along, so that a list of
    any size is moved in one statement per set of zones.
    """
    match hold.code:
        case HoldCode.SUPPRESSED:
            leads.close(tx, lead, closed_as=ClosedAs.SUPPRESSED, now=now)
        case HoldCode.NO_ZONE | HoldCode.NEVER_OPEN:
            leads.hold_zones(tx, lead.campaign_id, zones=lead.zones, reason=hold.code)
        case HoldCode.OUTSIDE_WINDOW if hold.until is not None:
            leads.shift(tx, lead.campaign_id, zones=lead.zones, to=hold.until)
        case _:
            pass  # nothing to change: the lead stays due, the claim is not made


def give_back(tx: Connection, lead: Lead, hold: Hold | None, *, now: datetime) -> None:
    """Return an IN_FLIGHT lead whose attempt was not sent; it keeps the attempt.

    In a campaign that is over nobody would look at it again, so it closes there.
    """
    campaign = campaigns.get(tx, lead.campaign_id)
    if campaign is None or campaign.status in OVER:
        leads.close(tx, lead, closed_as=ClosedAs.STOPPED, now=now)
    elif hold is None:
        _make_due(tx, lead, at=now)
    elif hold.code is HoldCode.SUPPRESSED:
        leads.close(tx, lead, closed_as=ClosedAs.SUPPRESSED, now=now)
    elif hold.code in (HoldCode.NO_ZONE, HoldCode.NEVER_OPEN):
        leads.move(
            tx,
            lead.id,
            current=LeadStatus.IN_FLIGHT,
            target=LeadStatus.HELD,
            held_reason=hold.code,
        )
    else:
        _make_due(tx, lead, at=hold.until or now)


def _make_due(tx: Connection, lead: Lead, *, at: datetime) -> None:
    leads.move(tx, lead.id, current=LeadStatus.IN_FLIGHT, target=LeadStatus.READY, due_at=at)


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
        give_back(tx, lead, hold, now=now)
    return moved
