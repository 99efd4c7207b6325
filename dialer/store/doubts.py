"""Doubts: whether this database may have gone back in time, and since when it was trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from dialer.store import audits, server_marks
from dialer.store.tables import Attempt, AttemptEvent, DialGate, table

attempt = table(Attempt)
attempt_event = table(AttemptEvent)
gate = table(DialGate)

MARGIN = timedelta(minutes=30)
"""Clocks, long rings, and lists that lag."""
LONGEST = timedelta(days=31)
"""Further back nobody looks; a database that was never compared may be as old."""

TURNS_AHEAD = 1_000_000_000

_READ = select(
    gate.c.install,
    gate.c.doubted_at,
    gate.c.doubt,
    gate.c.doubted_from,
    gate.c.trusted_until,
    gate.c.server_mark,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is thought of this database."""

    install: str
    doubted_at: datetime | None
    doubt: str | None
    doubted_from: datetime | None
    trusted_until: datetime | None
    server_mark: str | None  # of the server on which it was trusted last
    mark_now: str | None

    @property
    def is_moved(self) -> bool:
        """Whether it lies on another server, or timeline, than when it was trusted last."""
        return server_marks.differ(self.server_mark, self.mark_now)


def standing(tx: Connection) -> Standing | None:
    """Read what is thought of this database; None before anything that dials was started."""
    row = tx.execute(_READ).first()
    return None if row is None else Standing(*row, mark_now=server_marks.current(tx))


def raise_doubt(tx: Connection, sentence: str, *, now: datetime) -> bool:
    """Doubt the database from now on; False when it is doubted already."""
    values = {"doubted_at": now, "doubt": sentence, "doubted_from": _whole_until(tx, now=now)}
    trusted = update(gate).where(gate.c.doubted_at.is_(None))
    return bool(tx.execute(trusted.values(**values)).rowcount)


def _whole_until(tx: Connection, *, now: datetime) -> datetime:
    """Give a moment before which nothing is missing.

    The last comparison that these rows know of was made before they were copied. The newest
    event was so only if nothing happened since they were put back.
    """
    oldest = now - LONGEST
    newest = tx.execute(
        select(attempt_event.c.at).order_by(attempt_event.c.id.desc()).limit(1)
    ).scalar_one_or_none()
    run = audits.last(tx, audits.AuditKind.PROVIDER)
    compared_at = None if run is None else run.started_at
    if newest is None or compared_at is None:
        return oldest
    whole: datetime = max(oldest, min(newest, compared_at) - MARGIN)
    return whole


def compared_until(tx: Connection, moment: datetime) -> None:
    """Note up to when Retell's calls were compared; of no use while nothing is doubted."""
    doubted = update(gate).where(gate.c.doubted_at.is_not(None), gate.c.doubted_from < moment)
    tx.execute(doubted.values(doubted_from=moment))


def settle_doubt(tx: Connection, *, raised_at: datetime, until: datetime) -> bool:
    """Trust the database again, as it is on the server where it lies now.

    Sends noted up to `until` need not be known to it any more. False when the doubt is another
    one by now.
    """
    values = {
        "doubted_at": None,
        "doubt": None,
        "doubted_from": None,
        "trusted_until": until,
        "server_mark": server_marks.current(tx),
        # Beyond what any process remembers of the time that was lost.
        "turn": gate.c.turn + TURNS_AHEAD,
    }
    raised = update(gate).where(gate.c.doubted_at == raised_at)
    return bool(tx.execute(raised.values(**values)).rowcount)


def forgotten_among(tx: Connection, attempt_ids: Sequence[str]) -> list[str]:
    """Give those of the attempts that this database does not know to have been sent."""
    known = select(attempt.c.id).where(
        attempt.c.id.in_(list(attempt_ids)), attempt.c.send_started_at.is_not(None)
    )
    sent = {row[0] for row in tx.execute(known)}
    return [one for one in attempt_ids if one not in sent]


def latest_sends(tx: Connection, *, most: int) -> list[tuple[str, datetime]]:
    """Give the attempts sent last, with the moments."""
    rows = tx.execute(
        select(attempt.c.id, attempt.c.send_started_at)
        .where(attempt.c.send_started_at.is_not(None))
        .order_by(attempt.c.send_started_at.desc())
        .limit(most)
    )
    return [(row[0], row[1]) for row in rows]
