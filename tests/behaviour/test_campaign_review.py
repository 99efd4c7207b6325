"""What would come of a campaign before its settings are saved, and the campaigns at a glance."""

from datetime import timedelta
from typing import Any

import pytest
from factories import ALL_DAY, NOW, Stage, make_spec

from dialer.actions import copying, errands, parts
from dialer.actions.campaign_review import leads_of, leads_to_copy, outlook
from dialer.actions.glance import count_each, look_over
from dialer.domain.errands import ErrandKind, ErrandStatus
from dialer.domain.opening import openings_between
from dialer.domain.regions import Whereabouts
from dialer.domain.states import CampaignStatus, ClosedAs, LeadStatus
from dialer.domain.window import Window
from dialer.errors import NotFound
from dialer.store import campaigns
from dialer.store import errands as errand_rows

AGREED = {"at": "2026-01-05T12:00:00+00:00", "source": "web form", "text": None}
MORNINGS: dict[str, Any] = {**ALL_DAY, "opens": "09:00", "closes": "10:00"}


def held(stage: Stage, campaign: int, reason: str) -> int:
    gone: dict[str, Any] = {"status": LeadStatus.HELD, "due_at": None, "held_reason": reason}
    return stage.lead(campaign, **gone)


# -- refusals


def test_a_campaign_that_is_not_there_has_no_leads_to_look_at(stage: Stage) -> None:
    with pytest.raises(NotFound):
        leads_of(stage.world.db, 77, now=NOW)
    with pytest.raises(NotFound):
        leads_to_copy(stage.world.db, 77)
    with pytest.raises(NotFound):
        copying.create_with_leads_of(stage.world, make_spec(), 77, actor="ann")


def test_without_leads_nobody_is_called_and_no_hour_is_counted(stage: Stage) -> None:
    found = outlook(stage.world.db, make_spec(), None, now=NOW)
    assert (found.to_call, found.first_call_at, found.open_hours) == (0, None, 0.0)
    assert "caller_unnamed" in [one.code.value for one in found.findings]


def test_somebody_without_a_zone_has_no_hours() -> None:
    nowhere = Whereabouts((), frozenset())
    later = NOW + timedelta(days=1)
    assert openings_between(Window(), nowhere, begins=NOW, ends=later) == ()


# -- what is counted


def test_each_lead_is_called_or_left_out_for_a_reason(stage: Stage) -> None:
    campaign = stage.draft()
    stage.leads(3, campaign)
    stage.lead(campaign, zones="")
    held(stage, campaign, "wrong_number")
    closed: dict[str, Any] = {"status": LeadStatus.CLOSED, "due_at": None, "closed_at": NOW}
    stage.lead(campaign, closed_as=ClosedAs.SUPPRESSED, **closed)
    at_hand = leads_of(stage.world.db, campaign, now=NOW)
    found = outlook(stage.world.db, make_spec(), at_hand, now=NOW)
    assert found.to_call == 3
    assert dict(found.excluded) == {
        "nobody knows their local time": 1,
        "held: wrong number": 1,
        "on the do-not-call list": 1,
    }
    assert found.first_call_at == NOW


def test_hours_are_those_until_the_end_in_which_somebody_may_be_called(stage: Stage) -> None:
    campaign = stage.draft()
    stage.lead(campaign)
    stage.lead(campaign, zones="America/Chicago", region="US-IL")
    at_hand = leads_of(stage.world.db, campaign, now=NOW)
    spec = make_spec(window=MORNINGS, ends_at="2026-03-06T00:00:00+00:00")
    found = outlook(stage.world.db, spec, at_hand, now=NOW)
    # 10:00 in New York: Chicago has its hour now, both have theirs tomorrow.
    assert found.first_call_at == NOW
    assert found.open_hours == pytest.approx(3 * 55 / 60, abs=0.1)
    later = make_spec(window=MORNINGS, start_at="2026-03-09T00:00:00+00:00")
    week = outlook(stage.world.db, later, at_hand, now=NOW)
    assert week.first_call_at is not None
    assert week.first_call_at.isoformat() == "2026-03-09T13:00:00+00:00"
    assert (week.looked_until - later.start_at).days == 7  # type: ignore[operator]


def test_consent_is_asked_where_it_is_needed_and_lets_go_where_it_is_not(stage: Stage) -> None:
    campaign = stage.draft()
    stage.lead(campaign, consent=AGREED)
    stage.lead(campaign)
    held(stage, campaign, "no_consent")
    at_hand = leads_of(stage.world.db, campaign, now=NOW)
    needed = outlook(stage.world.db, make_spec(require_consent=True), at_hand, now=NOW)
    assert (needed.to_call, dict(needed.excluded)) == (1, {"without consent": 2})
    free = outlook(stage.world.db, make_spec(), at_hand, now=NOW)
    assert (free.to_call, free.excluded) == (3, [])


