"""Calls of unknown outcome: found, or proven absent, and never called again in between."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from factories import NOW, OUR_NUMBER, Stage
from scripted_retell import executed_then_silent, silent

from dialer.actions import control
from dialer.actions.look_up import look_up_unknown, time_out_analysis
from dialer.domain.dispositions import Disposition
from dialer.domain.states import AttemptStatus, ClosedAs, LeadStatus

HALF_MINUTE = timedelta(seconds=30)


def unknown(stage: Stage, act: Any = silent) -> tuple[int, str]:
    """Send one attempt whose outcome nobody knows; gives lead and attempt."""
    lead_id = stage.lead()
    stage.retell.then(act)
    return lead_id, stage.call(lead_id)


def newer_call(stage: Stage) -> str:
    """Place a call that lists show: what to compare with."""
    stage.clock.pass_time(seconds=1)
    stage.lead()
    (attempt_id,) = stage.claim()
    stage.dial(attempt_id)
    return attempt_id


def wait(stage: Stage, minutes: float) -> None:
    stage.wait_long(minutes=minutes, every=HALF_MINUTE if minutes < 20 else 2 * HALF_MINUTE)


def test_a_webhook_resolves_it(stage: Stage) -> None:
    lead_id, attempt_id = unknown(stage, executed_then_silent)
    stage.deliver(stage.retell.answer(attempt_id))
    attempt = stage.attempt_row(attempt_id)
    assert (attempt.status, attempt.call_id) == (AttemptStatus.ONGOING, "call_1")
    stage.deliver(stage.retell.end(attempt_id))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED


def test_a_look_up_resolves_it_after_five_seconds(stage: Stage) -> None:
    _, attempt_id = unknown(stage, executed_then_silent)
    stage.wait(seconds=4)
    assert stage.status(attempt_id) is AttemptStatus.UNKNOWN
    stage.wait(seconds=1)
    attempt = stage.attempt_row(attempt_id)
    assert (attempt.status, attempt.call_id) == (AttemptStatus.PLACED, "call_1")


def test_it_is_looked_up_at_5_15_30_60_seconds_and_then_every_minute(stage: Stage) -> None:
    _, attempt_id = unknown(stage)
    seen = []
    for second in range(1, 200):
        stage.clock.moment = NOW + timedelta(seconds=second)
        before = stage.attempt_row(attempt_id).look_ups
        stage.reconcile()
        if stage.attempt_row(attempt_id).look_ups > before:
            seen.append(second)
    assert seen == [5, 15, 30, 60, 120, 180]


def test_a_call_that_lists_show_late_is_found_when_they_do(stage: Stage) -> None:
    _, attempt_id = unknown(stage, executed_then_silent)
    stage.retell.hidden.add("call_1")
    wait(stage, 10)
    assert stage.status(attempt_id) is AttemptStatus.UNKNOWN
    stage.retell.hidden.clear()
    wait(stage, 1)
    assert stage.status(attempt_id) is AttemptStatus.PLACED


def test_an_ended_call_found_by_a_look_up_closes_the_lead(stage: Stage) -> None:
    lead_id, attempt_id = unknown(stage, executed_then_silent)
    stage.retell.end(attempt_id)
    stage.wait(seconds=5)
    assert stage.status(attempt_id) is AttemptStatus.ENDED
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED


def test_absence_is_confirmed_after_fifteen_minutes_and_the_lead_waits_its_gap(
    stage: Stage,
) -> None:
    lead_id, attempt_id = unknown(stage)
    newer_call(stage)
    wait(stage, 14.5)
    assert stage.status(attempt_id) is AttemptStatus.UNKNOWN
    wait(stage, 1.5)
    attempt, lead = stage.attempt_row(attempt_id), stage.lead_row(lead_id)
    assert (attempt.status, attempt.rang) == (AttemptStatus.NOT_PLACED, False)
    assert attempt.absent_answers >= 3
    assert "a newer call of ours" in (attempt.evidence or "")
    assert (lead.status, lead.attempts) == (LeadStatus.READY, 0)
    assert attempt.closed_at is not None
    assert lead.due_at == attempt.closed_at + timedelta(hours=4)
    assert stage.claim() == []


def test_the_freed_line_is_used_again_at_once(stage: Stage) -> None:
    unknown(stage)
    newer_call(stage)
    stage.lines(2)
    waiting = stage.lead()
    wait(stage, 17)
    assert stage.lead_row(waiting).status is LeadStatus.IN_FLIGHT


def test_without_a_newer_call_to_compare_with_it_takes_an_hour(stage: Stage) -> None:
    known = newer_call(stage)
    stage.clock.pass_time(seconds=1)
    stage.retell.then(silent)
    attempt_id = stage.call(stage.lead())
    wait(stage, 58)
    assert stage.status(attempt_id) is AttemptStatus.UNKNOWN
    wait(stage, 3)
    assert stage.status(attempt_id) is AttemptStatus.NOT_PLACED
    assert "an older call of ours" in (stage.attempt_row(attempt_id).evidence or "")
    assert stage.status(known) is AttemptStatus.PLACED


def cut(stage: Stage) -> None:
    stage.retell.list_cut = True


def number_cut(stage: Stage) -> None:
    stage.retell.numbers_cut = True


def no_answer(stage: Stage) -> None:
    stage.retell.down = True


def index_behind(stage: Stage) -> None:
    stage.retell.hidden.update(stage.retell.calls)


def call_under_the_number(stage: Stage) -> None:
    (body,) = [one for one in stage.retell.posted if one["to_number"].endswith("99")]
    stranger = stage.retell.place({**body, "metadata": {"attempt_id": "somebody else's"}})
    assert stranger["to_number"] == body["to_number"]


@pytest.mark.parametrize("doubt", [cut, no_answer, index_behind, call_under_the_number])
def test_absence_is_never_confirmed_in_doubt(stage: Stage, doubt: Callable[[Stage], None]) -> None:
    lead_id = stage.lead(phone="+12125550199")
    stage.retell.then(silent)
    attempt_id = stage.call(lead_id)
    newer_call(stage)
    doubt(stage)
    wait(stage, 60)
    assert stage.status(attempt_id) is AttemptStatus.UNKNOWN
    assert stage.lead_row(lead_id).status is LeadStatus.IN_FLIGHT


@pytest.mark.parametrize("doubt", [cut, no_answer, index_behind])
def test_answers_from_before_the_doubt_do_not_confirm_absence(
    stage: Stage, doubt: Callable[[Stage], None]
) -> None:
    _, attempt_id = unknown(stage)
    newer_call(stage)
    wait(stage, 6)
    assert stage.attempt_row(attempt_id).absent_answers >= 3
    doubt(stage)
    wait(stage, 30)
    assert stage.status(attempt_id) is AttemptStatus.UNKNOWN


class Frozen:
    """A provider whose answer is read after everybody else has gone on for a while."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def calls_of_attempt(self, attempt_id: str) -> Any:
        found = self._stage.world.provider.calls_of_attempt(attempt_id)
        wait(self._stage, 17)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stage.world.provider, name)


