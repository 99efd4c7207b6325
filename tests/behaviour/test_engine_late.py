"""Late evidence: a call turns up after its attempt was given up. It is never dropped."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from factories import NOW, Stage
from scripted_retell import ScriptedRetell, executed_then_silent, refused

from dialer.actions import control
from dialer.actions.dial import Sending, pass_gate
from dialer.domain.dispositions import Disposition
from dialer.domain.states import AttemptStatus, ClosedAs, LeadStatus
from dialer.store import leads


def given_up(stage: Stage) -> tuple[int, str]:
    """Give up an attempt as absent although its call exists; gives lead and attempt."""
    lead_id = stage.lead()
    stage.retell.then(executed_then_silent)
    attempt_id = stage.call(lead_id)
    stage.retell.hidden.add("call_1")
    stage.clock.pass_time(seconds=1)
    control_lead = stage.lead()
    stage.deliver(stage.retell.end(stage.call(control_lead)))  # what the absence is compared with
    stage.wait_long(minutes=17, every=timedelta(seconds=30))
    assert stage.status(attempt_id) is AttemptStatus.NOT_PLACED
    return lead_id, attempt_id


def due_again(stage: Stage, lead_id: int) -> str:
    """Wait until the lead is due, and claim it anew."""
    due_at = stage.lead_row(lead_id).due_at
    assert due_at is not None
    stage.clock.moment = due_at
    (attempt_id,) = stage.claim()
    return attempt_id


def test_the_end_of_a_call_given_up_closes_its_waiting_lead(stage: Stage) -> None:
    lead_id, attempt_id = given_up(stage)
    stage.deliver(stage.retell.end(attempt_id))
    attempt, lead = stage.attempt_row(attempt_id), stage.lead_row(lead_id)
    assert (attempt.status, attempt.late, attempt.call_id) == (AttemptStatus.ENDED, True, "call_1")
    assert attempt.rang is True
    assert (lead.closed_as, lead.attempts) == (ClosedAs.REACHED, 1)
    assert stage.incidents() == []


def test_a_call_given_up_that_goes_on_takes_its_lead_back(stage: Stage) -> None:
    lead_id, attempt_id = given_up(stage)
    stage.deliver(stage.retell.answer(attempt_id))
    attempt, lead = stage.attempt_row(attempt_id), stage.lead_row(lead_id)
    assert (attempt.status, attempt.late) == (AttemptStatus.ONGOING, True)
    assert (lead.status, lead.due_at) == (LeadStatus.IN_FLIGHT, None)
    stage.deliver(stage.retell.end(attempt_id))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED


def test_a_held_lead_whose_call_goes_on_after_all_is_in_flight(stage: Stage) -> None:
    lead_id, attempt_id = given_up(stage)
    stage.world.db.transact(
        lambda tx: leads.move(
            tx, lead_id, current=LeadStatus.READY, target=LeadStatus.HELD, due_at=None
        )
    )
    stage.deliver(stage.retell.answer(attempt_id))
    assert stage.lead_row(lead_id).status is LeadStatus.IN_FLIGHT
    stage.deliver(stage.retell.end(attempt_id))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED


def test_a_retry_after_late_evidence_waits_from_when_it_came(stage: Stage) -> None:
    lead_id, attempt_id = given_up(stage)
    stage.deliver(stage.retell.end(attempt_id, "dial_no_answer"))
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.attempts) == (LeadStatus.READY, 1)
    assert lead.due_at is not None
    assert lead.due_at >= stage.clock.now() + timedelta(hours=4)


def test_a_newer_attempt_that_was_not_sent_is_cancelled(stage: Stage) -> None:
    lead_id, attempt_id = given_up(stage)
    newer = due_again(stage, lead_id)
    stage.deliver(stage.retell.end(attempt_id))
    assert stage.status(newer) is AttemptStatus.CANCELLED
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED
    posted = len(stage.retell.posted)
    stage.dial(newer)
    assert len(stage.retell.posted) == posted
    assert stage.incidents() == []


def test_an_unsent_attempt_at_the_same_number_elsewhere_is_cancelled_too(stage: Stage) -> None:
    lead_id, attempt_id = given_up(stage)
    other = stage.lead(phone=stage.lead_row(lead_id).phone)
    (unsent,) = stage.claim()
    stage.deliver(stage.retell.answer(attempt_id))
    assert stage.status(unsent) is AttemptStatus.CANCELLED
    assert stage.status(attempt_id) is AttemptStatus.ONGOING
    assert stage.lead_row(other).status is LeadStatus.READY
    assert stage.claim() == []


def test_a_newer_call_that_is_out_is_an_incident(stage: Stage) -> None:
    stage.excused.add("I16")
    lead_id, attempt_id = given_up(stage)
    newer = due_again(stage, lead_id)
    stage.dial(newer)
    stage.deliver(stage.retell.end(attempt_id, "dial_no_answer"))
    (incident,) = stage.incidents()
    assert (incident.code, incident.subject) == ("late_call", "call_1")
    assert attempt_id in incident.sentence
    assert newer in incident.sentence
    late, lead = stage.attempt_row(attempt_id), stage.lead_row(lead_id)
    assert (late.status, late.late) == (AttemptStatus.ENDED, True)
    assert (lead.status, lead.attempts) == (LeadStatus.IN_FLIGHT, 1)
    stage.deliver(stage.retell.end(newer))
    lead = stage.lead_row(lead_id)
    assert (lead.closed_as, lead.attempts) == (ClosedAs.REACHED, 2)


def test_a_call_to_the_same_number_elsewhere_does_not_keep_a_late_end_from_its_lead(
    stage: Stage,
) -> None:
    stage.excused.add("I16")
    lead_id, attempt_id = given_up(stage)
    other = stage.lead(phone=stage.lead_row(lead_id).phone)
    stage.call(other)
    stage.deliver(stage.retell.end(attempt_id))
    assert [one.code for one in stage.incidents()] == ["late_call"]
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED
    assert stage.lead_row(other).status is LeadStatus.IN_FLIGHT


def test_who_talked_on_a_late_call_is_not_called_again_when_the_newer_one_rings_nobody(
    stage: Stage,
) -> None:
    stage.excused.add("I16")
    lead_id, attempt_id = given_up(stage)
    newer = due_again(stage, lead_id)
    stage.dial(newer)
    stage.deliver(stage.retell.end(attempt_id))
    stage.deliver(stage.retell.end(newer, "dial_no_answer"))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED


def test_who_talked_on_a_late_call_is_not_called_again_when_the_newer_one_was_never_placed(
    stage: Stage,
) -> None:
    stage.excused.add("I16")
    lead_id, attempt_id = given_up(stage)
    newer = due_again(stage, lead_id)

    def late_end_then_refused(retell: ScriptedRetell, body: dict[str, Any]) -> httpx.Response:
        stage.deliver(retell.end(attempt_id))
        return refused(429)(retell, body)

    stage.retell.then(late_end_then_refused)
    stage.dial(newer)
    assert stage.status(newer) is AttemptStatus.NOT_PLACED
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED


def test_an_opt_out_on_a_late_call_is_heeded_while_a_newer_one_is_out(stage: Stage) -> None:
    stage.excused.add("I16")
    lead_id, attempt_id = given_up(stage)
    newer = due_again(stage, lead_id)
    stage.dial(newer)
    stage.deliver(stage.retell.end(attempt_id, "user_requested_dnc"))
    stage.deliver(stage.retell.end(newer, "dial_no_answer"))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.SUPPRESSED


def test_a_late_call_beside_a_newer_one_is_followed_to_its_end(stage: Stage) -> None:
    stage.excused.add("I16")
    lead_id, attempt_id = given_up(stage)
    newer = due_again(stage, lead_id)
    stage.dial(newer)
    stage.deliver(stage.retell.answer(attempt_id))
    assert stage.attempt_row(attempt_id).call_id == "call_1"
    stage.deliver(stage.retell.answer(attempt_id), stage.retell.answer(attempt_id))
    stage.retell.end(attempt_id)  # the webhook is lost
    stage.deliver(stage.retell.end(newer))
    stage.wait_long(minutes=5, every=timedelta(seconds=30))
    assert stage.status(attempt_id) is AttemptStatus.ENDED
    assert stage.lead_row(lead_id).attempts == 2


def test_a_late_call_of_a_closed_lead_is_counted(stage: Stage) -> None:
    lead_id, attempt_id = given_up(stage)
    control.stop(stage.world, stage.lead_row(lead_id).campaign_id, actor="test")
    assert stage.lead_row(lead_id).closed_as is ClosedAs.STOPPED
    stage.deliver(stage.retell.end(attempt_id))
    lead = stage.lead_row(lead_id)
    assert (lead.closed_as, lead.attempts) == (ClosedAs.STOPPED, 1)
    assert stage.status(attempt_id) is AttemptStatus.ENDED


def test_a_late_call_of_a_closed_lead_that_goes_on_is_followed_to_its_end(stage: Stage) -> None:
    lead_id, attempt_id = given_up(stage)
    control.stop(stage.world, stage.lead_row(lead_id).campaign_id, actor="test")
    stage.deliver(stage.retell.answer(attempt_id))
    stage.retell.end(attempt_id)
    stage.wait_long(minutes=5, every=timedelta(seconds=30))
    assert stage.status(attempt_id) is AttemptStatus.ENDED
    assert stage.lead_row(lead_id).attempts == 1


def test_a_call_of_a_cancelled_attempt_is_late_evidence_too(stage: Stage) -> None:
    """After a fail-over that lost the send gate's commit, the rows say it was never sent."""
    lead_id = stage.lead()
    (attempt_id,) = stage.claim()
    sending = stage.world.db.transact(lambda tx: pass_gate(tx, stage.world, attempt_id))
    assert isinstance(sending, Sending)
    stage.retell.place(sending.body)
    stage.world.db.transact(
        lambda tx: tx.exec_driver_sql(
            "UPDATE attempt SET status = 'INTENT', send_started_at = NULL, check_at = created_at"
        )
    )
    stage.world.db.transact(
        lambda tx: tx.exec_driver_sql("DELETE FROM attempt_event WHERE to_status = 'SENDING'")
    )
    stage.clock.pass_time(seconds=61)
    stage.wait(seconds=0)
    stage.wait(seconds=0)
    assert stage.status(attempt_id) is AttemptStatus.CANCELLED
    stage.deliver(stage.retell.end(attempt_id))
    assert stage.status(attempt_id) is AttemptStatus.ENDED
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED


