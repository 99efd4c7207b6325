"""Retention: what was said in calls is deleted once it is as old as people want it kept."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from dialer.actions.scrub import breathe
from dialer.actions.world import World
from dialer.errors import UserError
from dialer.log import get_logger
from dialer.store import said
from dialer.store.database import Connection, Database
from dialer.store.ledger import log_action

log = get_logger(__name__)

MOST_DAYS = 3650
AT_ONCE = 200
"""Calls in one transaction: what a running campaign may have to wait for."""


def kept_days(db: Database) -> int | None:
    """Give how many days what was said is kept; None: until somebody deletes it."""
    return db.read(said.kept_days)


def count_older(world: World, days: int) -> int:
    """Count the calls of which something would be deleted if words were kept so many days.

    Raises:
        UserError: nobody can keep it that long, or that short.
    """
    refuse_unfit(days)
    before = world.clock.now() - timedelta(days=days)
    return world.db.read(partial(said.count_calls, before=before))


def keep_days(world: World, days: int | None, *, actor: str) -> None:
    """Have what was said be kept so many days; `delete_old` does it, within an hour.

    None keeps it until somebody deletes it. What is deleted cannot be brought back.

    Raises:
        UserError: nobody can keep it that long, or that short.
    """
    if days is not None:
        refuse_unfit(days)
    now = world.clock.now()

    def body(tx: Connection) -> None:
        before = said.kept_days(tx)
        if before == days:
            return
        said.keep_days(tx, days)
        log_action(
            tx,
            actor=actor,
            action="keep_words",
            subject="privacy",
            now=now,
            before={"days": before},
            after={"days": days},
        )

    world.db.transact(body)


def delete_old(world: World) -> int:
    """Delete what was said in calls that are old enough; give in how many.

    Who was called, when, and what came of it stay. May run at any time, twice too.
    """
    days = kept_days(world.db)
    if days is None:
        return 0
    now = world.clock.now()
    before = now - timedelta(days=days)
    calls = _in_parts(world, partial(said.delete_of_attempts, before=before, now=now))
    calls += _in_parts(world, partial(said.delete_of_inbound, before=before))
    letters = _in_parts(world, partial(said.empty_ignored, before=before))
    if calls or letters:
        log.info("words_deleted", calls=calls, letters=letters)
    return calls


def _in_parts(world: World, step: Callable[..., int]) -> int:
    deleted = 0
    while some := world.db.transact(partial(step, most=AT_ONCE)):
        deleted += some
        breathe(world)
    return deleted


def refuse_unfit(days: int) -> None:
    """Refuse to keep words for no time, or for ever so long.

    Raises:
        UserError: says how long it may be.
    """
    if not 1 <= days <= MOST_DAYS:
        raise UserError(
            f"what was said cannot be kept for {days:,} days",
            fix=f"write 1 to {MOST_DAYS:,} days, or leave it empty",
        )
