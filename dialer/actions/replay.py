"""Replay: send the same request with the same key again, to learn what became of the first.

Off unless the workspace was seen to honour idempotency keys: Retell then answers with the first
call and rings nobody. At most four times, never after 45 minutes, and every gate is asked again.
"""

from datetime import datetime

from dialer.actions.evidence import apply_evidence
from dialer.actions.facts import facts_of
from dialer.actions.world import World
from dialer.domain.gates import why_not_dial
from dialer.domain.lines import lines_in_force
from dialer.domain.patience import REPLAY_LAST, SEND_DEADLINE, replay_due
from dialer.domain.states import AttemptStatus
from dialer.errors import CallError
from dialer.log import get_logger
from dialer.retell.mapping import LOOKED_UP, evidence_of
from dialer.store import attempts, campaigns, gate, leads, person_calls, suppressions
from dialer.store.database import Connection
from dialer.store.tables import Attempt

log = get_logger(__name__)


def replay(world: World, row: Attempt) -> bool | None:
    """Repeat an unknown attempt's request once.

    True when the call is over and its line free; None when it was not to be repeated.
    """
    send_by = world.db.transact(lambda tx: _pass_gates(tx, world, row))
    if send_by is None or row.request is None:
        return None
    try:
        created = world.provider.create_phone_call(row.request, send_by=send_by)
    except CallError as error:
        # A refusal of the repetition says nothing of the first request.
        log.warning("replay_failed", attempt_id=row.id, code=error.code)
        return False
    return world.db.transact(
        lambda tx: apply_evidence(
            tx,
            evidence_of(LOOKED_UP, created.call),
            seen=row,
            by="reconcile",
            source="replay",
            now=world.clock.now(),
        )
    )


def _pass_gates(tx: Connection, world: World, row: Attempt) -> datetime | None:
    """Ask every gate again. Gives the last moment for the repetition, None when it is refused."""
    now = world.clock.now()
    started = row.send_started_at
    if row.request is None or started is None or gate.replay_refused(tx):
        return None
    if not replay_due(send_started_at=started, replays=row.replays, now=now):
        return None
    state = gate.peek(tx)
    if gate.count_open(tx).total > lines_in_force(state, now=now).lines:
        return None  # the limit was lowered; a call that may be new would be one too many
    campaign = campaigns.hold_still(tx, [row.campaign_id])[row.campaign_id]
    lead = leads.lock(tx, row.lead_id)
    facts = facts_of(
        lead,
        status=campaign.status,
        spec=campaigns.spec_of(campaign),
        suppressed=suppressions.is_suppressed(tx, lead.phone, campaign_id=campaign.id, now=now),
        calls=person_calls.of_phone(tx, lead.phone, but=row.id, now=now),
        promised=row.promised_at is not None,
        state=state,
    )
    if why_not_dial(facts, now=now) is not None or not attempts.claim_replay(tx, row):
        return None
    attempts.note(
        tx,
        row.id,
        current=AttemptStatus.UNKNOWN,
        target=AttemptStatus.UNKNOWN,
        now=now,
        by="reconcile",
        evidence=f"replay {row.replays + 1}",
    )
    return min(now + SEND_DEADLINE, started + REPLAY_LAST)
