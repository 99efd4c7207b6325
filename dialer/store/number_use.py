"""How the numbers we call from are used: their last call, and how many are picked up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from dialer.domain.dispositions import MEANING, Disposition
from dialer.store.tables import Attempt, CallerNumber, table

attempt = table(Attempt)
caller_number = table(CallerNumber)

AMONG = 200
"""The latest calls of a number that its answer rate is of."""
_A_PERSON = frozenset(
    {
        *(Disposition.TALKED, Disposition.TRANSFERRED, Disposition.CALLBACK),
        *(Disposition.OPTED_OUT, Disposition.QUICK_HANGUP),
    }
)


@dataclass(frozen=True, slots=True)
class LatestUse:
    """The latest calls of a number."""

    last_at: datetime | None
    rang: int
    answered: int  # by a person

    @property
    def percent(self) -> int | None:
        """The answer rate; None where no phone rang."""
        return round(100 * self.answered / self.rang) if self.rang else None


def latest(tx: Connection, those: Iterable[str]) -> dict[str, LatestUse]:
    """Read how the latest calls of each number came out."""
    return {number: _latest(tx, number) for number in those}


def _latest(tx: Connection, number: str) -> LatestUse:
    chosen = (
        select(attempt.c.created_at, attempt.c.disposition)
        .where(attempt.c.from_number == number)
        .order_by(attempt.c.created_at.desc())
        .limit(AMONG)
    )
    rows = tx.execute(chosen).all()
    ended = [row[1] for row in rows if row[1] is not None and MEANING[row[1]].rang]
    answered = sum(one in _A_PERSON for one in ended)
    return LatestUse(rows[0][0] if rows else None, len(ended), answered)


def why_resting(tx: Connection, *, now: datetime) -> dict[str, tuple[datetime, str | None]]:
    """Give the numbers that rest, each with until when and why."""
    chosen = select(
        caller_number.c.number, caller_number.c.resting_until, caller_number.c.reason
    ).where(caller_number.c.resting_until > now)
    return {row[0]: (row[1], row[2]) for row in tx.execute(chosen)}
