"""Checks: what is asked while a run goes on, before rows are forgotten, and when all is over."""

import re
from collections.abc import Iterator
from functools import partial

from sqlalchemy import Connection, text

from dialer.simulator.engine import Exchange
from dialer.store import incidents
from dialer.store.database import is_outage
from simulation.database import SimulatedDatabase
from simulation.diary import Diary
from simulation.hub import Clock
from simulation.people import People
from simulation.perils import Perils
from simulation.points import Fault
from simulation.truth import broken, unfair_sends, untrue
from simulation.wire import Wire

_RIVAL = re.compile(r"attempt (\S+) is out to the same person")
_SILENT = text("SELECT count(*) FROM attempt WHERE analysis = 'timed_out'")


class Checks:
    """Asks rows, diary and the simulated Retell, and keeps what was wrong."""

    def __init__(
        self,
        database: SimulatedDatabase,
        perils: Perils,
        *,
        exchange: Exchange,
        diary: Diary,
        wire: Wire,
        people: People,
        clock: Clock,
    ) -> None:
        self.violations: list[str] = []
        self._db, self._perils, self._hub = database, perils, perils.hub
        self._exchange, self._diary, self._wire = exchange, diary, wire
        self._people, self._clock = people, clock
        self._seen_lines = 0
        self._judged = 0  # sends that were looked at before rows were forgotten

    def check_lines(self) -> None:
        """Ask whether more lines are in use than may be."""
        in_use = self._exchange.lines_in_use
        allowed = self._diary.most_lines(self._hub.now_ms)
        if in_use > allowed and in_use > self._seen_lines:
            self.violations.append(f"overrun: {in_use} lines in use of {allowed}")
        self._seen_lines = in_use

    def check(self) -> None:
        """Ask what holds at any time."""
        self.violations += self._db.look(lambda tx: list(self._broken(tx, calm=False)))
        self.violations += self._diary.broken
        self._diary.broken.clear()
        for name, error in self._hub.crashed:
            if not is_outage(error):
                self.violations.append(f"{name} raised {type(error).__name__}: {error}")
        self._hub.crashed.clear()

    def judge_so_far(self) -> None:
        """Ask all that needs rows which are about to be forgotten."""
        self.check()
        exchange, diary, written = self._exchange, self._diary, self._wire.written
        diary.clock_was_set = self._people.clock_was_set
        late = written[self._judged :]
        self.violations += self._db.look(
            lambda tx: list(unfair_sends(tx, exchange, diary, late, written))
        )
        self._judged = len(written)
        diary.judged.update(call.call_id for call in exchange.calls)

    def conclude(self) -> None:
        """Ask everything, when all is over."""
        self._read_alarms()
        self.check()
        if self.violations:
            return
        self._diary.clock_was_set = self._people.clock_was_set
        exchange, diary, written = self._exchange, self._diary, self._wire.written
        now_ms = self._hub.now_ms

        def ask(tx: Connection) -> list[str]:
            return [
                *self._broken(tx, calm=True),
                *untrue(tx, exchange, diary, written, now_ms=now_ms),
                *unfair_sends(tx, exchange, diary, written[self._judged :], written),
            ]

        self.violations += self._db.look(ask)

    def _read_alarms(self) -> None:
        """Acknowledge, as a person would, that a late call had a rival which rang nobody after all.

        While its outcome was unknown, the two might have rung together: a restore brings that
        about, where the backup is of a moment at which the first one was being sent.
        """
        called = {call.attempt_id for call in self._exchange.calls}
        for one in self._db.look(incidents.unclosed):
            rival = _RIVAL.search(one.sentence)
            if one.code == "late_call" and rival is not None and rival[1] not in called:
                close = partial(
                    incidents.close_by_id,
                    incident_id=one.id,
                    by="ann",
                    note="It rang nobody.",
                    now=self._clock.now(),
                )
                self._db.transact(close)

    def _broken(self, tx: Connection, *, calm: bool) -> Iterator[str]:
        now, was_set = self._clock.now(), self._people.clock_was_set
        return broken(tx, now=now, calm=calm, clock_was_set=was_set)

    def count_faults(self) -> None:
        """Count the faults that show in the end only."""
        hits, written = self._perils.hits, self._wire.written
        sent_ms = {one.attempt_id: one.at_ms for one in written}
        for call in self._exchange.calls:
            if call.created_ms - sent_ms.get(call.attempt_id or "", call.created_ms) > 1_000:
                hits[Fault.ACCEPTED_LATE] += 1
        hits[Fault.REPLAYED] += len(written) - len(sent_ms)
        truth = self._exchange.truth(now_ms=self._hub.now_ms)
        hits[Fault.WEBHOOK_DROPPED] += truth["webhooks"]["dropped"]
        silent = self._db.look(lambda tx: tx.execute(_SILENT).scalar_one())
        hits[Fault.ANALYSIS_MISSING] += silent
