"""Campaigns made of others: those not reached are redialed, settings are used again."""

from datetime import timedelta
from typing import Any

import pytest
from databases import Killed, killed_after
from factories import NOW, Stage

from dialer.actions import control, parts
from dialer.actions.copying import duplicate, redial
from dialer.actions.lead_control import skip
from dialer.domain.dispositions import Disposition
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.priority import Priority
from dialer.domain.selection import Selection
from dialer.domain.states import CampaignStatus, ClosedAs, LeadStatus
from dialer.errors import NotFound, RefusedByRule
from dialer.store import campaigns, leads, suppressions
from dialer.store.rows import many
from dialer.store.tables import Lead

CLOSED: dict[str, Any] = {"status": LeadStatus.CLOSED, "due_at": None, "closed_at": NOW}
EXHAUSTED = {**CLOSED, "closed_as": ClosedAs.EXHAUSTED, "attempts": 5, "tries": 6}
STOPPED = {**CLOSED, "closed_as": ClosedAs.STOPPED}


@pytest.fixture(autouse=True)
def without_attempts(stage: Stage) -> None:
    stage.excused.add("I11")  # these leads count attempts that were never made


def leads_of(stage: Stage, campaign_id: int) -> dict[str, Lead]:
    chosen = leads.lead.select().where(leads.lead.c.campaign_id == campaign_id)
    return {row.phone: row for row in stage.world.db.read(lambda tx: many(tx, Lead, chosen))}


def phones(stage: Stage, *lead_ids: int) -> set[str]:
    return {stage.lead_row(one).phone for one in lead_ids}


# -- redial: refusals


@pytest.mark.parametrize("closed_as", [one for one in ClosedAs if one is not ClosedAs.EXHAUSTED])
def test_whoever_was_reached_or_is_not_to_be_called_is_not_redialed(
    stage: Stage, closed_as: ClosedAs
) -> None:
    campaign = stage.campaign()
    stage.lead(campaign, **{**CLOSED, "closed_as": closed_as})
    with pytest.raises(RefusedByRule, match="nobody to redial"):
        redial(stage.world, campaign, actor="ann")


