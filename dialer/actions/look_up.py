"""Look-ups: ask Retell for calls nobody has told us of.

An unknown call is looked up by the attempt in its metadata; when whole answers keep not showing
it, and the list is seen to work, its absence is confirmed. A placed call without news is asked
for by its id, so every lead closes even when all webhooks are lost.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from dialer.actions.aside import give_back
from dialer.actions.deciding import zone_of
from dialer.actions.evidence import apply_evidence
from dialer.actions.openings import opening_for
from dialer.actions.replay import replay
from dialer.actions.settling import end_values, finish_lead, times_ended_as
from dialer.actions.world import World
from dialer.domain.dispositions import Disposition
from dialer.domain.evidence import CallEvidence
from dialer.domain.gates import Hold, HoldCode
from dialer.domain.patience import (
    ABSENCE_ANSWERS,
    ABSENCE_GAP,
    ASK_EVERY,
    UNRESOLVED_AGE,
    AbsenceFacts,
    absence_confirmed,
    next_look_up,
    replay_due,
)
from dialer.domain.states import Analysis, AttemptStatus
from dialer.errors import CallNotFound
from dialer.log import get_logger
from dialer.retell.client import FoundCalls
from dialer.retell.mapping import LOOKED_UP, evidence_of
from dialer.retell.models import Call
from dialer.store import attempts, campaigns, leads
from dialer.store.database import Connection
from dialer.store.tables import Attempt, Lead

log = get_logger(__name__)

NUMBER_MARGIN = timedelta(minutes=5)
"""Clocks differ: calls to the number are looked for from a little before the send."""


def ask_for_call(world: World, row: Attempt) -> bool:
    """Ask for a call by its id. True when it is over and its line free."""
    if row.call_id is None or not _win(world, row, wait=ASK_EVERY):
        return False
    try:
        call = world.provider.get_call(row.call_id)
    except CallNotFound:
        return _close_unresolved(world, row, why="Retell does not know the call any more")
    return _apply(world, row, call)


def time_out_analysis(world: World, row: Attempt) -> bool:
    """Ask once more for an analysis that never came, then do without."""
    if row.call_id is None or not _win(world, row, wait=ASK_EVERY):
        return False
    with suppress(CallNotFound):
        _apply(world, row, world.provider.get_call(row.call_id))
    world.db.transact(lambda tx: _give_up_analysis(tx, row.id))
    return False


def _give_up_analysis(tx: Connection, attempt_id: str) -> None:
    row = attempts.get(tx, attempt_id)
    if row is not None and row.analysis is Analysis.PENDING:
        attempts.change(tx, attempt_id, analysis=Analysis.TIMED_OUT, check_at=None)


def look_up_unknown(world: World, row: Attempt) -> bool:
    """Look up a call of unknown outcome. True when its line became free."""
    now = world.clock.now()
    started = row.send_started_at or row.created_at
    wait = next_look_up(send_started_at=started, now=now) - now
    if not _win(world, row, wait=wait):
        return False
    found = world.provider.calls_of_attempt(row.id)
    for call in found.calls:
        if _apply(world, row, call):
            return True
    if found.calls:
        return False
    if world.same_key_replay and replay_due(send_started_at=started, replays=row.replays, now=now):
        freed = replay(world, row)
        if freed is not None:
            return freed
    return _weigh_absence(world, row, found)


def _weigh_absence(world: World, row: Attempt, found: FoundCalls) -> bool:
    now = world.clock.now()
    started = row.send_started_at or row.created_at
    answers = _count_answer(world, row, found, now=now)
    if now - started >= UNRESOLVED_AGE:
        return _close_unresolved(world, row, why="no look-up ever found the call")
    if answers < ABSENCE_ANSWERS or not found.complete:
        return False
    last_sent_at = started  # a repetition may have made the call that the first request did not
    if row.replays:
        last_sent_at = world.db.read(lambda tx: attempts.last_replay_at(tx, row.id)) or started
    facts = AbsenceFacts(
        send_started_at=last_sent_at,
        complete_answers=answers,
        calls_to_number=_unaccounted_calls(world, row, since=started - NUMBER_MARGIN),
        newer_call_visible=_control_visible(world, newer_than=last_sent_at),
        any_call_visible=_control_visible(world, newer_than=None),
    )
    if not absence_confirmed(facts, now=now):
        return False
    return world.db.transact(lambda tx: _confirm_absence(tx, row, facts, now=now))


def _count_answer(world: World, row: Attempt, found: FoundCalls, *, now: datetime) -> int:
    """Count a whole answer without the call, if the last one counted is a minute old.

    Gives 0 when somebody has looked since: what a process that was frozen has read is old news.
    """
    counts = found.complete and (row.absent_at is None or now - row.absent_at >= ABSENCE_GAP)
    answers = row.absent_answers + counts
    values = {"absent_answers": answers, "absent_at": now} if counts else {}
    won = world.db.transact(lambda tx: attempts.count_look_up(tx, row, **values))
    return answers if won else 0


def _unaccounted_calls(world: World, row: Attempt, *, since: datetime) -> int:
    """Count calls to the number that belong to no other attempt of ours."""
    found = world.provider.calls_to_number(row.phone, since=since)
    if not found.complete:
        return 1
    named = [call.metadata_text("attempt_id") or "" for call in found.calls]
    ours = world.db.read(lambda tx: attempts.ids_among(tx, named))
    return sum(name not in ours or name == row.id for name in named)


def _control_visible(world: World, *, newer_than: datetime | None) -> bool:
    """Tell whether a call that surely exists is in the list: a newer one, or any."""

    def choose(tx: Connection) -> Attempt | None:
        if newer_than is None:
            return attempts.latest_known_call(tx)
        return attempts.placed_after(tx, newer_than)

    control = world.db.read(choose)
    if control is None:
        return False
    found = world.provider.calls_of_attempt(control.id)
    return any(call.call_id == control.call_id for call in found.calls)


def _confirm_absence(tx: Connection, row: Attempt, facts: AbsenceFacts, *, now: datetime) -> bool:
    lead = leads.lock(tx, row.lead_id)
    if attempts.lock(tx, row.id).call_id is not None:
        return False
    control = "a newer call" if facts.newer_call_visible else "an older call"
    gap, wanted_at = _usual_gap(tx, lead, now=now)
    moved = attempts.move(
        tx,
        row.id,
        current=AttemptStatus.UNKNOWN,
        target=AttemptStatus.NOT_PLACED,
        now=now,
        by="reconcile",
        evidence=f"absent from {facts.complete_answers} answers that show {control} of ours",
        rang=False,
        retry_at=wanted_at,
    )
    if moved:
        give_back(tx, lead, row, gap, now=now, wanted_at=wanted_at)
        log.info("absence_confirmed", attempt_id=row.id, answers=facts.complete_answers)
    return moved


def _usual_gap(tx: Connection, lead: Lead, *, now: datetime) -> tuple[Hold, datetime]:
    """The lead waits as after a call nobody answered: even this proof may be wrong.

    Gives the wait up to an opening, and the moment it would end if any hour were allowed.
    """
    spec = campaigns.settings_of(tx, lead.campaign_id)
    times = times_ended_as(tx, lead, Disposition.NO_ANSWER)
    due_at = spec.cadence.earliest(
        Disposition.NO_ANSWER, times=times, after=now, zone_name=zone_of(lead)
    )
    until = opening_for(spec, lead, after=due_at) or due_at
    return Hold(HoldCode.GAP, "The wait after an attempt is not over.", until=until), due_at


def _close_unresolved(world: World, row: Attempt, *, why: str) -> bool:
    """Close an attempt older than any call can be, as one that may have rung."""
    now = world.clock.now()
    if now - (row.send_started_at or row.created_at) < UNRESOLVED_AGE:
        return False
    log.error("call_unresolved", attempt_id=row.id, why=why)
    return world.db.transact(lambda tx: _end_unresolved(tx, row, why=why, now=now))


def _end_unresolved(tx: Connection, row: Attempt, *, why: str, now: datetime) -> bool:
    lead = leads.lock(tx, row.lead_id)
    if attempts.lock(tx, row.id).status is not row.status:
        return False
    evidence = CallEvidence(
        call_id=row.call_id or "",
        rank=AttemptStatus.ENDED,
        disposition=Disposition.UNKNOWN,
        reason=f"unresolved: {why}",
        analysis_done=True,
    )
    values = end_values(evidence, now=now)
    values["analysis"] = Analysis.TIMED_OUT
    return attempts.move(
        tx,
        row.id,
        current=row.status,
        target=AttemptStatus.ENDED,
        now=now,
        by="reconcile",
        evidence="unresolved",
        retry_at=finish_lead(tx, lead, row, evidence, now=now),
        **values,
    )


def _win(world: World, row: Attempt, *, wait: timedelta) -> bool:
    until = world.clock.now() + wait
    return world.db.transact(lambda tx: attempts.claim_check(tx, row, until=until))


def _apply(world: World, row: Attempt, call: Call) -> bool:
    evidence = evidence_of(LOOKED_UP, call)
    return world.db.transact(
        lambda tx: apply_evidence(
            tx,
            evidence,
            seen=row,
            by="reconcile",
            source="look-up",
            now=world.clock.now(),
        )
    )