@pytest.mark.parametrize("event", ["answer", "end"])
def test_a_call_of_an_attempt_that_looks_unsent_is_believed(stage: Stage, event: str) -> None:
    lead_id = stage.lead()
    (attempt_id,) = stage.claim()
    stage.retell.place(
        {
            "from_number": "+12125550000",
            "to_number": stage.lead_row(lead_id).phone,
            "metadata": {"attempt_id": attempt_id},
        }
    )
    stage.deliver(getattr(stage.retell, event)(attempt_id))
    stage.dial(attempt_id)
    assert stage.retell.posted == []
    attempt = stage.attempt_row(attempt_id)
    expected = AttemptStatus.ONGOING if event == "answer" else AttemptStatus.ENDED
    assert (attempt.status, attempt.late) == (expected, True)


def test_evidence_of_a_stranger_changes_nothing(stage: Stage) -> None:
    attempt_id = stage.call()
    before = stage.attempt_row(attempt_id)
    stranger = {
        "from_number": "+12125550000",
        "to_number": "+12125559999",
        "metadata": {"attempt_id": "11111111-1111-1111-1111-111111111111"},
    }
    call = stage.retell.place(stranger)
    stage.deliver(stage.retell.end(call["metadata"]["attempt_id"]))
    assert stage.attempt_row(attempt_id) == before


