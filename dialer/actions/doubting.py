"""Doubting: stop all calling because the database may have gone back in time.

After a restore from a backup, or a switch-over that lost the last seconds, leads wait that were
called already. The doubt stands in the gate's row, where claims and send gates look; no person's
resume lifts it. `actions/provider_audit` compares with Retell's calls, brings back what is
missing, and settles it.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from dialer.actions.world import World
from dialer.clock import Clock
from dialer.errors import NotFound, RefusedByRule
from dialer.log import get_logger
from dialer.store import doubts, gate, incidents
from dialer.store.database import Connection
from dialer.store.doubts import Standing
from dialer.store.ledger import log_action
from dialer.witness import Noted

log = get_logger(__name__)

SUBJECT = "database"
"""What the activity log calls the database in its lines of doubt and trust."""
CODE = "database_doubted"
"""The incident that stands for a doubt."""
WENT_BACK = "This process has seen later claims than the database knows of."


def doubt(tx: Connection, sentence: str, *, clock: Clock, actor: str) -> bool:
    """Call nobody until Retell's calls were compared; False when that is so already."""
    gate.lock(tx)
    now = clock.now()  # under the lock: what was let through while this waited came before
    if not doubts.raise_doubt(tx, sentence, now=now):
        return False
    log_action(
        tx, actor=actor, action="doubt", subject=SUBJECT, now=now, after={"reason": sentence}
    )
    incidents.open_incident(tx, CODE, subject=now.isoformat(), sentence=sentence, now=now)
    log.error("database_doubted", sentence=sentence)
    return True


def trust(
    tx: Connection,
    standing: Standing,
    *,
    until: datetime,
    now: datetime,
    actor: str,
    reason: str,
    close_incident: bool,
) -> bool:
    """Go on calling; False when the doubt is another one by now."""
    raised_at = standing.doubted_at
    if raised_at is None or not doubts.settle_doubt(tx, raised_at=raised_at, until=until):
        return False
    log_action(tx, actor=actor, action="trust", subject=SUBJECT, now=now, after={"reason": reason})
    if close_incident:
        incidents.close(tx, CODE, subject=raised_at.isoformat(), by=actor, note=reason, now=now)
    log.warning("database_trusted", reason=reason)
    return True


def check_memory(world: World) -> None:
    """Doubt a database that lies on another server, or forgot a send noted beside it.

    Asked by each process at its start, and every minute.
    """
    standing = world.db.read(doubts.standing)
    if standing is None or standing.doubted_at is not None:
        return
    # The file before the rows: what it names was committed before it was written.
    noted = world.witness.noted(standing.install)
    if world.db.read(partial(_why_doubt, noted=noted)) is not None:
        world.db.transact(partial(_doubt_for_cause, clock=world.clock, noted=noted))


def _doubt_for_cause(tx: Connection, *, clock: Clock, noted: Sequence[Noted]) -> None:
    """Doubt, unless what was found missing has been brought back meanwhile."""
    sentence = _why_doubt(tx, noted=noted)
    if sentence is not None:
        doubt(tx, sentence, clock=clock, actor="system")


def _why_doubt(tx: Connection, *, noted: Sequence[Noted]) -> str | None:
    standing = doubts.standing(tx)
    if standing is None:
        return None
    if standing.is_moved:
        return (
            "The database was put back, or another server took over"
            f" ({standing.server_mark} became {standing.mark_now})."
        )
    at = {
        one.attempt_id: one.at
        for one in noted
        if standing.trusted_until is None or one.at > standing.trusted_until
    }
    forgotten = doubts.forgotten_among(tx, list(at))
    if not forgotten:
        return None
    first = forgotten[0]
    return (
        f"The database does not know of {len(forgotten)} sends that were noted beside it;"
        f" the first is attempt {first}, sent at {at[first]:%Y-%m-%d %H:%M:%S} UTC."
    )


def restored(world: World, *, actor: str, reason: str) -> bool:
    """Compare with Retell before the next call: a person has put the database back.

    False when it is doubted already.

    Raises:
        NotFound: nothing that dials was ever started here.
    """
    _standing(world)
    return world.db.transact(lambda tx: doubt(tx, reason, clock=world.clock, actor=actor))


def call_anyway(world: World, *, actor: str, reason: str) -> None:
    """Settle a doubt by a person's word, without Retell.

    Raises:
        NotFound: nothing that dials was ever started here.
        RefusedByRule: there is no doubt.
    """
    now = world.clock.now()
    standing = _standing(world)
    settled = world.db.transact(
        lambda tx: trust(
            tx, standing, until=now, now=now, actor=actor, reason=reason, close_incident=True
        )
    )
    if not settled:
        raise RefusedByRule("nothing doubts the database", why="calls are not kept back by it")
    world.queue.plan()


def _standing(world: World) -> Standing:
    standing = world.db.read(doubts.standing)
    if standing is None:
        raise NotFound("the dial gate has no row", fix="start the dialer once: dialer up")
    if standing.doubted_at is None and standing.is_moved:
        check_memory(world)  # moved, and nobody has said so yet
        return world.db.read(doubts.standing) or standing
    return standing
