"""What came of a campaign, in figures. Reads only."""

import statistics
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from dialer.domain.callbacks import TOLERANCE
from dialer.store import report
from dialer.store.tables import Attempt, table

attempt = table(Attempt)


def summary_of(tx: Connection, *, campaign_id: int) -> dict[str, Any]:
    """Count what came of a campaign, as plain JSON."""
    progress = report.progress(tx, campaign_id)
    return {
        "leads": progress.leads,
        "closed_as": progress.by_closed_as,
        "attempts": progress.attempts,
        "dispositions": progress.dispositions,
        **_calls(tx, campaign_id),
        "promises": _promises(progress.promises_late_s),
        "rejected_rows": progress.rejected_rows,
    }


def _calls(tx: Connection, campaign_id: int) -> dict[str, Any]:
    columns = attempt.c
    row = tx.execute(
        select(
            func.count(),
            func.coalesce(func.sum(columns.duration_ms), 0),
            func.coalesce(func.sum(columns.cost_cents), 0.0),
            func.count(columns.cost_cents),
            func.min(columns.send_started_at),
            func.max(columns.send_started_at),
        ).where(columns.campaign_id == campaign_id, columns.call_id.is_not(None))
    ).one()
    calls, duration_ms, cost_cents, with_cost, first_at, last_at = row
    return {
        "calls": calls,
        "talk_minutes": round(int(duration_ms) / 60_000, 1),
        "cost_dollars": round(float(cost_cents) / 100, 2),
        "calls_without_cost": calls - with_cost,  # not told yet
        "first_call_at": first_at.isoformat() if first_at is not None else None,
        "last_call_at": last_at.isoformat() if last_at is not None else None,
    }


def _promises(late_s: Sequence[float]) -> dict[str, Any]:
    """Count the promised calls that were made, and those that were made when they were promised."""
    most_s = TOLERANCE.total_seconds()
    return {
        "called": len(late_s),
        "kept": sum(abs(one) <= most_s for one in late_s),
        "late_s_median": round(statistics.median(late_s), 1) if late_s else None,
        "late_s_most": round(max(late_s), 1) if late_s else None,
    }
