"""Campaigns that start by themselves at a time that a person names."""

from datetime import timedelta

import pytest
from factories import NOW, Stage

from dialer.actions import control
from dialer.actions.appointment import start_at, unschedule
from dialer.domain.states import CampaignStatus
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.store import campaigns

LATER = NOW + timedelta(hours=1)
MAY_WAIT = (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED)


@pytest.mark.parametrize("status", sorted(set(CampaignStatus) - set(MAY_WAIT)))
def test_what_has_begun_or_is_over_is_not_scheduled(stage: Stage, status: CampaignStatus) -> None:
    campaign = stage.draft()
    stage.force_campaign(campaign, status)
    with pytest.raises(RefusedByRule, match=f"is {status}"):
        start_at(stage.world, campaign, LATER, actor="ann")


@pytest.mark.parametrize("status", sorted(set(CampaignStatus) - {CampaignStatus.SCHEDULED}))
def test_what_is_not_scheduled_is_not_made_a_draft(stage: Stage, status: CampaignStatus) -> None:
    campaign = stage.draft()
    stage.force_campaign(campaign, status)
    with pytest.raises(RefusedByRule, match=f"is {status}"):
        unschedule(stage.world, campaign, actor="ann")


def test_a_moment_that_is_past_is_refused(stage: Stage) -> None:
    with pytest.raises(RefusedByRule, match="is past"):
        start_at(stage.world, stage.draft(), NOW, actor="ann")


def test_a_start_after_the_end_is_refused(stage: Stage) -> None:
    with pytest.raises(UserError, match="cannot start then") as refused:
        start_at(stage.world, stage.draft(ends_at=LATER), LATER, actor="ann")
    assert refused.value.why == "ends_at must be later than start_at"


def test_a_campaign_that_is_not_there_is_named(stage: Stage) -> None:
    with pytest.raises(NotFound, match="no campaign 77"):
        start_at(stage.world, 77, LATER, actor="ann")
    with pytest.raises(NotFound, match="no campaign 77"):
        unschedule(stage.world, 77, actor="ann")


def test_a_draft_starts_by_itself_at_the_moment_it_was_told(stage: Stage) -> None:
    draft = stage.draft()
    stage.lead(draft)
    start_at(stage.world, draft, LATER, actor="ann")
    row = stage.campaign_row(draft)
    assert (row.status, row.start_at) == (CampaignStatus.SCHEDULED, LATER)
    assert campaigns.spec_of(row).start_at == LATER
    stage.wait(minutes=59)
    assert stage.claim() == []
    stage.wait(minutes=1)
    assert stage.campaign_row(draft).started_at == LATER
    assert len(stage.claim()) == 1


def test_a_scheduled_campaign_may_get_another_moment(stage: Stage) -> None:
    draft = stage.draft(start_at=LATER)
    control.start(stage.world, draft, actor="ann")
    start_at(stage.world, draft, LATER + timedelta(days=1), actor="ann")
    stage.wait(hours=2)
    assert stage.campaign_row(draft).status is CampaignStatus.SCHEDULED


def test_a_campaign_that_is_a_draft_again_starts_only_when_it_is_told_to(stage: Stage) -> None:
    draft = stage.draft(start_at=LATER)
    stage.lead(draft)
    control.start(stage.world, draft, actor="ann")
    unschedule(stage.world, draft, actor="ann")
    row = stage.campaign_row(draft)
    assert (row.status, row.start_at) == (CampaignStatus.DRAFT, None)
    stage.wait(hours=2)
    assert stage.campaign_row(draft).status is CampaignStatus.DRAFT
    assert control.start(stage.world, draft, actor="ann").status is CampaignStatus.RUNNING
