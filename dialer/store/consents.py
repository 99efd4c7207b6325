"""Consents, for all leads of a campaign at once; one at a time they are asked by the gates."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, case, false, func, or_, select, update

from dialer.domain.consent import stored_moment
from dialer.domain.hold import HoldCode
from dialer.domain.states import LeadStatus
from dialer.store.leads import held
from dialer.store.tables import Lead, table

lead = table(Lead)

_HELD = and_(lead.c.status == LeadStatus.HELD, lead.c.held_reason == HoldCode.NO_CONSENT)


class Counted(NamedTuple):
    """How many leads of a campaign, of those that wait, have consent."""

    waiting: int
    agreed: int


def hold_without(tx: Connection, campaign_id: int, *, now: datetime) -> int:
    """Hold the READY leads without a consent that counts now, and give how many."""
    chosen = update(lead).where(
        lead.c.campaign_id == campaign_id,
        lead.c.status == LeadStatus.READY,
        ~_counts(now),
    )
    return int(tx.execute(chosen.values(held(HoldCode.NO_CONSENT))).rowcount)


def release(tx: Connection, campaign_id: int, *, is_required: bool, now: datetime) -> int:
    """Let leads that were held for want of a consent wait again, and give how many.

    They are due now, or when they would have been without it.

    All of them where none is needed any more, else those whose consent counts by now.
    """
    chosen = update(lead).where(lead.c.campaign_id == campaign_id, _HELD)
    if is_required:
        chosen = chosen.where(_counts(now))
    due_at = case((lead.c.wanted_at > now, lead.c.wanted_at), else_=now)
    values = {"status": LeadStatus.READY, "held_reason": None, "due_at": due_at}
    return int(tx.execute(chosen.values(values)).rowcount)


def count(tx: Connection, campaign_id: int, *, now: datetime) -> Counted:
    """Count the leads that wait for a call, or for a consent."""
    waiting = or_(lead.c.status == LeadStatus.READY, _HELD)
    counted = select(func.count(), func.count().filter(_counts(now)))
    found = counted.select_from(lead).where(lead.c.campaign_id == campaign_id, waiting)
    return Counted(*tx.execute(found).one())


def _counts(now: datetime) -> Any:
    """Say what `domain.consent` says of one lead."""
    kept = lead.c.consent
    at, source, words = (kept[name].as_string() for name in ("at", "source", "text"))
    return func.coalesce(
        and_(at <= stored_moment(now), func.coalesce(source, words, "") != ""), false()
    )
