"""The truth: what must never have happened, asked of the provider and of the rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from dialer.domain.patience import SEND_DEADLINE
from dialer.forecast.oracle import why_wrong
from dialer.forecast.virtual_clock import from_ms
from dialer.simulator.engine import Exchange
from dialer.simulator.outcomes import Outcome
from dialer.store import campaigns
from dialer.store.invariants import violations
from dialer.store.outlook import places_of_leads
from dialer.store.tables import IS_OPEN
from simulation.wire import Written

AT_ANY_TIME = {
    "I1",
    "I2",
    "I3",
    "I5",
    "I6",
    "I8",
    "I9",
    "I10",
    "I11",
    "I12",
    "I13",
    "I17",
    "I18",
    "I20",
    "I21",
}
"""Invariants that hold while things go wrong; the others ask that somebody is at work."""
BY_THE_CLOCK = {"I4", "I7", "I14", "I16"}
"""Invariants that compare moments: false alarms where somebody sets the clock back."""
LONGEST_WAY_MS = 200_000
"""From the claim of an attempt to the acceptance of its call, at most: 60 s, 10 s, 120 s."""
GATE_MS = 100
"""The clock is read within the gate's transaction, and the deadline is compared with a whole ms."""
DEADLINE_MS = int(SEND_DEADLINE.total_seconds() * 1000)


@dataclass
class Diary:
    """What was committed, and when, by the world's own time: read after every commit."""

    limits: list[tuple[int, int]] = field(default_factory=list)
    opted_out: dict[str, int] = field(default_factory=dict)
    paused: list[tuple[str, int, int | None]] = field(default_factory=list)  # campaign or gate
    retried: set[str] = field(default_factory=set)  # leads that a person let go again
    edited: set[str] = field(default_factory=set)  # campaigns whose settings were changed
    passed: dict[str, int] = field(default_factory=dict)  # attempts that passed the send gate
    broken: list[str] = field(default_factory=list)
    clock_was_set: bool = False
    claimed: Callable[[int, str], None] = lambda campaign_id, phone: None
    _audited: int = 0
    _suppressed: int = 0
    _events: int = 0

    def read(self, raw: Any, *, now_ms: int) -> None:
        """Take note of what the commit at this moment brought."""
        asked = "SELECT id, action, subject FROM audit_log WHERE id > ? ORDER BY id"
        for row_id, action, subject in raw.execute(asked, (self._audited,)).fetchall():
            self._audited = row_id
            self._take_note(action, subject, now_ms)
        asked = "SELECT id, phone FROM do_not_call WHERE id > ? AND campaign_id IS NULL"
        for row_id, phone in raw.execute(asked, (self._suppressed,)).fetchall():
            self._suppressed = max(self._suppressed, row_id)
            self.opted_out.setdefault(phone, now_ms)
        (lines,) = raw.execute("SELECT lines FROM dial_gate").fetchone() or (0,)
        if not self.limits or self.limits[-1][1] != lines:
            self.limits.append((now_ms, lines))
        self._read_events(raw, lines=lines, now_ms=now_ms)

    def _read_events(self, raw: Any, *, lines: int, now_ms: int) -> None:
        """Ask of each claim and each send whether it might be, at the very commit."""
        asked = (
            "SELECT e.id, e.from_status, e.to_status, e.attempt_id, a.campaign_id, a.phone"
            " FROM attempt_event e JOIN attempt a ON a.id = e.attempt_id WHERE e.id > ?"
        )
        claimed = False
        for row in raw.execute(asked, (self._events,)).fetchall():
            self._events, before, after, attempt_id, campaign_id, phone = row
            if before is None:
                claimed = True
                self.claimed(campaign_id, phone)
            if (before, after) == ("INTENT", "SENDING"):
                self.passed[attempt_id] = now_ms
                self._judge(attempt_id, f"campaign:{campaign_id}", phone)
        if claimed:
            (is_open,) = raw.execute(f"SELECT count(*) FROM attempt WHERE {IS_OPEN}").fetchone()
            if is_open > lines:
                self.broken.append(f"overrun: a claim opens {is_open} attempts on {lines} lines")

    def _judge(self, attempt_id: str, campaign: str, phone: str) -> None:
        if phone in self.opted_out:
            self.broken.append(f"attempt {attempt_id} passes the gate after an opt-out")
        for what, _, until_ms in self.paused:
            if until_ms is None and what in ("gate", campaign):
                self.broken.append(f"attempt {attempt_id} passes the gate after a pause")

    def _take_note(self, action: str, subject: str, now_ms: int) -> None:
        match action:
            case "paused" | "stopped" | "pause_everything":
                self.paused.append((subject, now_ms, None))
            case "running" | "resume_everything":
                self.paused = [
                    (name, since, now_ms if name == subject and until is None else until)
                    for name, since, until in self.paused
                ]
            case "retry":
                self.retried.add(subject.removeprefix("lead:"))
            case "edit":
                self.edited.add(subject.removeprefix("campaign:"))

    def most_lines(self, now_ms: int) -> int:
        """Give the highest limit that a call accepted now may have been claimed under."""
        best, in_force = 0, 0
        for since_ms, lines in self.limits:
            if since_ms > now_ms:
                break
            if since_ms <= now_ms - LONGEST_WAY_MS:
                in_force = lines
            else:
                best = max(best, lines)
        return max(best, in_force)


