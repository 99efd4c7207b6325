"""The webhook inbox."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.store.rows import many, one
from dialer.store.tables import WebhookEvent, table
from dialer.store.types import UtcDateTime

inbox = table(WebhookEvent)

NEW, DONE, IGNORED, DEAD = "NEW", "DONE", "IGNORED", "DEAD"

_RECEIVE = {
    dialect.dialect.name: dialect.insert(inbox)
    .on_conflict_do_nothing(index_elements=["event_id"])
    .returning(inbox.c.id)
    for dialect in (sqlite, postgresql)
}
_GET = select(inbox).where(inbox.c.id == bindparam("which"))
_OVERDUE = (
    select(inbox.c.id)
    .where(inbox.c.status == NEW, inbox.c.received_at <= bindparam("before", type_=UtcDateTime))
    .order_by(inbox.c.id)
    .limit(bindparam("most"))
)
_FINISH = (
    update(inbox)
    .where(inbox.c.id == bindparam("which"), inbox.c.status == NEW)
    .values(tries=inbox.c.tries + 1)
)


def receive(
    tx: Connection,
    event_id: str,
    *,
    call_id: str | None,
    raw: str,
    now: datetime,
    status: str = NEW,
    error: str | None = None,
) -> int | None:
    """Keep an event once and give its row id; None when it was kept before."""
    event = {
        "event_id": event_id,
        "call_id": call_id,
        "raw": raw,
        "status": status,
        "error": error,
        "tries": 0,
        "received_at": now,
    }
    return tx.execute(_RECEIVE[tx.dialect.name], event).scalar_one_or_none()


def get(tx: Connection, row_id: int) -> WebhookEvent | None:
    """Read one event."""
    return one(tx, WebhookEvent, _GET, which=row_id)


def is_kept(tx: Connection, event_id: str) -> bool:
    """Tell whether an event came."""
    return tx.execute(select(inbox.c.id).where(inbox.c.event_id == event_id)).first() is not None


def of_calls(tx: Connection, call_ids: Sequence[str], *, most: int) -> list[WebhookEvent]:
    """Read the events of some calls in the order they came."""
    mine = select(inbox).where(inbox.c.call_id.in_(call_ids))
    return many(tx, WebhookEvent, mine.order_by(inbox.c.id).limit(most))


def finish(
    tx: Connection, row_id: int, *, status: str, now: datetime, error: str | None = None
) -> None:
    """Mark a new event as settled, ignored or dead; an event settled before stays as it is."""
    tx.execute(_FINISH, {"which": row_id, "status": status, "settled_at": now, "error": error})


def count_try(tx: Connection, row_id: int, *, most: int, error: str, now: datetime) -> None:
    """Count a failed try to settle an event; after `most` of them it is a dead letter."""
    last = inbox.c.tries + 1 >= most
    tx.execute(
        update(inbox)
        .where(inbox.c.id == row_id, inbox.c.status == NEW)
        .values(
            tries=inbox.c.tries + 1,
            error=error,
            status=case((last, DEAD), else_=NEW),
            settled_at=case((last, now), else_=None),
        )
    )


def revive(tx: Connection, call_id: str) -> list[int]:
    """Make the dead letters of a call new again, and give their rows."""
    rows = tx.execute(
        update(inbox)
        .where(inbox.c.call_id == call_id, inbox.c.status == DEAD)
        .values(status=NEW, tries=0, error=None, settled_at=None)
        .returning(inbox.c.id)
    )
    return sorted(row[0] for row in rows)


def revive_one(tx: Connection, row_id: int) -> bool:
    """Make one dead letter new again. False when it is none."""
    fresh = {"status": NEW, "tries": 0, "error": None, "settled_at": None, "acknowledged_at": None}
    chosen = update(inbox).where(inbox.c.id == row_id, inbox.c.status == DEAD)
    return bool(tx.execute(chosen.values(**fresh)).rowcount)


def acknowledge(tx: Connection, row_id: int, *, now: datetime) -> bool:
    """Say that a person has seen a dead letter. False when one had, or it is none."""
    unseen = update(inbox).where(
        inbox.c.id == row_id, inbox.c.status == DEAD, inbox.c.acknowledged_at.is_(None)
    )
    return bool(tx.execute(unseen.values(acknowledged_at=now)).rowcount)


def overdue(tx: Connection, *, before: datetime, most: int) -> Sequence[int]:
    """Give the events received before that moment and not settled yet."""
    return list(tx.execute(_OVERDUE, {"before": before, "most": most}).scalars())


def counts(tx: Connection) -> dict[str, int]:
    """Count events by status."""
    rows = tx.execute(select(inbox.c.status, func.count()).group_by(inbox.c.status))
    return {row[0]: row[1] for row in rows}


def count_dead(tx: Connection) -> int:
    """Count the dead letters that nobody has acknowledged."""
    # The first condition stands as in the partial index.
    waiting = select(func.count()).where(text("status = 'DEAD'"), inbox.c.acknowledged_at.is_(None))
    return int(tx.execute(waiting.select_from(inbox)).scalar_one())


def dead(tx: Connection, *, most: int = 100) -> list[WebhookEvent]:
    """Read dead letters that nobody has acknowledged."""
    return many(
        tx,
        WebhookEvent,
        select(inbox)
        .where(inbox.c.status == DEAD, inbox.c.acknowledged_at.is_(None))
        .order_by(inbox.c.id)
        .limit(most),
    )
