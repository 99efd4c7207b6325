"""Nets to take away: what keeps many at once from breaking a promise, cut out of the SQL itself.

A cut changes statements on their way to PostgreSQL, or drops an index; nothing of the dialer is
replaced. One that never met its statement says so, because it would prove nothing.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from dialer.store.database import Database


@dataclass(frozen=True, slots=True)
class Net:
    """A part of a statement that holds a promise, and what stands there without it."""

    name: str
    pattern: str
    without: str = ""


@dataclass(frozen=True, slots=True)
class UniqueIndex:
    """An index whose uniqueness holds a promise."""

    name: str
    is_constraint: bool = False


GATE_LOCK = Net("the lock on the gate", r"(?<=FROM dial_gate) FOR UPDATE$")
MOVE_GUARD = Net(
    "the guard of a move",
    r"^(UPDATE attempt SET status=.* WHERE attempt\.id = %\(which\)s::VARCHAR)"
    r" AND attempt\.status = %\(current\)s$",
    r"\1",
)
DUE_LOCK = Net("the lock on due leads", r"(?<=LIMIT %\(most\)s) FOR UPDATE SKIP LOCKED$")
CLAIM_GUARD = Net(
    "the count of the leads a claim takes",
    r"^UPDATE lead SET status=(%\(\w+\)s)(.* tries=\(lead\.tries \+ .*"
    r" WHERE lead\.id IN \(.*\)) AND lead\.status = \S+$",
    r"UPDATE lead SET status=(CASE lead.status WHEN 'READY' THEN \1 ELSE lead.status END)\2",
)
SKIP_LOCKED = Net("passing over locked leads", r"(?<=FOR UPDATE) SKIP LOCKED$")
SKIP_LOCKED_PLACES = Net("passing over locked places", r"(?<=FOR NO KEY UPDATE) SKIP LOCKED$")
STILL_CAMPAIGN = Net("holding a campaign still", r"(?<=ORDER BY campaign\.id) FOR SHARE$")
LEAD_LOCK = Net("the lock on a lead", r"(?<=WHERE lead\.id = %\(which\)s::BIGINT) FOR UPDATE$")
ATTEMPT_LOCK = Net(
    "the lock on an attempt", r"(?<=WHERE attempt\.id = %\(which\)s::VARCHAR) FOR UPDATE$"
)
ONE_OPEN_PER_LEAD = UniqueIndex("one_open_per_lead")
ONE_OPEN_PER_PHONE = UniqueIndex("one_open_per_phone")
ONE_CALL = UniqueIndex("one_call")
ONE_ATTEMPT_PER_N = UniqueIndex("one_attempt_per_n", is_constraint=True)


@dataclass
class Cuts:
    """The nets that were taken away from a database, and how often each would have been used."""

    nets: Sequence[Net]
    met: Counter[str] = field(default_factory=Counter)

    def rewrite(
        self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any
    ) -> tuple[str, Any]:
        for net in self.nets:
            statement, times = re.subn(net.pattern, net.without, statement, flags=re.DOTALL)
            self.met[net.name] += times
        return statement, parameters

    @property
    def unmet(self) -> set[str]:
        """The nets whose statement never came, so that nothing was taken away."""
        return {net.name for net in self.nets if not self.met[net.name]}


def take_away(database: Database, *nets: Net | UniqueIndex) -> Cuts:
    """Take nets away from a database, for as long as it is open; indexes for good."""
    cuts = Cuts([net for net in nets if isinstance(net, Net)])
    event.listen(database.engine, "before_cursor_execute", cuts.rewrite, retval=True)
    for net in nets:
        if isinstance(net, UniqueIndex):
            drop = f"ALTER TABLE attempt DROP CONSTRAINT IF EXISTS {net.name}"
            drop = drop if net.is_constraint else f"DROP INDEX IF EXISTS {net.name}"
            database.transact(lambda tx, do=drop: tx.exec_driver_sql(do))  # type: ignore[misc]
    return cuts
