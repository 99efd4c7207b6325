"""Inbound: a lead that calls us is recognised, not called meanwhile, and reached by it."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from agents import ask
from factories import NOW, OUR_NUMBER, Stage, make_stage
from scripted_retell import ScriptedRetell, refused

from dialer.actions.announcing import announce
from dialer.domain.dispositions import Disposition
from dialer.domain.inbound import TALK_PATIENCE, InboundStatus
from dialer.domain.states import AttemptStatus, ClosedAs, LeadStatus
from dialer.store import inbound_calls, suppressions, webhooks
from dialer.store.tables import InboundCall

PHONE = "+12122000777"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def ring(
    stage: Stage, *, caller: Any = PHONE, call_id: str | None = "in_1", **more: Any
) -> dict[str, Any]:
    """Let Retell announce a call, and give what its agent is told."""
    told = {"from_number": caller, "to_number": OUR_NUMBER, "call_id": call_id, **more}
    body = json.dumps({"event": "call_inbound", "event_timestamp": 1, "call_inbound": told})
    answer = announce(stage.world, body.encode(), now=stage.clock.now())
    assert answer is not None
    return answer


def call_of(answer: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Give the call as Retell's webhooks show it."""
    call = {
        "call_id": "in_1",
        "direction": "inbound",
        "from_number": PHONE,
        "to_number": OUR_NUMBER,
        "metadata": answer.get("metadata"),
    }
    return call | changes


def event(name: str, call: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps({"event": name, "call": call | changes}).encode()


def ended(call: dict[str, Any], reason: str = "user_hangup", **changes: Any) -> bytes:
    told = {"disconnection_reason": reason, "duration_ms": 60_000, **changes}
    return event("call_ended", call, call_status="ended", **told)


def row_of(stage: Stage, call_id: str = "in_1") -> InboundCall:
    row = stage.world.db.read(lambda tx: inbound_calls.of_call(tx, call_id))
    assert row is not None
    return row


def missed(stage: Stage, **changes: Any) -> int:
    """Make a lead that did not pick up and waits for its retry."""
    lead_id = stage.lead(phone=PHONE, **changes)
    stage.deliver(stage.retell.end(stage.call(lead_id), "dial_no_answer"))
    assert stage.lead_row(lead_id).status is LeadStatus.READY
    return lead_id


def test_a_lead_that_calls_back_is_recognised_and_its_agent_is_told(stage: Stage) -> None:
    campaign = stage.campaign(variables={"offer": "two months"})
    lead_id = missed(stage, campaign_id=campaign)
    answer = ring(stage)
    assert answer["dynamic_variables"] == {
        "campaign_name": "Spring",
        "last_call_summary": "",
        "offer": "two months",
        "first_name": "Ada",
    }
    assert answer["metadata"]["lead_id"] == str(lead_id)
    assert answer["metadata"]["campaign_id"] == str(campaign)
    assert all(isinstance(one, str) for one in answer["metadata"].values())
    assert "attempt_id" not in answer["metadata"]


def test_a_stranger_is_let_through_and_written_down(stage: Stage) -> None:
    answer = ring(stage)
    assert "dynamic_variables" not in answer
    assert row_of(stage).lead_id is None
    stage.deliver(ended(call_of(answer)))
    assert row_of(stage).disposition is Disposition.TALKED


@pytest.mark.parametrize("caller", [None, "", "anonymous", "+1", 7, [], "+1212200077７"])
def test_a_withheld_number_is_let_through(stage: Stage, caller: Any) -> None:
    assert ring(stage, caller=caller) == {}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"event": "chat_inbound"}', b'{"event": "call_ended"}']
)
def test_what_announces_no_call_has_no_answer(stage: Stage, body: bytes) -> None:
    assert announce(stage.world, body, now=NOW) is None


def test_a_repeated_announcement_is_one_call_with_one_answer(stage: Stage) -> None:
    missed(stage)
    assert ring(stage) == ring(stage)
    assert ring(stage, call_id=None) == ring(stage, call_id=None)


def test_the_lead_called_last_from_the_number_it_calls_back_is_meant(stage: Stage) -> None:
    meant = missed(stage)
    elsewhere = stage.campaign(from_numbers=["+12125550001"])
    stage.clock.pass_time(minutes=1)
    other = stage.lead(elsewhere, phone=PHONE)
    stage.deliver(stage.retell.end(stage.call(other), "dial_no_answer"))
    assert ring(stage)["metadata"]["lead_id"] == str(meant)


def test_a_campaign_that_has_not_begun_is_not_talked_about(stage: Stage) -> None:
    stage.lead(stage.draft(), phone=PHONE)
    assert "lead_id" not in ring(stage)["metadata"]


