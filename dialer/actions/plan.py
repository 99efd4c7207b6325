"""Plan: claim due leads for the free lines.

1. Lock the gate, count the open attempts, see how many lines are free and may be used now.
2. Deal them to the running campaigns that have due leads.
3. Take those leads, ask every gate, choose the number each is called from and the moment, and
   claim: lead to IN_FLIGHT, a new attempt as INTENT.
4. After the commit, send one message per attempt.
"""

from dataclasses import dataclass
from datetime import datetime

from dialer.actions.budgets import left_for_everything, spend
from dialer.actions.callers import numbers_of
from dialer.actions.dealing import take
from dialer.actions.doubting import WENT_BACK, doubt
from dialer.actions.readable import readable
from dialer.actions.world import World
from dialer.domain.lines import after_claim, claimable, lines_in_force
from dialer.errors import RowsMoved
from dialer.log import get_logger
from dialer.store import attempts, campaigns, gate, leads
from dialer.store.database import Connection

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """An attempt that waits to be sent."""

    attempt_id: str
    lead_id: int
    n: int


def plan(world: World) -> int:
    """Claim what may be called now, and give the number of attempts claimed."""
    now = world.clock.now()
    # Most ticks find nothing due; a look without a lock is enough for them.
    if not world.db.read(lambda tx: leads.any_due(tx, now=now)):
        return 0
    return refill(world, freed_at=None)


def refill(world: World, *, freed_at: datetime | None) -> int:
    """Claim for a line that became free, and give the number of attempts claimed.

    `freed_at` is when the end of its last call was received; the first attempt claimed
    remembers it, so that the time the line stood idle can be measured.
    """
    try:
        claimed = world.db.transact(lambda tx: claim(tx, world, freed_at=freed_at))
    except RowsMoved as error:
        log.error("claim_given_up", reason=str(error))
        return 0
    for one in claimed:
        world.queue.dial(one.attempt_id, label=f"{one.lead_id}-{one.n}")
    return len(claimed)


def claim(tx: Connection, world: World, *, freed_at: datetime | None) -> list[Claimed]:
    """Claim due leads for the free lines, in one transaction under the gate's lock."""
    state = gate.lock(tx)
    now = world.clock.now()
    if world.witness.is_behind(state.turn):
        doubt(tx, WENT_BACK, clock=world.clock, actor="system")
        return []
    in_use = gate.count_open(tx)
    free = claimable(state, open_attempts=in_use.total, unsent=in_use.unsent, now=now)
    if free and (left := left_for_everything(tx, state, unsent=in_use.unsent, now=now)) is not None:
        free = min(free, left)
    if free == 0:
        return []
    running = readable(campaigns.hold_running_still(tx, now=now))
    known = numbers_of(tx, [campaigns.spec_of(row) for row in running], state, now=now)
    rows = take(
        tx,
        world,
        state,
        running=running,
        known=known,
        free=free,
        in_use=in_use.by_campaign,
        now=now,
    )
    if not rows:
        return []
    limit = lines_in_force(state, now=now).lines
    for index, row in enumerate(rows):
        row["refill_from"] = freed_at if index == 0 else None
        row["lines_open"] = in_use.total + index + 1
        row["lines_limit"] = limit
    attempts.add(tx, rows, now=now)
    spend(tx, state, running, [row["campaign_id"] for row in rows])
    gate.save(tx, after_claim(state, known.moments), before=state)
    log.info("claimed", attempts=len(rows), open=in_use.total + len(rows), limit=limit)
    return [Claimed(row["id"], row["lead_id"], row["n"]) for row in rows]
