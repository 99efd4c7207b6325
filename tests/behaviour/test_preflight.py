"""Before a campaign starts people are told what is wrong, and what must not start does not."""

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from factories import NOW, OUR_NUMBER, Stage

from dialer.actions import control
from dialer.actions.appointment import start_at, unschedule
from dialer.actions.campaigns_due import start_campaigns
from dialer.actions.preflight import findings_of
from dialer.domain.numbers import RestReason
from dialer.domain.preflight import FindingCode
from dialer.domain.states import CampaignStatus, LeadStatus
from dialer.errors import RefusedByRule
from dialer.store import campaigns, ledger, numbers, registries
from dialer.store.tables import AuditLog

FRESH, OLD = NOW.date(), NOW.date() - timedelta(days=45)
HOUR = timedelta(hours=1)
REASON = "Counsel looked at it on Monday."


def register(stage: Stage, dated: date | None, *, name: str = "us-national") -> None:
    """Load a registry of a day."""

    def body(tx: Any) -> None:
        row = registries.open_named(tx, name, file_name="a.txt", now=NOW)
        registries.add_numbers(tx, row.id, [12025550100])
        registries.finish(tx, row.id, dated=dated, file_name="a.txt", now=NOW)

    stage.world.db.transact(body)


def codes(stage: Stage, campaign_id: int) -> set[FindingCode]:
    return set(sentences(stage, campaign_id))


def sentences(stage: Stage, campaign_id: int) -> dict[FindingCode, str]:
    row = stage.campaign_row(campaign_id)
    found = findings_of(stage.world, row, now=stage.clock.now())
    return {one.code: one.sentence for one in found}


def activity(stage: Stage, campaign_id: int) -> list[AuditLog]:
    rows = stage.world.db.read(lambda tx: ledger.of_subject(tx, f"campaign:{campaign_id}"))
    return [row for row in rows if row.action.startswith("start_")]


# -- refusals


@pytest.mark.parametrize("dated", [OLD, None])
def test_a_campaign_that_sells_does_not_start_by_an_old_registry(
    stage: Stage, dated: date | None
) -> None:
    register(stage, dated)
    draft = stage.draft()
    stage.lead(draft)
    with pytest.raises(RefusedByRule, match="may not start") as refused:
        control.start(stage.world, draft, actor="ann")
    assert "us-national" in (refused.value.why or "")
    assert "--despite REASON" in (refused.value.fix or "")
    assert stage.campaign_row(draft).status is CampaignStatus.DRAFT
    assert stage.claim() == []


def test_a_start_despite_that_is_written_down_with_its_reason(stage: Stage) -> None:
    register(stage, OLD)
    draft = stage.draft()
    assert (
        control.start(stage.world, draft, actor="ann", despite=REASON).status
        is CampaignStatus.RUNNING
    )
    (entry,) = activity(stage, draft)
    assert (entry.actor, entry.action) == ("ann", "start_despite")
    assert entry.after is not None
    assert entry.after["despite"] == REASON
    assert "45 days old" in entry.after["registry_too_old"]


def test_an_appointment_is_not_kept_while_something_forbids_it_and_that_is_told_once(
    stage: Stage,
) -> None:
    draft = stage.draft()
    stage.lead(draft)
    start_at(stage.world, draft, NOW + HOUR, actor="ann")
    register(stage, OLD)
    stage.wait(hours=1)
    stage.wait(minutes=1)
    row = stage.campaign_row(draft)
    assert (row.status, row.held_reason) == (CampaignStatus.SCHEDULED, "start_refused")
    assert "45 days old" in (row.held_text or "")
    assert [one.action for one in activity(stage, draft)] == ["start_at", "start_refused"]
    register(stage, FRESH)
    stage.wait(minutes=1)
    row = stage.campaign_row(draft)
    assert (row.status, row.held_reason, row.held_text) == (CampaignStatus.RUNNING, None, None)


def test_a_campaign_that_was_kept_from_its_start_may_become_a_draft(stage: Stage) -> None:
    draft = stage.draft()
    start_at(stage.world, draft, NOW + HOUR, actor="ann")
    register(stage, OLD)
    stage.wait(hours=1)
    unschedule(stage.world, draft, actor="ann")
    row = stage.campaign_row(draft)
    assert (row.status, row.held_reason) == (CampaignStatus.DRAFT, None)


# -- what is let through


@pytest.mark.parametrize("purpose", ["telemarketing", "other"])
def test_a_fresh_registry_lets_campaigns_start(stage: Stage, purpose: str) -> None:
    register(stage, FRESH)
    assert stage.campaign_row(stage.campaign(purpose=purpose)).status is CampaignStatus.RUNNING


def test_an_old_registry_only_warns_who_sells_nothing(stage: Stage) -> None:
    register(stage, OLD)
    campaign = stage.campaign(purpose="other")
    assert FindingCode.REGISTRY_TOO_OLD in codes(stage, campaign)
    (entry,) = activity(stage, campaign)
    assert entry.action == "start_with_findings"


