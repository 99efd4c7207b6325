"""Sending what is to be told: who sends which message next, and what came of it.

A message is claimed by an UPDATE that names the tries it had; whoever changed its row sends it. A
claim that nobody followed up is due again when its lease is over.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, or_, select, text, update

from dialer.store.results import DEAD, WAITING
from dialer.store.rows import many, one
from dialer.store.tables import ResultAddress, ResultMessage, table

address = table(ResultAddress)
message = table(ResultMessage)

LEASE = timedelta(minutes=2)
"""Longer than a try may take; then somebody else may try."""

_IS_WAITING = text("result_message.status = 'WAITING'")
_IS_DEAD = text("status = 'DEAD'")


class Standing(NamedTuple):
    """What monitoring and people are told about all addresses together."""

    waiting: int
    dead: int  # and not acknowledged
    failing: list[ResultAddress]
    off: list[ResultAddress]


def addresses_due(tx: Connection, *, now: datetime, most: int) -> list[ResultAddress]:
    """Give the addresses that may be sent to and have a message due, the longest rested first."""
    due = select(message.c.id).where(
        message.c.campaign_id == address.c.campaign_id, _IS_WAITING, _is_due(now)
    )
    rested = or_(address.c.resting_until.is_(None), address.c.resting_until <= now)
    chosen = select(address).where(address.c.off_at.is_(None), rested, due.exists())
    ordered = chosen.order_by(func.coalesce(address.c.resting_until, address.c.last_ok_at))
    return many(tx, ResultAddress, ordered.limit(most))


def claim(tx: Connection, where: ResultAddress, *, most: int, now: datetime) -> list[ResultMessage]:
    """Take the next messages of an address, one while it keeps failing.

    Nobody else has them while the lease lasts.

    The rows are as they were before; the try that the caller makes is counted already.
    """
    chosen = select(message).where(
        message.c.campaign_id == where.campaign_id, _IS_WAITING, _is_due(now)
    )
    chosen = chosen.order_by(message.c.id).limit(1 if where.failures else most)
    found = many(tx, ResultMessage, chosen)
    return [row for row in found if _take(tx, row, now=now)]


def _is_due(now: datetime) -> Any:
    return or_(message.c.next_at.is_(None), message.c.next_at <= now)


def _take(tx: Connection, row: ResultMessage, *, now: datetime) -> bool:
    taken = update(message).where(
        message.c.id == row.id, message.c.status == WAITING, message.c.tries == row.tries
    )
    values = {"tries": row.tries + 1, "next_at": now + LEASE}
    first = {} if row.first_tried_at is not None else {"first_tried_at": now}
    return bool(tx.execute(taken.values(**values, **first)).rowcount)


def keep_body(tx: Connection, message_id: int, body: str) -> None:
    """Keep a message's body as it is sent."""
    tx.execute(update(message).where(message.c.id == message_id).values(body=body))


def settle(
    tx: Connection, message_id: int, *, of_try: int, status: str, now: datetime, **values: Any
) -> bool:
    """Write down what came of try number `of_try`; False when somebody else went on meanwhile."""
    mine = update(message).where(
        message.c.id == message_id, message.c.status == WAITING, message.c.tries == of_try
    )
    settled = {} if status == WAITING else {"settled_at": now, "next_at": None}
    return bool(tx.execute(mine.values(status=status, **settled, **values)).rowcount)


def worked(tx: Connection, campaign_id: int, *, now: datetime) -> None:
    """Note that an address took a message."""
    fine = {"failures": 0, "failing_since": None, "resting_until": None}
    _change(tx, campaign_id, last_ok_at=now, last_error=None, **fine)


def failed(tx: Connection, campaign_id: int, *, now: datetime, until: datetime, error: str) -> None:
    """Note that an address took no message, and leave it alone until then."""
    since = func.coalesce(address.c.failing_since, now)
    count = address.c.failures + 1
    _change(
        tx, campaign_id, failures=count, failing_since=since, resting_until=until, last_error=error
    )


def switch_off(tx: Connection, campaign_id: int, *, now: datetime, error: str) -> bool:
    """Send nothing more to an address. False when it is off already."""
    still = update(address).where(address.c.campaign_id == campaign_id, address.c.off_at.is_(None))
    return bool(tx.execute(still.values(off_at=now, last_error=error)).rowcount)


def switch_on(tx: Connection, campaign_id: int) -> bool:
    """Let an address be sent to at once. False when there is none."""
    clean = {"off_at": None, "failures": 0, "failing_since": None, "resting_until": None}
    return _change(tx, campaign_id, **clean)


