"""Deliberate bugs: what the simulation must find, or it proves nothing."""

from dataclasses import replace
from datetime import timedelta
from functools import wraps
from typing import Any

from sqlalchemy import bindparam, text, update

from dialer.actions import (
    aside,
    dial,
    do_not_call,
    evidence,
    facts,
    look_up,
    reconcile,
    settle,
    settling,
)
from dialer.actions import plan as planning
from dialer.domain import gates, patience
from dialer.domain.hold import Hold, HoldCode
from dialer.domain.states import AttemptStatus, CampaignStatus
from dialer.errors import NotSent, OutcomeUnknown
from dialer.retell.client import RetellClient
from dialer.store import attempts, gate, leads, suppressions
from simulation import restore_mutants
from simulation.bugs import MUTANTS, Patches, mutant, switched_on

# Sending


@mutant
def an_unknown_outcome_counts_as_not_placed() -> Patches:
    recorded = dial.record_failure

    @wraps(recorded)
    def record_failure(tx: Any, world: Any, attempt_id: str, error: Any) -> bool:
        if isinstance(error, OutcomeUnknown):
            error = NotSent(error.message, code=error.code)
        return recorded(tx, world, attempt_id, error)

    yield dial, "record_failure", record_failure


@mutant
def a_second_message_sends_again() -> Patches:
    passed = dial.pass_gate

    @wraps(passed)
    def pass_gate(tx: Any, world: Any, attempt_id: str) -> Any:
        result = passed(tx, world, attempt_id)
        row = attempts.get(tx, attempt_id)
        if result is None and row is not None and row.status is AttemptStatus.SENDING:
            return dial.Sending(
                row.id, row.campaign_id, row.request, world.clock.now(), gate.install(tx)
            )
        return result

    yield dial, "pass_gate", pass_gate


@mutant
def the_client_repeats_a_request_without_an_answer() -> Patches:
    created = RetellClient.create_phone_call

    def create_phone_call(self: Any, body: Any, *, send_by: Any = None) -> Any:
        try:
            return created(self, body, send_by=send_by)
        except OutcomeUnknown:
            fresh = {**body, "idempotency_key": body["idempotency_key"][::-1]}
            return created(self, fresh, send_by=send_by)

    yield RetellClient, "create_phone_call", create_phone_call


@mutant
def a_request_may_be_sent_any_time_after_the_gate() -> Patches:
    yield dial, "SEND_DEADLINE", timedelta(hours=1)


@mutant
def a_pause_is_not_asked_for_at_the_send_gate() -> Patches:
    known = dial.known_facts

    def known_facts(*args: Any, **more: Any) -> Any:
        found = known(*args, **more)
        return replace(found, campaign_status=CampaignStatus.RUNNING, everything_paused=False)

    yield dial, "known_facts", known_facts


@mutant
def the_window_is_asked_when_the_lead_becomes_due_only() -> Patches:
    yield gates, "may_start", lambda *args, **more: True


# Rules


@mutant
def an_opt_out_is_asked_for_at_the_import_only() -> Patches:
    yield suppressions, "is_suppressed", lambda *args, **more: False
    yield suppressions, "suppressed_among", lambda *args, **more: set()
    yield do_not_call, "_give_up", lambda *args, **more: False
    yield do_not_call.leads, "close_waiting", lambda *args, **more: 0  # type: ignore[attr-defined]


@mutant
def an_opt_out_in_a_call_is_forgotten() -> Patches:
    yield evidence, "heed_wish", lambda tx, lead, *args, **more: lead
    yield settling, "opt_out", lambda tx, lead, *args, **more: lead


@mutant
def caps_count_the_calls_of_one_campaign_only() -> Patches:
    counted = facts.person_of

    def person_of(lead: Any, spec: Any, calls: Any, *, promised: bool) -> Any:
        own = [call for call in calls if call.campaign_id == lead.campaign_id]
        return counted(lead, spec, own, promised=promised)

    yield facts, "person_of", person_of


@mutant
def the_wait_of_the_cadence_is_left_out() -> Patches:
    decided = settling.decide

    def decide(*args: Any, now: Any, **more: Any) -> Any:
        outcome = decided(*args, now=now, **more)
        return outcome if outcome.due_at is None else replace(outcome, due_at=now)

    yield settling, "decide", decide


# Lines


