"""What agents asked for during calls, and what they were told."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.domain.functions import Result
from dialer.store.rows import many, one
from dialer.store.tables import FunctionCall, table

function_call = table(FunctionCall)


def latest(tx: Connection, call_id: str, name: str, *, key: str | None = None) -> Any:
    """Read what was asked for last under a name in a call, with these arguments or with any."""
    chosen = select(function_call).where(
        function_call.c.call_id == call_id, function_call.c.name == name
    )
    if key is not None:
        chosen = chosen.where(function_call.c.key == key)
    return one(tx, FunctionCall, chosen.order_by(function_call.c.id.desc()).limit(1))


def add(tx: Connection, **values: Any) -> int | None:
    """Write down what is asked for; None when another request for the same was first.

    On PostgreSQL that one is waited for.
    """
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(function_call)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["call_id", "name", "key", "round"])
        .returning(function_call.c.id)
    )
    return tx.execute(statement).scalar_one_or_none()


def finish(
    tx: Connection,
    row_id: int,
    *,
    result: Result,
    answer: dict[str, Any],
    took_ms: int,
    reference: str | None = None,
) -> None:
    """Write down the answer."""
    tx.execute(
        update(function_call)
        .where(function_call.c.id == row_id)
        .values(result=result, answer=answer, took_ms=took_ms, reference=reference)
    )


def give_up_running(tx: Connection, row_id: int, *, asked_at: datetime) -> bool:
    """Mark a run of which nothing is heard any more as failed; False when it came to its end."""
    gone = (
        update(function_call)
        .where(
            function_call.c.id == row_id,
            function_call.c.result == Result.RUNNING,
            function_call.c.asked_at == asked_at,
        )
        .values(result=Result.FAILED)
    )
    return bool(tx.execute(gone).rowcount)


def of_lead(tx: Connection, lead_id: int, *, most: int) -> list[FunctionCall]:
    """Read what was asked for in the calls of a lead, the latest first."""
    mine = select(function_call).where(function_call.c.lead_id == lead_id)
    return many(tx, FunctionCall, mine.order_by(function_call.c.id.desc()).limit(most))


def of_call(tx: Connection, call_id: str) -> list[FunctionCall]:
    """Read what was asked for in a call, in order."""
    mine = select(function_call).where(function_call.c.call_id == call_id)
    return many(tx, FunctionCall, mine.order_by(function_call.c.id))