def test_a_call_that_names_an_attempt_of_ours_nobody_knows_is_an_incident(stage: Stage) -> None:
    stage.excused |= {"I15", "I16"}
    stage.call()
    (body,) = stage.retell.posted
    lost = {**body, "metadata": {**body["metadata"], "attempt_id": "lost"}}
    stage.retell.place(lost)
    stage.deliver(stage.retell.end("lost"))
    # Only a database that has gone back in time, or a second copy of it, can bring that about.
    assert [one.code for one in stage.incidents()] == ["unknown_attempt", "database_doubted"]


def test_a_second_call_for_an_attempt_is_an_incident_and_changes_nothing(stage: Stage) -> None:
    stage.excused.add("I16")
    attempt_id = stage.call()
    before = stage.attempt_row(attempt_id)
    (body,) = stage.retell.posted
    second = stage.retell.place(body)
    del stage.retell.calls["call_1"]
    stage.deliver(stage.retell.end(attempt_id))
    assert second["call_id"] != before.call_id
    assert [one.code for one in stage.incidents()] == ["second_call"]
    assert stage.attempt_row(attempt_id) == before
    assert stage.clock.now() == NOW
    assert before.disposition is not Disposition.TALKED


def test_an_opt_out_on_a_second_call_is_heeded_all_the_same(stage: Stage) -> None:
    stage.excused.add("I16")
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    (body,) = stage.retell.posted
    stage.retell.place(body)
    del stage.retell.calls["call_1"]
    elsewhere = stage.lead(phone=stage.lead_row(lead_id).phone)
    stage.deliver(stage.retell.end(attempt_id, "user_requested_dnc"))
    assert stage.lead_row(elsewhere).closed_as is ClosedAs.SUPPRESSED
