"""Reconcile: bring every open attempt forward from the database alone.

Runs every few seconds and needs neither queue nor memory. Two at once are harmless: each row is
won by a guarded UPDATE before it is looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from dialer.actions.aside import cancel_intent
from dialer.actions.campaigns_due import close_left_overs, start_campaigns
from dialer.actions.ending import close_ended, finish_campaigns, write_summaries
from dialer.actions.holds import check_holds
from dialer.actions.lines import ask_concurrency
from dialer.actions.look_up import ask_for_call, look_up_unknown, time_out_analysis
from dialer.actions.other_calls import ask_other_calls
from dialer.actions.parts import carry_on
from dialer.actions.paths import ask_paths
from dialer.actions.plan import plan
from dialer.actions.settle import settle
from dialer.actions.world import World
from dialer.domain.gates import Hold, HoldCode
from dialer.domain.patience import EVENT_SWEEP, INTENT_LIFE
from dialer.domain.states import AttemptStatus
from dialer.errors import AccountProblem, LookUpFailed
from dialer.log import get_logger
from dialer.store import attempts, leads, webhooks
from dialer.store.database import Connection, is_outage
from dialer.store.tables import Attempt

log = get_logger(__name__)

BATCH = 200
EVENT_TRIES = 5
"""An event that could not be settled so often is a dead letter: a person should look."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many rows one run looked at."""

    attempts: int
    events: int


def reconcile(world: World) -> Reconciled:
    """Look at everything whose time has come. May be called at any moment, by anybody."""
    events = _settle_overdue(world)
    now = world.clock.now()
    due = world.db.read(lambda tx: attempts.due_checks(tx, now=now, most=BATCH))
    freed = sum(_look_at(world, row) for row in due)
    ask_concurrency(world)
    ask_paths(world)
    ask_other_calls(world)
    start_campaigns(world)
    carry_on(world)
    close_ended(world)
    finish_campaigns(world)
    close_left_overs(world)
    write_summaries(world)
    check_holds(world)
    if freed:
        plan(world)
    return Reconciled(attempts=len(due), events=events)


def _settle_overdue(world: World) -> int:
    before = world.clock.now() - EVENT_SWEEP
    rows = world.db.read(lambda tx: webhooks.overdue(tx, before=before, most=BATCH))
    for row in rows:
        try:
            settle(world, row)
        except Exception as error:  # one event that cannot be settled must not stop the others
            if is_outage(error):
                raise
            log.exception("event_failed", event_row=row)
            reason = f"{type(error).__name__}: {error}"
            world.db.transact(partial(_count_try, row=row, reason=reason, world=world))
    return len(rows)


def _count_try(tx: Connection, *, row: int, reason: str, world: World) -> None:
    webhooks.count_try(tx, row, most=EVENT_TRIES, error=reason, now=world.clock.now())


def _look_at(world: World, row: Attempt) -> bool:
    """Look at one attempt whose time has come. True when a line became free."""
    look = _LOOKS.get(row.status, ask_for_call)
    try:
        return look(world, row)
    except (LookUpFailed, AccountProblem) as error:
        # Retell does not answer; the row's next moment is set already.
        log.warning("look_up_failed", attempt_id=row.id, code=error.code)
    except Exception as error:  # one row that cannot be looked at must not stop the others
        if is_outage(error):
            raise
        log.exception("look_failed", attempt_id=row.id)
    return False


def _remind_or_cancel(world: World, row: Attempt) -> bool:
    """Ask once more for an attempt nobody has sent: its message may be lost. Then give it up."""
    now = world.clock.now()
    gives_up_at = row.created_at + INTENT_LIFE
    if now < gives_up_at:
        if world.db.transact(lambda tx: attempts.claim_check(tx, row, until=gives_up_at)):
            world.queue.dial(row.id, label=f"{row.lead_id}-{row.n}-again")
        return False

    def body(tx: Connection) -> bool:
        hold = Hold(HoldCode.TOO_LATE, "Claimed, but never sent.")
        lead = leads.lock(tx, row.lead_id)
        return cancel_intent(tx, row, lead, hold, now=now, by="reconcile")

    return world.db.transact(body)


def _doubt_silent_sending(world: World, row: Attempt) -> bool:
    """The worker that was sending has died: nobody knows whether a phone rings."""
    now = world.clock.now()
    world.db.transact(
        lambda tx: attempts.move(
            tx,
            row.id,
            current=AttemptStatus.SENDING,
            target=AttemptStatus.UNKNOWN,
            now=now,
            by="reconcile",
            evidence="silence",
            check_at=now,
        )
    )
    return False


_LOOKS: dict[AttemptStatus, Callable[[World, Attempt], bool]] = {
    AttemptStatus.INTENT: _remind_or_cancel,
    AttemptStatus.SENDING: _doubt_silent_sending,
    AttemptStatus.UNKNOWN: look_up_unknown,
    AttemptStatus.PLACED: ask_for_call,
    AttemptStatus.ONGOING: ask_for_call,
    AttemptStatus.ENDED: time_out_analysis,
}
