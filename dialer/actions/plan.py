"""Plan: claim due leads for the free lines.

1. Lock the gate, count the open attempts, see how many lines are free and may be used now.
2. Deal them to the running campaigns that have due leads.
3. Take those leads, ask every gate, and claim: lead to IN_FLIGHT, a new attempt as INTENT.
4. After the commit, send one message per attempt.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dialer.actions.aside import put_aside
from dialer.actions.facts import facts_of
from dialer.actions.world import World
from dialer.domain.gates import why_not_dial
from dialer.domain.lines import GateState, Want, claimable, deal, lines_in_force, send_times
from dialer.domain.patience import INTENT_REMINDER
from dialer.domain.states import Analysis, AttemptStatus
from dialer.log import get_logger
from dialer.store import attempts, campaigns, gate, leads, numbers, suppressions
from dialer.store.database import Connection
from dialer.store.tables import Campaign, Lead

log = get_logger(__name__)

ROUNDS = 5
"""How often lines are dealt anew when the gates refuse the leads that were taken for them."""


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
    claimed = world.db.transact(lambda tx: claim(tx, world, freed_at=freed_at))
    for one in claimed:
        world.queue.dial(one.attempt_id, label=f"{one.lead_id}-{one.n}")
    return len(claimed)


def claim(tx: Connection, world: World, *, freed_at: datetime | None) -> list[Claimed]:
    """Claim due leads for the free lines, in one transaction under the gate's lock."""
    state = gate.lock(tx)
    now = world.clock.now()
    in_use = gate.count_open(tx)
    free = claimable(state, open_attempts=in_use.total, unsent=in_use.unsent, now=now)
    if free == 0:
        return []
    rows = _take(tx, world, state, free=free, in_use=in_use.by_campaign, now=now)
    if not rows:
        return []
    moments, next_send_at = send_times(state, count=len(rows), now=now)
    limit = lines_in_force(state, now=now).lines
    for index, row in enumerate(rows):
        row["send_at"] = moments[index]
        row["refill_from"] = freed_at if index == 0 else None
        row["lines_open"] = in_use.total + index + 1
        row["lines_limit"] = limit
    attempts.add(tx, rows, now=now)
    gate.save(tx, replace(state, next_send_at=next_send_at), before=state)
    log.info("claimed", attempts=len(rows), open=in_use.total + len(rows), limit=limit)
    return [Claimed(row["id"], row["lead_id"], row["n"]) for row in rows]


def _take(
    tx: Connection,
    world: World,
    state: GateState,
    *,
    free: int,
    in_use: dict[int, int],
    now: datetime,
) -> list[dict[str, Any]]:
    """Deal the free lines to the campaigns, and take the leads for them.

    Lines that a campaign could not use, because its gates refused, are dealt again.
    """
    running = campaigns.hold_running_still(tx)
    rows: list[dict[str, Any]] = []
    phones: set[str] = set()  # the same number may be due in two campaigns
    for _ in range(ROUNDS):
        shares = _shares(tx, running, free=free - len(rows), in_use=in_use, phones=phones, now=now)
        taken = len(rows)
        for row in running:
            chosen = _choose(tx, row, state, share=shares[row.id], phones=phones, now=now)
            rows += _attempts_for(tx, row, chosen, world=world, now=now)
            in_use[row.id] = in_use.get(row.id, 0) + len(chosen)
        if len(rows) == taken or len(rows) - taken == sum(shares.values()):
            break
    return rows


def _shares(
    tx: Connection,
    running: Sequence[Campaign],
    *,
    free: int,
    in_use: Mapping[int, int],
    phones: Collection[str],
    now: datetime,
) -> dict[int, int]:
    alone = len(running) == 1  # then nobody else could use what it does not need
    return deal(
        free,
        [
            Want(
                row.id,
                due=free
                if alone
                else leads.count_due(tx, row.id, now=now, most=free, without=phones),
                in_use=in_use.get(row.id, 0),
                cap=row.lines,
                weight=row.weight,
            )
            for row in running
        ],
    )


def _choose(
    tx: Connection,
    campaign: Campaign,
    state: GateState,
    *,
    share: int,
    phones: set[str],
    now: datetime,
) -> list[Lead]:
    """Take up to `share` due leads that every gate lets pass, and put aside those it does not."""
    if share == 0:
        return []
    due = leads.take_due(tx, campaign.id, now=now, most=share, without=phones)
    suppressed = suppressions.suppressed_among(
        tx, [lead.phone for lead in due], campaign_id=campaign.id, now=now
    )
    spec = campaigns.spec_of(campaign)
    chosen, refused = [], []
    for lead in due:
        facts = facts_of(
            lead,
            status=campaign.status,
            spec=spec,
            suppressed=lead.phone in suppressed,
            state=state,
        )
        hold = why_not_dial(facts, now=now)
        if hold is None:
            chosen.append(lead)
            phones.add(lead.phone)
        else:
            refused.append((lead, hold))
    put_aside(tx, campaign, refused, now=now)
    leads.take_off(tx, [lead.id for lead in chosen])
    return chosen


def _attempts_for(
    tx: Connection, campaign: Campaign, chosen: Sequence[Lead], *, world: World, now: datetime
) -> list[dict[str, Any]]:
    if not chosen:
        return []
    spec = campaigns.spec_of(campaign)
    resting = numbers.resting(tx, now=now)
    # The next try calls from another number where there are several.
    ours = [number for number in spec.from_numbers if number not in resting] or spec.from_numbers
    return [
        {
            "id": world.new_id(),
            "lead_id": lead.id,
            "campaign_id": campaign.id,
            "phone": lead.phone,
            "n": lead.tries + 1,
            "from_number": ours[(lead.id + lead.tries) % len(ours)],
            "status": AttemptStatus.INTENT,
            "analysis": Analysis.NONE,
            "created_at": now,
            "promised_at": lead.callback_at,
            "check_at": now + INTENT_REMINDER,
            "late": False,
            "look_ups": 0,
            "absent_answers": 0,
            "replays": 0,
        }
        for lead in chosen
    ]
