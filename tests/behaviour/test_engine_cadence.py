"""The cadence at work: how often, when, in which order, and what the analysis changes later."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from factories import NOW, Stage

from dialer.domain.dispositions import Disposition
from dialer.domain.states import ClosedAs, LeadStatus
from dialer.store.tables import Lead

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def end(stage: Stage, lead_id: int, reason: str, **changes: Any) -> Lead:
    """Call a lead that is due, let the call end so, and give the lead."""
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, reason, **changes))
    return stage.lead_row(lead_id)


def pass_until(stage: Stage, moment: datetime) -> None:
    """Let time pass; what was to be looked at in between is looked at."""
    stage.clock.moment = moment
    stage.reconcile()


def end_when_due(stage: Stage, lead_id: int, *reasons: str) -> Lead:
    """Call a lead again and again, each time as soon as it is due."""
    row = stage.lead_row(lead_id)
    for reason in reasons:
        assert row.due_at is not None
        pass_until(stage, max(row.due_at, stage.clock.now()))
        row = end(stage, lead_id, reason)
    return row


def analysis(**found: Any) -> dict[str, Any]:
    return {"call_analysis": found}


# -- how often


def test_a_lead_is_called_no_more_than_its_campaign_allows(stage: Stage) -> None:
    lead_id = stage.lead()
    row = end_when_due(stage, lead_id, *["dial_no_answer"] * 5)
    assert (row.closed_as, row.attempts, row.tries) == (ClosedAs.EXHAUSTED, 5, 5)


def test_what_did_not_ring_costs_the_lead_nothing(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(cadence={"max_attempts": 2}))
    row = end_when_due(stage, lead_id, "dial_no_answer", "error_retell", "dial_failed")
    assert (row.status, row.attempts, row.free_tries) == (LeadStatus.READY, 1, 2)
    row = end_when_due(stage, lead_id, "dial_no_answer")
    assert (row.closed_as, row.attempts) == (ClosedAs.EXHAUSTED, 2)


def test_what_a_campaign_does_not_count_leaves_the_attempts_to_come(stage: Stage) -> None:
    cadence = {"max_attempts": 2, "counts": {"dial_busy": False}}
    with pytest.raises(ValueError, match="Input should be"):
        stage.campaign(cadence=cadence)
    cadence["counts"] = {"busy": False, "dial_failed": True}
    lead_id = stage.lead(stage.campaign(cadence=cadence))
    row = end_when_due(stage, lead_id, "dial_busy", "dial_busy", "dial_failed")
    assert (row.status, row.attempts, row.free_tries) == (LeadStatus.READY, 2, 1)
    assert end_when_due(stage, lead_id, "dial_no_answer").closed_as is ClosedAs.EXHAUSTED


def test_a_kind_of_end_may_be_limited_by_itself(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(cadence={"at_most": {"declined": 2}}))
    row = end_when_due(stage, lead_id, "user_declined", "dial_busy", "user_declined")
    assert (row.closed_as, row.attempts) == (ClosedAs.EXHAUSTED, 3)


def test_nobody_is_called_for_longer_than_the_days_allowed(stage: Stage) -> None:
    cadence = {"max_days": 3, "delays": {"no_answer": ["2d"]}}
    lead_id = stage.lead(stage.campaign(cadence=cadence))
    row = end_when_due(stage, lead_id, "dial_no_answer", "dial_no_answer")
    assert (row.closed_as, row.attempts) == (ClosedAs.EXHAUSTED, 2)


# -- when


def test_an_attempt_falls_into_a_part_of_the_day_not_tried_yet(stage: Stage) -> None:
    lead_id = stage.lead()  # 10:00 in New York
    assert end(stage, lead_id, "dial_no_answer").due_at == NOW + 4 * HOUR  # 14:00
    row = end_when_due(stage, lead_id, "dial_no_answer")
    assert row.due_at == NOW + DAY + 7 * HOUR  # 17:00: 14:00 was tried
    row = end_when_due(stage, lead_id, "dial_no_answer")
    assert row.due_at == NOW + 4 * DAY  # 11:00, the last part that is left; the clocks have changed


def test_a_busy_line_is_tried_soon_and_then_as_one_that_nobody_answers(stage: Stage) -> None:
    lead_id = stage.lead()
    assert end(stage, lead_id, "dial_busy").due_at == NOW + 20 * MINUTE
    row = end_when_due(stage, lead_id, "dial_busy")
    assert row.due_at == NOW + 20 * MINUTE + 4 * HOUR


@pytest.mark.parametrize("reason", ["voicemail_reached", "user_declined"])
def test_after_a_voicemail_or_a_no_the_next_call_is_on_another_day(
    stage: Stage, reason: str
) -> None:
    row = end(stage, stage.lead(), reason)
    assert row.due_at == NOW + DAY + HOUR  # 11:00: the morning was tried


def test_whoever_hangs_up_at_once_is_called_once_more_after_three_days(stage: Stage) -> None:
    lead_id = stage.lead()
    row = end(stage, lead_id, "user_hangup", duration_ms=5999)
    assert (row.disposition, row.due_at) == (Disposition.QUICK_HANGUP, NOW + 3 * DAY)
    pass_until(stage, NOW + 3 * DAY)
    row = end(stage, lead_id, "user_hangup", duration_ms=2000)
    assert (row.closed_as, row.attempts) == (ClosedAs.EXHAUSTED, 2)


@pytest.mark.parametrize(("reason", "duration_ms"), [("user_hangup", 6000), ("agent_hangup", 2000)])
def test_other_short_calls_are_conversations(stage: Stage, reason: str, duration_ms: int) -> None:
    row = end(stage, stage.lead(), reason, duration_ms=duration_ms)
    assert (row.closed_as, row.disposition) == (ClosedAs.REACHED, Disposition.TALKED)


# -- in which order


@pytest.mark.parametrize(
    ("retries", "first"), [("before fresh", "again"), ("after fresh", "fresh")]
)
def test_retries_go_before_fresh_leads_or_after_them(
    stage: Stage, retries: str, first: str
) -> None:
    campaign_id = stage.campaign(cadence={"retries": retries, "delays": {"no_answer": "1h"}})
    again = stage.lead(campaign_id)
    end(stage, again, "dial_no_answer")
    fresh = stage.lead(campaign_id, due_at=NOW + (MINUTE if first == "again" else 2 * HOUR))
    stage.lines(1)
    pass_until(stage, NOW + 3 * HOUR)
    (attempt_id,) = stage.claim()
    expected = again if first == "again" else fresh
    assert stage.attempt_row(attempt_id).lead_id == expected


# -- what the analysis changes


VOICEMAIL = analysis(in_voicemail=True, call_successful=False)


@pytest.mark.parametrize("events", [("ended", "analyzed"), ("analyzed", "ended"), ("analyzed",)])
@pytest.mark.parametrize("retried", [False, True])
def test_a_conversation_with_a_machine_is_a_voicemail_and_called_again_where_allowed(
    stage: Stage, events: tuple[str, ...], retried: bool
) -> None:
    campaign_id = stage.campaign(cadence={"voicemail_retries": retried})
    lead_id = stage.lead(campaign_id)
    attempt_id = stage.call(lead_id)
    bodies = {"ended": stage.retell.end(attempt_id, "agent_hangup", duration_ms=20_000)}
    bodies["analyzed"] = stage.retell.analyze(attempt_id, **VOICEMAIL)
    for event in events:
        stage.deliver(bodies[event])
    row, attempt = stage.lead_row(lead_id), stage.attempt_row(attempt_id)
    assert attempt.disposition is row.disposition is Disposition.VOICEMAIL
    assert (row.attempts, attempt.retry_at) == (1, row.due_at)
    if retried:
        assert (row.status, row.closed_as, row.closed_at) == (LeadStatus.READY, None, None)
        assert row.due_at == NOW + DAY + HOUR
    else:
        assert (row.status, row.closed_as) == (LeadStatus.CLOSED, ClosedAs.EXHAUSTED)


def test_an_analysis_reopens_nobody_in_a_campaign_that_is_over(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(cadence={"voicemail_retries": True}))
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, "agent_hangup", duration_ms=20_000))
    stage.reconcile()  # the campaign finishes
    stage.deliver(stage.retell.analyze(attempt_id, **VOICEMAIL))
    row = stage.lead_row(lead_id)
    assert (row.closed_as, row.disposition) == (ClosedAs.REACHED, Disposition.VOICEMAIL)


def test_an_analysis_reopens_nobody_who_is_not_to_be_called(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(cadence={"voicemail_retries": True}))
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, "agent_hangup", duration_ms=20_000))
    stage.suppress(stage.lead_row(lead_id).phone)
    stage.deliver(stage.retell.analyze(attempt_id, **VOICEMAIL))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.SUPPRESSED


def test_a_short_call_that_was_a_success_was_a_conversation(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, duration_ms=4000))
    assert stage.lead_row(lead_id).status is LeadStatus.READY
    stage.deliver(stage.retell.analyze(attempt_id))
    row = stage.lead_row(lead_id)
    assert (row.closed_as, row.disposition) == (ClosedAs.REACHED, Disposition.TALKED)
    assert stage.attempt_row(attempt_id).retry_at is None


def test_a_short_call_into_a_voicemail_waits_as_after_a_voicemail(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, duration_ms=4000))
    stage.deliver(stage.retell.analyze(attempt_id, **VOICEMAIL))
    row = stage.lead_row(lead_id)
    assert (row.disposition, row.due_at) == (Disposition.VOICEMAIL, NOW + DAY + HOUR)


def test_an_analysis_that_comes_after_the_next_call_changes_only_its_own_attempt(
    stage: Stage,
) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, "inactivity", duration_ms=20_000))
    stage.wait(minutes=10)
    end_when_due(stage, lead_id, "user_hangup")
    before = stage.lead_row(lead_id)
    stage.deliver(stage.retell.analyze(attempt_id, **VOICEMAIL))
    assert stage.attempt_row(attempt_id).disposition is Disposition.VOICEMAIL
    assert stage.lead_row(lead_id) == before


def test_a_call_that_was_no_success_closes_its_lead_as_reached(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, duration_ms=40_000))
    no_success = analysis(in_voicemail=False, call_successful=False)
    stage.deliver(stage.retell.analyze(attempt_id, **no_success))
    row = stage.lead_row(lead_id)
    assert (row.closed_as, row.disposition) == (ClosedAs.REACHED, Disposition.TALKED)


def test_a_length_told_too_late_does_not_reopen_who_was_reached(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id))
    stage.deliver(stage.retell.analyze(attempt_id, duration_ms=2000, call_analysis={}))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED
    assert stage.attempt_row(attempt_id).disposition is Disposition.TALKED
