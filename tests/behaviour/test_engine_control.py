"""What people do to campaigns, and what campaigns do by themselves."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from databases import interrupted_by
from factories import NOW, Stage

from dialer.actions import control
from dialer.domain.states import AttemptStatus, CampaignStatus, ClosedAs, LeadStatus
from dialer.errors import NotFound, RefusedByRule
from dialer.store import campaigns, ledger


def test_a_start_makes_due_leads_due_when_their_windows_open(stage: Stage) -> None:
    draft = stage.draft(window={"opens": "09:00", "closes": "20:00"})
    east = stage.lead(draft)
    west = stage.lead(draft, zones="America/Los_Angeles")
    nowhere = stage.lead(draft, zones="")
    assert stage.claim() == []
    control.start(stage.world, draft, actor="test")
    assert stage.queue.planned == 1
    assert stage.lead_row(east).due_at == NOW
    assert stage.lead_row(west).due_at == NOW + timedelta(hours=2)
    assert stage.lead_row(nowhere).status is LeadStatus.HELD


def test_a_campaign_with_a_start_ahead_starts_by_itself(stage: Stage) -> None:
    draft = stage.draft(start_at=NOW + timedelta(hours=1))
    stage.lead(draft)
    assert control.start(stage.world, draft, actor="test").status is CampaignStatus.SCHEDULED
    stage.wait(minutes=59)
    assert stage.claim() == []
    stage.wait(minutes=1)
    assert stage.campaign_row(draft).started_at == NOW + timedelta(hours=1)
    assert len(stage.claim()) == 1


def test_a_pause_begins_no_call_and_lets_calls_go_on(stage: Stage) -> None:
    stage.lines(1)
    campaign = stage.campaign()
    leads = stage.leads(2, campaign)
    (attempt_id,) = stage.claim()
    stage.dial(attempt_id)
    control.pause(stage.world, campaign, actor="test")
    stage.deliver(stage.retell.end(attempt_id))
    assert stage.status(attempt_id) is AttemptStatus.ENDED
    assert stage.claim() == []
    assert {stage.lead_row(one).status for one in leads} == {LeadStatus.CLOSED, LeadStatus.READY}


def test_a_resume_goes_on_at_once(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.lead(campaign)
    control.pause(stage.world, campaign, actor="test")
    planned = stage.queue.planned
    control.resume(stage.world, campaign, actor="test")
    assert stage.queue.planned == planned + 1
    assert len(stage.claim()) == 1


def test_a_resume_after_a_hold_forgets_the_reason(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.world.db.transact(
        lambda tx: campaigns.hold(tx, campaign, reason="http_402", sentence="No money.", now=NOW)
    )
    control.resume(stage.world, campaign, actor="test")
    row = stage.campaign_row(campaign)
    assert (row.status, row.held_reason, row.held_text) == (CampaignStatus.RUNNING, None, None)


@pytest.mark.parametrize("halt", ["pause", "hold"])
def test_what_was_halted_is_resumed_not_started(stage: Stage, halt: str) -> None:
    campaign = stage.campaign()
    if halt == "pause":
        control.pause(stage.world, campaign, actor="test")
    else:
        stage.world.db.transact(
            lambda tx: campaigns.hold(
                tx, campaign, reason="http_402", sentence="No money.", now=NOW
            )
        )
    with pytest.raises(RefusedByRule, match="cannot be started"):
        control.start(stage.world, campaign, actor="test")


def test_a_stop_closes_what_waits_and_lets_calls_end(stage: Stage) -> None:
    stage.lines(1)
    campaign = stage.campaign()
    stage.leads(3, campaign)
    attempt_id = stage.call(stage.lead(campaign, due_at=NOW - timedelta(hours=1)))
    assert control.stop(stage.world, campaign, actor="test") == 3
    stage.deliver(stage.retell.end(attempt_id, "dial_no_answer"))
    lead = stage.lead_row(stage.attempt_row(attempt_id).lead_id)
    assert (lead.closed_as, lead.attempts) == (ClosedAs.STOPPED, 1)
    counts = stage.world.db.read(lambda tx: campaigns.counts(tx, campaign))
    assert counts == {LeadStatus.CLOSED: 4}


def test_a_lead_that_comes_back_while_its_campaign_is_stopped_is_closed(stage: Stage) -> None:
    lead_id = stage.lead()
    stage.force_campaign(stage.lead_row(lead_id).campaign_id, CampaignStatus.STOPPED)
    stage.reconcile()
    assert stage.lead_row(lead_id).closed_as is ClosedAs.STOPPED


def test_a_person_reached_in_a_stopped_campaign_was_reached(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    control.stop(stage.world, stage.lead_row(lead_id).campaign_id, actor="test")
    stage.deliver(stage.retell.end(attempt_id))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED


def test_a_campaign_whose_leads_are_all_closed_is_finished(stage: Stage) -> None:
    lead_id = stage.lead()
    stage.deliver(stage.retell.end(stage.call(lead_id)))
    stage.reconcile()
    row = stage.campaign_row(stage.lead_row(lead_id).campaign_id)
    assert (row.status, row.finished_at) == (CampaignStatus.FINISHED, NOW)


@pytest.mark.parametrize("waiting", ["READY", "IN_FLIGHT", "HELD"])
def test_a_campaign_with_a_lead_that_is_not_closed_goes_on(stage: Stage, waiting: str) -> None:
    campaign = stage.campaign()
    match waiting:
        case "READY":
            stage.lead(campaign, due_at=NOW + timedelta(days=1))
        case "IN_FLIGHT":
            stage.lead(campaign)
            stage.claim()
        case _:
            stage.lead(campaign, zones="")
            stage.claim()
    stage.reconcile()
    assert stage.campaign_row(campaign).status is CampaignStatus.RUNNING


def test_an_opt_out_closes_the_persons_waiting_leads_in_all_campaigns(stage: Stage) -> None:
    phone = "+12125550142"
    first = stage.lead(phone=phone)
    attempt_id = stage.call(first)
    waiting = stage.lead(phone=phone)
    held = stage.lead(phone=phone, status=LeadStatus.HELD, due_at=None)
    other_person = stage.lead()
    stage.deliver(stage.retell.end(attempt_id, "user_requested_dnc"))
    for lead_id in (first, waiting, held):
        lead = stage.lead_row(lead_id)
        assert (lead.status, lead.closed_as) == (LeadStatus.CLOSED, ClosedAs.SUPPRESSED)
    assert stage.lead_row(other_person).closed_as is None


@pytest.mark.parametrize("halt", ["pause", "stop", "pause_everything"])
def test_a_halt_is_dated_when_it_takes_effect_not_when_it_was_asked_for(
    stage: Stage, halt: str
) -> None:
    campaign = stage.campaign()
    stage.lead(campaign)
    (attempt_id,) = stage.claim()

    def send_meanwhile() -> None:
        stage.clock.pass_time(seconds=30)
        stage.dial(attempt_id)

    asked = interrupted_by(stage.world, send_meanwhile)
    chosen = () if halt == "pause_everything" else (campaign,)
    getattr(control, halt)(asked, *chosen, actor="test")
    assert stage.status(attempt_id) is AttemptStatus.PLACED
    subject = f"campaign:{campaign}" if chosen else "gate"
    (*_, halted) = stage.world.db.read(lambda tx: ledger.of_subject(tx, subject))
    assert halted.at == NOW + timedelta(seconds=30)  # and `stage` looks for sends against it


def test_after_the_emergency_stop_everything_goes_on_where_it_was(stage: Stage) -> None:
    stage.lead()
    control.pause_everything(stage.world, actor="test")
    assert stage.claim() == []
    control.resume_everything(stage.world, actor="test")
    assert len(stage.claim()) == 1


ACTIONS: dict[str, Callable[[Stage, int], object]] = {
    "start": lambda stage, one: control.start(stage.world, one, actor="test"),
    "pause": lambda stage, one: control.pause(stage.world, one, actor="test"),
    "resume": lambda stage, one: control.resume(stage.world, one, actor="test"),
    "stop": lambda stage, one: control.stop(stage.world, one, actor="test"),
}
POSSIBLE = {
    "start": {CampaignStatus.DRAFT, CampaignStatus.SCHEDULED},
    "pause": {CampaignStatus.RUNNING, CampaignStatus.HELD},
    "resume": {CampaignStatus.PAUSED, CampaignStatus.HELD},
    "stop": {
        CampaignStatus.DRAFT,
        CampaignStatus.SCHEDULED,
        CampaignStatus.RUNNING,
        CampaignStatus.PAUSED,
        CampaignStatus.HELD,
    },
}


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_not_possible_is_refused_in_words_and_changes_nothing(
    stage: Stage, action: str
) -> None:
    for status in CampaignStatus:
        campaign = stage.draft()
        stage.force_campaign(campaign, status)
        if status in POSSIBLE[action]:
            ACTIONS[action](stage, campaign)
            assert stage.campaign_row(campaign).status is not status
        else:
            with pytest.raises(RefusedByRule, match=f"is {status}"):
                ACTIONS[action](stage, campaign)
            assert stage.campaign_row(campaign).status is status


@pytest.mark.parametrize("action", ACTIONS)
def test_a_campaign_that_is_not_there_is_named(stage: Stage, action: str) -> None:
    with pytest.raises(NotFound, match="no campaign 77"):
        ACTIONS[action](stage, 77)


def test_two_processes_start_a_scheduled_campaign_once(stage: Stage) -> None:
    draft = stage.draft(start_at=NOW + timedelta(minutes=1))
    stage.lead(draft, due_at=NOW + timedelta(days=1))
    control.start(stage.world, draft, actor="test")
    stage.clock.pass_time(minutes=1)
    stage.reconcile()
    stage.reconcile()
    assert stage.campaign_row(draft).status is CampaignStatus.RUNNING
