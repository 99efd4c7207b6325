"""Webhooks: ten times, in any order, late or never; the rows end the same."""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from factories import NOW, Stage
from scripted_retell import executed_then_silent

from dialer.actions.receive import receive
from dialer.actions.settle import settle
from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.states import Analysis, AttemptStatus, ClosedAs, LeadStatus
from dialer.retell.mapping import DISPOSITIONS
from dialer.store import leads, webhooks
from dialer.store.tables import Attempt, Lead

OF_PROCESSING = {"id", "lead_id", "campaign_id", "phone", "call_id", "request", "evidence"}
"""Columns that name the row, or the event that was first, not what became of the call."""


def rows_of(stage: Stage, attempt_id: str) -> dict[str, Any]:
    """Give attempt and lead as comparable values."""
    attempt = stage.attempt_row(attempt_id)
    lead = stage.lead_row(attempt.lead_id)
    values = {f"attempt.{name}": getattr(attempt, name) for name in Attempt.model_fields}
    values |= {f"lead.{name}": getattr(lead, name) for name in Lead.model_fields}
    return {
        name: value for name, value in values.items() if name.split(".")[1] not in OF_PROCESSING
    }


def orders() -> Iterator[tuple[str, ...]]:
    """Give all orders of the three events, each with all single repetitions."""
    for order in permutations(("started", "ended", "analyzed")):
        yield order
        for repeated in order:
            yield (*order, repeated)
            yield (repeated, *order)


ORDERS = sorted(set(orders()))
REASONS = ["user_hangup", "dial_no_answer", "user_requested_dnc", "error_unknown", "no_such_word"]
QUICKLY = ("user_hangup", "user_requested_dnc")
"""Those that are played in every order in each run; the proofs play all."""


def settle_anew(stage: Stage, body: bytes, *, name: str) -> None:
    """Settle a body once more, as after a crash between settling and marking the event."""
    row = stage.world.db.transact(
        lambda tx: webhooks.receive(tx, name, call_id=None, raw=body.decode(), now=NOW)
    )
    assert row is not None
    settle(stage.world, row)


def play(stage: Stage, reason: str, order: tuple[str, ...]) -> dict[str, Any]:
    attempt_id = stage.call()
    bodies = {
        "started": stage.retell.answer(attempt_id),
        "ended": stage.retell.end(attempt_id, reason, duration_ms=1000, transcript="User: yes\n"),
        "analyzed": stage.retell.analyze(attempt_id),
    }
    for place, event in enumerate(order):
        stage.deliver(bodies[event])
        settle_anew(stage, bodies[event], name=f"{attempt_id}:{place}")
    return rows_of(stage, attempt_id)


@pytest.mark.parametrize(
    "reason",
    [one if one in QUICKLY else pytest.param(one, marks=pytest.mark.slow) for one in REASONS],
)
def test_webhooks_in_any_order_and_twice_end_in_the_same_rows(stage: Stage, reason: str) -> None:
    stage.lines(1000)
    expected = play(stage, reason, ("started", "ended", "analyzed"))
    assert expected["attempt.status"] is AttemptStatus.ENDED
    assert expected["attempt.analysis"] is Analysis.DONE
    assert expected["attempt.summary"] == "They talked."
    for order in ORDERS:
        assert play(stage, reason, order) == expected, order


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("events", [("ended", "started"), ("started", "ended"), ("ended",)])
def test_without_the_analysis_the_order_makes_no_difference_either(
    stage: Stage, reason: str, events: tuple[str, ...]
) -> None:
    expected = play(stage, reason, ("started", "ended"))
    assert play(stage, reason, events) == expected


@pytest.mark.parametrize("reason", REASONS)
def test_the_analysis_alone_closes_the_lead(stage: Stage, reason: str) -> None:
    expected = play(stage, reason, ("started", "ended", "analyzed"))
    assert play(stage, reason, ("analyzed",)) == expected


