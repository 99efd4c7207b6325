"""Single leads: a person closes one, or lets one be called again; rules hold all the same."""

from datetime import UTC, datetime, timedelta

import pytest
from factories import ALL_DAY, NOW, Stage

from dialer.actions import control
from dialer.actions.lead_control import retry, skip
from dialer.domain.states import AttemptStatus, CampaignStatus, ClosedAs, LeadStatus
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.store import leads, ledger


def skipped(stage: Stage, lead_id: int) -> bool:
    skip(stage.world, lead_id, reason="our own staff", actor="cli:ann")
    lead = stage.lead_row(lead_id)
    return (lead.status, lead.closed_as, lead.held_reason) == (
        LeadStatus.CLOSED,
        ClosedAs.STOPPED,
        "skipped",
    )


def test_nobody_is_skipped_or_retried_who_is_not_there(stage: Stage) -> None:
    with pytest.raises(NotFound):
        skip(stage.world, 99, reason="", actor="test")
    with pytest.raises(NotFound):
        retry(stage.world, 99, at=None, actor="test")


def test_a_lead_that_waits_or_is_held_is_closed_and_the_reason_is_logged(stage: Stage) -> None:
    campaign = stage.campaign()
    ready = stage.lead(campaign)
    held = stage.lead(campaign, status=LeadStatus.HELD, held_reason="no_zone", due_at=None)
    assert skipped(stage, ready)
    assert skipped(stage, held)
    (logged,) = stage.world.db.read(lambda tx: ledger.of_subject(tx, f"lead:{ready}"))
    assert (logged.actor, logged.action, logged.after) == (
        "cli:ann",
        "skip",
        {"reason": "our own staff"},
    )
    assert stage.claim() == []
    with pytest.raises(RefusedByRule, match="closed already"):
        skip(stage.world, ready, reason="", actor="test")


def test_a_call_that_was_claimed_and_not_sent_is_given_up_with_its_lead(stage: Stage) -> None:
    lead_id = stage.lead()
    (attempt_id,) = stage.claim()
    assert skipped(stage, lead_id)
    stage.dial(attempt_id)
    assert stage.status(attempt_id) is AttemptStatus.CANCELLED
    assert stage.retell.posted == []


def test_a_lead_in_a_call_is_not_skipped(stage: Stage) -> None:
    lead_id = stage.lead()
    stage.call(lead_id)
    with pytest.raises(RefusedByRule, match="in a call"):
        skip(stage.world, lead_id, reason="", actor="test")
    with pytest.raises(RefusedByRule, match="right now"):
        retry(stage.world, lead_id, at=None, actor="test")


def test_a_lead_whose_campaign_is_over_closes_as_it_would(stage: Stage) -> None:
    lead_id = stage.lead()
    stage.claim()
    stage.force_campaign(stage.lead_row(lead_id).campaign_id, CampaignStatus.STOPPED)
    skip(stage.world, lead_id, reason="", actor="test")
    assert stage.lead_row(lead_id).closed_as is ClosedAs.STOPPED


@pytest.mark.parametrize("closed_as", [ClosedAs.EXHAUSTED, ClosedAs.STOPPED])
def test_a_lead_that_was_given_up_is_called_again(stage: Stage, closed_as: ClosedAs) -> None:
    lead_id = stage.lead(status=LeadStatus.CLOSED, closed_as=closed_as, closed_at=NOW, due_at=None)
    assert retry(stage.world, lead_id, at=None, actor="test") == NOW
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.closed_as, lead.closed_at) == (LeadStatus.READY, None, None)
    assert len(stage.claim()) == 1


def test_a_skipped_lead_that_is_retried_forgets_that_it_was_skipped(stage: Stage) -> None:
    lead_id = stage.lead()
    assert skipped(stage, lead_id)
    retry(stage.world, lead_id, at=None, actor="test")
    assert stage.lead_row(lead_id).held_reason is None


def test_a_lead_that_waits_for_its_retry_is_called_now(stage: Stage) -> None:
    lead_id = stage.lead()
    stage.deliver(stage.retell.end(stage.call(lead_id), "dial_no_answer"))
    assert stage.claim() == []
    assert retry(stage.world, lead_id, at=None, actor="cli:ann") == NOW
    assert len(stage.claim()) == 1
    logged = stage.world.db.read(lambda tx: ledger.of_subject(tx, f"lead:{lead_id}"))
    assert [(one.actor, one.action) for one in logged] == [("cli:ann", "retry")]


