"""Explain: for every lead it can be told why it was called or not, at whatever moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from factories import ALL_DAY, NOW, Stage

from dialer.actions import control, do_not_call
from dialer.actions.callbacks import promise_callback
from dialer.actions.explain import consents_of, explain, explain_number, first_leads
from dialer.actions.lead_control import retry
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.legal_hours import legal_table
from dialer.domain.states import LeadState, LeadStatus
from dialer.errors import NotFound
from dialer.store import other_calls

AGREED = {"at": "2026-01-05T12:00:00+00:00", "source": "web", "text": None}


def told(stage: Stage, lead_id: int) -> dict[str, Any]:
    return explain(stage.world.db, lead_id, now=stage.clock.now())


def test_a_lead_nobody_knows_is_not_explained(stage: Stage) -> None:
    with pytest.raises(NotFound):
        told(stage, 99)
    with pytest.raises(NotFound, match="no campaign has"):
        explain_number(stage.world.db, "+12122999999", now=NOW)
    with pytest.raises(NotFound):
        first_leads(stage.world.db, 99, state=None, most=1)


def test_a_lead_that_is_due_has_nothing_against_it(stage: Stage) -> None:
    lead_id = stage.lead(consent=AGREED)
    found = told(stage, lead_id)
    assert found["why_not_now"] is None
    assert found["next_call"] == {"at": NOW, "why": "First call."}
    assert found["state"] == "pending"
    assert found["local_times"] == {"America/New_York": "Wed 10:00"}
    assert found["regions"] == ["US-NY"]
    assert found["consent"] == AGREED
    assert (found["attempts"], found["imports"], found["activity"]) == ([], [], [])


def test_each_call_is_told_with_what_was_checked_before_it(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(require_consent=True), consent=AGREED)
    stage.deliver(stage.retell.end(stage.call(lead_id), "dial_no_answer"))
    found = told(stage, lead_id)
    (attempt,) = found["attempts"]
    assert attempt["disposition"] == "no_answer"
    assert attempt["sent_local"] == {"America/New_York": "Wed 10:00"}
    sending = next(one for one in attempt["events"] if one["to"] == "SENDING")
    assert sending["evidence"] == (
        f"law {legal_table().version} lifted for US-NY; America/New_York Wed 10:00; "
        "consent of 2026-01-05 12:00 UTC; 0 calls in 24 h before; from +12125550000"
    )
    assert found["phone"] not in sending["evidence"]
    assert found["state"] == "retry later"
    assert found["next_call"]["why"] == "Retry after no answer: 4h at another time of day."
    assert found["why_not_now"]["code"] == "gap"
    assert found["why_not_now"]["until"] == stage.lead_row(lead_id).due_at


def test_a_call_that_needed_no_consent_says_so(stage: Stage) -> None:
    lawful = {**ALL_DAY, "legal_override": None}
    attempt_id = stage.call(stage.lead(stage.campaign(window=lawful), consent=AGREED))
    sending = next(one for one in stage.history(attempt_id) if one.to_status == "SENDING")
    assert sending.evidence is not None
    assert "lifted" not in sending.evidence
    assert "consent not required" in sending.evidence


def test_a_refusal_at_the_send_gate_is_told_with_its_sentence(stage: Stage) -> None:
    lead_id = stage.lead()
    (attempt_id,) = stage.claim()
    control.pause(stage.world, stage.lead_row(lead_id).campaign_id, actor="test")
    stage.dial(attempt_id)
    found = told(stage, lead_id)
    assert found["attempts"][0]["events"][-1]["evidence"] == (
        "not_running: The campaign is paused."
    )
    assert found["why_not_now"]["code"] == "not_running"


def test_a_promise_and_who_made_it_are_told(stage: Stage) -> None:
    lead_id = stage.lead()
    promise_callback(stage.world, lead_id, "2026-03-05 11:00", actor="cli:ann")
    found = told(stage, lead_id)
    assert found["next_call"]["why"].startswith("Promised: it asked to be called on Thu 2026-03-05")
    assert [(one["actor"], one["action"]) for one in found["activity"]] == [("cli:ann", "callback")]


def test_a_time_that_a_person_set_is_told_until_the_next_call(stage: Stage) -> None:
    lead_id = stage.lead()
    stage.deliver(stage.retell.end(stage.call(lead_id), "dial_no_answer"))
    stage.clock.pass_time(minutes=1)
    retry(stage.world, lead_id, at=None, actor="cli:ann")
    assert told(stage, lead_id)["next_call"]["why"] == "At the time that cli:ann set."
    stage.clock.pass_time(minutes=1)
    stage.deliver(stage.retell.end(stage.call(lead_id), "dial_no_answer"))
    assert told(stage, lead_id)["next_call"]["why"].startswith("Retry after no answer: 1d")


def test_who_opted_out_is_told_with_who_wrote_it_down_and_when(stage: Stage) -> None:
    lead_id = stage.lead()
    said = OptOut("asked", OptOutSource.HAND, actor="cli:ann")
    do_not_call.add(stage.world, stage.lead_row(lead_id).phone, said)
    found = told(stage, lead_id)
    assert found["do_not_call"]["suppressed"]
    (entry,) = found["do_not_call"]["entries"]
    assert (entry["actor"], entry["since"], entry["reason"]) == ("cli:ann", NOW, "asked")
    assert found["why_not_now"]["code"] == "suppressed"
    assert found["next_call"] == {
        "at": None,
        "why": "No further call: the number is not to be called.",
    }


def test_a_number_in_several_campaigns_is_explained_in_each(stage: Stage) -> None:
    phone = "+12122000001"
    made = [stage.lead(phone=phone), stage.lead(phone=phone)]
    found = explain_number(stage.world.db, phone, now=NOW)
    assert [one["id"] for one in found] == made


def test_the_leads_called_next_are_shown_first_and_counted(stage: Stage) -> None:
    campaign = stage.campaign()
    later = stage.lead(campaign, due_at=NOW + timedelta(hours=1))
    sooner = stage.lead(campaign, due_at=NOW)
    retried = stage.lead(campaign, tries=1, due_at=NOW + timedelta(days=1))
    held = stage.lead(campaign, status=LeadStatus.HELD, held_reason="no_zone", due_at=None)
    reached = stage.lead(campaign, status=LeadStatus.CLOSED, closed_as="reached", due_at=None)
    stopped = stage.lead(campaign, status=LeadStatus.CLOSED, closed_as="stopped", due_at=None)
    stage.lead()
    expected = {
        LeadState.PENDING: [sooner, later],
        LeadState.RETRY_LATER: [retried],
        LeadState.IN_FLIGHT: [],
        LeadState.HELD: [held],
        LeadState.COMPLETED: [reached],
        LeadState.CLOSED: [stopped],
    }
    for state, ids in expected.items():
        rows, count = first_leads(stage.world.db, campaign, state=state, most=9)
        assert ([row["id"] for row in rows], count) == (ids, len(ids))
        assert {row["state"] for row in rows} <= {state.value}
    rows, count = first_leads(stage.world.db, campaign, state=None, most=4)
    assert [row["id"] for row in rows] == [sooner, later, retried, held]
    assert count == 6


def test_the_consents_of_a_campaign_are_counted_only_where_it_needs_them(stage: Stage) -> None:
    db = stage.world.db
    assert consents_of(db, stage.draft(), now=NOW) is None
    draft = stage.draft(require_consent=True)
    stage.lead(draft, consent=AGREED)
    stage.lead(draft)
    assert consents_of(db, draft, now=NOW) == (2, 1)
    control.start(stage.world, draft, actor="test")
    assert consents_of(db, draft, now=datetime(2026, 1, 1, tzinfo=UTC)) == (2, 0)


def test_every_check_is_told_also_those_behind_the_first_that_says_no(stage: Stage) -> None:
    campaign = stage.campaign(require_consent=True)
    lead_id = stage.lead(campaign, consent=None)
    stage.suppress(stage.lead_row(lead_id).phone)
    control.pause(stage.world, campaign, actor="test")
    found = told(stage, lead_id)
    refused = [one["name"] for one in found["gates"] if one["hold"] is not None]
    assert refused == ["do-not-call list", "consent", "campaign is running"]
    assert found["why_not_now"]["code"] == "suppressed"


def test_the_calls_of_other_systems_are_told(stage: Stage) -> None:
    lead_id = stage.lead()
    row = {"call_id": "theirs", "phone": stage.lead_row(lead_id).phone, "started_at": NOW}
    stage.world.db.transact(lambda tx: other_calls.add(tx, [row]))
    assert told(stage, lead_id)["other_calls"] == [{"call_id": "theirs", "started_at": NOW}]