def test_every_reason_of_retell_settles_attempt_and_lead(stage: Stage) -> None:
    stage.lines(1000)
    closings = {
        Verdict.REACHED: ClosedAs.REACHED,
        Verdict.SUPPRESS: ClosedAs.SUPPRESSED,
        Verdict.INVALID: ClosedAs.INVALID_NUMBER,
        Verdict.REVIEW: ClosedAs.EXHAUSTED,
    }
    for place, (reason, disposition) in enumerate(DISPOSITIONS.items()):
        # One of them lets the number it was called from rest.
        lead_id = stage.lead(stage.campaign(from_numbers=[f"+1212555{place:04d}"]))
        (attempt_id,) = stage.claim()
        stage.dial(attempt_id)
        stage.deliver(stage.retell.end(attempt_id, reason))
        attempt, lead = stage.attempt_row(attempt_id), stage.lead_row(lead_id)
        meaning = MEANING[disposition]
        assert (attempt.disposition, attempt.reason) == (disposition, reason)
        assert (lead.closed_as, lead.attempts) == (closings.get(meaning.verdict), meaning.rang)
        if lead.status is LeadStatus.READY:
            assert lead.due_at == attempt.retry_at
            assert lead.due_at is not None
            assert lead.due_at > stage.clock.now()
        stage.lines(1000, backing_off_until=None)  # one of them asks for patience


def test_a_word_nobody_knows_closes_the_lead_for_review(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, "abducted"))
    attempt, lead = stage.attempt_row(attempt_id), stage.lead_row(lead_id)
    assert (attempt.disposition, attempt.reason) == (Disposition.UNKNOWN, "abducted")
    assert (lead.closed_as, lead.attempts) == (ClosedAs.EXHAUSTED, 1)


def test_what_retell_tells_of_a_call_is_stored(stage: Stage) -> None:
    attempt_id = stage.call()
    stage.deliver(stage.retell.answer(attempt_id))
    stage.clock.pass_time(seconds=30)
    stage.deliver(
        stage.retell.end(attempt_id, duration_ms=30_000, transcript="Agent: Hi\nUser: Hi\n"),
        stage.retell.analyze(attempt_id),
    )
    attempt = stage.attempt_row(attempt_id)
    assert (attempt.started_at, attempt.ended_at) == (NOW, NOW + timedelta(seconds=31))
    assert (attempt.duration_ms, attempt.cost_cents) == (30_000, 12.5)
    assert attempt.transcript == "Agent: Hi\nUser: Hi\n"
    assert attempt.recording_url == "https://recordings.invalid/1.wav"
    assert (attempt.summary, attempt.sentiment) == ("They talked.", "Positive")
    assert attempt.custom_analysis == {"wants": "an offer"}


def test_the_same_delivery_is_kept_once(stage: Stage) -> None:
    attempt_id = stage.call()
    body = stage.retell.end(attempt_id)
    assert receive(stage.world, body, now=NOW) is not None
    assert receive(stage.world, body, now=NOW) is None


def test_a_freed_line_is_refilled_and_knows_since_when_it_was_free(stage: Stage) -> None:
    stage.lines(1)
    stage.leads(2)
    (first,) = stage.claim()
    stage.dial(first)
    row = receive(stage.world, stage.retell.end(first), now=NOW)
    assert row is not None
    stage.clock.pass_time(seconds=2)
    settle(stage.world, row)
    (second,) = stage.queue.dialed[1:]
    assert stage.attempt_row(second).refill_from == NOW


@pytest.mark.parametrize("ongoing", [False, True])
def test_when_all_webhooks_are_lost_the_call_is_asked_for(stage: Stage, ongoing: bool) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    if ongoing:
        stage.deliver(stage.retell.answer(attempt_id))
    stage.wait(minutes=2, seconds=59)
    assert not [path for path in stage.retell.asked if "get-call" in path]
    stage.wait(seconds=1)
    assert stage.lead_row(lead_id).status is LeadStatus.IN_FLIGHT  # it goes on
    stage.retell.end(attempt_id)
    stage.wait_long(minutes=4, every=timedelta(seconds=30))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED


