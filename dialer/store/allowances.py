"""What is left of a day's budgets, so that a claim need not count a whole day each time."""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.domain.day_budget import Allowance
from dialer.store.tables import DayAllowance, table

allowance = table(DayAllowance)

_FIND = select(allowance.c.terms, allowance.c.left, allowance.c.counted_at).where(
    allowance.c.subject == bindparam("which")
)
_SPEND = (
    update(allowance)
    .where(allowance.c.subject == bindparam("which"))
    .values(left=allowance.c.left - bindparam("spent"))
)


def find(tx: Connection, subject: str) -> Allowance | None:
    """Read what was left when it was last counted, less what was claimed since."""
    row = tx.execute(_FIND, {"which": subject}).first()
    return None if row is None else Allowance(*row)


def put(tx: Connection, subject: str, counted: Allowance) -> None:
    """Remember what was counted."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    values = {"terms": counted.terms, "left": counted.left, "counted_at": counted.counted_at}
    tx.execute(
        dialect.insert(allowance)
        .values(subject=subject, **values)
        .on_conflict_do_update(index_elements=["subject"], set_=values)
    )


def spend(tx: Connection, spent: Mapping[str, int]) -> None:
    """Subtract what was claimed, by subject."""
    rows = [{"which": subject, "spent": calls} for subject, calls in spent.items() if calls]
    if rows:
        tx.execute(_SPEND, rows)
