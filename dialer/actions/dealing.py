"""Dealing: which campaign gets how many of the free lines, and the leads it takes for them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from dialer.actions.budgets import left_for_campaign
from dialer.actions.callers import pool_of
from dialer.actions.choosing import attempts_for, choose
from dialer.actions.world import World
from dialer.domain.campaign_limits import lines_now
from dialer.domain.lines import GateState, Want, deal
from dialer.domain.numbers import Numbers
from dialer.store import campaigns, first_lead, leads
from dialer.store.database import Connection
from dialer.store.tables import Campaign

ROUNDS = 5
"""How often lines are dealt anew when the gates refuse the leads that were taken for them."""


def take(
    tx: Connection,
    world: World,
    state: GateState,
    *,
    running: Sequence[Campaign],
    known: Numbers,
    free: int,
    in_use: dict[int, int],
    now: datetime,
) -> list[dict[str, Any]]:
    """Deal the free lines to the running campaigns, and take the leads for them.

    Lines that a campaign could not use, because its gates refused, are dealt again. One that has
    no number to call from, as is `known`, takes none from the others.
    """
    left = {row.id: _left_today(tx, row, most=free, now=now) for row in running}
    pools = {row.id: pool_of(campaigns.spec_of(row), known) for row in running}
    rows: list[dict[str, Any]] = []
    phones: set[str] = set()  # the same number may be due in two campaigns
    for _ in range(ROUNDS):
        most = free - len(rows)
        room = {key: 0 if pools[key].why_none() else min(most, left[key]) for key in left}
        due = _due(tx, room, phones=phones, now=now)
        shares = deal(most, [_want(row, due=due, in_use=in_use, now=now) for row in running])
        taken = len(rows)
        for row in running:
            pool, share = pools[row.id], shares[row.id]
            chosen = choose(tx, row, state, pool, share=share, phones=phones, now=now)
            rows += attempts_for(row, chosen, world=world, now=now)
            in_use[row.id] = in_use.get(row.id, 0) + len(chosen)
            left[row.id] -= len(chosen)
        if len(rows) == taken or len(rows) - taken == sum(shares.values()):
            break
    return rows


def _left_today(tx: Connection, row: Campaign, *, most: int, now: datetime) -> int:
    left = left_for_campaign(tx, row, now=now)
    if row.first_only:
        # One call to see whether all is well.
        most = min(most, 0 if first_lead.is_called(tx, row) else 1)
    return most if left is None else min(most, left)


def _due(
    tx: Connection, room: Mapping[int, int], *, phones: Collection[str], now: datetime
) -> dict[int, int]:
    """Count the leads each campaign may call now, up to its `room`.

    A campaign that is alone is not counted: nobody else could use what it does not need.
    """
    if len(room) == 1:
        return dict(room)
    return {
        row_id: leads.count_due(tx, row_id, now=now, most=some, without=phones) if some else 0
        for row_id, some in room.items()
    }


def _want(
    row: Campaign, *, due: Mapping[int, int], in_use: Mapping[int, int], now: datetime
) -> Want:
    limits = campaigns.spec_of(row).limits
    return Want(
        row.id,
        due=due[row.id],
        in_use=in_use.get(row.id, 0),
        cap=lines_now(limits, started_at=row.started_at, now=now),
        weight=row.weight,
        at_least=limits.lines_at_least,
    )