def test_a_call_retell_forgot_is_closed_without_another_call(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.retell.calls.clear()
    stage.wait_long(minutes=149, every=timedelta(minutes=5))
    assert stage.status(attempt_id) is AttemptStatus.PLACED
    stage.wait_long(minutes=3, every=timedelta(minutes=1))
    assert stage.status(attempt_id) is AttemptStatus.ENDED
    assert stage.lead_row(lead_id).closed_as is ClosedAs.EXHAUSTED


def test_an_analysis_that_never_came_is_fetched_after_ten_minutes(stage: Stage) -> None:
    attempt_id = stage.call()
    stage.deliver(stage.retell.end(attempt_id))
    stage.retell.analyze(attempt_id)  # the webhook is lost
    stage.wait(minutes=9, seconds=59)
    assert stage.attempt_row(attempt_id).analysis is Analysis.PENDING
    stage.wait(seconds=1)
    attempt = stage.attempt_row(attempt_id)
    assert (attempt.analysis, attempt.summary) == (Analysis.DONE, "They talked.")
    assert attempt.check_at is None


def test_an_analysis_that_never_was_made_times_out_and_may_still_come(stage: Stage) -> None:
    attempt_id = stage.call()
    stage.deliver(stage.retell.end(attempt_id))
    stage.wait(minutes=10)
    attempt = stage.attempt_row(attempt_id)
    assert (attempt.analysis, attempt.check_at) == (Analysis.TIMED_OUT, None)
    stage.deliver(stage.retell.analyze(attempt_id))
    assert stage.attempt_row(attempt_id).analysis is Analysis.DONE


def test_an_analysis_of_a_call_retell_forgot_times_out(stage: Stage) -> None:
    attempt_id = stage.call()
    stage.deliver(stage.retell.end(attempt_id))
    stage.retell.calls.clear()
    stage.wait(minutes=10)
    assert stage.attempt_row(attempt_id).analysis is Analysis.TIMED_OUT


def test_a_lead_that_may_never_be_called_any_more_waits_for_a_person(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.world.db.transact(lambda tx: leads.change(tx, lead_id, zones=""))
    stage.deliver(stage.retell.end(attempt_id, "dial_no_answer"))
    stage.excused.add("I10")  # its zone was taken away after the send
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.held_reason, lead.attempts) == (LeadStatus.HELD, "no_zone", 1)


def test_an_attempt_that_cannot_be_looked_at_stops_no_other(stage: Stage) -> None:
    stage.excused |= {"I4", "I10", "I15"}
    broken, good = stage.call(), stage.call()
    stage.world.db.transact(
        lambda tx: tx.exec_driver_sql("UPDATE campaign SET spec = '{}' WHERE id = 1")
    )
    stage.retell.end(broken, "dial_no_answer")
    stage.retell.end(good, "dial_no_answer")
    stage.wait(minutes=3)
    assert stage.status(broken) is AttemptStatus.PLACED
    assert stage.status(good) is AttemptStatus.ENDED


def test_settling_an_event_twice_settles_it_once(stage: Stage) -> None:
    attempt_id = stage.call()
    row = receive(stage.world, stage.retell.end(attempt_id), now=NOW)
    assert row is not None
    settle(stage.world, row)
    before = stage.attempt_row(attempt_id)
    settle(stage.world, row)
    settle(stage.world, row + 1)
    assert stage.attempt_row(attempt_id) == before


def test_a_body_that_cannot_be_understood_later_is_a_dead_letter(stage: Stage) -> None:
    stage.excused.add("I15")
    row = stage.world.db.transact(
        lambda tx: webhooks.receive(tx, "odd", call_id=None, raw="{}", now=NOW)
    )
    assert row is not None
    settle(stage.world, row)
    assert stage.world.db.read(webhooks.counts) == {webhooks.DEAD: 1}


def test_while_retell_does_not_answer_nothing_is_decided(stage: Stage) -> None:
    attempt_id = stage.call()
    stage.retell.down = True
    stage.wait_long(minutes=30, every=timedelta(minutes=1))
    assert stage.status(attempt_id) is AttemptStatus.PLACED
    stage.retell.down = False
    stage.retell.end(attempt_id)
    stage.wait(minutes=1)
    assert stage.status(attempt_id) is AttemptStatus.ENDED


def test_an_event_that_cannot_be_settled_stops_no_other(stage: Stage) -> None:
    stage.excused.add("I15")
    good = stage.call()
    stage.retell.then(executed_then_silent)
    bad = stage.call()
    stage.retell.call_of(bad)["call_id"] = "call_1"  # a call of another attempt
    receive(stage.world, stage.retell.end(bad), now=NOW)
    body = stage.retell.end(good, "dial_no_answer")
    row = stage.world.db.transact(
        lambda tx: webhooks.receive(tx, "good", call_id=None, raw=body.decode(), now=NOW)
    )
    assert row is not None
    stage.retell.down = True
    stage.wait_long(seconds=30)
    assert stage.status(good) is AttemptStatus.ENDED
    counts = stage.world.db.read(webhooks.counts)
    assert counts == {webhooks.DEAD: 1, webhooks.DONE: 1}
    (dead,) = stage.world.db.read(webhooks.dead)
    assert dead.error


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b'{"event": 3}',
        b'{"event": "call_ended"}',
        b'{"event": "call_ended", "call": {"call_id": 7}}',
        b'{"event": "call_ended", "call": {"call_id": "a\\u0000b"}}',
        b"\xff\xfe",
        b"\x00",
    ],
)
def test_a_body_that_cannot_be_read_is_kept_for_a_person(stage: Stage, body: bytes) -> None:
    stage.excused.add("I15")
    assert receive(stage.world, body, now=NOW) is None
    (letter,) = stage.world.db.read(webhooks.dead)
    assert letter.error