def test_a_time_is_read_by_the_clock_of_the_lead_and_moved_into_its_window(stage: Stage) -> None:
    window = {**ALL_DAY, "opens": "09:00", "closes": "20:00"}
    lead_id = stage.lead(stage.campaign(window=window))
    asked = retry(stage.world, lead_id, at="2026-03-05 11:00", actor="test")
    assert asked == datetime(2026, 3, 5, 16, tzinfo=UTC)
    moved = retry(stage.world, lead_id, at="2026-03-05 22:00", actor="test")
    assert moved == datetime(2026, 3, 6, 14, tzinfo=UTC)


def test_a_time_that_is_none_is_refused(stage: Stage) -> None:
    lead_id = stage.lead()
    with pytest.raises(UserError, match="not a time ahead"):
        retry(stage.world, lead_id, at="some day", actor="test")


def test_a_time_after_which_no_hour_is_left_is_refused(stage: Stage) -> None:
    window = {**ALL_DAY, "blackout": ["2026-04-01/2026-08-01"]}
    lead_id = stage.lead(stage.campaign(window=window))
    with pytest.raises(RefusedByRule, match="no call may start"):
        retry(stage.world, lead_id, at="2026-04-02 11:00", actor="test")


def test_a_time_after_the_end_of_the_campaign_is_refused(stage: Stage) -> None:
    campaign = stage.campaign(ends_at=NOW + timedelta(days=1))
    lead_id = stage.lead(campaign)
    with pytest.raises(RefusedByRule, match="ends before"):
        retry(stage.world, lead_id, at="2026-03-06 11:00", actor="test")
    assert stage.lead_row(lead_id).due_at == NOW


def test_a_held_lead_is_released_once_its_reason_is_gone(stage: Stage) -> None:
    lead_id = stage.lead(status=LeadStatus.HELD, held_reason="no_zone", zones="", due_at=None)
    with pytest.raises(RefusedByRule, match="may not be called") as refused:
        retry(stage.world, lead_id, at=None, actor="test")
    assert "local time" in (refused.value.why or "")
    stage.world.db.transact(lambda tx: leads.change(tx, lead_id, zones="America/Chicago"))
    retry(stage.world, lead_id, at=None, actor="test")
    assert (stage.lead_row(lead_id).status, stage.lead_row(lead_id).held_reason) == (
        LeadStatus.READY,
        None,
    )


@pytest.mark.parametrize("status", [LeadStatus.READY, LeadStatus.CLOSED])
def test_no_retry_calls_whoever_has_not_agreed_where_consent_is_needed(
    stage: Stage, status: LeadStatus
) -> None:
    closed = {"closed_as": ClosedAs.EXHAUSTED, "closed_at": NOW, "due_at": None}
    lead_id = stage.lead(
        stage.campaign(require_consent=True),
        status=status,
        **(closed if status is LeadStatus.CLOSED else {}),
    )
    with pytest.raises(RefusedByRule) as refused:
        retry(stage.world, lead_id, at=None, actor="test")
    assert "consent" in (refused.value.why or "")


def test_no_retry_calls_whoever_opted_out(stage: Stage) -> None:
    lead_id = stage.lead()
    stage.suppress(stage.lead_row(lead_id).phone)
    with pytest.raises(RefusedByRule) as refused:
        retry(stage.world, lead_id, at=None, actor="test")
    assert "do-not-call" in (refused.value.why or "")


@pytest.mark.parametrize("closed_as", [ClosedAs.REACHED, ClosedAs.INVALID_NUMBER])
def test_other_ends_are_final(stage: Stage, closed_as: ClosedAs) -> None:
    lead_id = stage.lead(status=LeadStatus.CLOSED, closed_as=closed_as, closed_at=NOW, due_at=None)
    with pytest.raises(RefusedByRule, match=f"closed as {closed_as}"):
        retry(stage.world, lead_id, at=None, actor="test")


def test_nobody_is_called_again_in_a_campaign_that_is_over(stage: Stage) -> None:
    lead_id = stage.lead()
    control.stop(stage.world, stage.lead_row(lead_id).campaign_id, actor="test")
    with pytest.raises(RefusedByRule, match="is stopped"):
        retry(stage.world, lead_id, at=None, actor="test")


def test_a_lead_in_a_draft_waits_for_the_start_all_the_same(stage: Stage) -> None:
    lead_id = stage.lead(stage.draft(), due_at=NOW + timedelta(days=1))
    assert retry(stage.world, lead_id, at=None, actor="test") == NOW
    assert stage.claim() == []