def test_nobody_is_called_while_they_call_us(stage: Stage) -> None:
    lead_id = missed(stage)
    due_at = stage.lead_row(lead_id).due_at
    assert due_at is not None
    stage.clock.moment = due_at
    stage.reconcile()
    other = stage.lead(phone=PHONE)
    call = call_of(ring(stage))
    assert stage.claim() == []
    stage.deliver(event("call_started", call))
    stage.clock.pass_time(hours=1)
    stage.reconcile()
    assert stage.claim() == []
    assert stage.lead_row(other).due_at == due_at + TALK_PATIENCE


def test_a_call_that_was_claimed_and_not_sent_is_given_up(stage: Stage) -> None:
    lead_id = stage.lead(phone=PHONE)
    (attempt_id,) = stage.claim()
    ring(stage)
    assert stage.status(attempt_id) is AttemptStatus.CANCELLED
    stage.dial(attempt_id)
    assert stage.retell.posted == []
    assert stage.lead_row(lead_id).due_at == NOW + 10 * MINUTE


def test_after_a_conversation_the_lead_is_reached_and_the_other_campaign_goes_on(
    stage: Stage,
) -> None:
    lead_id = missed(stage)
    other = stage.lead(phone=PHONE, due_at=NOW + HOUR)
    call = call_of(ring(stage))
    stage.deliver(event("call_started", call), ended(call, transcript="User: Hello\n"))
    row = stage.lead_row(lead_id)
    assert (row.status, row.closed_as) == (LeadStatus.CLOSED, ClosedAs.REACHED)
    assert row.disposition is Disposition.TALKED
    assert (row.attempts, row.tries) == (1, 1)
    assert stage.lead_row(other).due_at == NOW + HOUR
    kept = row_of(stage)
    assert (kept.status, kept.transcript) == (InboundStatus.ENDED, "User: Hello\n")


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("user_hangup", {"duration_ms": 2_000}),
        ("inactivity", {}),
        ("error_retell", {}),
        ("no_such_word", {}),
    ],
)
def test_without_a_conversation_the_retry_waits_as_it_did_before(
    stage: Stage, reason: str, changes: dict[str, Any]
) -> None:
    lead_id = missed(stage)
    due_at = stage.lead_row(lead_id).due_at
    call = call_of(ring(stage))
    stage.deliver(event("call_started", call), ended(call, reason, **changes))
    row = stage.lead_row(lead_id)
    assert (row.status, row.due_at) == (LeadStatus.READY, due_at)


def test_a_call_of_which_nothing_more_is_heard_holds_its_leads_back_only_for_a_while(
    stage: Stage,
) -> None:
    lead_id = stage.lead(phone=PHONE)
    ring(stage)
    stage.clock.pass_time(minutes=11)
    stage.reconcile()
    (attempt_id,) = stage.claim()
    assert stage.attempt_row(attempt_id).lead_id == lead_id


def test_webhooks_of_an_inbound_call_may_come_in_any_order_and_twice(stage: Stage) -> None:
    lead_id = missed(stage)
    call = call_of(ring(stage))
    analysis = {"call_summary": "They talked.", "custom_analysis_data": {}}
    analyzed = event(
        "call_analyzed",
        call,
        disconnection_reason="user_hangup",
        duration_ms=60_000,
        call_analysis=analysis,
    )
    stage.deliver(analyzed, ended(call), event("call_started", call), analyzed)
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED
    row = row_of(stage)
    assert (row.status, row.summary) == (InboundStatus.ENDED, "They talked.")
    assert stage.world.db.read(webhooks.counts)[webhooks.DONE] >= 3


def test_a_call_back_that_nobody_announced_counts_all_the_same(stage: Stage) -> None:
    lead_id = missed(stage)
    stage.deliver(ended(call_of({})))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED


def test_a_call_to_a_number_of_another_system_is_not_ours(stage: Stage) -> None:
    lead_id = missed(stage)
    stage.deliver(ended(call_of({}, to_number="+12125559999")))
    assert stage.lead_row(lead_id).status is LeadStatus.READY


def test_a_test_call_reaches_nobody(stage: Stage) -> None:
    lead_id = missed(stage)
    metadata = {**ring(stage)["metadata"], "test": True}
    stage.deliver(ended(call_of({"metadata": metadata})))
    assert stage.lead_row(lead_id).status is LeadStatus.READY


def test_who_asks_for_a_call_at_a_time_while_calling_us_is_called_then(stage: Stage) -> None:
    lead_id = missed(stage)
    call = call_of(ring(stage))
    stage.deliver(event("call_started", call))
    answer = ask(stage, "schedule_callback", call=call, when="tomorrow at three")
    assert answer["ok"]
    stage.deliver(ended(call))
    row = stage.lead_row(lead_id)
    assert (row.status, row.due_at) == (LeadStatus.READY, NOW + DAY + 5 * HOUR)
    assert row_of(stage).promised_at == row.callback_at