def test_warnings_stop_nobody_and_are_written_down(stage: Stage) -> None:
    draft = stage.draft()
    control.start(stage.world, draft, actor="ann")
    (entry,) = activity(stage, draft)
    assert (entry.actor, entry.action) == ("ann", "start_with_findings")
    assert entry.after is not None
    assert {"no_registry", "caller_unnamed", "ai_not_disclosed"} <= set(entry.after)


def test_a_campaign_about_which_nothing_is_found_starts_without_a_word(stage: Stage) -> None:
    register(stage, FRESH)
    caller = {
        "legal_name": "Acme Insurance, Inc.",
        "callback_number": OUR_NUMBER,
        "opt_out_words": "Say stop.",
        "discloses_ai": True,
        "announces_recording": True,
    }
    draft = stage.draft(caller=caller)
    stage.lead(draft)
    assert codes(stage, draft) == set()
    control.start(stage.world, draft, actor="ann")
    assert activity(stage, draft) == []


def test_an_appointment_that_lies_ahead_is_made_whatever_is_found_now(stage: Stage) -> None:
    register(stage, OLD)
    draft = stage.draft(start_at=(NOW + HOUR).isoformat())
    assert control.start(stage.world, draft, actor="ann").status is CampaignStatus.SCHEDULED


def test_going_on_after_a_pause_asks_for_no_reason(stage: Stage) -> None:
    campaign = stage.campaign()
    control.pause(stage.world, campaign, actor="ann")
    register(stage, OLD)
    control.resume(stage.world, campaign, actor="ann")
    assert stage.campaign_row(campaign).status is CampaignStatus.RUNNING


# -- what is found about leads and numbers


def test_leads_that_will_not_be_called_are_counted(stage: Stage) -> None:
    sundays = {"days": ["sun"], "opens": "09:00", "closes": "17:00"}
    draft = stage.draft(window=sundays, require_consent=True)
    stage.lead(draft, phone="+12052345678", zones="America/Chicago")  # Alabama: none on Sundays
    stage.lead(draft, phone="+12052345679", zones="America/Chicago")
    stage.lead(draft, zones="")
    stage.lead(draft, status=LeadStatus.HELD, due_at=None, held_reason="no_consent")
    found = sentences(stage, draft)
    assert found[FindingCode.NEVER_OPEN].endswith("2 in Alabama")
    assert "time zone of 1 lead is" in found[FindingCode.NO_ZONE]
    assert found[FindingCode.NO_CONSENT].startswith("0 of 4 leads have consent")


def test_of_many_places_those_with_most_leads_are_named(stage: Stage) -> None:
    draft = stage.draft(window={"blackout": ["2026-01-01/2026-12-31"]})
    codes_of_states = ("205", "907", "480", "501", "209", "303", "203")
    for count, code in enumerate(codes_of_states, start=1):
        for number in range(count):
            stage.lead(draft, phone=f"+1{code}23456{number:02}")
    said = sentences(stage, draft)[FindingCode.NEVER_OPEN]
    assert said.endswith(
        "7 in Connecticut; 6 in Colorado; 5 in California; 4 in Arkansas; 3 in Arizona;"
        " 3 in other places"
    )


def test_where_no_law_holds_the_zone_is_named(stage: Stage) -> None:
    draft = stage.draft(window={"blackout": ["2026-01-01/2026-12-31"]})
    stage.lead(draft, phone="+12125550142", zones="America/New_York,America/Chicago")
    assert sentences(stage, draft)[FindingCode.NEVER_OPEN].endswith("1 in America/New_York")


def test_numbers_that_all_rest_are_told(stage: Stage) -> None:
    draft = stage.draft()
    stage.world.db.transact(
        lambda tx: numbers.rest(
            tx, OUR_NUMBER, until=NOW + HOUR, reason=RestReason.BLOCKED, sentence="blocked"
        )
    )
    assert FindingCode.NUMBERS_REST in codes(stage, draft)
    stage.clock.pass_time(hours=2)
    assert FindingCode.NUMBERS_REST not in codes(stage, draft)


# -- numbers at Retell


def test_a_number_that_retell_does_not_know_keeps_a_campaign_from_its_start(stage: Stage) -> None:
    draft = stage.draft(from_numbers=[OUR_NUMBER, "+12125550001"])
    stage.retell.unknown_numbers.add("+12125550001")
    with pytest.raises(RefusedByRule) as refused:
        control.start(stage.world, draft, actor="ann")
    assert refused.value.why == "Retell does not know +12125550001"
    assert "dialer numbers buy" in (refused.value.fix or "")
    assert stage.campaign_row(draft).status is CampaignStatus.DRAFT
    assert stage.retell.posted == []


def test_a_number_without_an_agent_keeps_a_campaign_from_its_start(stage: Stage) -> None:
    draft = stage.draft()
    stage.retell.unbound.add(OUR_NUMBER)
    with pytest.raises(RefusedByRule) as refused:
        control.start(stage.world, draft, actor="ann")
    assert f"no agent calls from {OUR_NUMBER}" in (refused.value.why or "")
    stage.retell.unbound.clear()
    assert control.start(stage.world, draft, actor="ann").status is CampaignStatus.RUNNING


