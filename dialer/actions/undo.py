"""Undo: take the leads of an import out again, as far as nobody has called them."""

from dataclasses import dataclass
from functools import partial

from dialer.actions.world import World
from dialer.domain.states import ListStatus
from dialer.errors import NotFound
from dialer.log import get_logger
from dialer.store import lists
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Lead, LeadList

log = get_logger(__name__)

BATCH_LEADS = 2_000
SHOWN_LEADS = 100


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did. Leads that stayed were called, or are being called."""

    list_id: int
    removed: int
    kept: int
    updated: int  # leads of other lists that the import changed; they stay changed
    kept_leads: list[Lead]  # the first of them


def undo(world: World, list_id: int, *, actor: str) -> Undone:
    """Remove the leads that a list brought and that were never dialed. May be called twice.

    An import that is still running stops, or fails at its next rows.

    Raises:
        NotFound: there is no such list.
    """
    row = world.db.transact(partial(_begin, world=world, list_id=list_id, actor=actor))
    after = 0
    while True:
        take_out = partial(_take_out, row=row, after=after)
        after = world.db.transact(take_out)
        if not after:
            break
    row, kept = world.db.read(partial(_left, list_id=list_id))
    log.info("list_undone", list_id=list_id, removed=row.undone)
    return Undone(list_id, row.undone, row.imported - row.undone, row.updated, kept)


def _begin(tx: Connection, *, world: World, list_id: int, actor: str) -> LeadList:
    """Say that the list is undone, before the first lead goes: an import sees it and stops."""
    if lists.get(tx, list_id) is None:
        raise NotFound(f"there is no list {list_id}", fix="dialer lists list shows them all")
    row = lists.lock(tx, list_id)
    if row.status is not ListStatus.UNDONE:
        now = world.clock.now()
        lists.change(tx, list_id, status=ListStatus.UNDONE, finished_at=now)
        log_action(tx, actor=actor, action="undo_import", subject=f"list:{list_id}", now=now)
    return row


def _take_out(tx: Connection, *, row: LeadList, after: int) -> int:
    lists.lock(tx, row.id)
    gone, last = lists.take_out(tx, row, after=after, most=BATCH_LEADS)
    lists.count(tx, row.id, undone=gone)
    return last


def _left(tx: Connection, *, list_id: int) -> tuple[LeadList, list[Lead]]:
    row = lists.get(tx, list_id)
    assert row is not None
    return row, lists.leads_of(tx, row, most=SHOWN_LEADS)