def test_a_look_up_that_was_frozen_counts_for_nothing_afterwards(stage: Stage) -> None:
    _, attempt_id = unknown(stage)
    newer_call(stage)
    stage.clock.pass_time(seconds=10)
    row = stage.attempt_row(attempt_id)
    frozen: Any = Frozen(stage)
    look_up_unknown(replace(stage.world, provider=frozen), row)
    attempt = stage.attempt_row(attempt_id)
    assert attempt.status is AttemptStatus.NOT_PLACED
    assert attempt.absent_answers >= 3
    assert attempt.absent_at is not None
    assert attempt.closed_at is not None
    assert attempt.absent_at <= attempt.closed_at
    assert stage.violations() == []


def test_a_webhook_in_the_middle_of_the_proof_wins(stage: Stage) -> None:
    lead_id, attempt_id = unknown(stage, executed_then_silent)
    stage.retell.hidden.add("call_1")
    newer_call(stage)
    wait(stage, 14.5)
    while stage.status(attempt_id) is AttemptStatus.UNKNOWN:
        # Told while the last question of the proof is being answered.
        stage.clock.pass_time(seconds=30)
        asked = stage.retell.asked.count("/v3/list-calls")
        stage.retell.meanwhile.extend([lambda: None] * 3)
        stage.retell.meanwhile.append(lambda: stage.deliver(stage.retell.answer(attempt_id)))
        stage.reconcile()
        stage.retell.meanwhile.clear()
        assert stage.retell.asked.count("/v3/list-calls") - asked <= 4
    assert stage.status(attempt_id) is AttemptStatus.ONGOING
    assert stage.attempt_row(attempt_id).late is False
    assert stage.lead_row(lead_id).status is LeadStatus.IN_FLIGHT