def _change(tx: Connection, campaign_id: int, **values: Any) -> bool:
    chosen = update(address).where(address.c.campaign_id == campaign_id)
    return bool(tx.execute(chosen.values(**values)).rowcount)


def give_up_old(tx: Connection, campaign_id: int, *, before: datetime, now: datetime) -> int:
    """Make dead letters of what waits for an address since before then; give how many.

    One that is just being sent may be delivered all the same; its id stays what it was.
    """
    old = update(message).where(
        message.c.campaign_id == campaign_id,
        _IS_WAITING,
        message.c.created_at < before,
    )
    error = "its address has failed ever since"
    return int(tx.execute(old.values(status=DEAD, settled_at=now, error=error)).rowcount)


def get(tx: Connection, message_id: int) -> ResultMessage | None:
    """Read one message."""
    return one(tx, ResultMessage, select(message).where(message.c.id == message_id))


def address_of(tx: Connection, campaign_id: int) -> ResultAddress | None:
    """Read where a campaign's results go; None: nowhere."""
    return one(tx, ResultAddress, select(address).where(address.c.campaign_id == campaign_id))


def latest(
    tx: Connection, *, campaign_id: int | None, status: str | None, most: int
) -> list[ResultMessage]:
    """Read messages, the newest first."""
    chosen = select(message).order_by(message.c.id.desc()).limit(most)
    if campaign_id is not None:
        chosen = chosen.where(message.c.campaign_id == campaign_id)
    if status is not None:
        chosen = chosen.where(message.c.status == status)
    return many(tx, ResultMessage, chosen)


def page(
    tx: Connection,
    *,
    before: int | None,
    most: int,
    campaign_id: int | None,
    status: str | None,
) -> list[ResultMessage]:
    """Read messages written before one, the newest first."""
    chosen = select(message)
    if before is not None:
        chosen = chosen.where(message.c.id < before)
    if campaign_id is not None:
        chosen = chosen.where(message.c.campaign_id == campaign_id)
    if status is not None:
        chosen = chosen.where(message.c.status == status)
    return many(tx, ResultMessage, chosen.order_by(message.c.id.desc()).limit(most))


def send_again(tx: Connection, ids: Sequence[int]) -> int:
    """Let messages be sent again with the same body and id, whatever became of them; count them."""
    fresh = {"status": WAITING, "tries": 0, "next_at": None, "first_tried_at": None}
    done = {"settled_at": None, "acknowledged_at": None, "error": None, "answer": None}
    chosen = update(message).where(message.c.id.in_(ids))
    return int(tx.execute(chosen.values(**fresh, **done)).rowcount)


def dead_ids(tx: Connection, *, campaign_id: int | None, most: int) -> list[int]:
    """Give the dead letters that nobody has acknowledged, the oldest first."""
    chosen = select(message.c.id).where(_IS_DEAD, message.c.acknowledged_at.is_(None))
    if campaign_id is not None:
        chosen = chosen.where(message.c.campaign_id == campaign_id)
    return list(tx.execute(chosen.order_by(message.c.id).limit(most)).scalars())


def acknowledge(tx: Connection, ids: Sequence[int], *, now: datetime) -> int:
    """Say that a person has seen dead letters; give how many were not seen before."""
    unseen = update(message).where(
        message.c.id.in_(ids), _IS_DEAD, message.c.acknowledged_at.is_(None)
    )
    return int(tx.execute(unseen.values(acknowledged_at=now)).rowcount)


def standing(tx: Connection) -> Standing:
    """Count what waits and what is dead, and give the addresses that take nothing."""
    waiting = select(func.count()).select_from(message).where(_IS_WAITING)
    unseen = select(func.count()).select_from(message)
    unseen = unseen.where(_IS_DEAD, message.c.acknowledged_at.is_(None))
    chosen = select(address).order_by(address.c.campaign_id)
    failing = chosen.where(address.c.failing_since.is_not(None), address.c.off_at.is_(None))
    return Standing(
        int(tx.execute(waiting).scalar_one()),
        int(tx.execute(unseen).scalar_one()),
        many(tx, ResultAddress, failing),
        many(tx, ResultAddress, chosen.where(address.c.off_at.is_not(None))),
    )


def purge(tx: Connection, *, before: datetime, most: int) -> int:
    """Delete messages that are older than that; give how many."""
    old = select(message.c.id).where(message.c.created_at < before).limit(most)
    return int(tx.execute(delete(message).where(message.c.id.in_(old))).rowcount)
