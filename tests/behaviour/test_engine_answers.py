"""What each answer to a request for a call does to attempt, lead, campaign and gate."""

from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
from factories import NOW, OUR_NUMBER, Stage
from scripted_retell import (
    Act,
    executed_then,
    executed_then_silent,
    no_connection,
    placed,
    raising,
    refused,
    saying,
    silent,
    unanswered_connection,
    unreachable,
)

from dialer.actions import control
from dialer.domain.states import AttemptStatus, CampaignStatus, ClosedAs, LeadStatus
from dialer.store import numbers

UNKNOWN: dict[str, Act] = {
    "read timeout": silent,
    "read timeout, executed": executed_then_silent,
    "write timeout": raising(httpx.WriteTimeout("slow")),
    "reset": raising(httpx.ReadError("reset")),
    "broken pipe": raising(httpx.WriteError("reset")),
    "half an answer": raising(httpx.RemoteProtocolError("incomplete")),
    "300": refused(300),
    "307": refused(307, Location="/elsewhere"),
    "408": refused(408),
    "409": refused(409),
    "410": refused(410),
    "500": refused(500),
    "500, executed": executed_then(500),
    "502": refused(502),
    "503": refused(503, Retry_After="1"),
    "504": refused(504),
    "201 without a call id": saying(201, b'{"call_status": "registered"}'),
    "201 not JSON": saying(201, b"<html>"),
    "201 empty": saying(201, b""),
}
OUR_FAULT = {
    "401": refused(401, "Invalid API key"),
    "402": refused(402, "No payment method"),
    "403": refused(403, "KYC missing"),
    "404": refused(404, "Agent not found"),
    "422": refused(422, "agent_override is not valid"),
    "400 on our number": refused(400, "from_number is not valid"),
}
NEVER_SENT = {
    "connection refused": unreachable,
    "connect timeout": unanswered_connection,
    "no connection free": no_connection,
}


@dataclass
class Sent:
    """An attempt that was sent, and the lead it was for."""

    stage: Stage
    lead_id: int
    attempt_id: str

    @property
    def attempt(self) -> tuple[AttemptStatus, bool | None]:
        row = self.stage.attempt_row(self.attempt_id)
        return row.status, row.rang

    @property
    def lead(self) -> tuple[LeadStatus, int]:
        row = self.stage.lead_row(self.lead_id)
        return row.status, row.attempts

    @property
    def campaign(self) -> tuple[CampaignStatus, str | None]:
        lead = self.stage.lead_row(self.lead_id)
        row = self.stage.campaign_row(lead.campaign_id)
        return row.status, row.held_reason


def send(stage: Stage, act: Act, lead_id: int | None = None) -> Sent:
    """Send one attempt that is answered by `act`."""
    lead_id = lead_id or stage.lead()
    stage.retell.then(act)
    return Sent(stage, lead_id, stage.call(lead_id))


def test_a_2xx_with_a_call_id_is_a_placed_call(stage: Stage) -> None:
    sent = send(stage, placed)
    attempt = stage.attempt_row(sent.attempt_id)
    assert (attempt.status, attempt.call_id) == (AttemptStatus.PLACED, "call_1")
    assert attempt.check_at == NOW + timedelta(minutes=3)
    assert sent.lead == (LeadStatus.IN_FLIGHT, 0)


@pytest.mark.parametrize("what", UNKNOWN)
def test_an_answer_that_tells_nothing_is_unknown_never_failed(stage: Stage, what: str) -> None:
    sent = send(stage, UNKNOWN[what])
    attempt = stage.attempt_row(sent.attempt_id)
    assert sent.attempt == (AttemptStatus.UNKNOWN, None)
    assert attempt.check_at == NOW + timedelta(seconds=5)
    assert sent.lead == (LeadStatus.IN_FLIGHT, 0)  # and so holds its line
    assert sent.campaign == (CampaignStatus.RUNNING, None)
    assert stage.gate().unknown_streak == 1
    assert len(stage.retell.posted) == 1


def test_an_unknown_call_holds_its_line(stage: Stage) -> None:
    stage.lines(1)
    send(stage, silent)
    stage.lead()
    assert stage.claim() == []


