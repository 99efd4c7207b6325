"""The same done to all leads a filter finds, and a campaign that calls its first lead alone."""

from pathlib import Path

import pytest
from factories import Stage

from dialer.actions import bulk, control, errands
from dialer.domain.dispositions import Disposition
from dialer.domain.errands import BulkVerb, ErrandStatus
from dialer.domain.lead_filter import LeadFilter
from dialer.domain.states import CampaignStatus, ClosedAs, LeadState, LeadStatus
from dialer.errors import RefusedByRule, UserError
from dialer.store import errands as rows

PENDING = LeadFilter(state=LeadState.PENDING)


def do(
    stage: Stage, home: Path, campaign: int, verb: BulkVerb, chosen: LeadFilter = PENDING
) -> str:
    """Ask for it, let a worker do it, and give what came of it."""
    errand_id = bulk.ask(stage.world, campaign, verb, chosen, reason="our own staff", actor="ann")
    errands.run_due(stage.world, home=home)
    row = stage.world.db.read(lambda tx: rows.get(tx, errand_id))
    assert row is not None
    assert row.status is ErrandStatus.DONE
    return row.sentence or ""


def test_all_that_match_are_skipped_and_no_others(stage: Stage, tmp_path: Path) -> None:
    campaign = stage.campaign()
    waiting = stage.leads(bulk.AT_ONCE + 3, campaign)
    tried = stage.lead(campaign, tries=1)
    other = stage.lead(stage.campaign())
    sentence = do(stage, tmp_path, campaign, BulkVerb.SKIP)
    assert sentence == f"{bulk.AT_ONCE + 3} leads were skipped"
    assert {stage.lead_row(one).closed_as for one in waiting} == {ClosedAs.STOPPED}
    assert stage.lead_row(tried).status is LeadStatus.READY
    assert stage.lead_row(other).status is LeadStatus.READY
    assert stage.violations() == []


def test_leads_that_come_later_are_left_alone(stage: Stage, tmp_path: Path) -> None:
    campaign = stage.campaign()
    stage.lead(campaign)
    bulk.ask(stage.world, campaign, BulkVerb.SKIP, PENDING, reason="why", actor="ann")
    late = stage.lead(campaign)
    errands.run_due(stage.world, home=tmp_path)
    assert stage.lead_row(late).status is LeadStatus.READY


def test_those_given_up_are_called_again(stage: Stage, tmp_path: Path) -> None:
    campaign = stage.campaign()
    closed = {"status": LeadStatus.CLOSED, "due_at": None, "tries": 1}
    given_up = stage.lead(
        campaign, closed_as=ClosedAs.EXHAUSTED, disposition=Disposition.BUSY, **closed
    )
    reached = stage.lead(
        campaign, closed_as=ClosedAs.REACHED, disposition=Disposition.BUSY, **closed
    )
    stage.lead(campaign)
    chosen = LeadFilter(last=Disposition.BUSY)
    sentence = do(stage, tmp_path, campaign, BulkVerb.RETRY, chosen)
    assert sentence.startswith("1 lead is called again; 1 could not be")
    assert stage.lead_row(given_up).status is LeadStatus.READY
    assert stage.lead_row(reached).status is LeadStatus.CLOSED


def test_their_numbers_are_not_called_by_any_campaign(stage: Stage, tmp_path: Path) -> None:
    campaign, other = stage.campaign(), stage.campaign()
    lead_id = stage.lead(campaign, phone="+12125550142")
    elsewhere = stage.lead(other, phone="+12125550142")
    do(stage, tmp_path, campaign, BulkVerb.DO_NOT_CALL)
    assert stage.lead_row(lead_id).closed_as is ClosedAs.SUPPRESSED
    assert stage.lead_row(elsewhere).closed_as is ClosedAs.SUPPRESSED


def test_a_reason_and_a_lead_are_needed(stage: Stage) -> None:
    campaign = stage.campaign()
    with pytest.raises(UserError, match="no reason"):
        bulk.ask(stage.world, campaign, BulkVerb.SKIP, PENDING, reason=" ", actor="ann")
    with pytest.raises(UserError, match="no lead is found"):
        bulk.ask(stage.world, campaign, BulkVerb.RETRY, PENDING, reason="", actor="ann")


class TestFirstCall:
    def test_one_lead_is_called_and_the_others_wait_for_a_person(self, stage: Stage) -> None:
        campaign = stage.draft()
        stage.leads(3, campaign)
        control.start(stage.world, campaign, actor="ann", first_only=True)
        (attempt_id,) = stage.claim()
        stage.dial(attempt_id)
        assert stage.claim() == []
        stage.deliver(stage.retell.answer(attempt_id), stage.retell.end(attempt_id))
        assert stage.claim() == []
        control.call_all(stage.world, campaign, actor="ann")
        assert len(stage.claim()) == 2

    def test_a_pause_between_does_not_let_another_call_go(self, stage: Stage) -> None:
        campaign = stage.draft()
        stage.leads(3, campaign)
        control.start(stage.world, campaign, actor="ann", first_only=True)
        stage.dial(*stage.claim())
        control.pause(stage.world, campaign, actor="ann")
        control.resume(stage.world, campaign, actor="ann")
        assert stage.claim() == []

    def test_a_call_that_was_never_placed_is_none(self, stage: Stage) -> None:
        campaign = stage.draft()
        stage.leads(2, campaign)
        control.start(stage.world, campaign, actor="ann", first_only=True)
        assert len(stage.claim()) == 1
        stage.wait(minutes=2)  # nobody sent it
        stage.claim()
        assert len(stage.queue.dialed) == 2

    def test_beside_another_campaign_it_takes_one_line_only(self, stage: Stage) -> None:
        campaign = stage.draft()
        stage.leads(3, campaign)
        stage.leads(3)
        control.start(stage.world, campaign, actor="ann", first_only=True)
        claimed = stage.claim()
        ours = [one for one in claimed if stage.attempt_row(one).campaign_id == campaign]
        assert (len(claimed), len(ours)) == (4, 1)

    def test_who_calls_all_already_is_refused(self, stage: Stage) -> None:
        campaign = stage.campaign()
        with pytest.raises(RefusedByRule, match="already"):
            control.call_all(stage.world, campaign, actor="ann")
        assert stage.campaign_row(campaign).status is CampaignStatus.RUNNING