def test_a_campaign_with_an_agent_of_its_own_needs_none_at_its_number(stage: Stage) -> None:
    stage.retell.unbound.add(OUR_NUMBER)
    draft = stage.draft(agent_id="agent_1")
    assert control.start(stage.world, draft, actor="ann").status is CampaignStatus.RUNNING


def test_a_start_despite_an_unknown_number_is_written_down(stage: Stage) -> None:
    stage.retell.unknown_numbers.add(OUR_NUMBER)
    draft = stage.draft()
    assert (
        control.start(stage.world, draft, actor="ann", despite=REASON).status
        is CampaignStatus.RUNNING
    )
    (entry,) = activity(stage, draft)
    assert entry.action == "start_despite"
    assert entry.after is not None
    assert entry.after["number_unknown"] == f"Retell does not know {OUR_NUMBER}"


def test_where_a_number_may_not_call_is_told(stage: Stage) -> None:
    draft = stage.draft(allowed_countries=["US", "CA", "MX"])
    stage.retell.number_fields = {"allowed_outbound_country_list": ["us", "CA"]}
    found = sentences(stage, draft)
    assert found[FindingCode.NUMBER_COUNTRIES] == f"calls to MX are not allowed from {OUR_NUMBER}"
    assert control.start(stage.world, draft, actor="ann").status is CampaignStatus.RUNNING


def test_a_retell_that_does_not_answer_keeps_nobody_from_a_start(stage: Stage) -> None:
    stage.retell.down = True
    draft = stage.draft()
    assert FindingCode.NUMBERS_NOT_ASKED in codes(stage, draft)
    assert control.start(stage.world, draft, actor="ann").status is CampaignStatus.RUNNING


def test_a_retell_that_cannot_be_asked_for_numbers_keeps_nobody_from_a_start(stage: Stage) -> None:
    stage.retell.knows_few_paths = True
    draft = stage.draft()
    assert FindingCode.NUMBERS_NOT_ASKED in codes(stage, draft)
    assert control.start(stage.world, draft, actor="ann").status is CampaignStatus.RUNNING


def test_many_numbers_are_asked_for_as_a_list(stage: Stage) -> None:
    pool = [f"+121255500{n:02}" for n in range(10, 18)]
    stage.retell.numbers = dict.fromkeys(pool[:7], "retell-twilio")
    stage.retell.unknown_numbers.add(pool[7])
    draft = stage.draft(from_numbers=pool, agent_id="agent_1")
    before = len(stage.retell.asked)
    found = sentences(stage, draft)
    assert found[FindingCode.NUMBER_UNKNOWN] == f"Retell does not know {pool[7]}"
    assert stage.retell.asked[before:] == ["/v2/list-phone-numbers", f"/get-phone-number/{pool[7]}"]


def test_an_appointment_asks_retell_once_a_minute_until_the_number_is_known(stage: Stage) -> None:
    draft = stage.draft()
    stage.lead(draft)
    start_at(stage.world, draft, NOW + HOUR, actor="ann")
    stage.retell.unknown_numbers.add(OUR_NUMBER)
    stage.wait(hours=1)
    for _ in range(11):
        stage.wait(seconds=5)
    path = f"/get-phone-number/{OUR_NUMBER}"
    assert stage.retell.asked.count(path) == 1
    assert OUR_NUMBER in (stage.campaign_row(draft).held_text or "")
    stage.retell.unknown_numbers.clear()
    stage.wait(seconds=5)
    row = stage.campaign_row(draft)
    assert (row.status, row.held_reason, row.checked_at) == (CampaignStatus.RUNNING, None, None)


def test_two_that_look_at_an_appointment_at_once_ask_retell_once(stage: Stage) -> None:
    first, second = (stage.draft(name=name) for name in ("One", "Two"))
    for draft in (first, second):
        stage.lead(draft)
        start_at(stage.world, draft, NOW + HOUR, actor="ann")
    stage.clock.pass_time(hours=1)
    seen = {draft: stage.campaign_row(draft) for draft in (first, second)}

    def another_process() -> None:
        now = stage.clock.now()
        for row in seen.values():
            stage.world.db.transact(partial(campaigns.claim_check, row=row, now=now))

    stage.retell.meanwhile.append(another_process)
    start_campaigns(stage.world)
    statuses = [stage.campaign_row(draft).status for draft in (first, second)]
    assert sorted(statuses) == [CampaignStatus.RUNNING, CampaignStatus.SCHEDULED]
    assert stage.retell.asked == [f"/get-phone-number/{OUR_NUMBER}"]
    stage.wait(minutes=1)
    assert stage.campaign_row(second).status is CampaignStatus.RUNNING
    assert stage.campaign_row(first).status is CampaignStatus.RUNNING
