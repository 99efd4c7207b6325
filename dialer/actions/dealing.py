"""Dealing: which campaign gets how many of the free lines, and the leads it takes for them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from dialer.actions.choosing import attempts_for, choose
from dialer.actions.world import World
from dialer.domain.lines import GateState, Want, deal
from dialer.store import campaigns, leads
from dialer.store.database import Connection
from dialer.store.tables import Campaign

ROUNDS = 5
"""How often lines are dealt anew when the gates refuse the leads that were taken for them."""


def take(
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
    running = campaigns.hold_running_still(tx, now=now)
    rows: list[dict[str, Any]] = []
    phones: set[str] = set()  # the same number may be due in two campaigns
    for _ in range(ROUNDS):
        shares = _shares(tx, running, free=free - len(rows), in_use=in_use, phones=phones, now=now)
        taken = len(rows)
        for row in running:
            chosen = choose(tx, row, state, share=shares[row.id], phones=phones, now=now)
            rows += attempts_for(tx, row, chosen, world=world, now=now)
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
