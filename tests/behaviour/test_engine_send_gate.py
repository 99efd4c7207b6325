"""The send gate: every reason not to dial is asked again right before a phone can ring."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from factories import ALL_DAY, NOW, Stage, make_spec

from dialer.actions import control
from dialer.domain.states import AttemptStatus, CampaignStatus, ClosedAs, LeadStatus
from dialer.store import campaigns, gate, leads


def claimed(stage: Stage, **spec: object) -> tuple[int, str]:
    """Claim a lead that may be dialed."""
    lead_id = stage.lead(stage.campaign(**spec))
    (attempt_id,) = stage.claim()
    return lead_id, attempt_id


def refused(stage: Stage, attempt_id: str) -> bool:
    """Try to send, and tell whether nothing left."""
    stage.dial(attempt_id)
    attempt = stage.attempt_row(attempt_id)
    return attempt.status is AttemptStatus.CANCELLED and not stage.retell.posted


def test_an_attempt_that_passes_is_sent_with_its_own_request(stage: Stage) -> None:
    lead_id, attempt_id = claimed(stage, agent_id="agent_9", variables={"shop": "Acme"})
    stage.dial(attempt_id)
    lead, attempt = stage.lead_row(lead_id), stage.attempt_row(attempt_id)
    (body,) = stage.retell.posted
    assert body == attempt.request
    assert (body["to_number"], body["from_number"]) == (lead.phone, "+12125550000")
    assert body["idempotency_key"] == body["metadata"]["attempt_id"] == attempt_id
    assert body["retell_llm_dynamic_variables"] == {"first_name": "Ada", "shop": "Acme"}
    assert body["override_agent_id"] == "agent_9"
    assert attempt.status is AttemptStatus.PLACED
    assert attempt.call_id == "call_1"
    assert attempt.sent_local == {"America/New_York": "Wed 10:00"}
    assert (attempt.send_started_at, attempt.sent_at) == (NOW, NOW)


def test_dialing_twice_sends_once(stage: Stage) -> None:
    _, attempt_id = claimed(stage)
    stage.dial(attempt_id, attempt_id)
    assert len(stage.retell.posted) == 1


def test_a_worker_does_not_wait_for_a_clock_that_was_set_back(stage: Stage) -> None:
    _, attempt_id = claimed(stage)
    stage.clock.pass_time(days=-1)
    stage.dial(attempt_id)
    assert stage.clock.now() == NOW - timedelta(days=1)
    assert len(stage.retell.posted) == 1


def test_an_attempt_nobody_knows_is_not_sent(stage: Stage) -> None:
    stage.dial("00000000-0000-0000-0000-000000000000")
    assert stage.retell.posted == []


def test_a_number_suppressed_after_the_claim_is_not_called(stage: Stage) -> None:
    lead_id, attempt_id = claimed(stage)
    stage.suppress(stage.lead_row(lead_id).phone)
    assert refused(stage, attempt_id)
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.closed_as) == (LeadStatus.CLOSED, ClosedAs.SUPPRESSED)


def test_a_window_that_closed_after_the_claim_is_kept(stage: Stage) -> None:
    lead_id, attempt_id = claimed(stage)
    narrow = make_spec(window={**ALL_DAY, "opens": "09:00", "closes": "10:00"})
    stage.change_spec(stage.lead_row(lead_id).campaign_id, narrow)
    assert refused(stage, attempt_id)
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.due_at) == (LeadStatus.READY, NOW + timedelta(hours=23))


def test_a_pause_after_the_claim_is_kept_and_the_lead_waits(stage: Stage) -> None:
    lead_id, attempt_id = claimed(stage)
    control.pause(stage.world, stage.lead_row(lead_id).campaign_id, actor="test")
    assert refused(stage, attempt_id)
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.due_at, lead.attempts) == (LeadStatus.READY, NOW, 0)


def test_a_hold_after_the_claim_is_kept(stage: Stage) -> None:
    lead_id, attempt_id = claimed(stage)
    campaign_id = stage.lead_row(lead_id).campaign_id
    stage.world.db.transact(
        lambda tx: campaigns.hold(tx, campaign_id, reason="http_402", sentence="No money.", now=NOW)
    )
    assert refused(stage, attempt_id)
    assert stage.lead_row(lead_id).status is LeadStatus.READY


def test_a_stop_after_the_claim_closes_the_lead(stage: Stage) -> None:
    lead_id, attempt_id = claimed(stage)
    control.stop(stage.world, stage.lead_row(lead_id).campaign_id, actor="test")
    assert refused(stage, attempt_id)
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.closed_as) == (LeadStatus.CLOSED, ClosedAs.STOPPED)


def test_the_emergency_stop_after_the_claim_is_kept(stage: Stage) -> None:
    lead_id, attempt_id = claimed(stage)
    control.pause_everything(stage.world, actor="test")
    assert refused(stage, attempt_id)
    assert stage.lead_row(lead_id).status is LeadStatus.READY


def test_a_back_off_after_the_claim_is_kept(stage: Stage) -> None:
    lead_id, attempt_id = claimed(stage)
    until = NOW + timedelta(seconds=30)
    stage.world.db.transact(lambda tx: gate.set_limits(tx, backing_off_until=until))
    assert refused(stage, attempt_id)
    assert stage.lead_row(lead_id).due_at == until


def test_a_lead_without_a_zone_any_more_is_held(stage: Stage) -> None:
    lead_id, attempt_id = claimed(stage)
    stage.world.db.transact(lambda tx: leads.change(tx, lead_id, zones=""))
    assert refused(stage, attempt_id)
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.held_reason) == (LeadStatus.HELD, "no_zone")


def test_an_attempt_claimed_more_than_a_minute_ago_is_not_sent(stage: Stage) -> None:
    lead_id, attempt_id = claimed(stage)
    stage.clock.pass_time(seconds=61)
    assert refused(stage, attempt_id)
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.due_at) == (LeadStatus.READY, stage.clock.now())


@pytest.mark.parametrize("seconds", [10.001, 60, 1800])
def test_nothing_is_written_more_than_ten_seconds_after_the_gate(
    stage: Stage, seconds: float
) -> None:
    lead_id, attempt_id = claimed(stage)
    stage.retell.before_sending = lambda: stage.clock.pass_time(seconds=seconds)
    stage.dial(attempt_id)
    assert stage.retell.posted == []
    attempt, lead = stage.attempt_row(attempt_id), stage.lead_row(lead_id)
    assert (attempt.status, attempt.rang) == (AttemptStatus.NOT_PLACED, False)
    assert (lead.status, lead.attempts) == (LeadStatus.IN_FLIGHT, 0)  # claimed anew
    assert stage.queue.dialed[1:] == [stage.attempts_of(lead_id)[1].id]
    assert stage.gate().backing_off_until is None


def test_within_ten_seconds_after_the_gate_it_is_written(stage: Stage) -> None:
    _, attempt_id = claimed(stage)
    stage.retell.before_sending = lambda: stage.clock.pass_time(seconds=9)
    stage.dial(attempt_id)
    assert len(stage.retell.posted) == 1


@pytest.mark.parametrize(
    "settings",
    [{"agent_version": "No Such Tag!"}, {"agent_override": {"agent": "no object"}}],
)
def test_settings_that_make_no_valid_request_hold_the_campaign(
    stage: Stage, settings: dict[str, Any]
) -> None:
    stage.world = replace(stage.world, webhook_url="https://dialer.invalid/webhooks/retell")
    lead_id, attempt_id = claimed(stage, **settings)
    assert refused(stage, attempt_id)
    lead = stage.lead_row(lead_id)
    campaign = stage.campaign_row(lead.campaign_id)
    assert (campaign.status, campaign.held_reason) == (CampaignStatus.HELD, "bad_request")
    assert "not valid" in (campaign.held_text or "")
    assert (lead.status, lead.attempts) == (LeadStatus.READY, 0)


Change = Callable[[Stage, int], None]


def _pause(stage: Stage, lead_id: int) -> None:
    control.pause(stage.world, stage.lead_row(lead_id).campaign_id, actor="test")


def _stop(stage: Stage, lead_id: int) -> None:
    control.stop(stage.world, stage.lead_row(lead_id).campaign_id, actor="test")


def _stop_everything(stage: Stage, _: int) -> None:
    control.pause_everything(stage.world, actor="test")


def _suppress(stage: Stage, lead_id: int) -> None:
    stage.suppress(stage.lead_row(lead_id).phone)


@pytest.mark.parametrize("change", [_pause, _stop, _stop_everything, _suppress])
def test_a_change_between_gate_and_request_is_heeded_within_ten_seconds(
    stage: Stage, change: Change
) -> None:
    lead_id, attempt_id = claimed(stage)

    def change_and_dawdle() -> None:
        change(stage, lead_id)
        stage.clock.pass_time(seconds=11)

    stage.retell.before_sending = change_and_dawdle
    stage.dial(attempt_id)
    assert stage.retell.posted == []
    assert stage.lead_row(lead_id).status in (LeadStatus.READY, LeadStatus.CLOSED)