def test_a_400_closes_the_lead_and_not_the_campaign(stage: Stage) -> None:
    sent = send(stage, refused(400, "to_number is not a valid number"))
    assert sent.attempt == (AttemptStatus.NOT_PLACED, False)
    assert sent.lead == (LeadStatus.CLOSED, 0)
    assert stage.lead_row(sent.lead_id).closed_as is ClosedAs.INVALID_NUMBER
    assert sent.campaign == (CampaignStatus.RUNNING, None)
    assert stage.attempt_row(sent.attempt_id).reason == "to_number is not a valid number"


def test_a_number_on_retells_own_list_is_suppressed_everywhere(stage: Stage) -> None:
    phone = "+12125550142"
    first = stage.lead(phone=phone)
    sent = send(stage, refused(400, "The number is on the internal DNC list"), first)
    assert stage.lead_row(sent.lead_id).closed_as is ClosedAs.SUPPRESSED
    elsewhere = stage.lead(phone=phone)
    assert stage.claim() == []
    assert stage.lead_row(elsewhere).closed_as is ClosedAs.SUPPRESSED


def test_five_refused_numbers_in_a_row_hold_the_campaign(stage: Stage) -> None:
    campaign = stage.campaign()
    leads = stage.leads(6, campaign)
    stage.lines(1)
    stage.retell.then(*[refused(400, "bad number")] * 5)
    (first,) = stage.claim()
    stage.dial(first)
    while len(stage.retell.posted) < 5:
        assert stage.campaign_row(campaign).status is CampaignStatus.RUNNING
        stage.dial(stage.queue.dialed[-1])
    row = stage.campaign_row(campaign)
    assert (row.status, row.held_reason) == (CampaignStatus.HELD, "bad_numbers")
    assert "5 numbers in a row" in (row.held_text or "")
    assert stage.claim() == []
    statuses = [stage.lead_row(one).status for one in leads]
    assert statuses.count(LeadStatus.READY) == 1


