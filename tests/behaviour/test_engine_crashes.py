"""A process that dies between two steps: everything in memory is lost, the rows stay."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from factories import NOW, Stage
from scripted_retell import executed_then_silent, placed, silent

from dialer.actions.dial import pass_gate
from dialer.actions.plan import claim
from dialer.actions.receive import receive
from dialer.domain.states import AttemptStatus, ClosedAs, LeadStatus
from dialer.store.database import Connection


class Killed(BaseException):
    """The process is gone."""


def killed(body: Callable[[], object]) -> None:
    """Run until the process is killed."""
    with pytest.raises(Killed):
        body()


def die(*_: object) -> Any:
    raise Killed


def close_every_lead(stage: Stage) -> None:
    """Run on with fresh processes until nothing is open any more."""
    for _ in range(20):
        stage.wait(minutes=1)
        for attempt_id in [*stage.claim(), *stage.queue.dialed]:
            stage.dial(attempt_id)
        for attempt_id in {call["metadata"]["attempt_id"] for call in stage.retell.calls.values()}:
            if stage.retell.call_of(attempt_id)["call_status"] != "ended":
                stage.deliver(stage.retell.end(attempt_id))


def assert_called_once(stage: Stage, lead_id: int) -> None:
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.closed_as) == (LeadStatus.CLOSED, ClosedAs.REACHED)
    assert len(stage.retell.calls) == 1


def test_inside_the_claim_nothing_is_claimed(stage: Stage) -> None:
    lead_id = stage.lead()

    def claim_and_die(tx: Connection) -> None:
        assert claim(tx, stage.world, freed_at=None)
        die()

    killed(lambda: stage.world.db.transact(claim_and_die))
    assert stage.attempts_of(lead_id) == []
    stage.call(lead_id)
    close_every_lead(stage)
    assert_called_once(stage, lead_id)


def test_after_the_claim_the_message_is_sent_again_within_ten_seconds(stage: Stage) -> None:
    lead_id = stage.lead()
    (lost,) = stage.world.db.transact(lambda tx: claim(tx, stage.world, freed_at=None))
    assert stage.queue.dialed == []
    stage.wait(seconds=9)
    assert stage.queue.dialed == []
    stage.wait(seconds=1)
    assert stage.queue.dialed == [lost.attempt_id]
    assert stage.queue.labels == [f"{lead_id}-1-again"]
    stage.dial(lost.attempt_id)
    close_every_lead(stage)
    assert_called_once(stage, lead_id)


def test_an_attempt_nobody_sends_is_cancelled_after_a_minute_and_its_lead_due(
    stage: Stage,
) -> None:
    lead_id = stage.lead()
    (attempt_id,) = stage.claim()
    stage.wait(seconds=10)
    stage.wait(seconds=49)
    assert stage.status(attempt_id) is AttemptStatus.INTENT
    stage.wait(seconds=1)
    assert stage.status(attempt_id) is AttemptStatus.CANCELLED
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.attempts) == (LeadStatus.IN_FLIGHT, 0)
    assert stage.attempts_of(lead_id)[1].status is AttemptStatus.INTENT


def test_the_message_of_a_cancelled_attempt_sends_nothing(stage: Stage) -> None:
    stage.lead()
    (attempt_id,) = stage.claim()
    stage.wait(seconds=10)
    stage.wait(seconds=50)
    stage.dial(attempt_id)
    assert stage.retell.posted == []


def test_after_the_send_gate_the_outcome_is_unknown_after_150_seconds(stage: Stage) -> None:
    stage.lead()
    (attempt_id,) = stage.claim()
    stage.world.db.transact(lambda tx: pass_gate(tx, stage.world, attempt_id))
    stage.wait(seconds=149)
    assert stage.status(attempt_id) is AttemptStatus.SENDING
    stage.wait(seconds=1)
    assert stage.status(attempt_id) is AttemptStatus.UNKNOWN
    assert stage.retell.posted == []


def test_inside_the_send_gate_the_attempt_stays_as_it_was(stage: Stage) -> None:
    lead_id = stage.lead()
    (attempt_id,) = stage.claim()

    def pass_and_die(tx: Connection) -> None:
        assert pass_gate(tx, stage.world, attempt_id)
        die()

    killed(lambda: stage.world.db.transact(pass_and_die))
    assert stage.status(attempt_id) is AttemptStatus.INTENT
    stage.dial(attempt_id)
    close_every_lead(stage)
    assert_called_once(stage, lead_id)


def test_while_the_request_is_on_its_way_the_call_is_found_and_never_repeated(
    stage: Stage,
) -> None:
    lead_id = stage.lead()
    (attempt_id,) = stage.claim()

    def place_and_die(retell: object, body: dict[str, Any]) -> Any:
        placed(stage.retell, body)
        die()

    stage.retell.then(place_and_die)
    killed(lambda: stage.dial(attempt_id))
    assert stage.status(attempt_id) is AttemptStatus.SENDING
    stage.dial(attempt_id)
    stage.wait(seconds=150)
    stage.wait(seconds=5)
    assert stage.status(attempt_id) is AttemptStatus.PLACED
    close_every_lead(stage)
    assert_called_once(stage, lead_id)


def test_before_the_first_byte_the_lead_is_called_after_the_absence_is_sure(
    stage: Stage,
) -> None:
    lead_id = stage.lead()
    (attempt_id,) = stage.claim()
    stage.retell.before_sending = die
    killed(lambda: stage.dial(attempt_id))
    stage.retell.before_sending = None
    stage.clock.pass_time(seconds=1)
    stage.call(stage.lead())  # a newer call to compare with
    stage.wait_long(minutes=18, every=timedelta(seconds=30))
    assert stage.status(attempt_id) is AttemptStatus.NOT_PLACED
    lead = stage.lead_row(lead_id)
    assert (lead.attempts, lead.closed_as) == (0, None)


def test_after_the_record_the_call_is_asked_for(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.retell.end(attempt_id)  # its webhooks are lost with the web process
    stage.wait(minutes=3)
    assert stage.status(attempt_id) is AttemptStatus.ENDED
    assert_called_once(stage, lead_id)


@pytest.mark.parametrize("what", [silent, executed_then_silent])
def test_an_answer_read_but_not_recorded_is_found_again(stage: Stage, what: Any) -> None:
    stage.lead()
    (attempt_id,) = stage.claim()

    def act_then_die(retell: object, body: dict[str, Any]) -> Any:
        try:
            what(stage.retell, body)
        finally:
            die()

    stage.retell.then(act_then_die)
    killed(lambda: stage.dial(attempt_id))
    stage.wait(seconds=150)
    stage.wait(seconds=5)
    expected = AttemptStatus.UNKNOWN if what is silent else AttemptStatus.PLACED
    assert stage.status(attempt_id) is expected
    assert len(stage.retell.posted) == 1


def test_a_webhook_that_was_kept_and_never_settled_is_swept_up(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    receive(stage.world, stage.retell.end(attempt_id), now=stage.clock.now())
    stage.wait(seconds=4)
    assert stage.status(attempt_id) is AttemptStatus.PLACED
    stage.wait(seconds=1)
    assert stage.status(attempt_id) is AttemptStatus.ENDED
    assert_called_once(stage, lead_id)


def test_reconcile_from_nothing_but_rows_brings_every_lead_to_its_end(stage: Stage) -> None:
    stage.lines(20)
    leads = stage.leads(6)
    claimed = stage.claim()
    stage.world.db.transact(lambda tx: pass_gate(tx, stage.world, claimed[0]))
    stage.retell.then(executed_then_silent, executed_then_silent)
    stage.dial(*claimed[1:4])
    stage.queue.dialed.clear()
    close_every_lead(stage)
    rows = [stage.lead_row(one) for one in leads]
    assert {row.closed_as for row in rows[1:]} == {ClosedAs.REACHED}
    calls = [call["to_number"] for call in stage.retell.calls.values()]
    assert len(calls) == len(set(calls))


def test_two_reconciles_at_once_look_at_a_row_once(stage: Stage) -> None:
    attempt_id = stage.call()
    stage.clock.moment = NOW + timedelta(minutes=3)
    asked = len(stage.retell.asked)
    stage.reconcile()
    stage.reconcile()
    questions = stage.retell.asked[asked:]
    assert questions.count(f"/v2/get-call/{stage.attempt_row(attempt_id).call_id}") == 1
