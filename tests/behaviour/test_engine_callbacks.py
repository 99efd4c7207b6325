"""Promises: who asked to be called at a time is called then, before everybody else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from factories import NOW, Stage

from dialer.actions.callbacks import promise_callback
from dialer.domain.dispositions import Disposition
from dialer.domain.priority import Priority
from dialer.domain.states import AttemptStatus, ClosedAs, LeadStatus
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.store.report import progress
from dialer.store.tables import Lead

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ASKED = NOW + DAY + 5 * HOUR  # tomorrow at 3 pm in New York
OFFICE_HOURS = {"opens": "09:00", "closes": "17:00"}


def analysis(**custom: Any) -> dict[str, Any]:
    return {"call_analysis": {"call_successful": True, "custom_analysis_data": custom}}


def asked(
    stage: Stage, lead_id: int, *, reason: str = "user_requested_callback", **custom: Any
) -> str:
    """Call a lead that asks for a callback; the analysis tells when."""
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, reason, duration_ms=30_000))
    found = custom or {"callback_time": "tomorrow at 3 pm"}
    stage.deliver(stage.retell.analyze(attempt_id, **analysis(**found)))
    return attempt_id


def end_next(stage: Stage, lead_id: int, reason: str, **changes: Any) -> Lead:
    """Let the time pass until the lead is due, call it, and let the call end so."""
    row = stage.lead_row(lead_id)
    assert row.due_at is not None
    stage.clock.moment = row.due_at
    stage.reconcile()
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, reason, **changes))
    return stage.lead_row(lead_id)


# -- asked for in a call


def test_without_a_time_a_callback_waits_as_the_cadence_says(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, "user_requested_callback"))
    row = stage.lead_row(lead_id)
    assert (row.due_at, row.callback_at) == (NOW + DAY, None)


def test_a_time_nobody_can_read_waits_as_the_cadence_says_and_is_told(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = asked(stage, lead_id, callback_time="when the moon is full")
    row = stage.lead_row(lead_id)
    assert (row.due_at, row.callback_at) == (NOW + DAY, None)
    notes = [one.evidence for one in stage.history(attempt_id) if "moon" in (one.evidence or "")]
    assert notes == [
        'a callback was asked for, but its time "when the moon is full" could not be read'
    ]


@pytest.mark.parametrize("reason", ["user_requested_callback", "user_hangup", "agent_hangup"])
@pytest.mark.parametrize("events", [("ended", "analyzed"), ("analyzed", "ended"), ("analyzed",)])
def test_whoever_names_a_time_is_called_then(
    stage: Stage, reason: str, events: tuple[str, ...]
) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    bodies = {"ended": stage.retell.end(attempt_id, reason, duration_ms=30_000)}
    found = analysis(callback_time="tomorrow at 3 pm")
    bodies["analyzed"] = stage.retell.analyze(attempt_id, **found)
    for event in events:
        stage.deliver(bodies[event])
    row = stage.lead_row(lead_id)
    assert (row.status, row.due_at, row.callback_at) == (LeadStatus.READY, ASKED, ASKED)
    assert (row.disposition, row.closed_as) == (Disposition.CALLBACK, None)
    assert stage.attempt_row(attempt_id).retry_at == ASKED


@pytest.mark.parametrize("value", ["", "none", "N/A", "some day", "2025-01-01"])
def test_after_a_conversation_without_a_good_time_nobody_is_called(
    stage: Stage, value: str
) -> None:
    lead_id = stage.lead()
    asked(stage, lead_id, reason="user_hangup", callback_time=value)
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED


def test_an_opt_out_outweighs_a_time(stage: Stage) -> None:
    lead_id = stage.lead()
    asked(stage, lead_id, reason="user_requested_dnc")
    assert stage.lead_row(lead_id).closed_as is ClosedAs.SUPPRESSED


def test_keys_and_formats_are_the_campaigns(stage: Stage) -> None:
    callback = {"keys": ["ring_again"], "formats": ["%m/%d/%Y %I:%M %p"]}
    lead_id = stage.lead(stage.campaign(callback=callback))
    asked(stage, lead_id, callback_time="in 1 hour", ring_again="03/05/2026 03:00 PM")
    assert stage.lead_row(lead_id).due_at == ASKED


def test_a_promise_outside_the_window_is_shifted_into_it(stage: Stage) -> None:
    window = {"days": ["mon", "tue", "wed", "thu", "fri"], **OFFICE_HOURS}
    lead_id = stage.lead(stage.campaign(window=window))
    asked(stage, lead_id, callback_time="tomorrow at 9 pm")
    row = stage.lead_row(lead_id)
    assert row.callback_at == NOW + DAY + 11 * HOUR
    assert row.due_at == NOW + 2 * DAY - HOUR  # Friday at 9:00


# -- first of all, and once more


def test_a_promise_goes_before_everybody_else_of_its_campaign(stage: Stage) -> None:
    campaign_id = stage.campaign()
    lead_id = stage.lead(campaign_id)
    asked(stage, lead_id)
    stage.leads(3, campaign_id)
    stage.clock.moment = ASKED
    stage.lines(1)
    (attempt_id,) = stage.claim()
    attempt = stage.attempt_row(attempt_id)
    assert (attempt.lead_id, attempt.promised_at) == (lead_id, ASKED)


def test_a_promise_that_reaches_nobody_is_tried_once_more_and_then_as_usual(stage: Stage) -> None:
    lead_id = stage.lead()
    asked(stage, lead_id)
    row = end_next(stage, lead_id, "dial_no_answer")
    assert (row.due_at, row.callback_at) == (ASKED + 15 * MINUTE, ASKED)
    row = end_next(stage, lead_id, "voicemail_reached")
    assert row.callback_at is None
    assert row.due_at is not None
    assert row.due_at > ASKED + 12 * HOUR


def test_a_promise_for_which_no_phone_rang_is_kept(stage: Stage) -> None:
    lead_id = stage.lead()
    asked(stage, lead_id)
    row = end_next(stage, lead_id, "error_retell")
    assert (row.due_at, row.callback_at) == (ASKED + MINUTE, ASKED)
    row = end_next(stage, lead_id, "dial_no_answer")
    assert (row.due_at, row.callback_at) == (ASKED + 16 * MINUTE, ASKED)


def test_whoever_declines_the_promised_call_is_not_called_that_day(stage: Stage) -> None:
    lead_id = stage.lead()
    asked(stage, lead_id)
    row = end_next(stage, lead_id, "user_declined")
    assert row.callback_at is None
    assert row.due_at is not None
    assert row.due_at.date() > ASKED.date()


def test_a_promise_is_kept_even_when_all_attempts_are_used(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(cadence={"max_attempts": 1}))
    asked(stage, lead_id)
    assert stage.lead_row(lead_id).due_at == ASKED
    assert end_next(stage, lead_id, "user_hangup").closed_as is ClosedAs.REACHED


def test_promises_are_not_made_for_ever(stage: Stage) -> None:
    campaign_id = stage.campaign(cadence={"max_attempts": 2}, callback={"at_most": 1})
    lead_id = stage.lead(campaign_id)
    asked(stage, lead_id)
    stage.clock.moment = ASKED
    asked(stage, lead_id)
    assert stage.lead_row(lead_id).closed_as is ClosedAs.EXHAUSTED


def test_how_late_promised_calls_were_is_told(stage: Stage) -> None:
    campaign_id = stage.campaign()
    lead_id = stage.lead(campaign_id)
    asked(stage, lead_id)
    stage.clock.moment = ASKED + 7 * MINUTE
    stage.call(lead_id)
    found = stage.world.db.read(lambda tx: progress(tx, campaign_id))
    assert found.promises_late_s == [420.0]


# -- by hand


def promise(stage: Stage, lead_id: int, text: str = "2026-03-05 15:00") -> datetime | None:
    return promise_callback(stage.world, lead_id, text, actor="test")


def test_a_lead_nobody_knows_cannot_be_promised_a_call(stage: Stage) -> None:
    with pytest.raises(NotFound, match="lead 99"):
        promise(stage, 99)


@pytest.mark.parametrize("text", ["sometime", "2026-03-01 15:00"])
def test_a_time_by_hand_must_be_readable_and_ahead(stage: Stage, text: str) -> None:
    with pytest.raises(UserError, match="not a time ahead"):
        promise(stage, stage.lead(), text)


def test_nobody_who_is_not_to_be_called_is_promised_a_call(stage: Stage) -> None:
    lead_id = stage.lead()
    stage.suppress(stage.lead_row(lead_id).phone)
    with pytest.raises(RefusedByRule, match="do-not-call"):
        promise(stage, lead_id)
    invalid = stage.lead()
    attempt_id = stage.call(invalid)
    stage.deliver(stage.retell.end(attempt_id, "invalid_destination"))
    with pytest.raises(RefusedByRule, match="invalid_number"):
        promise(stage, invalid)


def test_in_a_campaign_that_is_over_nobody_is_promised_a_call(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id))
    stage.reconcile()
    with pytest.raises(RefusedByRule, match="finished"):
        promise(stage, lead_id)


def test_a_lead_without_a_zone_cannot_be_promised_a_call(stage: Stage) -> None:
    with pytest.raises(RefusedByRule, match="no call may start"):
        promise(stage, stage.lead(zones=""))


def test_a_waiting_lead_is_called_at_the_time_promised_by_hand(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, "voicemail_reached"))
    assert promise(stage, lead_id, "in 2 hours") == NOW + 2 * HOUR
    row = end_next(stage, lead_id, "user_hangup")
    assert (row.closed_as, stage.clock.now()) == (ClosedAs.REACHED, NOW + 2 * HOUR)


def test_a_closed_lead_is_opened_for_a_promise_by_hand(stage: Stage) -> None:
    campaign_id = stage.campaign()
    lead_id, _ = stage.lead(campaign_id), stage.lead(campaign_id, due_at=NOW + 9 * DAY)
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id))
    promise(stage, lead_id)
    row = stage.lead_row(lead_id)
    assert (row.status, row.due_at, row.closed_as) == (LeadStatus.READY, ASKED, None)


def test_a_promise_made_while_they_talk_is_kept_after_the_call(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    assert promise(stage, lead_id) is None
    stage.deliver(stage.retell.end(attempt_id), stage.retell.analyze(attempt_id))
    row = stage.lead_row(lead_id)
    assert (row.status, row.due_at, row.callback_at) == (LeadStatus.READY, ASKED, ASKED)


def test_an_opt_out_ends_a_promise_made_in_the_same_call(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    promise(stage, lead_id)
    stage.deliver(stage.retell.end(attempt_id, "user_requested_dnc"))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.SUPPRESSED


def test_a_promise_made_while_a_call_was_waiting_to_be_sent_is_kept_when_it_is_not(
    stage: Stage,
) -> None:
    lead_id = stage.lead()
    (attempt_id,) = stage.claim()
    promise_callback(stage.world, lead_id, "tomorrow at 3 pm", actor="test")
    stage.wait(seconds=61)
    assert stage.status(attempt_id) is AttemptStatus.CANCELLED
    row = stage.lead_row(lead_id)
    assert (row.due_at, row.callback_at, row.priority) == (ASKED, ASKED, Priority.PROMISE)
    assert stage.claim() == []


def test_a_promised_call_that_was_not_sent_is_made_at_once(stage: Stage) -> None:
    lead_id = stage.lead()
    promise_callback(stage.world, lead_id, "tomorrow at 3 pm", actor="test")
    stage.clock.moment = ASKED
    (attempt_id,) = stage.claim()
    stage.wait(seconds=61)
    assert stage.status(attempt_id) is AttemptStatus.CANCELLED
    (again,) = [one for one in stage.queue.dialed if one != attempt_id] or stage.claim()
    assert stage.attempt_row(again).promised_at == ASKED
