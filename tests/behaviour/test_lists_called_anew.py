"""The leads of a list are called anew by another campaign: whose they are, and what they cost."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from databases import Killed, killed_after
from factories import NOW, Stage, make_list, make_spec, open_list
from test_claim_cost import plans_of

from dialer.actions import control, parts
from dialer.actions.campaign_review import leads_to_copy_of_list
from dialer.actions.copying import Copied, create_with_leads_of_list, redial
from dialer.actions.explain import explain
from dialer.actions.lead_source import source_told
from dialer.actions.undo import undo
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.lead_filter import LeadFilter
from dialer.domain.selection import LeadSource, Selection
from dialer.domain.states import CampaignStatus, ClosedAs, LeadStatus, ListStatus
from dialer.errors import NotFound, RefusedByRule
from dialer.store import (
    campaigns,
    lead_paging,
    lead_samples,
    leads,
    ledger,
    lists,
    pending,
    registries,
    suppressions,
)
from dialer.store.database import Connection
from dialer.store.rows import many
from dialer.store.tables import Lead, LeadList

CLOSED: dict[str, Any] = {"status": LeadStatus.CLOSED, "due_at": None, "closed_at": NOW}


def a_list(
    stage: Stage, campaign: int, changes: Sequence[dict[str, Any]], *, name: str = "march.csv"
) -> int:
    """Import a list with a lead for each of the changes."""
    imported = partial(make_list, campaign_id=campaign, changes=changes, now=NOW, name=name)
    return stage.world.db.transact(imported)


def phones_of(stage: Stage, *where: Any) -> list[str]:
    chosen = leads.lead.select().where(*where).order_by(leads.lead.c.row)
    return [row.phone for row in stage.world.db.read(lambda tx: many(tx, Lead, chosen))]


def phones_in(stage: Stage, campaign: int) -> list[str]:
    return phones_of(stage, leads.lead.c.campaign_id == campaign)


def phones_by(stage: Stage, list_id: int) -> list[str]:
    return phones_of(stage, leads.lead.c.list_id == list_id)


def call_anew(stage: Stage, list_id: int, **more: Any) -> Copied:
    return create_with_leads_of_list(stage.world, make_spec(name="B"), list_id, actor="ann", **more)


def change_list(stage: Stage, list_id: int, **values: Any) -> None:
    stage.world.db.transact(lambda tx: lists.change(tx, list_id, **values))


# -- refusals


def refused(stage: Stage, list_id: int) -> RefusedByRule:
    """Expect the same refusal before anything is made, and where it is counted."""
    before = stage.world.db.read(campaigns.every)
    with pytest.raises(RefusedByRule) as error:
        call_anew(stage, list_id)
    with pytest.raises(RefusedByRule) as counted:
        leads_to_copy_of_list(stage.world.db, list_id)
    assert str(counted.value) == str(error.value)
    assert len(stage.world.db.read(campaigns.every)) == len(before)
    return error.value


def test_a_list_that_is_not_there_is_named(stage: Stage) -> None:
    with pytest.raises(NotFound, match="no list 77"):
        call_anew(stage, 77)
    with pytest.raises(NotFound, match="no list 77"):
        leads_to_copy_of_list(stage.world.db, 77)


def test_the_leads_of_a_list_that_was_undone_are_not_called_anew(stage: Stage) -> None:
    campaign = stage.campaign()
    called_before = {"tries": 1, "attempts": 1, **CLOSED, "closed_as": ClosedAs.EXHAUSTED}
    stage.excused.add("I11")
    list_id = a_list(stage, campaign, [{}, called_before])
    undo(stage.world, list_id, actor="ann")
    assert len(phones_by(stage, list_id)) == 1  # who was called stays, and is not called anew
    error = refused(stage, list_id)
    assert error.what == f'list {list_id} "march.csv" was undone'
    assert error.why == f"its leads were taken out of campaign {campaign} again"
    assert "dialer lists list" in (error.fix or "")


def test_the_leads_of_a_list_that_is_still_being_imported_are_not_called_anew(
    stage: Stage,
) -> None:
    campaign = stage.campaign()
    list_id = a_list(stage, campaign, [{}])
    change_list(stage, list_id, status=ListStatus.IMPORTING)
    error = refused(stage, list_id)
    assert error.what == f'list {list_id} "march.csv" is still being imported'
    assert error.why == "the leads that are still to come would be missing"
    assert (error.fix or "").startswith("wait until dialer lists list says it is done")


def test_a_list_that_brought_nobody_makes_no_campaign_without_leads(stage: Stage) -> None:
    error = refused(stage, a_list(stage, stage.campaign(), []))
    assert error.what.endswith("brought no leads")
    assert "older lists" in (error.why or "")


def put_in_a_registry(tx: Connection, *, phone: str) -> None:
    row = registries.open_named(tx, "national", file_name="a.txt", now=NOW)
    registries.add_numbers(tx, row.id, [int(phone[1:])])


@pytest.mark.parametrize("scope", ["everywhere", "the campaign of the list", "a registry"])
def test_whoever_is_not_to_be_called_by_now_is_left_out(stage: Stage, scope: str) -> None:
    campaign = stage.campaign()
    list_id = a_list(stage, campaign, [{}, {}])
    gone, other = phones_by(stage, list_id)
    only = campaign if scope == "the campaign of the list" else None
    opt_out = OptOut("test", OptOutSource.HAND, actor="test", campaign_id=only)
    if scope == "a registry":
        stage.world.db.transact(partial(put_in_a_registry, phone=gone))
    else:
        stage.world.db.transact(lambda tx: suppressions.add(tx, [gone], opt_out, now=NOW))
    copied = call_anew(stage, list_id)
    assert (copied.leads, copied.left_out) == (1, 1)
    assert phones_in(stage, copied.campaign_id) == [other]


def test_wrong_numbers_are_left_out(stage: Stage) -> None:
    wrong = {**CLOSED, "closed_as": ClosedAs.INVALID_NUMBER}
    list_id = a_list(stage, stage.campaign(), [wrong, {}])
    assert call_anew(stage, list_id).leads == 1


# -- whose leads


def test_only_the_leads_that_the_list_brought_are_taken_as_new_ones(stage: Stage) -> None:
    stage.excused.add("I11")
    campaign = stage.campaign()
    stage.lead(campaign)
    other = a_list(stage, campaign, [{}, {}], name="april.csv")
    reached = {**CLOSED, "closed_as": ClosedAs.REACHED, "tries": 2, "attempts": 2}
    list_id = a_list(stage, campaign, [{"variables": {"plan": "Team"}}, reached])
    a_list(stage, campaign, [{}], name="may.csv")
    elsewhere = stage.campaign()
    a_list(stage, elsewhere, [{}])
    changed_by_it = stage.lead(campaign, updated_list_id=list_id)
    copied = call_anew(stage, list_id)
    assert (copied.leads, copied.left_out) == (2, 0)
    assert phones_in(stage, copied.campaign_id) == phones_by(stage, list_id)
    assert stage.lead_row(changed_by_it).phone not in phones_in(stage, copied.campaign_id)
    assert not set(phones_by(stage, other)) & set(phones_in(stage, copied.campaign_id))
    row = stage.campaign_row(copied.campaign_id)
    assert (row.status, row.name, row.parent_id) == (CampaignStatus.DRAFT, "B", None)
    assert row.copied_from == {"campaign": campaign, "leads": "everybody", "list": list_id}
    chosen = leads.lead.select().where(leads.lead.c.campaign_id == row.id)
    found = stage.world.db.read(lambda tx: many(tx, Lead, chosen.order_by(leads.lead.c.row)))
    assert [(one.status, one.tries, one.list_id, one.row) for one in found] == [
        (LeadStatus.READY, 0, None, 1),
        (LeadStatus.READY, 0, None, 2),
    ]
    assert found[0].variables == {"plan": "Team"}
    control.start(stage.world, row.id, actor="ann")


@pytest.mark.parametrize("how", ["stopped", "archived"])
def test_a_list_is_called_anew_whatever_became_of_its_campaign(stage: Stage, how: str) -> None:
    campaign = stage.campaign()
    list_id = a_list(stage, campaign, [{}, {}])
    control.stop(stage.world, campaign, actor="ann")
    if how == "archived":
        control.archive(stage.world, campaign, actor="ann")
    assert call_anew(stage, list_id).leads == 2


def test_lists_imported_by_an_older_dialer_are_found_too(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.lead(campaign)
    list_id = a_list(stage, campaign, [{}, {}])
    stage.lead(campaign)
    change_list(stage, list_id, after_lead=None, until_lead=None)
    assert call_anew(stage, list_id).leads == 2
    assert sum(leads_to_copy_of_list(stage.world.db, list_id).places.values()) == 2


def test_a_list_knows_between_which_ids_its_leads_are(stage: Stage) -> None:
    campaign = stage.campaign()
    before = stage.lead(campaign)
    list_id = a_list(stage, campaign, [{}, {}])
    stage.lead(campaign)
    row = stage.world.db.read(lambda tx: lists.get(tx, list_id))
    assert row is not None
    assert (row.after_lead, row.until_lead) == (before, before + 2)


def test_what_a_list_would_bring_is_counted_with_the_columns_of_its_leads(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.lead(campaign, variables={})
    wrong = {**CLOSED, "closed_as": ClosedAs.INVALID_NUMBER}
    known = [{"variables": {"plan": "Team", "first_name": "Ada"}}, {"variables": {"plan": "Solo"}}]
    list_id = a_list(stage, campaign, [*known, {**wrong, "variables": {"plan": "Team"}}])
    at_hand = leads_to_copy_of_list(stage.world.db, list_id)
    assert (sum(at_hand.places.values()), at_hand.columns) == (2, {"plan"})


def test_only_lists_that_have_leads_are_offered_the_newest_first(stage: Stage) -> None:
    campaign = stage.campaign()
    first = a_list(stage, campaign, [{}])
    a_list(stage, campaign, [], name="nobody.csv")
    undone = a_list(stage, campaign, [{}], name="undone.csv")
    undo(stage.world, undone, actor="ann")
    begun = a_list(stage, campaign, [{}], name="begun.csv")
    change_list(stage, begun, status=ListStatus.IMPORTING)
    a_list(stage, campaign, [{}], name="push:1:a")
    last = a_list(stage, campaign, [{}], name="last.csv")
    found: list[LeadList] = stage.world.db.read(lambda tx: lists.latest_with_leads(tx, most=9))
    assert [row.id for row in found] == [last, first]
    found = stage.world.db.read(lambda tx: lists.latest_with_leads(tx, most=1))
    assert [row.id for row in found] == [last]


def test_a_redial_is_of_the_whole_campaign_whoever_calls_a_list_of_it_anew(stage: Stage) -> None:
    stage.excused.add("I11")
    campaign = stage.campaign()
    given_up = {**CLOSED, "closed_as": ClosedAs.EXHAUSTED, "attempts": 5, "tries": 6}
    list_id = a_list(stage, campaign, [given_up, given_up])
    stage.lead(campaign, **given_up)
    anew = call_anew(stage, list_id)
    child = redial(stage.world, campaign, actor="ann")
    assert (child.leads, child.left_out) == (3, 0)
    assert redial(stage.world, campaign, actor="ann") == child
    assert stage.campaign_row(child.campaign_id).copied_from == {
        "campaign": campaign,
        "leads": "not_reached",
    }
    assert len(phones_in(stage, anew.campaign_id)) == 2


# -- told


def test_campaign_and_lead_tell_the_list_and_the_campaign_they_come_from(stage: Stage) -> None:
    campaign = stage.campaign(name="Spring")
    list_id = a_list(stage, campaign, [{}])
    copied = call_anew(stage, list_id)
    row = stage.campaign_row(copied.campaign_id)
    told = {
        "campaign_id": campaign,
        "campaign": "Spring",
        "leads": "everybody",
        "list_id": list_id,
        "file_name": "march.csv",
    }
    assert stage.world.db.read(lambda tx: source_told(tx, row)) == told
    taken, original = ids_of(stage, copied.campaign_id), ids_of(stage, campaign)
    assert explain(stage.world.db, taken[0], now=NOW)["taken_from"] == told
    assert explain(stage.world.db, original[0], now=NOW)["taken_from"] is None
    assert stage.world.db.read(lambda tx: source_told(tx, stage.campaign_row(campaign))) is None
    (noted,) = stage.world.db.read(lambda tx: ledger.of_subject(tx, f"campaign:{row.id}"))[:1]
    assert noted.after == row.copied_from


def ids_of(stage: Stage, campaign: int) -> list[int]:
    chosen = leads.lead.select().where(leads.lead.c.campaign_id == campaign)
    return [row.id for row in stage.world.db.read(lambda tx: many(tx, Lead, chosen))]


# -- part by part


def test_a_copy_of_a_list_that_died_goes_on_by_itself(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART", 2)
    campaign = stage.campaign()
    stage.leads(3, campaign)
    list_id = a_list(stage, campaign, [{}] * 5)
    stage.leads(3, campaign)
    with pytest.raises(Killed):
        create_with_leads_of_list(
            killed_after(stage.world, 2), make_spec(name="B"), list_id, actor="ann"
        )
    made = stage.world.db.read(campaigns.every)[0]
    assert len(phones_in(stage, made.id)) == 2
    with pytest.raises(RefusedByRule, match="still being copied"):
        control.start(stage.world, made.id, actor="ann")
    stage.reconcile()
    assert phones_in(stage, made.id) == phones_by(stage, list_id)
    assert stage.campaign_row(made.id).pending_after is None


def test_a_list_that_is_undone_while_it_is_copied_brings_nobody_more(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART", 2)
    list_id = a_list(stage, stage.campaign(), [{}] * 5)
    copied = call_anew(stage, list_id, parts_now=1)
    undo(stage.world, list_id, actor="ann")
    stage.reconcile()
    assert len(phones_in(stage, copied.campaign_id)) == 2
    assert stage.campaign_row(copied.campaign_id).pending_after is None


# -- what it costs


def fill(tx: Connection, campaign: int, *, list_id: int | None, first: int, number: int) -> None:
    rows = [
        {
            "campaign_id": campaign,
            "list_id": list_id,
            "phone": f"+1212{first + one}",
            "zones": "America/New_York",
            "zone_source": "number",
            "variables": {},
            "status": "READY",
            "due_at": NOW + timedelta(days=1),
            "row": one,
            "attempts": 0,
            "free_tries": 0,
            "tries": 0,
            "created_at": NOW,
        }
        for one in range(number)
    ]
    for start in range(0, number, 500):
        leads.add(tx, rows[start : start + 500])


def a_small_list_in_a_long_campaign(stage: Stage) -> tuple[int, int]:
    campaign = stage.draft()

    def body(tx: Connection) -> int:
        fill(tx, campaign, list_id=None, first=3_000_000, number=1_500)
        list_id = open_list(tx, campaign, now=NOW)
        lists.begin(tx, list_id)
        fill(tx, campaign, list_id=list_id, first=4_000_000, number=20)
        lists.count(tx, list_id, imported=20)
        lists.close(tx, list_id, now=NOW)
        fill(tx, campaign, list_id=None, first=5_000_000, number=1_500)
        if not stage.world.db.is_sqlite:  # where nobody gathers figures of the tables
            tx.exec_driver_sql("ANALYZE")
        return list_id

    return campaign, stage.world.db.transact(body)


def assert_is_stretch_of_ids(plan: str) -> None:
    """Check that leads are found by a range of their ids, and by no condition on the campaign."""
    assert "Seq Scan on lead " not in plan  # that of the lists may be read whole
    assert not {"SCAN l", "SCAN lead"} & set(plan.splitlines())
    assert "PRIMARY KEY (rowid>? AND rowid<?)" in plan or "lead_pkey" in plan


def test_a_small_list_of_a_long_campaign_is_a_stretch_of_ids(stage: Stage) -> None:
    campaign, list_id = a_small_list_in_a_long_campaign(stage)
    source = LeadSource(campaign, list_id=list_id)
    first, last = stage.world.db.read(lambda tx: pending.bounds(tx, campaign, list_id=list_id)) or (
        0,
        0,
    )
    assert last - first + 1 == 20
    for act in (
        lambda tx: pending.count(tx, source),
        lambda tx: lead_samples.places_to_copy(tx, source),
        lambda tx: lead_samples.variables_to_copy(tx, source, most=50),
    ):
        span, plan = plans_of(stage, act)
        assert "lead_list" in span
        assert_is_stretch_of_ids(plan)


@pytest.mark.parametrize("waiting", [False, True])
def test_the_leads_of_a_small_list_are_shown_from_a_stretch_of_ids(
    stage: Stage, waiting: bool
) -> None:
    campaign, list_id = a_small_list_in_a_long_campaign(stage)
    chosen = LeadFilter(list_id=list_id, waiting=waiting)
    page = partial(lead_paging.page, campaign_id=campaign, chosen=chosen, after=None, most=50)
    for act in (page, lambda tx: lead_paging.count(tx, campaign, chosen)):
        (plan,) = plans_of(stage, act)
        assert_is_stretch_of_ids(plan)


@pytest.mark.parametrize("of_list", [True, False])
def test_a_part_of_a_copy_reads_no_more_than_its_stretch_of_ids(
    stage: Stage, of_list: bool
) -> None:
    campaign, list_id = a_small_list_in_a_long_campaign(stage)
    target = stage.draft()
    # Where figures are gathered, the few who were closed are found by an index of their own.
    selections = Selection if stage.world.db.is_sqlite else [Selection.EVERYBODY]
    for chosen in selections:
        source = LeadSource(campaign, chosen, list_id if of_list else None)
        stretch: dict[str, Any] = {"target": target, "after": 1_500, "until": 2_500, "now": NOW}
        act = partial(pending.copy, source=source, children=[99], **stretch)
        (plan,) = plans_of(stage, act)
        assert_is_stretch_of_ids(plan)