def test_hours_that_never_open_leave_everybody_out(stage: Stage) -> None:
    campaign = stage.draft()
    stage.leads(2, campaign)
    at_hand = leads_of(stage.world.db, campaign, now=NOW)
    night = {"days": ["mon"], "opens": "02:00", "closes": "03:00"}
    found = outlook(stage.world.db, make_spec(window=night), at_hand, now=NOW)
    assert (found.to_call, found.first_call_at) == (0, None)
    assert dict(found.excluded) == {"no hour that window and law allow": 2}


def test_columns_are_those_that_every_lead_has(stage: Stage) -> None:
    campaign = stage.draft()
    stage.lead(campaign, variables={"first_name": "Ada", "plan": "Team"})
    stage.lead(campaign, variables={"first_name": "Ben"})
    assert leads_of(stage.world.db, campaign, now=NOW).columns == {"first_name"}


def test_those_a_copy_would_take_are_all_but_those_never_called_again(stage: Stage) -> None:
    stage.excused.add("I11")
    campaign = stage.draft()
    stage.lead(campaign)
    closed: dict[str, Any] = {"status": LeadStatus.CLOSED, "due_at": None, "closed_at": NOW}
    for closed_as in (ClosedAs.REACHED, ClosedAs.SUPPRESSED, ClosedAs.INVALID_NUMBER):
        stage.lead(campaign, closed_as=closed_as, **closed)
    assert sum(leads_to_copy(stage.world.db, campaign).places.values()) == 2
    made = copying.create_with_leads_of(stage.world, make_spec(name="B"), campaign, actor="ann")
    assert made.leads == 2


def test_a_copy_that_was_begun_says_so_until_it_is_gone_on_with(stage: Stage) -> None:
    campaign = stage.draft()
    stage.leads(2, campaign)
    copy = copying.duplicate(stage.world, campaign, actor="ann", with_leads=True, parts_now=0)
    assert copy.leads == 0
    assert stage.campaign_row(copy.campaign_id).pending_after == 0
    parts.carry_on(stage.world)
    assert sum(stage.world.db.read(lambda tx: campaigns.counts(tx, copy.campaign_id)).values()) == 2


# -- at a glance


def test_campaigns_are_looked_over_by_their_state(stage: Stage) -> None:
    first, second = stage.campaign(), stage.campaign()
    stage.draft()
    stage.lead(first)
    stage.claim()
    running = (CampaignStatus.RUNNING,)
    seen = look_over(stage.world.db, running, before=None, most=1, now=NOW)
    assert [row.id for row in seen.campaigns] == [second, first]  # one more than was asked for
    assert (seen.by_status[CampaignStatus.RUNNING], seen.by_status[CampaignStatus.DRAFT]) == (2, 1)
    assert (seen.in_use, seen.in_use_by) == (1, {first: 1})
    older = look_over(stage.world.db, running, before=second, most=5, now=NOW)
    assert [row.id for row in older.campaigns] == [first]


def test_each_campaign_has_its_own_counts(stage: Stage) -> None:
    called, other = stage.campaign(), stage.campaign()
    attempt_id = stage.call(stage.lead(called))
    stage.deliver(stage.retell.answer(attempt_id), stage.retell.end(attempt_id))
    stage.lead(other)
    stage.clock.pass_time(minutes=2)
    found = count_each(stage.world.db, [called, other], now=stage.clock.now())
    assert (found[called].reached, found[called].rang, found[called].progress.completed) == (
        1,
        1,
        1,
    )
    assert sum(found[called].minutes) == 1
    assert (found[other].attempts, sum(found[other].minutes)) == (0, 0)


def test_an_errand_that_nobody_here_can_do_says_so(stage: Stage, tmp_path: Any) -> None:
    values: dict[str, Any] = {"asked": {}, "actor": "ann", "status": ErrandStatus.DOING}
    errand_id = stage.world.db.transact(
        lambda tx: errand_rows.add(tx, ErrandKind.FORECAST, now=NOW, **values)
    )
    assert errands.run_due(stage.world, home=tmp_path) == 1
    row = stage.world.db.read(lambda tx: errand_rows.get(tx, errand_id))
    assert row is not None
    assert (row.status, row.sentence) == (
        ErrandStatus.FAILED,
        "nobody here can do this: forecast",
    )