def test_a_good_number_in_between_starts_the_count_anew(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.leads(9, campaign)
    bad = refused(400, "bad number")
    stage.retell.then(bad, bad, bad, bad, placed, bad, bad, bad, bad)
    stage.dial(*stage.claim())
    assert stage.campaign_row(campaign).status is CampaignStatus.RUNNING


def test_after_a_resume_five_more_refusals_are_needed(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.leads(5, campaign)
    stage.retell.then(*[refused(400, "bad number")] * 6)
    stage.dial(*stage.claim())
    control.resume(stage.world, campaign, actor="test")
    stage.call(stage.lead(campaign))
    assert stage.campaign_row(campaign).status is CampaignStatus.RUNNING


@pytest.mark.parametrize("what", OUR_FAULT)
def test_our_own_fault_holds_the_campaign_and_costs_the_lead_nothing(
    stage: Stage, what: str
) -> None:
    sent = send(stage, OUR_FAULT[what])
    assert sent.attempt == (AttemptStatus.NOT_PLACED, False)
    assert sent.lead == (LeadStatus.READY, 0)
    status, reason = sent.campaign
    assert (status, reason) == (CampaignStatus.HELD, f"http_{what[:3]}")
    lead = stage.lead_row(sent.lead_id)
    assert stage.campaign_row(lead.campaign_id).held_text
    assert stage.claim() == []


def test_a_number_of_ours_that_retell_does_not_know_rests(stage: Stage) -> None:
    ours = [OUR_NUMBER, "+12125550001"]
    campaign = stage.campaign(from_numbers=ours)
    unknown = refused(404, f"Item {OUR_NUMBER} not found from phone-number")
    stage.leads(4, campaign)
    stage.retell.then(unknown)
    attempts = [stage.attempt_row(one) for one in stage.claim()]
    first = next(one for one in attempts if one.from_number == OUR_NUMBER)
    stage.dial(first.id)
    assert stage.world.db.read(lambda tx: numbers.resting(tx, now=NOW)).keys() == {OUR_NUMBER}
    assert stage.campaign_row(campaign).status is CampaignStatus.RUNNING
    stage.claim()
    again = stage.attempts_of(first.lead_id)[1]
    assert again.from_number == ours[1]


def test_the_last_number_of_ours_that_rests_holds_the_campaign(stage: Stage) -> None:
    sent = send(stage, refused(404, f"Item {OUR_NUMBER} not found from phone-number"))
    assert sent.campaign == (CampaignStatus.HELD, "number_unknown")
    assert sent.lead == (LeadStatus.READY, 0)


def test_a_number_rests_for_a_day(stage: Stage) -> None:
    campaign = stage.campaign(from_numbers=[OUR_NUMBER, "+12125550001"])
    unknown = refused(404, f"Item {OUR_NUMBER} not found from phone-number")
    stage.leads(2, campaign)
    stage.retell.then(unknown, unknown)
    for attempt_id in stage.claim():
        if stage.attempt_row(attempt_id).from_number == OUR_NUMBER:
            stage.dial(attempt_id)
    later = NOW + timedelta(hours=24)
    assert stage.world.db.read(lambda tx: numbers.resting(tx, now=later)) == {}
    before = later - timedelta(seconds=1)
    assert stage.world.db.read(lambda tx: numbers.resting(tx, now=before)).keys() == {OUR_NUMBER}


def test_a_429_costs_the_lead_nothing_and_all_sending_waits(stage: Stage) -> None:
    sent = send(stage, refused(429))
    assert sent.attempt == (AttemptStatus.NOT_PLACED, False)
    assert sent.lead == (LeadStatus.READY, 0)
    assert sent.campaign == (CampaignStatus.RUNNING, None)
    assert stage.gate().backing_off_until == NOW + timedelta(seconds=1)
    assert stage.claim() == []
    stage.clock.pass_time(seconds=1)
    assert len(stage.claim()) == 1


@pytest.mark.parametrize("what", NEVER_SENT)
def test_a_request_that_never_left_is_tried_again_later(stage: Stage, what: str) -> None:
    sent = send(stage, NEVER_SENT[what])
    assert stage.retell.posted == []
    assert sent.attempt == (AttemptStatus.NOT_PLACED, False)
    assert sent.lead == (LeadStatus.READY, 0)
    assert stage.gate().backing_off_until == NOW + timedelta(seconds=1)
    assert stage.gate().shrunk_to is None
    stage.clock.pass_time(seconds=1)
    stage.call(sent.lead_id)
    assert len(stage.retell.calls) == 1


def test_an_unreachable_retell_is_tried_less_and_less_often(stage: Stage) -> None:
    stage.lead()
    waits = []
    for _ in range(8):
        stage.retell.then(unreachable)
        stage.dial(*stage.claim())
        until = stage.gate().backing_off_until
        assert until is not None
        waits.append((until - stage.clock.now()).total_seconds())
        stage.clock.moment = until
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_webhook_that_was_quicker_than_the_answer_is_kept(stage: Stage) -> None:
    lead_id = stage.lead()
    (attempt_id,) = stage.claim()

    def place_and_end(retell: object, body: dict[str, object]) -> httpx.Response:
        answer = placed(stage.retell, body)
        stage.deliver(stage.retell.end(attempt_id))
        return answer

    stage.retell.then(place_and_end)
    stage.dial(attempt_id)
    attempt, lead = stage.attempt_row(attempt_id), stage.lead_row(lead_id)
    assert (attempt.status, attempt.call_id) == (AttemptStatus.ENDED, "call_1")
    assert attempt.sent_at == NOW
    assert (lead.status, lead.closed_as) == (LeadStatus.CLOSED, ClosedAs.REACHED)


@pytest.mark.parametrize("late", [silent, refused(429), refused(401), refused(400)])
def test_a_failure_told_after_the_webhook_changes_nothing(stage: Stage, late: Act) -> None:
    lead_id = stage.lead()
    (attempt_id,) = stage.claim()

    def place_end_and_fail(retell: object, body: dict[str, object]) -> httpx.Response:
        placed(stage.retell, body)
        stage.deliver(stage.retell.end(attempt_id))
        return late(stage.retell, body)

    stage.retell.then(place_end_and_fail)
    stage.dial(attempt_id)
    lead = stage.lead_row(lead_id)
    assert stage.status(attempt_id) is AttemptStatus.ENDED
    assert (lead.status, lead.closed_as) == (LeadStatus.CLOSED, ClosedAs.REACHED)
    assert stage.gate().unknown_streak == 0
    assert stage.gate().backing_off_until is None