def test_a_promise_is_kept_by_the_lead_calling_earlier(stage: Stage) -> None:
    lead_id = stage.lead(phone=PHONE)
    attempt_id = stage.call(lead_id)
    ask(stage, "schedule_callback", call=stage.retell.call_of(attempt_id), when="in 3 hours")
    stage.deliver(stage.retell.end(attempt_id, "user_hangup", duration_ms=60_000))
    call = call_of(ring(stage))
    stage.deliver(event("call_started", call), ended(call))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED


@pytest.mark.parametrize("how", ["function", "reason", "analysis"])
def test_who_opts_out_while_calling_us_is_not_called_again(stage: Stage, how: str) -> None:
    missed(stage)
    other = stage.lead(phone=PHONE, due_at=NOW + HOUR)
    call = call_of(ring(stage))
    if how == "function":
        assert ask(stage, "do_not_call", call=call)["ok"]
    elif how == "reason":
        stage.deliver(ended(call, "user_requested_dnc"))
    else:
        said = {"custom_analysis_data": {"do_not_call": "yes"}}
        stage.deliver(ended(call), event("call_analyzed", call, call_analysis=said))
    assert stage.lead_row(other).closed_as is ClosedAs.SUPPRESSED
    assert stage.world.db.read(lambda tx: suppressions.entries_of(tx, PHONE))


def test_who_was_called_and_called_us_at_the_same_moment_is_reached_once(stage: Stage) -> None:
    lead_id = stage.lead(phone=PHONE)
    attempt_id = stage.call(lead_id)
    call = call_of(ring(stage))
    stage.deliver(event("call_started", call), ended(call))
    assert stage.lead_row(lead_id).status is LeadStatus.IN_FLIGHT
    stage.deliver(stage.retell.end(attempt_id, "dial_busy"))
    row = stage.lead_row(lead_id)
    assert (row.closed_as, row.attempts) == (ClosedAs.REACHED, 1)


def test_who_called_us_is_reached_although_our_own_call_could_not_be_made(stage: Stage) -> None:
    lead_id = stage.lead(phone=PHONE)

    def called_by_them_meanwhile(retell: ScriptedRetell, body: dict[str, Any]) -> httpx.Response:
        call = call_of(ring(stage))
        stage.deliver(event("call_started", call), ended(call))
        return refused(429)(retell, body)

    stage.retell.then(called_by_them_meanwhile)
    stage.call(lead_id)
    row = stage.lead_row(lead_id)
    assert (row.closed_as, row.attempts) == (ClosedAs.REACHED, 0)


def test_a_lead_that_was_given_up_and_calls_is_reached(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(cadence={"max_attempts": 1}), phone=PHONE)
    stage.lead(stage.lead_row(lead_id).campaign_id, due_at=NOW + DAY)  # the campaign goes on
    stage.deliver(stage.retell.end(stage.call(lead_id), "dial_no_answer"))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.EXHAUSTED
    call = call_of(ring(stage))
    stage.deliver(ended(call))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED


def test_a_function_in_an_inbound_call_knows_the_lead(stage: Stage) -> None:
    lead_id = missed(stage)
    call = call_of(ring(stage, call_id=None))  # known by what the agent was given alone
    answer = ask(stage, "lookup_lead", call=call)
    assert answer["last_call"]["how"] == "Rang, nobody answered."
    assert stage.lead_row(lead_id).status is LeadStatus.READY


def test_a_stranger_nobody_announced_is_none_of_our_business(stage: Stage) -> None:
    stage.deliver(ended(call_of({}, from_number="+12125550177")))
    assert stage.world.db.read(webhooks.counts) == {webhooks.IGNORED: 1}


def test_an_announcement_that_comes_after_the_start_makes_no_second_way(stage: Stage) -> None:
    lead_id = missed(stage)
    stage.deliver(event("call_started", call_of({})))
    due_at = stage.lead_row(lead_id).due_at
    stage.clock.pass_time(minutes=5)
    ring(stage)
    assert stage.lead_row(lead_id).due_at == due_at
    assert row_of(stage).status is InboundStatus.TALKING


def test_the_webhooks_of_an_inbound_call_come_to_us(database_url: str) -> None:
    stage = make_stage(database_url, webhook_url="https://dialer.example/webhooks/retell")
    agent = ring(stage)["agent_override"]["agent"]
    assert agent == {"webhook_url": "https://dialer.example/webhooks/retell"}
    stage.world.db.close()