def test_events_that_mean_nothing_here_are_kept_and_ignored(stage: Stage) -> None:
    attempt_id = stage.call()
    before = stage.attempt_row(attempt_id)
    call = stage.retell.call_of(attempt_id)
    for event in ("agent_slept", "call_of_tomorrow"):
        stage.deliver(json.dumps({"event": event, "call": call}).encode())
    stage.deliver(b'{"event": "call_inbound", "call_inbound": {}}')
    assert stage.attempt_row(attempt_id) == before
    assert stage.world.db.read(webhooks.counts) == {webhooks.IGNORED: 3}


def test_a_webhook_without_metadata_is_known_by_its_call(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    call = dict(stage.retell.call_of(attempt_id))
    del call["metadata"]
    ended = {"event": "call_ended", "call": call | {"disconnection_reason": "agent_hangup"}}
    stage.deliver(json.dumps(ended).encode())
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED


def test_a_reason_that_only_the_analysis_brings_is_heeded_when_it_is_an_opt_out(
    stage: Stage,
) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, None))
    elsewhere = stage.lead(phone=stage.lead_row(lead_id).phone)
    stage.deliver(stage.retell.analyze(attempt_id, disconnection_reason="user_requested_dnc"))
    assert stage.lead_row(elsewhere).closed_as is ClosedAs.SUPPRESSED


def test_a_lead_is_tried_as_often_as_its_cadence_says(stage: Stage) -> None:
    cadence = {"max_attempts": 3, "delays": {"no_answer": ["4h", "1d"]}}
    lead_id = stage.lead(stage.campaign(cadence=cadence))
    waits = []
    for _ in range(3):
        ended_at = stage.clock.now()
        stage.deliver(stage.retell.end(stage.call(lead_id), "dial_no_answer"))
        due_at = stage.lead_row(lead_id).due_at
        if due_at is not None:
            waits.append(due_at - ended_at)
            stage.clock.moment = due_at
            stage.reconcile()
    lead = stage.lead_row(lead_id)
    assert (lead.closed_as, lead.attempts) == (ClosedAs.EXHAUSTED, 3)
    assert waits == [timedelta(hours=4), timedelta(days=1)]


def test_the_wait_goes_by_how_often_a_lead_came_out_so(stage: Stage) -> None:
    delays = {"no_answer": ["4h", "1d"], "busy": ["20m", "4h"]}
    lead_id = stage.lead(stage.campaign(cadence={"delays": delays}))
    waits = []
    for reason in ("dial_no_answer", "dial_busy", "dial_no_answer", "dial_busy"):
        ended_at = stage.clock.now()
        stage.deliver(stage.retell.end(stage.call(lead_id), reason))
        due_at = stage.lead_row(lead_id).due_at
        assert due_at is not None
        waits.append(due_at - ended_at)
        stage.clock.moment = due_at
        stage.reconcile()
    hour = timedelta(hours=1)
    assert waits == [4 * hour, hour / 3, 24 * hour, 4 * hour]


def test_trouble_that_is_not_the_leads_costs_it_nothing_but_not_for_ever(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(cadence={"max_free_tries": 3}))
    for _ in range(3):
        stage.deliver(stage.retell.end(stage.call(lead_id), "error_retell"))
        stage.clock.moment = stage.lead_row(lead_id).due_at or stage.clock.now()
    lead = stage.lead_row(lead_id)
    assert (lead.closed_as, lead.attempts, lead.tries) == (ClosedAs.EXHAUSTED, 0, 3)


def test_a_call_that_ended_for_want_of_money_holds_the_campaign(stage: Stage) -> None:
    lead_id = stage.lead()
    stage.deliver(stage.retell.end(stage.call(lead_id), "credit_exhausted"))
    lead = stage.lead_row(lead_id)
    campaign = stage.campaign_row(lead.campaign_id)
    assert (campaign.status, campaign.held_reason) == ("held", "credit_exhausted")
    assert (lead.status, lead.attempts) == (LeadStatus.READY, 0)
