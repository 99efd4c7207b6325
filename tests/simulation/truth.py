"""The truth: what must never have happened, asked of the provider and of the rows."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, text

from dialer.domain.patience import SEND_DEADLINE
from dialer.forecast.oracle import why_wrong
from dialer.forecast.virtual_clock import from_ms
from dialer.simulator.calls import Call
from dialer.simulator.engine import Exchange
from dialer.simulator.outcomes import Outcome
from dialer.store import campaigns
from dialer.store.invariants import violations
from dialer.store.outlook import places_of_leads
from simulation.diary import DOUBTED, Diary, Who
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
GATE_MS = 100
"""The clock is read within the gate's transaction, and the deadline is compared with a whole ms."""
DEADLINE_MS = int(SEND_DEADLINE.total_seconds() * 1000)


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
    yield from _unrecorded(tx, exchange, diary, written)
    yield from _forgotten_wishes(tx, exchange)
    yield from _lost(tx)


def unfair_sends(
    tx: Connection, exchange: Exchange, diary: Diary, late: list[Written], written: list[Written]
) -> Iterator[str]:
    """Ask whether the `late` ones of all sends were allowed."""
    yield from _called_after_talk(exchange, diary, written)
    yield from _sent_in_spite(diary, late)
    if not diary.clock_was_set:
        yield from _sent_late(tx, diary, late)
        yield from _outside_window(tx, diary, late)


def _called_after_talk(exchange: Exchange, diary: Diary, written: list[Written]) -> Iterator[str]:
    talked: dict[Who, int] = {}
    calls = [(call, _who(call), _sent_ms(call, written)) for call in exchange.calls]
    for call, who, at_ms in calls:
        if call.script.outcome is not Outcome.TALK or call.ended_ms is None:
            continue
        if not diary.is_forgotten(who, at_ms=at_ms):
            talked.setdefault(who, call.ended_ms)
    for call, who, at_ms in calls:
        ended_ms = talked.get(who)
        if ended_ms is None or at_ms <= ended_ms or call.call_id in diary.judged:
            continue
        if who not in diary.retried:
            yield f"lead {who[0]} was called after it had talked"


def _sent_ms(call: Call, written: list[Written]) -> int:
    """Give when the request left that made a call: a repetition may follow the call it asks for."""
    sent = [
        one.at_ms
        for one in written
        if one.attempt_id == call.attempt_id and one.at_ms <= call.created_ms
    ]
    return max(sent, default=call.created_ms)


def _who(call: Call) -> Who:
    return str((call.metadata or {}).get("lead_id")), call.request.to_number


def _unrecorded(
    tx: Connection, exchange: Exchange, diary: Diary, written: list[Written]
) -> Iterator[str]:
    rows = tx.execute(text("SELECT id, call_id, status, phone FROM attempt")).all()
    known = {row.id: row for row in rows}
    others = set(tx.execute(text("SELECT call_id FROM other_call")).scalars())
    sent_ms = {one.attempt_id: one.at_ms for one in written}
    for call in exchange.calls:
        row = known.get(call.attempt_id or "")
        at_ms = sent_ms.get(call.attempt_id or "", call.created_ms)
        if row is None and call.call_id in others and diary.is_forgotten(_who(call), at_ms=at_ms):
            continue
        if row is None or row.call_id != call.call_id:
            yield f"call {call.call_id} of attempt {call.attempt_id} is not recorded"
        elif row.status != "ENDED":
            yield f"attempt {row.id} is {row.status}, and its call is over"
        elif row.phone != call.request.to_number:
            yield f"attempt {row.id} has a call to another number"


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
                what not in ("gate", DOUBTED, f"campaign:{one.campaign_id}")
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
