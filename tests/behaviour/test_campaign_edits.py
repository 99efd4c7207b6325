"""Settings that change while a campaign runs, and the leads that follow them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from databases import Killed, killed_after
from factories import ALL_DAY, NOW, Stage
from sqlalchemy import select

from dialer.actions import control, editing, parts
from dialer.actions.editing import DEFAULT, edit, preview
from dialer.domain.states import AttemptStatus, CampaignStatus, LeadStatus
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.store import campaigns, ledger
from dialer.store.ledger import audit_log
from dialer.store.tables import AuditLog

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def hours(opens: str, closes: str) -> dict[str, Any]:
    return {**ALL_DAY, "opens": opens, "closes": closes}


def change(stage: Stage, campaign_id: int, **changes: Any) -> editing.Edited:
    keys = {name.replace("__", "."): value for name, value in changes.items()}
    return edit(stage.world, campaign_id, keys, actor="ann")


def logged(stage: Stage, campaign_id: int, action: str) -> Sequence[AuditLog]:
    chosen = select(audit_log).where(audit_log.c.action == action)
    rows = stage.world.db.read(
        lambda tx: ledger.many(tx, AuditLog, chosen.order_by(audit_log.c.id))
    )
    return [row for row in rows if row.subject == f"campaign:{campaign_id}"]


# -- refusals


FIXED = {
    "agent_id": "agent_2",
    "from_numbers": ["+12125550001"],
    "country": "CA",
    "variables": {"shop": "Acme"},
    "require_consent": True,
    "start_at": "2030-01-01T00:00:00Z",
}


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize("status", ["running", "paused", "held", "scheduled"])
def test_what_says_who_calls_whom_stays_once_a_campaign_is_no_draft(
    stage: Stage, name: str, status: str
) -> None:
    campaign = stage.campaign()
    stage.force_campaign(campaign, CampaignStatus(status))
    before = stage.campaign_row(campaign).spec
    with pytest.raises(
        RefusedByRule, match=f"{name} of campaign .* only while it is a draft"
    ) as no:
        change(stage, campaign, **{name: FIXED[name]})
    way_out = "unschedule" if status == "scheduled" else "duplicate"
    assert f"dialer campaigns {way_out} {campaign}" in (no.value.fix or "")
    assert stage.campaign_row(campaign).spec == before
    assert not logged(stage, campaign, "edit")


@pytest.mark.parametrize("name", [name for name in FIXED if name != "start_at"])
def test_a_draft_may_be_changed_freely(stage: Stage, name: str) -> None:
    draft = stage.draft()
    change(stage, draft, **{name: FIXED[name]})
    assert stage.campaign_row(draft).spec[name] == FIXED[name]
    assert stage.campaign_row(draft).edited_at is None


@pytest.mark.parametrize("status", ["finished", "stopped", "archived"])
def test_what_is_over_is_not_edited(stage: Stage, status: str) -> None:
    campaign = stage.campaign()
    stage.force_campaign(campaign, CampaignStatus(status))
    with pytest.raises(RefusedByRule, match=f"is {status}"):
        change(stage, campaign, limits__lines=3)


@pytest.mark.parametrize(
    ("key", "value", "what", "why"),
    [
        ("limits.lines", 0, "limits.lines = 0 is not valid", "greater than or equal to 1"),
        ("limits.linez", 3, "limits.linez is not a setting", "known here"),
        ("weight.heavy", 3, "weight.heavy is not a setting", "single value"),
        ("window.closes", "soon", 'window.closes = "soon" is not valid', "not a time of day"),
        ("caller_id.weights", {"+14155550100": 2}, "the file is not valid", "from_numbers"),
        ("name", DEFAULT, "name is missing", "without"),
    ],
)
def test_settings_that_are_not_valid_as_a_whole_are_refused_by_key_value_and_reason(
    stage: Stage, key: str, value: Any, what: str, why: str
) -> None:
    campaign = stage.campaign()
    with pytest.raises(UserError) as refused:
        edit(stage.world, campaign, {key: value}, actor="ann", source="--set")
    assert refused.value.what == f"--set: {what}"
    assert why in (refused.value.why or "")
    assert "--set" in (refused.value.fix or "")
    assert stage.campaign_row(campaign).edited_at is None


def test_an_end_that_is_past_is_refused(stage: Stage) -> None:
    campaign = stage.campaign()
    with pytest.raises(RefusedByRule, match="is past"):
        change(stage, campaign, ends_at=NOW.isoformat())


def test_a_campaign_that_is_not_there_is_named(stage: Stage) -> None:
    with pytest.raises(NotFound, match="no campaign 77"):
        change(stage, 77, limits__lines=3)


# -- what an edit does


def test_an_edit_is_kept_in_the_settings_the_columns_and_the_log(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.clock.pass_time(minutes=1)
    end = NOW + DAY
    edited = change(
        stage, campaign, name="Fall", weight=2.5, limits__lines=3, ends_at=end.isoformat()
    )
    row = stage.campaign_row(campaign)
    assert (row.name, row.weight, row.lines, row.ends_at) == ("Fall", 2.5, 3, end)
    assert row.edited_at == NOW + timedelta(minutes=1)
    spec = campaigns.spec_of(row)
    assert (spec.name, spec.weight, spec.limits.lines, spec.ends_at) == ("Fall", 2.5, 3, end)
    assert (edited.before["limits.lines"], edited.after["limits.lines"]) == (None, 3)
    (entry,) = logged(stage, campaign, "edit")
    assert (entry.actor, entry.before, entry.after) == ("ann", edited.before, edited.after)
    assert set(edited.after) == {"name", "weight", "limits.lines", "ends_at"}
    change(stage, campaign, limits__lines=DEFAULT, ends_at=DEFAULT)
    row = stage.campaign_row(campaign)
    assert (row.lines, row.ends_at) == (None, None)


def test_what_was_sent_before_an_edit_is_not_judged_by_it_though_the_clock_was_set_back(
    stage: Stage,
) -> None:
    campaign = stage.campaign()
    stage.call(stage.lead(campaign))
    stage.clock.pass_time(minutes=-5)
    change(stage, campaign, window={**ALL_DAY, "days": ["sun"]})
    assert stage.campaign_row(campaign).edited_at == NOW
    assert [one.name for one in stage.violations()] == []


def test_an_edit_that_changes_nothing_is_not_written_down(stage: Stage) -> None:
    campaign = stage.campaign(weight=2)
    assert change(stage, campaign, weight=2.0).after == {}
    assert stage.campaign_row(campaign).edited_at is None
    assert not logged(stage, campaign, "edit")


def test_a_preview_shows_what_an_edit_would_change_and_changes_nothing(stage: Stage) -> None:
    campaign = stage.campaign()
    found = preview(stage.world, campaign, {"limits.lines": 3})
    assert (found.before, found.after) == ({"limits.lines": None}, {"limits.lines": 3})
    assert stage.campaign_row(campaign).lines is None
    with pytest.raises(RefusedByRule):
        preview(stage.world, campaign, {"agent_id": "agent_2"})


def test_an_override_of_the_law_by_an_edit_is_written_down_as_at_the_start(stage: Stage) -> None:
    campaign = stage.campaign(window={"holidays": False})
    assert not logged(stage, campaign, "legal_override")
    why = "Counsel says that these calls are no sales calls."
    change(stage, campaign, window__legal_override=why)
    (entry,) = logged(stage, campaign, "legal_override")
    assert entry.actor == "ann"
    assert (entry.after or {})["reason"] == why
    change(stage, campaign, window__legal_override=DEFAULT)
    assert len(logged(stage, campaign, "legal_override")) == 1
    assert (logged(stage, campaign, "edit")[-1].before or {})["window.legal_override"] == why


def test_fewer_lines_end_no_call_and_begin_none(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.leads(4, campaign)
    stage.lines(3)
    calls = stage.claim()
    stage.dial(*calls)
    change(stage, campaign, limits__lines=1)
    assert {stage.status(one) for one in calls} == {AttemptStatus.PLACED}
    stage.deliver(stage.retell.end(calls[0]), stage.retell.end(calls[1]))
    assert stage.claim() == []
    stage.deliver(stage.retell.end(calls[2]))
    assert len(stage.queue.dialed) == 4  # the line that became free is used


def test_more_lines_are_used_at_once(stage: Stage) -> None:
    campaign = stage.campaign(limits={"lines": 1})
    stage.leads(3, campaign)
    assert len(stage.claim()) == 1
    change(stage, campaign, limits__lines=3)
    assert len(stage.claim()) == 2


def test_what_was_claimed_before_an_edit_is_not_sent_against_it(stage: Stage) -> None:
    campaign = stage.campaign(window=hours("00:00", "24:00"))
    lead_id = stage.lead(campaign)
    (attempt_id,) = stage.claim()
    change(stage, campaign, window=hours("12:00", "20:00"))
    stage.dial(attempt_id)
    attempt, lead = stage.attempt_row(attempt_id), stage.lead_row(lead_id)
    assert (attempt.status, attempt.reason) == (AttemptStatus.CANCELLED, "outside_window")
    assert stage.retell.posted == []
    assert (lead.due_at, lead.wanted_at) == (NOW + 2 * HOUR, NOW)


def test_a_cadence_that_is_edited_counts_from_the_next_attempt_on(stage: Stage) -> None:
    campaign = stage.campaign(cadence={"delays": {"no_answer": "4h"}})
    lead_id = stage.lead(campaign)
    stage.deliver(stage.retell.end(stage.call(lead_id), "dial_no_answer"))
    change(stage, campaign, cadence={"delays": {"no_answer": "1h"}})
    assert stage.lead_row(lead_id).due_at == NOW + 4 * HOUR
    stage.wait(hours=4)
    stage.deliver(stage.retell.end(stage.call(lead_id), "dial_no_answer"))
    assert stage.lead_row(lead_id).due_at == NOW + 5 * HOUR


# -- leads follow the window


LATER = hours("12:00", "20:00")
EARLIER = hours("08:00", "20:00")


def test_leads_that_wait_follow_a_window_that_opens_sooner(stage: Stage) -> None:
    draft = stage.draft(window=LATER)
    lead_id = stage.lead(draft)
    control.start(stage.world, draft, actor="test")
    row = stage.lead_row(lead_id)
    assert (row.due_at, row.wanted_at) == (NOW + 2 * HOUR, NOW)
    change(stage, draft, window=EARLIER)
    assert stage.lead_row(lead_id).due_at == NOW
    assert len(stage.claim()) == 1


def test_leads_that_wait_follow_a_window_that_opens_later(stage: Stage) -> None:
    campaign = stage.campaign(window=EARLIER)
    due = stage.lead(campaign, due_at=NOW - HOUR)
    change(stage, campaign, window=LATER)
    row = stage.lead_row(due)
    assert (row.due_at, row.wanted_at) == (NOW + 2 * HOUR, NOW - HOUR)
    assert stage.claim() == []
    change(stage, campaign, window=EARLIER)
    assert stage.lead_row(due).due_at == NOW


def test_a_lead_that_is_due_and_may_still_be_called_keeps_its_place(stage: Stage) -> None:
    campaign = stage.campaign(window=EARLIER)
    first = stage.lead(campaign, due_at=NOW - HOUR)
    change(stage, campaign, window=hours("09:00", "20:00"))
    assert stage.lead_row(first).due_at == NOW - HOUR


def test_nobody_is_called_before_the_wait_that_the_cadence_asked_for(stage: Stage) -> None:
    campaign = stage.campaign(window=hours("08:00", "13:00"), cadence={"delays": {"busy": "4h"}})
    lead_id = stage.lead(campaign)
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, "dial_busy"))
    row = stage.lead_row(lead_id)
    assert (row.due_at, row.wanted_at) == (NOW + 22 * HOUR, NOW + 4 * HOUR)
    assert stage.attempt_row(attempt_id).retry_at == NOW + 4 * HOUR
    change(stage, campaign, window=hours("08:00", "20:00"))
    assert stage.lead_row(lead_id).due_at == NOW + 4 * HOUR
    stage.wait(hours=4)
    assert stage.call(lead_id)  # which breaks no invariant


def test_the_part_of_the_day_that_was_not_tried_is_kept(stage: Stage) -> None:
    campaign = stage.campaign(window=hours("08:00", "13:00"))
    lead_id = stage.lead(campaign)
    stage.deliver(stage.retell.end(stage.call(lead_id), "dial_no_answer"))
    wanted_at = stage.lead_row(lead_id).wanted_at
    assert wanted_at == NOW + 4 * HOUR  # 14:00, the next part
    change(stage, campaign, window=ALL_DAY)
    assert stage.lead_row(lead_id).due_at == wanted_at


def test_a_promise_follows_the_window_and_comes_no_earlier_than_it_was_asked_for(
    stage: Stage,
) -> None:
    campaign = stage.campaign(window=hours("08:00", "13:00"))
    lead_id = stage.lead(campaign)
    attempt_id = stage.call(lead_id)
    asked = {"callback_time": "2026-03-04 15:00"}
    stage.deliver(
        stage.retell.end(attempt_id),
        stage.retell.analyze(attempt_id, call_analysis={"custom_analysis_data": asked}),
    )
    assert stage.lead_row(lead_id).due_at == NOW + 22 * HOUR
    change(stage, campaign, window=ALL_DAY)
    assert stage.lead_row(lead_id).due_at == NOW + 5 * HOUR


def test_leads_for_which_no_hour_was_left_are_released_by_an_edit_that_opens(stage: Stage) -> None:
    blocked = "2026-01-01/2026-12-31"
    campaign = stage.campaign(window={**ALL_DAY, "blackout": [blocked]})
    lead_id = stage.lead(campaign)
    nowhere = stage.lead(campaign, zones="")
    assert stage.claim() == []
    row = stage.lead_row(lead_id)
    assert (row.status, row.held_reason) == (LeadStatus.HELD, "never_open")
    change(stage, campaign, window=ALL_DAY)
    row = stage.lead_row(lead_id)
    assert (row.status, row.held_reason, row.due_at) == (LeadStatus.READY, None, NOW)
    assert stage.lead_row(nowhere).held_reason == "no_zone"
    assert len(stage.claim()) == 1


def test_leads_for_which_an_edit_leaves_no_hour_wait_for_a_person(stage: Stage) -> None:
    campaign = stage.campaign()
    lead_id = stage.lead(campaign)
    blocked = "2026-01-01/2026-12-31"
    change(stage, campaign, window={**ALL_DAY, "blackout": [blocked]})
    row = stage.lead_row(lead_id)
    assert (row.status, row.held_reason) == (LeadStatus.HELD, "never_open")


def test_leads_follow_while_the_campaign_is_paused(stage: Stage) -> None:
    draft = stage.draft(window=LATER)
    lead_id = stage.lead(draft)
    control.start(stage.world, draft, actor="test")
    control.pause(stage.world, draft, actor="test")
    change(stage, draft, window=EARLIER)
    assert stage.lead_row(lead_id).due_at == NOW
    assert stage.claim() == []


def test_leads_that_a_claim_put_aside_follow_too(stage: Stage) -> None:
    campaign = stage.campaign(window=hours("08:00", "10:00"))
    lead_id = stage.lead(campaign)
    assert stage.claim() == []
    row = stage.lead_row(lead_id)
    assert (row.due_at, row.wanted_at) == (NOW + 22 * HOUR, NOW)
    change(stage, campaign, window=hours("08:00", "20:00"))
    assert stage.lead_row(lead_id).due_at == NOW


def test_what_a_dead_process_left_of_an_edit_is_done_by_the_next(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = stage.draft(window=LATER)
    leads = stage.leads(5, draft)
    control.start(stage.world, draft, actor="test")
    monkeypatch.setattr(parts, "PART", 2)
    with pytest.raises(Killed):
        edit(killed_after(stage.world, 2), draft, {"window": EARLIER}, actor="ann")
    assert {stage.lead_row(one).due_at for one in leads} == {NOW, NOW + 2 * HOUR}
    stage.reconcile()
    assert {stage.lead_row(one).due_at for one in leads} == {NOW}
    assert stage.campaign_row(draft).pending_after is None


def test_leads_that_are_imported_into_a_running_campaign_follow_too(stage: Stage) -> None:
    from dialer.actions.first_due import FirstDue

    campaign = stage.campaign(window=LATER)
    window = campaigns.spec_of(stage.campaign_row(campaign)).window
    first_due = FirstDue(CampaignStatus.RUNNING, window, now=NOW)
    status, due_at, wanted_at, _ = first_due.of(
        "America/New_York", phone="+12122000000", not_before=None
    )
    assert (due_at, wanted_at) == (NOW + 2 * HOUR, NOW)
    lead_id = stage.lead(campaign, status=status, due_at=due_at, wanted_at=wanted_at)
    change(stage, campaign, window=EARLIER)
    assert stage.lead_row(lead_id).due_at == NOW


def test_a_send_before_an_edit_is_judged_by_the_window_of_then(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.call(stage.lead(campaign))
    stage.clock.pass_time(seconds=1)
    change(stage, campaign, window=LATER)
    assert stage.violations() == []