def broken(tx: Connection, *, now: datetime, calm: bool, clock_was_set: bool) -> Iterator[str]:
    """Ask the invariants."""
    for one in violations(tx, now=now):
        if clock_was_set and one.name in BY_THE_CLOCK:
            continue
        if calm or one.name in AT_ANY_TIME:
            yield f"{one.name} {one.sentence} Broken by {', '.join(one.ids[:5])}"


def untrue(
    tx: Connection, exchange: Exchange, diary: Diary, written: list[Written], *, now_ms: int
) -> Iterator[str]:
    """Ask what really happened, when all is over."""
    truth = exchange.truth(now_ms=now_ms)
    if truth["attempts_with_two_calls"]:
        yield f"double dial: {truth['doubled_attempts']} have two calls"
    if truth["persons_in_two_calls"]:
        yield f"double dial: {truth['persons_in_two_calls']} persons were in two calls at once"
    yield from _called_after_talk(tx, exchange, diary, written)
    yield from _unrecorded(tx, exchange)
    yield from _forgotten_wishes(tx, exchange)
    yield from _lost(tx)
    yield from _sent_in_spite(diary, written)
    if not diary.clock_was_set:
        yield from _sent_late(tx, diary, written)
        yield from _outside_window(tx, diary, written)


def _called_after_talk(
    tx: Connection, exchange: Exchange, diary: Diary, written: list[Written]
) -> Iterator[str]:
    sent_ms = {one.attempt_id: one.at_ms for one in written}
    talked: dict[str, int] = {}
    for call in exchange.calls:
        lead_id = str((call.metadata or {}).get("lead_id"))
        if call.script.outcome is Outcome.TALK and call.ended_ms is not None:
            talked.setdefault(lead_id, call.ended_ms)
    for call in exchange.calls:
        lead_id = str((call.metadata or {}).get("lead_id"))
        ended_ms = talked.get(lead_id)
        at_ms = sent_ms.get(call.attempt_id or "", call.created_ms)
        if ended_ms is not None and at_ms > ended_ms and lead_id not in diary.retried:
            yield f"lead {lead_id} was called after it had talked"


def _unrecorded(tx: Connection, exchange: Exchange) -> Iterator[str]:
    rows = tx.execute(text("SELECT id, call_id, status, analysis FROM attempt")).all()
    known = {row.id: row for row in rows}
    for call in exchange.calls:
        row = known.get(call.attempt_id or "")
        if row is None or row.call_id != call.call_id:
            yield f"call {call.call_id} of attempt {call.attempt_id} is not recorded"
        elif row.status != "ENDED":
            yield f"attempt {row.id} is {row.status}, and its call is over"


def _forgotten_wishes(tx: Connection, exchange: Exchange) -> Iterator[str]:
    listed = set(tx.execute(text("SELECT phone FROM do_not_call")).scalars())
    for call in exchange.calls:
        if call.script.outcome is Outcome.OPT_OUT and call.request.to_number not in listed:
            yield f"call {call.call_id} asked for no more calls, and nobody heeds it"


def _lost(tx: Connection) -> Iterator[str]:
    rows = tx.execute(
        text(
            "SELECT lead.id, lead.status, campaign.status AS campaign FROM lead"
            " JOIN campaign ON campaign.id = lead.campaign_id WHERE lead.status <> 'CLOSED'"
            " AND campaign.status NOT IN ('draft', 'archived')"
        )
    )
    for row in rows:
        if row.status != "HELD":
            yield f"lead {row.id} is {row.status} in the end, its campaign {row.campaign}"


def _sent_in_spite(diary: Diary, written: list[Written]) -> Iterator[str]:
    for one in written:
        said_ms = diary.opted_out.get(one.number)
        if said_ms is not None and one.at_ms > said_ms + DEADLINE_MS:
            yield f"attempt {one.attempt_id} was sent {one.at_ms - said_ms} ms after an opt-out"
        for what, since_ms, until_ms in diary.paused:
            if (
                what not in ("gate", f"campaign:{one.campaign_id}")
                or one.at_ms <= since_ms + DEADLINE_MS
            ):
                continue
            if until_ms is None or one.at_ms < until_ms:
                yield f"attempt {one.attempt_id} was sent {one.at_ms - since_ms} ms after a pause"


def _sent_late(tx: Connection, diary: Diary, written: list[Written]) -> Iterator[str]:
    replayed = set(tx.execute(text("SELECT id FROM attempt WHERE replays > 0")).scalars())
    for one in written:
        passed_ms = diary.passed.get(one.attempt_id)
        if one.attempt_id in replayed or passed_ms is None:
            continue
        if one.at_ms > passed_ms + DEADLINE_MS + GATE_MS:
            yield f"attempt {one.attempt_id} was sent {one.at_ms - passed_ms} ms after its gate"


def _outside_window(tx: Connection, diary: Diary, written: list[Written]) -> Iterator[str]:
    places = {place.phone: place for place in places_of_leads(tx)}
    windows = {}
    for one in written:
        if one.campaign_id in diary.edited:
            continue
        if one.campaign_id not in windows:
            windows[one.campaign_id] = campaigns.settings_of(tx, int(one.campaign_id)).window
        place = places.get(one.number)
        if place is None:
            continue
        # The gate asks, and the request is written up to ten seconds later.
        moments = (from_ms(one.at_ms), from_ms(one.at_ms) - SEND_DEADLINE)
        reasons = [why_wrong(windows[one.campaign_id], place, at=moment) for moment in moments]
        if all(reasons):
            yield f"attempt {one.attempt_id} was sent although {reasons[0]}"
