"""Scopes: the part of history that a question about it looks at.

All of it; the attempts something happened to since an event; or a stretch of leads with their
attempts. A statement says where its choice goes: `@attempt(a)` stands for "the attempt `a` is
looked at", `@lead(lead)` for the same of a lead.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, TextClause, bindparam, column, func, select, text

from dialer.store.tables import AttemptEvent, table
from dialer.store.types import UtcDateTime

attempt_event = table(AttemptEvent)

Question = Callable[[Connection, "Scope"], Iterable[object]]
"""Gives the ids of the rows that break an invariant."""

_TOUCHED = "SELECT attempt_id FROM attempt_event WHERE id >= :first_event"
_CHOICES = {
    ("all", "attempt"): "1 = 1",
    ("all", "lead"): "1 = 1",
    ("since", "attempt"): f"{{0}}.id IN ({_TOUCHED})",
    ("since", "lead"): f"{{0}}.id IN (SELECT lead_id FROM attempt WHERE id IN ({_TOUCHED}))",
    ("leads", "attempt"): "{0}.lead_id BETWEEN :first_lead AND :last_lead",
    ("leads", "lead"): "{0}.id BETWEEN :first_lead AND :last_lead",
}
_REMEMBERED = (
    "NOT EXISTS (SELECT 1 FROM attempt_event first WHERE first.attempt_id = {0}.id"
    " AND first.from_status IS NULL AND first.to_status <> 'INTENT')"
)
_MARK = re.compile(r"@(attempt|lead)\((\w+)\)")
_NEXT_EVENT = (
    select(attempt_event.c.id, attempt_event.c.at)
    .where(attempt_event.c.id >= bindparam("place"))
    .order_by(attempt_event.c.id)
    .limit(1)
)


def remembered(name: str) -> str:
    """Write the condition that an attempt was never forgotten and brought back.

    One that was is not asked whether it might be sent: pauses, settings and entries of that time
    are forgotten as well.
    """
    return _REMEMBERED.format(name)


@dataclass(frozen=True, slots=True)
class Scope:
    """The moment of asking, and the part of history that is looked at; all of it by default."""

    now: datetime
    first_event: int | None = None  # attempts with an event from this one on
    leads: tuple[int, int] | None = None  # leads from the one id to the other, both included

    @property
    def kind(self) -> str:
        """Give the word for what is looked at: all, since or leads."""
        if self.leads is not None:
            return "leads"
        return "all" if self.first_event is None else "since"

    @property
    def values(self) -> dict[str, int]:
        """Give the parameters of what `written` writes."""
        if self.leads is not None:
            return {"first_lead": self.leads[0], "last_lead": self.leads[1]}
        return {} if self.first_event is None else {"first_event": self.first_event}

    def written(self, statement: str) -> str:
        """Write a statement with its choices."""
        return _MARK.sub(lambda m: _CHOICES[self.kind, m[1]].format(m[2]), statement)

    def chosen(self, kind: str, name: str) -> TextClause:
        """Give a choice as a condition for a statement in Core."""
        return text(self.written(f"@{kind}({name})")).bindparams(**self.values)


def first_event_since(tx: Connection, moment: datetime) -> int:
    """Give the id of the first event from a moment on; one past the last when there is none.

    Ids rise with time, but for transactions that were under way at once: ask from a little
    earlier than needed.
    """
    low, high = 1, (tx.execute(select(func.max(attempt_event.c.id))).scalar_one() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        found = tx.execute(_NEXT_EVENT, {"place": middle}).first()
        if found is None or found.at >= moment:
            high = middle
        else:
            low = found.id + 1
    return int(low)


def rows_of(statement: str, *moments: str, **values: Callable[[Scope], datetime]) -> Any:
    """Make a question of a statement; `moments` name the columns it gives as moments.

    `values` are the moments it asks about, worked out from the scope.
    """
    columns = (column("id"), *(column(name, UtcDateTime) for name in moments))
    typed: dict[str, Any] = {}

    def ask(tx: Connection, scope: Scope) -> list[Any]:
        if scope.kind not in typed:
            binds = (bindparam(name, type_=UtcDateTime) for name in values)
            typed[scope.kind] = text(scope.written(statement)).bindparams(*binds).columns(*columns)
        given: dict[str, object] = {name: work_out(scope) for name, work_out in values.items()}
        given |= scope.values if "@" in statement or ":first_event" in statement else {}
        return list(tx.execute(typed[scope.kind], given))

    return ask


def ids_of(statement: str, **values: Callable[[Scope], datetime]) -> Question:
    """Make a question whose answer is one column of ids."""
    ask = rows_of(statement, **values)
    return lambda tx, scope: [row[0] for row in ask(tx, scope)]


def any_of(*questions: Question) -> Question:
    """Join questions into one."""
    return lambda tx, scope: [found for ask in questions for found in ask(tx, scope)]