def test_what_somebody_else_looks_at_already_is_left_to_him(stage: Stage) -> None:
    _, attempt_id = unknown(stage)
    seen = stage.attempt_row(attempt_id)
    stage.wait(seconds=5)
    asked = len(stage.retell.asked)
    for look in (look_up_unknown, time_out_analysis):
        assert look(stage.world, seen) is False
    assert len(stage.retell.asked) == asked


def test_answers_less_than_a_minute_apart_count_once(stage: Stage) -> None:
    _, attempt_id = unknown(stage)
    stage.wait_long(seconds=60)
    assert stage.attempt_row(attempt_id).absent_answers == 1
    assert stage.attempt_row(attempt_id).look_ups == 4


def test_with_nothing_to_compare_with_it_is_never_called_again(stage: Stage) -> None:
    lead_id, attempt_id = unknown(stage)
    stage.wait_long(minutes=149, every=timedelta(minutes=5))
    assert stage.status(attempt_id) is AttemptStatus.UNKNOWN
    stage.wait(minutes=1)
    attempt, lead = stage.attempt_row(attempt_id), stage.lead_row(lead_id)
    assert (attempt.status, attempt.disposition) == (AttemptStatus.ENDED, Disposition.UNKNOWN)
    assert (lead.closed_as, lead.attempts) == (ClosedAs.EXHAUSTED, 1)
    assert len(stage.retell.posted) == 1


def test_an_opt_out_that_turns_up_after_the_attempt_was_given_up_is_heeded(
    stage: Stage,
) -> None:
    lead_id, attempt_id = unknown(stage, executed_then_silent)
    stage.retell.hidden.add("call_1")
    stage.wait(minutes=151)
    assert stage.status(attempt_id) is AttemptStatus.ENDED
    elsewhere = stage.lead(phone=stage.lead_row(lead_id).phone, due_at=NOW + timedelta(days=1))
    stage.deliver(stage.retell.end(attempt_id, "user_requested_dnc"))
    assert stage.lead_row(elsewhere).closed_as is ClosedAs.SUPPRESSED
    assert stage.attempt_row(attempt_id).call_id == "call_1"
    assert stage.incidents() == []


# -- the same request with the same key


@pytest.fixture
def replaying(stage: Stage) -> Stage:
    """The workspace was proven to honour the key."""
    object.__setattr__(stage.world, "same_key_replay", True)
    return stage


def test_by_default_no_request_is_ever_repeated(stage: Stage) -> None:
    unknown(stage)
    stage.wait_long(minutes=60, every=timedelta(minutes=2))
    assert len(stage.retell.posted) == 1


def test_it_is_repeated_at_3_10_25_and_40_minutes(replaying: Stage) -> None:
    _, attempt_id = unknown(replaying)
    replaying.retell.then(*[silent] * 20)
    minutes = []
    for minute in range(1, 60):
        before = len(replaying.retell.posted)
        replaying.clock.moment = NOW + timedelta(minutes=minute, seconds=1)
        replaying.reconcile()
        minutes += [minute] * (len(replaying.retell.posted) - before)
    assert minutes == [3, 10, 25, 40]
    assert replaying.attempt_row(attempt_id).replays == 4
    first, *others = replaying.retell.posted
    assert others == [first] * 4


def test_it_is_never_repeated_after_45_minutes(replaying: Stage) -> None:
    unknown(replaying)
    replaying.clock.pass_time(minutes=45, seconds=1)
    replaying.reconcile()
    wait(replaying, 20)
    assert len(replaying.retell.posted) == 1


def test_a_worker_frozen_before_the_repetition_does_not_send_it_later(replaying: Stage) -> None:
    unknown(replaying)
    replaying.retell.before_sending = lambda: replaying.clock.pass_time(seconds=11)
    wait(replaying, 4)
    assert len(replaying.retell.posted) == 1