@mutant
def one_line_too_many() -> Patches:
    counted = planning.claimable

    def claimable(*args: Any, **more: Any) -> int:
        return counted(*args, **more) + 1

    yield planning, "claimable", claimable


def _without(condition: str) -> Patches:
    counted = gate.count_open

    def count_open(tx: Any) -> Any:
        found = counted(tx)
        left_out = tx.execute(
            text(f"SELECT count(*) FROM attempt WHERE {attempts.IS_OPEN} AND {condition}")
        ).scalar_one()
        return replace(found, total=found.total - left_out)

    yield gate, "count_open", count_open


@mutant
def an_unknown_call_holds_no_line() -> Patches:
    yield from _without("status = 'UNKNOWN'")


@mutant
def lines_are_leased_for_a_fixed_time() -> Patches:
    newest = "(SELECT max(created_at) FROM attempt)"
    yield from _without(f"julianday({newest}) - julianday(created_at) > 20.0 / 86400")


@mutant
def the_limit_is_kept_in_memory() -> Patches:
    locked = gate.lock
    first: list[int] = []

    def lock(tx: Any) -> Any:
        state = locked(tx)
        first.append(state.lines)
        return replace(state, lines=first[0])

    yield gate, "lock", lock


# Guards


@mutant
def a_move_does_not_ask_where_from() -> Patches:
    anywhere = (
        update(attempts.attempt)
        .where(attempts.attempt.c.id == bindparam("which"))
        .where(bindparam("current", type_=attempts.attempt.c.status.type).is_not(None))
    )
    yield attempts, "_MOVE", anywhere


@mutant
def an_answer_overwrites_what_webhooks_have_told() -> Patches:
    def record_placed(tx: Any, world: Any, attempt_id: str, created: Any) -> None:
        attempts.change(
            tx,
            attempt_id,
            status=AttemptStatus.PLACED,
            call_id=created.call_id,
            check_at=world.clock.now() + patience.SILENCE,
        )

    yield dial, "record_placed", record_placed


@mutant
def an_end_is_counted_each_time_it_is_told() -> Patches:
    applied = settle.apply_evidence

    def apply_evidence(tx: Any, found: Any, *, seen: Any, now: Any, **more: Any) -> bool:
        before = attempts.get(tx, seen.id)
        freed = applied(tx, found, seen=seen, now=now, **more)
        if before is not None and before.status is found.rank is AttemptStatus.ENDED:
            lead = leads.lock(tx, seen.lead_id)
            settling.finish_lead(tx, lead, before, found, now=now)
        return freed

    yield settle, "apply_evidence", apply_evidence


@mutant
def a_cancelled_attempt_keeps_its_lead() -> Patches:
    yield aside, "give_back", lambda *args, **more: None


# Looking after what was left


def _blind(status: AttemptStatus) -> Patches:
    yield reconcile._LOOKS, status, lambda world, row: False


@mutant
def nobody_sweeps_attempts_that_were_never_sent() -> Patches:
    yield from _blind(AttemptStatus.INTENT)


@mutant
def nobody_doubts_a_silent_worker() -> Patches:
    yield from _blind(AttemptStatus.SENDING)


@mutant
def nobody_asks_for_calls_without_news() -> Patches:
    yield from _blind(AttemptStatus.PLACED)
    yield from _blind(AttemptStatus.ONGOING)


@mutant
def nobody_sweeps_webhooks() -> Patches:
    yield reconcile, "_settle_overdue", lambda world: 0


@mutant
def a_silent_worker_has_sent_nothing() -> Patches:
    def release(world: Any, row: Any) -> bool:
        now = world.clock.now()

        def body(tx: Any) -> bool:
            lead = leads.lock(tx, row.lead_id)
            moved = attempts.move(
                tx,
                row.id,
                current=AttemptStatus.SENDING,
                target=AttemptStatus.NOT_PLACED,
                now=now,
                by="reconcile",
                rang=False,
            )
            if moved:
                aside.give_back(tx, lead, Hold(HoldCode.TOO_LATE, "silence"), now=now)
            return moved

        return bool(world.db.transact(body))

    yield reconcile._LOOKS, AttemptStatus.SENDING, release


@mutant
def one_answer_without_the_call_proves_its_absence() -> Patches:
    yield look_up, "absence_confirmed", lambda found, *, now: found.complete_answers > 0
    yield look_up, "ABSENCE_ANSWERS", 1


__all__ = ["MUTANTS", "restore_mutants", "switched_on"]
