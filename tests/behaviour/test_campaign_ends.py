"""How campaigns end: at their date, or when nothing of them can become due any more."""

from datetime import timedelta
from typing import Any

import pytest
from databases import Killed, interrupted_by, killed_after
from factories import ALL_DAY, NOW, Stage

from dialer.actions import control, ending
from dialer.actions.callbacks import promise_callback
from dialer.actions.editing import edit
from dialer.domain.states import AttemptStatus, CampaignStatus, ClosedAs, LeadStatus
from dialer.errors import RefusedByRule
from dialer.store import ledger
from dialer.store.tables import AuditLog

HOUR = timedelta(hours=1)
END = NOW + HOUR
ENDED = (ClosedAs.EXHAUSTED, "campaign_ended")


def closed(stage: Stage, lead_id: int) -> tuple[ClosedAs | None, str | None]:
    row = stage.lead_row(lead_id)
    return row.closed_as, row.held_reason


def entries(stage: Stage, campaign_id: int) -> list[AuditLog]:
    subject = f"campaign:{campaign_id}"
    return stage.world.db.read(lambda tx: ledger.entries_since(tx, subject, since=NOW))


# -- nothing is called from the end on


def test_from_its_end_on_nothing_of_a_campaign_is_claimed(stage: Stage) -> None:
    campaign = stage.campaign(ends_at=END)
    stage.lead(campaign)
    stage.clock.moment = END
    assert stage.claim() == []


def test_a_moment_before_its_end_a_campaign_still_calls(stage: Stage) -> None:
    campaign = stage.campaign(ends_at=END)
    stage.lead(campaign)
    stage.clock.moment = END - timedelta(seconds=1)
    assert len(stage.claim()) == 1


def test_what_was_claimed_before_the_end_is_not_sent_after_it(stage: Stage) -> None:
    campaign = stage.campaign(ends_at=NOW + timedelta(seconds=20))
    lead_id = stage.lead(campaign)
    (attempt_id,) = stage.claim()
    stage.clock.pass_time(seconds=20)
    stage.dial(attempt_id)
    attempt = stage.attempt_row(attempt_id)
    assert (attempt.status, attempt.reason) == (AttemptStatus.CANCELLED, "campaign_ended")
    assert stage.retell.posted == []
    assert closed(stage, lead_id) == ENDED


@pytest.mark.parametrize("action", [control.start, control.resume])
def test_a_campaign_is_not_set_running_after_its_end(stage: Stage, action: Any) -> None:
    campaign = stage.draft(ends_at=END)
    if action is control.resume:
        control.start(stage.world, campaign, actor="test")
        control.pause(stage.world, campaign, actor="test")
    stage.clock.moment = END
    with pytest.raises(RefusedByRule, match="ended at 2026-03-04 16:00 UTC"):
        action(stage.world, campaign, actor="test")


def test_a_call_is_not_promised_for_after_the_end(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(ends_at=END))
    with pytest.raises(RefusedByRule, match="ends before"):
        promise_callback(stage.world, lead_id, "2026-03-04 12:00", actor="test")
    assert stage.lead_row(lead_id).callback_at is None


# -- leads that are left


def test_leads_that_still_wait_at_the_end_close_with_the_reason(stage: Stage) -> None:
    campaign = stage.campaign(ends_at=END)
    waiting = stage.lead(campaign)
    held = stage.lead(campaign, status=LeadStatus.HELD, due_at=None, held_reason="no_zone")
    stage.lines(0)
    stage.clock.moment = END
    stage.reconcile()
    assert closed(stage, waiting) == closed(stage, held) == ENDED
    assert stage.lead_row(waiting).due_at is None
    row = stage.campaign_row(campaign)
    assert (row.status, row.finished_at) == (CampaignStatus.FINISHED, END)


@pytest.mark.parametrize("halt", [CampaignStatus.PAUSED, CampaignStatus.HELD])
def test_a_campaign_that_is_halted_ends_at_its_date_too(stage: Stage, halt: CampaignStatus) -> None:
    campaign = stage.campaign(ends_at=END)
    lead_id = stage.lead(campaign)
    stage.force_campaign(campaign, halt)
    stage.reconcile()
    assert stage.campaign_row(campaign).status is halt
    stage.clock.moment = END
    stage.reconcile()
    assert closed(stage, lead_id) == ENDED
    assert stage.campaign_row(campaign).status is CampaignStatus.FINISHED


def test_a_long_list_is_closed_in_short_transactions(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "PART", 2)
    campaign = stage.campaign(ends_at=END)
    leads = stage.leads(5, campaign)
    stage.lines(0)
    stage.clock.moment = END
    with pytest.raises(Killed):
        ending.close_ended(killed_after(stage.world, 1))
    assert [closed(stage, one) for one in leads].count(ENDED) == 2
    stage.reconcile()
    assert {closed(stage, one) for one in leads} == {ENDED}


