"""Campaigns that the dialer held go on once a check tells that the reason is gone."""

from datetime import timedelta
from typing import Any

import pytest
from factories import NOW, Stage
from scripted_retell import placed, refused

from dialer.actions import control
from dialer.domain.states import CampaignStatus
from dialer.store import campaigns, ledger

MINUTE = timedelta(minutes=1)
UNKNOWN_NUMBER = "Item +12125550000 not found from phone-number"


def held(stage: Stage, status: int, message: str = "refused", **spec: Any) -> int:
    """Give a campaign that was held because of an answer of Retell."""
    campaign = stage.campaign(**spec)
    stage.retell.then(refused(status, message))
    stage.call(stage.lead(campaign))
    assert stage.campaign_row(campaign).status is CampaignStatus.HELD
    stage.retell.asked.clear()
    return campaign


def status(stage: Stage, campaign_id: int) -> CampaignStatus:
    return stage.campaign_row(campaign_id).status


def knows_agent(stage: Stage, agent_id: str) -> None:
    stage.retell.calls[agent_id] = {"agent_id": agent_id, "call_status": "ended"}


# -- refusals


def test_money_is_only_for_a_person(stage: Stage) -> None:
    campaign = held(stage, 402, agent_id="agent_1")
    knows_agent(stage, "agent_1")
    stage.wait_long(minutes=5, every=timedelta(seconds=20))
    assert status(stage, campaign) is CampaignStatus.HELD


def test_five_bad_numbers_in_a_row_are_only_for_a_person(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.leads(6, campaign)
    stage.retell.then(*[refused(400, "bad number")] * 5)
    stage.dial(*stage.claim())
    stage.wait(minutes=1)
    stage.wait(minutes=5)
    assert status(stage, campaign) is CampaignStatus.HELD


def test_a_campaign_that_wants_a_person_is_not_asked_about(stage: Stage) -> None:
    campaign = held(stage, 401, hold={"resume": "by hand"})
    stage.wait(minutes=1)
    stage.wait(minutes=5)
    assert status(stage, campaign) is CampaignStatus.HELD
    assert stage.retell.asked == []


def test_while_the_key_is_refused_the_campaign_stays_held(stage: Stage) -> None:
    campaign = held(stage, 401)
    stage.retell.down = True
    stage.wait_long(minutes=5, every=timedelta(seconds=20))
    assert status(stage, campaign) is CampaignStatus.HELD
    assert stage.retell.asked.count("/get-concurrency") in (4, 5)  # once a minute


def test_while_the_agent_is_not_found_the_campaign_stays_held(stage: Stage) -> None:
    campaign = held(stage, 404, "agent not found", agent_id="agent_9")
    stage.reconcile()
    stage.wait(minutes=1)
    assert stage.retell.asked == ["/get-agent/agent_9"]
    assert status(stage, campaign) is CampaignStatus.HELD


def test_while_all_its_numbers_rest_a_campaign_stays_held(stage: Stage) -> None:
    campaign = held(stage, 404, UNKNOWN_NUMBER)
    assert stage.campaign_row(campaign).held_reason == "number_unknown"
    stage.reconcile()
    stage.wait(hours=23)
    assert status(stage, campaign) is CampaignStatus.HELD


def test_a_campaign_that_was_paused_while_it_was_asked_about_stays_paused(stage: Stage) -> None:
    campaign = held(stage, 401)
    stage.reconcile()
    stage.clock.pass_time(minutes=1)
    stage.retell.meanwhile.append(lambda: control.pause(stage.world, campaign, actor="ann"))
    stage.reconcile()
    assert status(stage, campaign) is CampaignStatus.PAUSED


def test_a_check_that_is_wrong_resumes_a_campaign_once_an_hour_at_most(stage: Stage) -> None:
    campaign = held(stage, 404, "something not found", agent_id="agent_1")
    knows_agent(stage, "agent_1")
    stage.reconcile()
    stage.wait(minutes=1)
    assert status(stage, campaign) is CampaignStatus.RUNNING
    stage.retell.then(refused(404, "something not found"))
    stage.dial(*stage.claim())
    stage.reconcile()
    for _ in range(5):
        stage.wait(minutes=10)
    assert status(stage, campaign) is CampaignStatus.HELD
    stage.wait(minutes=11)
    assert status(stage, campaign) is CampaignStatus.RUNNING


def test_one_campaign_that_cannot_be_read_keeps_no_other_held(stage: Stage) -> None:
    stage.excused.add("I10")  # nobody knows the window that the unreadable one had
    unreadable, campaign = held(stage, 401), held(stage, 401)
    broken = campaigns.campaign.update().where(campaigns.campaign.c.id == unreadable)
    stage.world.db.transact(lambda tx: tx.execute(broken.values(spec={"name": "of another age"})))
    stage.reconcile()
    stage.wait(minutes=1)
    assert status(stage, unreadable) is CampaignStatus.HELD
    assert status(stage, campaign) is CampaignStatus.RUNNING


# -- resumed


def test_a_campaign_held_for_its_key_goes_on_once_retell_accepts_it(stage: Stage) -> None:
    campaign = held(stage, 401)
    stage.reconcile()
    assert status(stage, campaign) is CampaignStatus.HELD  # asked a minute later at the earliest
    planned = stage.queue.planned
    stage.wait(minutes=1)
    row = stage.campaign_row(campaign)
    assert (row.status, row.held_reason, row.checked_at) == (CampaignStatus.RUNNING, None, None)
    assert stage.queue.planned == planned + 1
    subject = f"campaign:{campaign}"
    entry = stage.world.db.read(lambda tx: ledger.entries_since(tx, subject, since=NOW))[-1]
    assert (entry.actor, entry.action, entry.before) == ("system", "running", {"status": "held"})
    stage.retell.then(placed)
    assert len(stage.claim()) == 1


def test_a_campaign_held_for_its_agent_goes_on_once_retell_knows_it(stage: Stage) -> None:
    campaign = held(stage, 404, "agent not found", agent_id="agent_1", agent_version=3)
    knows_agent(stage, "agent_1")
    stage.reconcile()
    stage.wait(minutes=1)
    assert status(stage, campaign) is CampaignStatus.RUNNING


@pytest.mark.parametrize("bound", [True, False])
def test_without_an_agent_of_its_own_those_of_its_numbers_are_asked_for(
    stage: Stage, bound: bool
) -> None:
    campaign = held(stage, 404, "agent not found")
    if not bound:
        stage.retell.unbound.add("+12125550000")
    knows_agent(stage, "agent_1")
    stage.reconcile()
    stage.wait(minutes=1)
    expected = CampaignStatus.RUNNING if bound else CampaignStatus.HELD
    assert status(stage, campaign) is expected


def test_a_campaign_whose_number_has_rested_goes_on(stage: Stage) -> None:
    campaign = held(stage, 404, UNKNOWN_NUMBER)
    stage.reconcile()
    stage.wait(hours=24)
    assert status(stage, campaign) is CampaignStatus.RUNNING


def test_only_one_process_asks(stage: Stage) -> None:
    campaign = held(stage, 401)
    stage.reconcile()
    stage.clock.pass_time(minutes=1)
    row = stage.campaign_row(campaign)
    win = [
        stage.world.db.transact(lambda tx: campaigns.claim_check(tx, row, now=stage.clock.now()))
        for _ in range(2)
    ]
    assert win == [True, False]
