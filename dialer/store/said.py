"""What was said in calls: how long it is kept, and its end.

Nothing here is needed to dial: who was called, when, and what came of it stay.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.domain.result_events import ResultEvent
from dialer.domain.states import OPEN_STATUSES
from dialer.store import results, webhooks
from dialer.store.rows import one
from dialer.store.tables import (
    SAID_COLUMNS,
    SOMETHING_WAS_SAID,
    Attempt,
    FunctionCall,
    InboundCall,
    ResultMessage,
    Retention,
    WebhookEvent,
    table,
)
from dialer.store.webhook_tables import IGNORED_AND_WHOLE

retention = table(Retention)
attempt = table(Attempt)
inbox = table(WebhookEvent)
function_call = table(FunctionCall)
inbound_call = table(InboundCall)
message = table(ResultMessage)

_HEARD = ("transcript", "summary", "recording_url")


def kept_days(tx: Connection) -> int | None:
    """Give how many days what was said is kept; None: until somebody deletes it."""
    row = one(tx, Retention, select(retention))
    return None if row is None else row.said_days


def keep_days(tx: Connection, days: int | None) -> None:
    """Have what was said be kept so many days; None: until somebody deletes it."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    row = dialect.insert(retention).values(id=1, said_days=days)
    tx.execute(row.on_conflict_do_update(index_elements=["id"], set_={"said_days": days}))


def count_calls(tx: Connection, *, before: datetime) -> int:
    """Count the calls from before then of which words are kept."""
    ours = select(func.count()).select_from(attempt).where(*_ours(before))
    to_us = select(func.count()).select_from(inbound_call).where(*_to_us(before))
    return int(tx.execute(ours).scalar_one() + tx.execute(to_us).scalar_one())


def delete_of_attempts(tx: Connection, *, before: datetime, most: int, now: datetime) -> int:
    """Delete what was said in our oldest calls from before then; give in how many.

    With a call go the webhooks about it, what its agent asked for, and what other systems were
    told of it. A webhook or a result with which somebody has yet to deal stays whole.
    """
    columns = (attempt.c.id, attempt.c.lead_id, attempt.c.call_id)
    chosen = select(*columns).where(*_ours(before)).order_by(attempt.c.created_at).limit(most)
    rows = tx.execute(chosen).all()
    ids = [row.id for row in rows]
    blank: dict[str, Any] = dict.fromkeys(SAID_COLUMNS)
    tx.execute(update(attempt).where(attempt.c.id.in_(ids)).values(**blank, said_deleted_at=now))
    told = update(message).where(
        message.c.event.in_(list(ResultEvent)),  # so that its unique index finds it
        message.c.lead_id.in_({row.lead_id for row in rows}),
        message.c.attempt_id.in_([*ids, ""]),  # what is told of a lead names its last call
        message.c.created_at < before,
        message.c.status != results.WAITING,
    )
    tx.execute(told.values(body=None))
    _delete_around(tx, [row.call_id for row in rows if row.call_id is not None])
    return len(rows)


def delete_of_inbound(tx: Connection, *, before: datetime, most: int) -> int:
    """Delete what was said in the oldest calls to us from before then; give in how many."""
    columns = (inbound_call.c.id, inbound_call.c.call_id)
    rows = tx.execute(select(*columns).where(*_to_us(before)).limit(most)).all()
    blank: dict[str, Any] = dict.fromkeys(_HEARD)
    mine = inbound_call.c.id.in_([row.id for row in rows])
    tx.execute(update(inbound_call).where(mine).values(**blank))
    _delete_around(tx, [row.call_id for row in rows if row.call_id is not None])
    return len(rows)


def empty_ignored(tx: Connection, *, before: datetime, most: int) -> int:
    """Empty the oldest webhooks that were about no call of ours; give how many."""
    old = select(inbox.c.id).where(text(IGNORED_AND_WHOLE), inbox.c.received_at < before)
    chosen = old.order_by(inbox.c.received_at).limit(most)
    return int(tx.execute(update(inbox).where(inbox.c.id.in_(chosen)).values(raw="")).rowcount)


def _ours(before: datetime) -> tuple[Any, ...]:
    # Written as the index is, or it would not be used.
    over = attempt.c.status.not_in(OPEN_STATUSES)
    return text(f"({SOMETHING_WAS_SAID})"), attempt.c.created_at < before, over


def _to_us(before: datetime) -> tuple[Any, ...]:
    said = " OR ".join(f"{name} IS NOT NULL" for name in _HEARD)
    return text(f"({said})"), inbound_call.c.received_at < before


def _delete_around(tx: Connection, call_ids: Collection[str]) -> None:
    """Empty the webhooks about some calls, and what their agents asked for."""
    dealt_with = (inbox.c.status != webhooks.NEW) & (
        (inbox.c.status != webhooks.DEAD) | inbox.c.acknowledged_at.is_not(None)
    )
    tx.execute(update(inbox).where(inbox.c.call_id.in_(call_ids), dealt_with).values(raw=""))
    asked = update(function_call).where(function_call.c.call_id.in_(call_ids))
    tx.execute(asked.values(arguments=None, answer=None))
