"""Bringing back: an attempt that the database has forgotten, from what Retell says of its call.

The metadata of each call names attempt, lead and campaign, the attempt's number and the moment of
its send. The attempt is written as one that was given up, and then the call is applied to it as
late evidence: that stops a newer attempt which was not sent, and closes the lead or lets it wait.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from functools import partial

from dialer.actions.evidence import apply_evidence
from dialer.actions.settle import UNKNOWN_ATTEMPT, settle
from dialer.actions.wishes import heed_without_lead
from dialer.actions.world import World
from dialer.domain.patience import UNRESOLVED_AGE
from dialer.domain.states import AttemptStatus
from dialer.errors import AccountProblem, LookUpFailed
from dialer.log import get_logger
from dialer.retell.mapping import LOOKED_UP, evidence_of
from dialer.retell.models import Call
from dialer.store import attempts, forgotten, incidents, leads, other_calls, webhooks
from dialer.store.database import Connection
from dialer.store.tables import Attempt, Lead

log = get_logger(__name__)

BY = "audit"


class Found(Enum):
    """What became of a call whose attempt is forgotten."""

    BROUGHT_BACK = auto()
    WITHOUT_LEAD = auto()  # the lead is forgotten as well; the call counts for its number
    GOES_ON = auto()  # without lead, and not over: nothing was written


def bring_back(world: World, call: Call) -> Found:
    """Bring back the attempt of a call of ours; may be done twice.

    What was told of the call before is settled now.
    """
    now = world.clock.now()
    row, events = world.db.transact(partial(_bring, call=call, now=now))
    if row is not None:
        apply_call(world, row, _whole(world, call))
        log.warning("attempt_brought_back", attempt_id=row.id, call_id=call.call_id)
    elif not _is_over(call, now=now):
        return Found.GOES_ON
    else:
        events = world.db.transact(partial(_count_for_number, call=call, now=now))
        log.error("call_without_lead", call_id=call.call_id)
    for event_row in events:
        settle(world, event_row)
    return Found.WITHOUT_LEAD if row is None else Found.BROUGHT_BACK


def _is_over(call: Call, *, now: datetime) -> bool:
    """Tell whether a call holds no line, and has told how it ended."""
    if evidence_of(LOOKED_UP, call).rank is AttemptStatus.ENDED:
        return True
    return now - _sent_at(call, now=now) > UNRESOLVED_AGE


def apply_call(world: World, row: Attempt, call: Call) -> bool:
    """Apply what Retell says of a call to its attempt. True when a line became free."""
    evidence = evidence_of(LOOKED_UP, call)
    return world.db.transact(
        lambda tx: apply_evidence(
            tx, evidence, seen=row, by=BY, source="audit", now=world.clock.now()
        )
    )


def _whole(world: World, call: Call) -> Call:
    """Ask for the call with its transcript, which lists leave out; without it, it must do."""
    try:
        return world.provider.get_call(call.call_id)
    except (LookUpFailed, AccountProblem):
        return call


def _bring(tx: Connection, *, call: Call, now: datetime) -> tuple[Attempt | None, Sequence[int]]:
    """Write the attempt, and let what was told before be settled: nobody comes back for that."""
    row = _write_attempt(tx, call=call, now=now)
    return row, () if row is None else _revive(tx, call_id=call.call_id, now=now)


def _write_attempt(tx: Connection, *, call: Call, now: datetime) -> Attempt | None:
    attempt_id = call.metadata_text("attempt_id") or ""
    lead = _lead_of(tx, call) if attempt_id else None
    if lead is None:
        return None
    lead = leads.lock(tx, lead.id)
    if (known := attempts.get(tx, attempt_id)) is not None:
        return known
    n = _free_number(tx, call, lead)
    sent_at = _sent_at(call, now=now)
    forgotten.add(
        tx,
        now=now,
        by=BY,
        id=attempt_id,
        lead_id=lead.id,
        campaign_id=lead.campaign_id,
        phone=lead.phone,
        n=n,
        from_number=call.from_number or "",
        created_at=sent_at,
        send_at=sent_at,
        send_started_at=sent_at,
    )
    leads.change(tx, lead.id, tries=max(lead.tries, n))
    return attempts.get(tx, attempt_id)


def _lead_of(tx: Connection, call: Call) -> Lead | None:
    """Find the lead by campaign and number: ids may have been given out anew since."""
    campaign_id = _whole_number(call.metadata_text("campaign_id"))
    if campaign_id is None or not call.to_number:
        return None
    return leads.of_phone(tx, campaign_id, call.to_number)


def _count_for_number(tx: Connection, call: Call, *, now: datetime) -> Sequence[int]:
    """Keep a call whose lead is forgotten, so that whoever calls its number again knows of it.

    Gives the events that are to be settled now, in one transaction with it: it is done only once.
    """
    events = _revive(tx, call_id=call.call_id, now=now)
    if not call.to_number:
        return events
    started_at = call.started_at or _sent_at(call, now=now)
    row = {"call_id": call.call_id, "phone": call.to_number, "started_at": started_at}
    other_calls.add(tx, [row])
    heed_without_lead(tx, evidence_of(LOOKED_UP, call), by=BY, now=now)
    return events


def _free_number(tx: Connection, call: Call, lead: Lead) -> int:
    """Give the attempt the number it had, or the next one when the lead was called since."""
    highest = forgotten.highest_n(tx, lead.id)
    had = _whole_number(call.metadata_text("attempt_n")) or 0
    return had if had > highest else max(highest, lead.tries) + 1


def _sent_at(call: Call, *, now: datetime) -> datetime:
    """Give the moment of the send gate; calls of older releases do not tell it."""
    try:
        sent_at = datetime.fromisoformat(call.metadata_text("attempt_sent_at") or "")
        return min(sent_at, now) if sent_at.tzinfo is not None else now
    except ValueError:
        return min(call.started_at or now, now)


def _whole_number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _revive(tx: Connection, *, call_id: str, now: datetime) -> Sequence[int]:
    """Let what was told of the call before its attempt was known be settled now."""
    incidents.close(
        tx,
        UNKNOWN_ATTEMPT,
        subject=call_id,
        by=incidents.SYSTEM,
        note="Retell's calls were compared.",
        now=now,
    )
    return webhooks.revive(tx, call_id)
