"""Attempts that were made, and that the database does not know any more."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from dialer.domain.states import Analysis, AttemptStatus
from dialer.store.attempts import attempt, attempt_event


def add(tx: Connection, *, now: datetime, by: str, **values: Any) -> None:
    """Insert an attempt of which only its call tells.

    It holds no line: it is CANCELLED until the evidence of its call is applied, and late from
    the beginning.
    """
    cancelled = AttemptStatus.CANCELLED
    unknown = {
        "status": cancelled,
        "analysis": Analysis.NONE,
        "closed_at": now,
        "reason": "forgotten",
        "rang": False,
        "late": True,
        "lines_open": 0,
        "lines_limit": 0,
        "look_ups": 0,
        "absent_answers": 0,
        "replays": 0,
    }
    tx.execute(insert(attempt), unknown | values)
    event = {
        "attempt_id": values["id"],
        "from_status": None,
        "to_status": cancelled,
        "at": now,
        "by": by,
        "evidence": "the database had forgotten this attempt; Retell knows its call",
    }
    tx.execute(insert(attempt_event), event)


def highest_n(tx: Connection, lead_id: int) -> int:
    """Give the number of a lead's last attempt; 0 before the first."""
    highest = select(func.max(attempt.c.n)).where(attempt.c.lead_id == lead_id)
    return int(tx.execute(highest).scalar_one() or 0)
