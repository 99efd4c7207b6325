"""What was used since a moment: calls and their cost, and how the latest calls came out.

Counted anew each time under the gate's lock, so no counter can be wrong; asked only where a limit
is set.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from dialer.domain.day_budget import ASSUMED_CENTS, DayUse
from dialer.domain.dispositions import Disposition
from dialer.domain.states import AttemptStatus
from dialer.store.tables import Attempt, table

attempt = table(Attempt)

_NEVER_MADE = (AttemptStatus.CANCELLED, AttemptStatus.NOT_PLACED)
_USUAL_AMONG = 500
"""The latest calls; those of them whose cost is known tell what the next one costs."""


def of_campaign(tx: Connection, campaign_id: int, *, since: datetime, costs: bool) -> DayUse:
    """Count what a campaign used; without `costs` only its calls."""
    mine = attempt.c.campaign_id == campaign_id
    return _use(tx, mine, attempt.c.created_at >= since, ours=mine, costs=costs)


def of_everything(tx: Connection, *, since: datetime, costs: bool) -> DayUse:
    """Count what all campaigns used; an attempt counts from its send gate on."""
    return _use(tx, attempt.c.send_started_at >= since, costs=costs)


def _use(
    tx: Connection,
    *chosen: ColumnElement[bool],
    costs: bool,
    ours: ColumnElement[bool] | None = None,
) -> DayUse:
    chosen = (*chosen, attempt.c.status.not_in(_NEVER_MADE))
    if not costs:
        calls = tx.execute(select(func.count()).select_from(attempt).where(*chosen)).scalar_one()
        return DayUse(int(calls))
    cost = attempt.c.cost_cents
    statement = select(func.count(), func.coalesce(func.sum(cost), 0.0), func.count(cost))
    calls, cents, known = tx.execute(statement.where(*chosen)).one()
    usual = (_usual_cents(tx, ours) if ours is not None else None) or _usual_cents(tx)
    return DayUse(int(calls), float(cents), int(calls - known), usual or ASSUMED_CENTS)


def _usual_cents(tx: Connection, *chosen: ColumnElement[bool]) -> float | None:
    """Give what the latest calls cost on average; None while nobody knows."""
    latest = (  # whether their cost is known or not: a workspace may never tell any
        select(attempt.c.cost_cents)
        .where(*chosen)
        .order_by((attempt.c.created_at if chosen else attempt.c.send_started_at).desc())
        .limit(_USUAL_AMONG)
        .subquery()
    )
    usual = tx.execute(select(func.avg(latest.c.cost_cents))).scalar_one()
    return None if usual is None else float(usual)


def ended_since(
    tx: Connection, campaign_id: int, *, since: datetime, but: str
) -> list[Disposition]:
    """Give how the calls came out that began since then and are over, but for one attempt's."""
    rows = tx.execute(
        select(attempt.c.disposition).where(
            attempt.c.campaign_id == campaign_id,
            attempt.c.created_at >= since,
            attempt.c.id != but,
            attempt.c.disposition.is_not(None),
        )
    )
    return [row[0] for row in rows]


def latest_among(
    tx: Connection,
    campaign_id: int,
    *,
    dispositions: Sequence[Disposition],
    since: datetime,
    most: int,
    but: str,
) -> list[Disposition]:
    """Give the latest dispositions among these, since a moment, but for one attempt's."""
    rows = tx.execute(
        select(attempt.c.disposition)
        .where(
            attempt.c.campaign_id == campaign_id,
            attempt.c.created_at >= since,
            attempt.c.id != but,
            attempt.c.disposition.in_(list(dispositions)),
        )
        .order_by(attempt.c.created_at.desc())
        .limit(most)
    )
    return [row[0] for row in rows]