def test_whoever_is_still_called_or_held_is_not_redialed(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.lead(campaign, due_at=NOW + timedelta(days=1))
    stage.lead(campaign, status=LeadStatus.HELD, due_at=None, held_reason="no_zone")
    with pytest.raises(RefusedByRule, match="nobody to redial"):
        redial(stage.world, campaign, actor="ann", selection=Selection.NOT_REACHED_OR_STOPPED)


def test_a_call_whose_outcome_nobody_knows_is_not_repeated(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.lead(campaign, **EXHAUSTED, disposition=Disposition.UNKNOWN)
    with pytest.raises(RefusedByRule, match="nobody to redial"):
        redial(stage.world, campaign, actor="ann")


def test_whom_a_person_skipped_is_not_redialed(stage: Stage) -> None:
    campaign = stage.campaign()
    skip(stage.world, stage.lead(campaign), reason="our own staff", actor="ann")
    with pytest.raises(RefusedByRule, match="nobody to redial"):
        redial(stage.world, campaign, actor="ann", selection=Selection.NOT_REACHED_OR_STOPPED)


@pytest.mark.parametrize("scope", ["everywhere", "the parent"])
def test_whoever_is_on_the_do_not_call_list_by_now_is_left_out(stage: Stage, scope: str) -> None:
    campaign = stage.campaign()
    opted_out, other = stage.leads(2, campaign, **EXHAUSTED)
    opt_out = OptOut(
        "test",
        OptOutSource.HAND,
        actor="test",
        campaign_id=campaign if scope == "the parent" else None,
    )
    (phone,) = phones(stage, opted_out)
    stage.world.db.transact(lambda tx: suppressions.add(tx, [phone], opt_out, now=NOW))
    copied = redial(stage.world, campaign, actor="ann")
    assert (copied.leads, copied.left_out) == (1, 1)
    assert set(leads_of(stage, copied.campaign_id)) == phones(stage, other)


@pytest.mark.parametrize("act", [redial, duplicate])
def test_a_campaign_that_is_not_there_is_named(stage: Stage, act: Any) -> None:
    with pytest.raises(NotFound, match="no campaign 77"):
        act(stage.world, 77, actor="ann")


# -- redial


def test_those_not_reached_are_called_again_by_a_child_campaign(stage: Stage) -> None:
    campaign = stage.campaign(weight=3, ends_at=NOW + timedelta(hours=1))
    own = {
        "name": "Ada",
        "row": 7,
        "external_ref": "crm-1",
        "alt_phones": ["+12125550101"],
        "region": "US-NY",
        "variables": {"plan": "Team"},
        "overrides": {"agent_id": "agent_7"},
        "consent": {"source": "form"},
    }
    lead_id = stage.lead(campaign, **EXHAUSTED, **own, free_tries=3, callback_at=NOW)
    stage.lead(campaign, **STOPPED)
    stage.clock.pass_time(hours=1)
    copied = redial(stage.world, campaign, actor="ann")
    child, parent = stage.campaign_row(copied.campaign_id), stage.campaign_row(campaign)
    assert (child.status, child.parent_id) == (CampaignStatus.DRAFT, campaign)
    assert (child.name, child.weight, child.ends_at) == ("Spring, redial", 3, None)
    assert child.spec == {**parent.spec, "name": "Spring, redial", "ends_at": None}
    assert copied.leads == 1
    (row,) = leads_of(stage, child.id).values()
    assert row.phone in phones(stage, lead_id)
    for name, value in own.items():
        assert getattr(row, name) == value
    assert (row.status, row.zones, row.due_at) == (
        LeadStatus.READY,
        "America/New_York",
        NOW + timedelta(hours=1),
    )
    assert (row.attempts, row.free_tries, row.tries, row.priority) == (0, 0, 0, Priority.FRESH)
    assert (row.disposition, row.callback_at, row.closed_as) == (None, None, None)
    control.start(stage.world, child.id, actor="ann")
    assert len(stage.claim()) == 1


def test_those_whom_a_stop_left_uncalled_are_redialed_where_that_is_asked_for(
    stage: Stage,
) -> None:
    campaign = stage.campaign()
    ids = (stage.lead(campaign, **EXHAUSTED), stage.lead(campaign, **STOPPED))
    wanted = Selection.NOT_REACHED_OR_STOPPED
    copied = redial(stage.world, campaign, actor="ann", name="Again", selection=wanted)
    assert set(leads_of(stage, copied.campaign_id)) == phones(stage, *ids)
    assert stage.campaign_row(copied.campaign_id).name == "Again"


def test_a_redial_asked_for_twice_is_one_campaign(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.leads(2, campaign, **EXHAUSTED)
    first = redial(stage.world, campaign, actor="ann")
    assert redial(stage.world, campaign, actor="ben") == first
    control.start(stage.world, first.campaign_id, actor="ann")
    with pytest.raises(RefusedByRule, match="nobody to redial") as refused:
        redial(stage.world, campaign, actor="ann")
    assert f"dialer campaigns redial {first.campaign_id}" in (refused.value.fix or "")


def test_a_redial_asked_for_again_also_takes_those_who_were_given_up_since(stage: Stage) -> None:
    campaign = stage.campaign()
    first = stage.lead(campaign, **EXHAUSTED)
    child = redial(stage.world, campaign, actor="ann")
    second = stage.lead(campaign, **EXHAUSTED)
    again = redial(stage.world, campaign, actor="ann")
    assert (again.campaign_id, again.leads, again.left_out) == (child.campaign_id, 2, 0)
    assert set(leads_of(stage, child.campaign_id)) == phones(stage, first, second)


def test_a_later_redial_takes_only_those_that_no_child_has(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.lead(campaign, **EXHAUSTED)
    first = redial(stage.world, campaign, actor="ann")
    control.start(stage.world, first.campaign_id, actor="ann")
    newly = stage.lead(campaign, **EXHAUSTED)
    second = redial(stage.world, campaign, actor="ann")
    assert set(leads_of(stage, second.campaign_id)) == phones(stage, newly)
    assert second.left_out == 0


def test_a_child_that_was_given_up_before_it_began_stands_in_nobodys_way(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.lead(campaign, **EXHAUSTED)
    first = redial(stage.world, campaign, actor="ann")
    control.stop(stage.world, first.campaign_id, actor="ann")
    assert redial(stage.world, campaign, actor="ann").leads == 1


# -- copying part by part


def interrupted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Make a redial that dies after two of five leads; gives parent and child."""
    monkeypatch.setattr(parts, "PART", 2)
    campaign = stage.campaign()
    stage.leads(5, campaign, **EXHAUSTED)
    with pytest.raises(Killed):
        redial(killed_after(stage.world, 2), campaign, actor="ann")
    (child,) = stage.world.db.read(lambda tx: campaigns.children(tx, campaign))
    return campaign, child.id


def test_a_campaign_is_not_started_before_all_its_leads_are_there(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, child = interrupted(stage, monkeypatch)
    assert len(leads_of(stage, child)) == 2
    with pytest.raises(RefusedByRule, match="still being copied"):
        control.start(stage.world, child, actor="ann")


@pytest.mark.parametrize("how", ["by itself", "when it is asked for again"])
def test_a_copy_that_died_goes_on(stage: Stage, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    parent, child = interrupted(stage, monkeypatch)
    if how == "by itself":
        stage.reconcile()
    else:
        assert redial(stage.world, parent, actor="ann").campaign_id == child
    assert len(leads_of(stage, child)) == 5
    assert control.start(stage.world, child, actor="ann").status is CampaignStatus.RUNNING


def test_a_copy_that_is_stopped_takes_no_more_leads(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, child = interrupted(stage, monkeypatch)
    control.stop(stage.world, child, actor="ann")
    stage.reconcile()
    assert len(leads_of(stage, child)) == 2
    assert stage.campaign_row(child).pending_after is None


# -- duplicate


def test_a_duplicate_is_a_draft_with_the_same_settings_and_no_leads(stage: Stage) -> None:
    campaign = stage.campaign(weight=3, start_at=NOW - timedelta(hours=1))
    stage.lead(campaign)
    copied = duplicate(stage.world, campaign, actor="ann")
    copy, original = stage.campaign_row(copied.campaign_id), stage.campaign_row(campaign)
    assert (copy.status, copy.parent_id, copy.start_at) == (CampaignStatus.DRAFT, None, None)
    assert copy.spec == {**original.spec, "name": "Spring, copy", "start_at": None}
    assert leads_of(stage, copy.id) == {}


def test_a_duplicate_may_take_the_leads_as_new_ones_but_no_wrong_numbers(stage: Stage) -> None:
    campaign = stage.campaign()
    reached = stage.lead(campaign, **{**CLOSED, "closed_as": ClosedAs.REACHED})
    waiting = stage.lead(campaign, due_at=NOW + timedelta(days=3), tries=2)
    stage.lead(campaign, **{**CLOSED, "closed_as": ClosedAs.INVALID_NUMBER})
    opted_out = stage.lead(campaign)
    stage.suppress(stage.lead_row(opted_out).phone)
    copied = duplicate(stage.world, campaign, actor="ann", with_leads=True, name="Fall")
    found = leads_of(stage, copied.campaign_id)
    assert set(found) == phones(stage, reached, waiting)
    assert {(row.status, row.due_at, row.tries) for row in found.values()} == {
        (LeadStatus.READY, NOW, 0)
    }
    assert (copied.leads, copied.left_out) == (2, 1)
    assert stage.campaign_row(copied.campaign_id).name == "Fall"
