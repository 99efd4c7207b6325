"""Attempts whose call is known: those to compare with what Retell knows, and those found late."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, select

from dialer.domain.dispositions import MEANING, Verdict
from dialer.domain.states import Analysis, AttemptStatus
from dialer.store.attempts import CALL_IS_KNOWN, attempt
from dialer.store.rows import many
from dialer.store.tables import Attempt


def with_calls_between(
    tx: Connection, since: datetime, until: datetime, *, most: int
) -> list[Attempt]:
    """Read the attempts sent in a span whose call is known: id and call_id, the newest first."""
    chosen = select(attempt.c.id, attempt.c.call_id).where(
        attempt.c.send_started_at.between(since, until), *CALL_IS_KNOWN
    )
    return many(tx, Attempt, chosen.order_by(attempt.c.send_started_at.desc()).limit(most))


def lacking_details(tx: Connection, since: datetime, *, most: int) -> list[Attempt]:
    """Read the attempts sent since then that ended without their cost or their analysis."""
    chosen = select(attempt).where(
        attempt.c.send_started_at >= since,
        attempt.c.status == AttemptStatus.ENDED,
        attempt.c.cost_cents.is_(None) | (attempt.c.analysis == Analysis.TIMED_OUT),
        *CALL_IS_KNOWN,
    )
    return many(tx, Attempt, chosen.order_by(attempt.c.send_started_at.desc()).limit(most))


_TALKED_LATE = select(
    exists().where(
        attempt.c.lead_id == bindparam("of_lead"),
        attempt.c.late,
        attempt.c.status == AttemptStatus.ENDED,
        attempt.c.closed_at >= bindparam("since"),
        attempt.c.disposition.in_(
            [one for one, means in MEANING.items() if means.verdict is Verdict.REACHED]
        ),
    )
)


def talked_late(tx: Connection, lead_id: int, *, since: datetime) -> bool:
    """Tell whether a call that was given up turned out, since then, to have reached its lead."""
    return bool(tx.execute(_TALKED_LATE, {"of_lead": lead_id, "since": since}).scalar_one())


def leads_of(tx: Connection, call_ids: Collection[str]) -> dict[str, int]:
    """Give the lead of each of the calls that is one of ours."""
    chosen = select(attempt.c.call_id, attempt.c.lead_id).where(attempt.c.call_id.in_(call_ids))
    return {row.call_id: row.lead_id for row in tx.execute(chosen)}
