"""Purge: delete what is kept for a while only."""

from datetime import datetime, timedelta
from functools import partial

from dialer.actions import retention
from dialer.actions.scrub import breathe
from dialer.actions.world import World
from dialer.log import get_logger
from dialer.store import kept_answers, lists, result_delivery
from dialer.store.database import Connection

log = get_logger(__name__)

REJECTS_KEPT = timedelta(days=90)
"""So long the rejected rows of a list can be exported and corrected after its import."""

RESULTS_KEPT = timedelta(days=90)
"""So long a result can be looked at and sent again, whatever became of it."""

ANSWERS_KEPT = timedelta(days=3)
"""So long a request may be sent again with the same idempotency key: over a long weekend."""

AT_ONCE = 5_000
"""Rows deleted in one transaction."""


def purge(world: World) -> int:
    """Delete old results, old words, and the rejected rows of old lists; give how many of those.

    May run at any time, twice too. What a list counts stays as it is.
    """
    now = world.clock.now()
    _purge_results(world, now=now)
    _purge_answers(world, now=now)
    retention.delete_old(world)
    old = world.db.read(lambda tx: lists.with_old_rejects(tx, before=now - REJECTS_KEPT))
    return sum(_purge_list(world, list_id, now=now) for list_id in old)


def _purge_results(world: World, *, now: datetime) -> None:
    step = partial(result_delivery.purge, before=now - RESULTS_KEPT, most=AT_ONCE)
    deleted = 0
    while some := world.db.transact(step):
        deleted += some
        breathe(world)
    if deleted:
        log.info("results_purged", rows=deleted)


def _purge_answers(world: World, *, now: datetime) -> None:
    step = partial(kept_answers.purge, before=now - ANSWERS_KEPT, most=AT_ONCE)
    while world.db.transact(step):
        breathe(world)


def _purge_list(world: World, list_id: int, *, now: datetime) -> int:
    deleted = 0
    step = partial(_delete_some, list_id=list_id, now=now)
    while some := world.db.transact(step):
        deleted += some
        breathe(world)
    log.info("rejects_purged", list_id=list_id, rows=deleted)
    return deleted


def _delete_some(tx: Connection, *, list_id: int, now: datetime) -> int:
    return lists.delete_rejects(tx, list_id, most=AT_ONCE, now=now)
