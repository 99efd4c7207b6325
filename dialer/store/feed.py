"""The feed of attempts that came to an end: in the order they were written, none of them left out.

Ids are given before transactions commit: while one is under way, a later id may be seen before an
earlier one. Whoever reads on from the latest id it saw would then miss the earlier one for good.
So a reader asks for the newest id, waits until every transaction that was under way at that
moment is over, and only then reads up to that id. SQLite has one writer; nothing is under way.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, text

from dialer.domain.states import OPEN_STATUSES, AttemptStatus
from dialer.store.scope import first_event_since
from dialer.store.tables import Attempt, AttemptEvent, Lead, table

attempt = table(Attempt)
attempt_event = table(AttemptEvent)
lead = table(Lead)

ENDS = tuple(one for one in AttemptStatus if one not in OPEN_STATUSES)
STRETCH = 20_000
"""Ids looked through by one question, whatever is found there."""

_HORIZON = text(
    "SELECT coalesce(max(id), 0), CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text)"
    " AS bigint) FROM attempt_event"
)
_OLDEST = text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")


class Horizon(NamedTuple):
    """The newest event, and the transaction before which all must be over; None: they are."""

    newest: int
    before: int | None


class Told(NamedTuple):
    """One end, as the rows are now."""

    event_id: int
    at: datetime
    status: AttemptStatus
    attempt: Attempt
    lead: Lead


def horizon(tx: Connection) -> Horizon:
    """Tell how far the feed reaches at this moment."""
    if tx.dialect.name == "sqlite":
        newest = tx.execute(select(func.coalesce(func.max(attempt_event.c.id), 0))).scalar_one()
        return Horizon(int(newest), None)
    newest, before = tx.execute(_HORIZON).one()
    return Horizon(int(newest), int(before))


def is_settled(tx: Connection, seen: Horizon) -> bool:
    """Tell whether every id up to the newest one is to be seen by now, or never will be."""
    return seen.before is None or int(tx.execute(_OLDEST).scalar_one()) >= seen.before


def place_of(tx: Connection, since: datetime) -> int:
    """Give the id after which the events since a moment begin."""
    return first_event_since(tx, since) - 1


def page(
    tx: Connection,
    *,
    after: int,
    until: int,
    most: int,
    campaign_id: int | None,
    stretch: int = STRETCH,
) -> tuple[list[Told], int]:
    """Give the next ends up to an id, and the id after which to go on."""
    last = min(until, after + stretch)
    chosen = (
        select(attempt_event.c.id, attempt_event.c.at, attempt_event.c.to_status, attempt.c.id)
        .join(attempt, attempt.c.id == attempt_event.c.attempt_id)
        .where(attempt_event.c.id > after, attempt_event.c.id <= last)
        .where(attempt_event.c.to_status.in_(ENDS))
    )
    if campaign_id is not None:
        chosen = chosen.where(attempt.c.campaign_id == campaign_id)
    found = tx.execute(chosen.order_by(attempt_event.c.id).limit(most)).all()
    tries = _by_id(tx, attempt, [row[3] for row in found])
    leads = _by_id(tx, lead, [one.lead_id for one in tries.values()])
    told = [
        Told(row[0], row[1], row[2], tries[row[3]], leads[tries[row[3]].lead_id]) for row in found
    ]
    return told, told[-1].event_id if len(told) == most else max(after, last)


def _by_id(tx: Connection, source: Any, ids: list[Any]) -> dict[Any, Any]:
    rows = tx.execute(select(source).where(source.c.id.in_(set(ids))))
    return {row.id: row for row in rows}