def test_a_call_in_progress_at_the_end_goes_on_and_counts(stage: Stage) -> None:
    campaign = stage.campaign(ends_at=END)
    lead_id = stage.lead(campaign)
    stage.clock.moment = END - timedelta(seconds=1)
    attempt_id = stage.call(lead_id)
    stage.clock.moment = END
    stage.reconcile()
    assert stage.campaign_row(campaign).status is CampaignStatus.RUNNING
    stage.deliver(stage.retell.end(attempt_id))
    stage.reconcile()
    assert closed(stage, lead_id) == (ClosedAs.REACHED, None)
    assert stage.campaign_row(campaign).status is CampaignStatus.FINISHED


def test_a_lead_that_would_be_due_again_after_the_end_closes_at_once(stage: Stage) -> None:
    campaign = stage.campaign(ends_at=END, cadence={"delays": {"no_answer": "1h", "busy": "59m"}})
    late, in_time = stage.leads(2, campaign)
    first, second = stage.claim()
    stage.dial(first, second)
    ended = {stage.attempt_row(one).lead_id: one for one in (first, second)}
    stage.deliver(stage.retell.end(ended[late], "dial_no_answer"))
    stage.deliver(stage.retell.end(ended[in_time], "dial_busy"))
    assert closed(stage, late) == ENDED
    assert stage.lead_row(late).attempts == 1
    assert stage.lead_row(in_time).due_at == NOW + timedelta(minutes=59)


def test_a_campaign_whose_leads_all_open_after_its_end_is_over_at_once(stage: Stage) -> None:
    window = {**ALL_DAY, "opens": "12:00", "closes": "20:00"}
    draft = stage.draft(ends_at=END, window=window)
    lead_id = stage.lead(draft)
    control.start(stage.world, draft, actor="test")
    stage.reconcile()
    assert closed(stage, lead_id) == ENDED
    assert stage.campaign_row(draft).status is CampaignStatus.FINISHED


@pytest.mark.parametrize("other", ["in a call", "held", "due"])
def test_it_goes_on_while_one_of_them_may_still_be_called_in_time(stage: Stage, other: str) -> None:
    campaign = stage.campaign(ends_at=END)
    late = stage.lead(campaign, due_at=END)
    match other:
        case "in a call":
            stage.call(stage.lead(campaign))
        case "held":
            stage.lead(campaign, status=LeadStatus.HELD, due_at=None, held_reason="no_zone")
        case _:
            stage.lead(campaign, due_at=END - timedelta(seconds=1))
    stage.reconcile()
    assert stage.lead_row(late).status is LeadStatus.READY


def test_an_end_that_is_moved_in_time_keeps_the_leads(stage: Stage) -> None:
    campaign = stage.campaign(ends_at=END)
    lead_id = stage.lead(campaign)
    edit(stage.world, campaign, {"ends_at": (END + HOUR).isoformat()}, actor="test")
    stage.clock.moment = END
    stage.reconcile()
    assert stage.lead_row(lead_id).status is LeadStatus.READY
    assert len(stage.claim()) == 1


def test_an_end_that_is_moved_at_the_last_moment_keeps_the_leads(stage: Stage) -> None:
    campaign = stage.campaign(ends_at=END)
    lead_id = stage.lead(campaign)
    later = {"ends_at": (END + HOUR).isoformat()}
    stage.clock.moment = END
    world = interrupted_by(stage.world, lambda: edit(stage.world, campaign, later, actor="test"))
    ending.close_ended(world)
    assert stage.lead_row(lead_id).status is LeadStatus.READY


def test_a_campaign_that_gets_another_lead_as_it_finishes_goes_on(stage: Stage) -> None:
    campaign = stage.campaign()
    ending.finish_campaigns(interrupted_by(stage.world, lambda: stage.lead(campaign)))
    assert stage.campaign_row(campaign).status is CampaignStatus.RUNNING


# -- summary


def test_two_processes_write_one_summary(stage: Stage) -> None:
    campaign = stage.campaign()
    control.stop(stage.world, campaign, actor="test")
    world = interrupted_by(stage.world, lambda: ending.write_summaries(stage.world))
    ending.write_summaries(world)
    assert [one.action for one in entries(stage, campaign)].count("summary") == 1


def test_a_finished_campaign_keeps_a_summary_of_what_came_of_it(stage: Stage) -> None:
    campaign = stage.campaign(ends_at=NOW + 48 * HOUR)
    talked, silent, _ = stage.leads(3, campaign)
    calls = {stage.attempt_row(one).lead_id: one for one in stage.claim()}
    stage.dial(calls[talked], calls[silent])
    times = {"duration_ms": 90_000}
    stage.deliver(stage.retell.end(calls[talked], **times), stage.retell.analyze(calls[talked]))
    stage.deliver(stage.retell.end(calls[silent], "invalid_destination"))
    stage.wait(seconds=61)  # nobody sent the third
    stage.lines(0)
    stage.wait(hours=48)
    row = stage.campaign_row(campaign)
    assert row.status is CampaignStatus.FINISHED
    summary = row.summary or {}
    assert summary["leads"] == 3
    assert summary["closed_as"] == {"reached": 1, "invalid_number": 1, "exhausted": 1}
    assert summary["dispositions"] == {"talked": 1, "invalid_number": 1}
    assert (summary["attempts"], summary["calls"]) == (1, 2)
    assert (summary["talk_minutes"], summary["cost_dollars"]) == (1.5, 0.12)
    assert summary["calls_without_cost"] == 1
    assert summary["first_call_at"] == summary["last_call_at"] == NOW.isoformat()
    assert summary["promises"]["called"] == 0


