"""The leads of a campaign by their latest calls, the newest first: a range of an index."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, Row, and_, func, or_, select

from dialer.store.lead_paging import micros_of, moment_of
from dialer.store.rows import many
from dialer.store.tables import Attempt, Lead, table

lead = table(Lead)
attempt = table(Attempt)


class Moment(NamedTuple):
    """Where a page ended, as an address may carry it."""

    created_at: datetime
    attempt_id: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read what `written` wrote; None when somebody else wrote it."""
        micros, mark, attempt_id = text.partition("~")
        try:
            return cls(moment_of(int(micros)), attempt_id) if mark else None
        except (ValueError, OverflowError):
            return None

    def written(self) -> str:
        """Write the place for an address."""
        return f"{micros_of(self.created_at)}~{self.attempt_id}"


def page(
    tx: Connection, campaign_id: int, *, after: Moment | None, most: int
) -> list[tuple[Lead, Moment]]:
    """Read the leads whose latest call was made before that of `after`, or the first ones."""
    found: list[tuple[int, Moment]] = []
    place = after
    while len(found) < most:
        calls = _calls(tx, campaign_id, after=place, most=most)
        latest = _latest(tx, {one.lead_id for one in calls})
        found += [
            (one.lead_id, Moment(one.created_at, one.id))
            for one in calls
            if latest.get(one.lead_id) == one.n
        ]
        if len(calls) < most:
            break
        place = Moment(calls[-1].created_at, calls[-1].id)
    rows = many(tx, Lead, select(lead).where(lead.c.id.in_([lead_id for lead_id, _ in found])))
    by_id = {row.id: row for row in rows}
    return [(by_id[lead_id], moment) for lead_id, moment in found[:most]]


def _calls(
    tx: Connection, campaign_id: int, *, after: Moment | None, most: int
) -> Sequence[Row[Any]]:
    """Read the attempts of a campaign before a moment, the newest first."""
    columns = attempt.c.id, attempt.c.lead_id, attempt.c.n, attempt.c.created_at
    mine = select(*columns).where(attempt.c.campaign_id == campaign_id, *_beyond(after))
    order = attempt.c.created_at.desc(), attempt.c.id.desc()
    return tx.execute(mine.order_by(*order).limit(most)).all()


def _latest(tx: Connection, lead_ids: Collection[int]) -> dict[int, int]:
    """Give the number of the latest attempt of each lead that was sent."""
    mine = attempt.c.lead_id.in_(lead_ids), attempt.c.send_started_at.is_not(None)
    rows = tx.execute(
        select(attempt.c.lead_id, func.max(attempt.c.n)).where(*mine).group_by(attempt.c.lead_id)
    )
    return {row[0]: row[1] for row in rows}


def _beyond(after: Moment | None) -> tuple[Any, ...]:
    if after is None:
        return ()
    made = attempt.c.created_at
    same = and_(made == after.created_at, attempt.c.id < after.attempt_id)
    return made <= after.created_at, or_(made < after.created_at, same)