def test_a_repetition_near_the_last_moment_is_not_sent_past_it(replaying: Stage) -> None:
    unknown(replaying)
    replaying.clock.pass_time(minutes=44, seconds=55)
    replaying.retell.before_sending = lambda: replaying.clock.pass_time(seconds=6)
    replaying.reconcile()
    assert len(replaying.retell.posted) == 1


def test_it_is_not_repeated_while_more_lines_are_held_than_the_limit_allows_by_now(
    replaying: Stage,
) -> None:
    unknown(replaying)
    unknown(replaying)
    sent = len(replaying.retell.posted)
    replaying.lines(1)
    wait(replaying, 6)
    assert len(replaying.retell.posted) == sent
    replaying.lines(2)
    wait(replaying, 6)
    assert len(replaying.retell.posted) > sent


def test_the_answer_to_a_repetition_resolves_it(replaying: Stage) -> None:
    def honour_the_key(retell: Any, body: dict[str, Any]) -> Any:
        return httpx.Response(201, json=retell.call_of(body["idempotency_key"]))

    _, attempt_id = unknown(replaying, executed_then_silent)
    replaying.retell.hidden.add("call_1")
    replaying.retell.then(honour_the_key)
    wait(replaying, 4)
    attempt = replaying.attempt_row(attempt_id)
    assert (attempt.status, attempt.call_id) == (AttemptStatus.PLACED, "call_1")
    assert len(replaying.retell.calls) == 1


def _pause(stage: Stage, lead_id: int) -> None:
    control.pause(stage.world, stage.lead_row(lead_id).campaign_id, actor="test")


def _suppress(stage: Stage, lead_id: int) -> None:
    stage.suppress(stage.lead_row(lead_id).phone)


def _stop_everything(stage: Stage, _: int) -> None:
    control.pause_everything(stage.world, actor="test")


@pytest.mark.parametrize("change", [_pause, _suppress, _stop_everything])
def test_every_gate_is_asked_again_before_a_repetition(
    replaying: Stage, change: Callable[[Stage, int], None]
) -> None:
    lead_id, attempt_id = unknown(replaying)
    newer_call(replaying)
    posted = len(replaying.retell.posted)
    change(replaying, lead_id)
    wait(replaying, 17)
    assert len(replaying.retell.posted) == posted
    assert replaying.status(attempt_id) is AttemptStatus.NOT_PLACED  # which needs no request


def test_after_a_repetition_the_proof_of_absence_starts_anew(replaying: Stage) -> None:
    _, attempt_id = unknown(replaying)
    newer_call(replaying)
    replaying.retell.then(silent, executed_then_silent)
    wait(replaying, 9)
    assert replaying.attempt_row(attempt_id).absent_answers >= 3
    wait(replaying, 1.5)
    replaying.retell.hidden.update(
        call["call_id"] for call in replaying.retell.calls_of(attempt_id)
    )
    assert len(replaying.retell.calls) == 2
    wait(replaying, 12)
    assert replaying.status(attempt_id) is AttemptStatus.UNKNOWN


def test_a_second_call_for_one_key_is_an_incident_and_ends_all_repeating(
    replaying: Stage,
) -> None:
    replaying.excused.add("I16")
    _, attempt_id = unknown(replaying, executed_then_silent)
    replaying.retell.hidden.add("call_1")
    wait(replaying, 4)  # the repetition makes a second call
    assert replaying.attempt_row(attempt_id).call_id == "call_2"
    first = replaying.retell.calls["call_1"]
    del replaying.retell.calls["call_2"]
    replaying.deliver(replaying.retell.end(attempt_id))
    assert [one.code for one in replaying.incidents()] == ["second_call"]
    assert first["call_status"] == "ended"
    posted = len(replaying.retell.posted)
    unknown(replaying)
    wait(replaying, 20)
    assert len(replaying.retell.posted) == posted + 1


def test_our_number_is_the_same_in_every_repetition(replaying: Stage) -> None:
    unknown(replaying)
    wait(replaying, 11)
    assert {body["from_number"] for body in replaying.retell.posted} == {OUR_NUMBER}
