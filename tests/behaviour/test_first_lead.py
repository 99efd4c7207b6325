"""The first lead: as long as a campaign calls only that one, it is said why the others wait."""

from datetime import timedelta

import pytest
from factories import NOW, Stage
from test_claim_cost import assert_is_range, fill, plans_of

from dialer.actions import control
from dialer.actions.campaign_live import counted, speed_of, standing
from dialer.actions.explain import explain
from dialer.store import vitals
from dialer.store.invariants import violations
from dialer.store.vitals import Overdue


@pytest.fixture
def careful(stage: Stage) -> tuple[int, list[int]]:
    """Make a campaign that is to call only the first of its three leads."""
    campaign = stage.draft()
    leads = stage.leads(3, campaign)
    control.start(stage.world, campaign, actor="ann", first_only=True)
    return campaign, leads


def test_before_the_first_call_nothing_is_against_any_lead(
    stage: Stage, careful: tuple[int, list[int]]
) -> None:
    for lead in careful[1]:
        assert explain(stage.world.db, lead, now=NOW)["why_not_now"] is None


def test_the_others_wait_until_a_person_lets_them_be_called(
    stage: Stage, careful: tuple[int, list[int]]
) -> None:
    campaign, (_, second, _) = careful
    stage.dial(*stage.claim())
    found = explain(stage.world.db, second, now=NOW)
    assert found["why_not_now"]["code"] == "first_lead_only"
    assert found["why_not_now"]["sentence"].startswith("The campaign calls only its first lead")
    shut = [one["name"] for one in found["gates"] if one["hold"] is not None]
    assert shut == ["campaign calls more than its first lead"]
    control.call_all(stage.world, campaign, actor="ann")
    assert explain(stage.world.db, second, now=NOW)["why_not_now"] is None


def test_leads_that_wait_for_that_are_not_overdue(
    stage: Stage, careful: tuple[int, list[int]]
) -> None:
    campaign, _ = careful
    assert due_first(stage) == Overdue(NOW, campaign, "Spring")
    stage.dial(*stage.claim())
    assert due_first(stage) is None
    stage.wait(minutes=10)
    assert stage.world.db.read(lambda tx: violations(tx, now=stage.clock.now())) == []
    ordinary = stage.campaign(name="Autumn")
    stage.lead(ordinary)
    assert due_first(stage) == Overdue(stage.clock.now(), ordinary, "Autumn")
    control.call_all(stage.world, campaign, actor="ann")
    assert due_first(stage) == Overdue(NOW, campaign, "Spring")


def test_nothing_is_said_of_the_speed_of_a_campaign_that_waits_for_a_person(
    stage: Stage, careful: tuple[int, list[int]]
) -> None:
    campaign, _ = careful
    of = counted(stage.world.db, campaign, now=NOW)
    assert speed_of(standing(stage.world.db, campaign, now=NOW), of, now=NOW)
    stage.dial(*stage.claim())
    assert speed_of(standing(stage.world.db, campaign, now=NOW), of, now=NOW) == []


def test_what_is_due_first_is_read_from_ranges_of_the_index(stage: Stage) -> None:
    campaign = stage.campaign()
    at = NOW - timedelta(minutes=1)
    stage.world.db.transact(lambda tx: fill(tx, campaign, at=at))
    plans = plans_of(stage, vitals.vitals)
    of_leads = [plan for plan in plans if "lead_due" in plan or " lead" in plan]
    assert of_leads
    for plan in of_leads:
        assert_is_range(plan)


def due_first(stage: Stage) -> Overdue | None:
    return stage.world.db.read(vitals.vitals).oldest_due