def test_a_summary_tells_how_many_promises_were_kept(stage: Stage) -> None:
    campaign = stage.campaign()
    lead_id = stage.lead(campaign)
    promise_callback(stage.world, lead_id, "2026-03-04 11:00", actor="test")
    stage.wait(hours=1, minutes=10)
    stage.deliver(stage.retell.end(stage.call(lead_id)))
    stage.reconcile()
    summary = stage.campaign_row(campaign).summary or {}
    promises = {"called": 1, "kept": 1, "late_s_median": 600.0, "late_s_most": 600.0}
    assert summary["promises"] == promises


def test_the_end_of_a_campaign_and_its_summary_are_written_down(stage: Stage) -> None:
    lead_id = stage.lead()
    campaign = stage.lead_row(lead_id).campaign_id
    stage.deliver(stage.retell.end(stage.call(lead_id)))
    stage.reconcile()
    stage.reconcile()
    finished, summary = entries(stage, campaign)[-2:]
    assert (finished.action, finished.actor) == ("finished", "system")
    assert (summary.action, summary.actor) == ("summary", "system")
    assert summary.after == stage.campaign_row(campaign).summary


def test_a_stopped_campaign_is_summarized_once_its_last_call_has_ended(stage: Stage) -> None:
    campaign = stage.campaign()
    attempt_id = stage.call(stage.lead(campaign))
    stage.lead(campaign)
    control.stop(stage.world, campaign, actor="test")
    stage.reconcile()
    assert stage.campaign_row(campaign).summary is None
    stage.deliver(stage.retell.end(attempt_id))
    stage.reconcile()
    summary = stage.campaign_row(campaign).summary or {}
    assert summary["closed_as"] == {"reached": 1, "stopped": 1}


# -- archive


def test_only_what_is_over_is_archived(stage: Stage) -> None:
    for status in CampaignStatus:
        campaign = stage.draft()
        stage.force_campaign(campaign, status)
        if status in (CampaignStatus.FINISHED, CampaignStatus.STOPPED):
            control.archive(stage.world, campaign, actor="test")
            assert stage.campaign_row(campaign).status is CampaignStatus.ARCHIVED
        else:
            with pytest.raises(RefusedByRule, match=f"is {status}"):
                control.archive(stage.world, campaign, actor="test")


@pytest.mark.parametrize(
    "mistake",
    [
        {"window": {**ALL_DAY, "blackout": ["2026-03-04/2026-03-10"]}},
        {"ends_at": (NOW + HOUR).isoformat()},
    ],
)
def test_an_edit_that_leaves_no_lead_time_may_be_taken_back(
    stage: Stage, mistake: dict[str, Any]
) -> None:
    ends_at = NOW + timedelta(days=2)
    campaign = stage.campaign(ends_at=ends_at)
    lead_id = stage.lead(campaign, due_at=NOW + 3 * HOUR)
    edit(stage.world, campaign, mistake, actor="test")
    stage.wait(minutes=30)
    back = {"window": ALL_DAY, "ends_at": ends_at.isoformat()}
    edit(stage.world, campaign, back, actor="test")
    stage.wait(minutes=61)
    row = stage.lead_row(lead_id)
    assert (row.status, row.due_at) == (LeadStatus.READY, NOW + 3 * HOUR)


def test_a_campaign_that_was_archived_at_once_is_summed_up_all_the_same(stage: Stage) -> None:
    campaign = stage.campaign()
    attempt_id = stage.call(stage.lead(campaign))
    control.stop(stage.world, campaign, actor="test")
    control.archive(stage.world, campaign, actor="test")
    stage.deliver(stage.retell.end(attempt_id, "user_hangup"))
    stage.reconcile()
    assert stage.campaign_row(campaign).summary is not None


@pytest.mark.parametrize("status", [CampaignStatus.FINISHED, CampaignStatus.ARCHIVED])
def test_a_lead_that_came_back_to_a_campaign_as_it_ended_is_closed(
    stage: Stage, status: CampaignStatus
) -> None:
    lead_id = stage.lead()
    stage.force_campaign(stage.lead_row(lead_id).campaign_id, status)
    stage.reconcile()
    assert stage.lead_row(lead_id).closed_as is ClosedAs.STOPPED
