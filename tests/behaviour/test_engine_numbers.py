"""The numbers we call from: caps, spacing, rests, another number after a failure, paths."""

from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from factories import NOW, OUR_NUMBER, Stage, set_gate
from scripted_retell import refused
from sqlalchemy import event
from test_claim_cost import fill_calls, plans_of

from dialer.actions import control
from dialer.actions.callers import why_no_number
from dialer.actions.plan import claim
from dialer.domain.hold import Hold, HoldCode
from dialer.domain.numbers import RestReason
from dialer.domain.states import AttemptStatus, CampaignStatus, LeadStatus
from dialer.store import numbers
from dialer.store.database import Connection

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(hours=24)
OTHER, THIRD = "+12125550001", "+13105550002"
UNKNOWN = refused(404, f"Item {OUR_NUMBER} not found from phone-number")


def froms(stage: Stage, attempt_ids: list[str]) -> list[str]:
    """Give the numbers that attempts are made from."""
    return [stage.attempt_row(one).from_number for one in attempt_ids]


def why(stage: Stage, campaign_id: int) -> Hold | None:
    """Ask why a campaign has no number to call from."""
    campaign, now = stage.campaign_row(campaign_id), stage.clock.now()
    return stage.world.db.read(lambda tx: why_no_number(tx, campaign, now=now))


def resting(stage: Stage) -> dict[str, datetime]:
    now = stage.clock.now()
    return stage.world.db.read(lambda tx: numbers.resting(tx, now=now))


def rest(stage: Stage, *those: str, until: datetime = NOW + DAY) -> None:
    """Let numbers rest, as after a call that was blocked."""
    why_it_rests: dict[str, Any] = {"reason": RestReason.BLOCKED, "sentence": "test"}
    for number in those:
        body = partial(numbers.rest, number=number, until=until, **why_it_rests)
        stage.world.db.transact(body)


def looks_at_earlier_calls(stage: Stage) -> int:
    """Claim, and count the statements that look at calls made earlier from our numbers."""
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    def body(tx: Connection) -> None:
        event.listen(tx, "before_cursor_execute", note)
        claim(tx, stage.world, freed_at=None)
        event.remove(tx, "before_cursor_execute", note)

    stage.world.db.transact(body)
    return sum("WITH pool" in one for one in seen)


# -- caps


def test_a_number_never_calls_more_than_its_cap_in_24_hours(stage: Stage) -> None:
    stage.excused.add("I4")  # nobody looks at the open calls in between
    campaign = stage.campaign(from_numbers=[OUR_NUMBER, OTHER], caller_id={"calls_per_day": 2})
    waiting = stage.leads(6, campaign)
    assert Counter(froms(stage, stage.claim())) == {OUR_NUMBER: 2, OTHER: 2}
    assert stage.claim() == []
    left = [stage.lead_row(one) for one in waiting if stage.lead_row(one).tries == 0]
    assert [(row.status, row.due_at) for row in left] == [(LeadStatus.READY, NOW)] * 2
    hold = why(stage, campaign)
    assert hold is not None
    assert (hold.code, hold.until) == (HoldCode.NO_NUMBER, NOW + DAY)
    stage.clock.pass_time(hours=23, minutes=59)
    assert stage.claim() == []
    stage.clock.pass_time(minutes=1)
    assert len(stage.claim()) == 2


def test_a_cap_counts_the_calls_of_every_campaign(stage: Stage) -> None:
    free, capped = stage.campaign(), stage.campaign(caller_id={"calls_per_day": 3})
    stage.leads(2, free)
    stage.claim()
    stage.leads(4, capped)
    assert len(stage.claim()) == 1


def test_a_cap_counts_what_another_campaign_takes_in_the_same_claim(stage: Stage) -> None:
    capped, free = stage.campaign(caller_id={"calls_per_day": 3}), stage.campaign()
    stage.leads(9, capped)
    stage.leads(9, free)
    claimed = [stage.attempt_row(one) for one in stage.claim()]
    made = Counter(row.campaign_id for row in claimed)
    assert made[capped] <= 3
    assert made[free] == 10 - made[capped]


def test_what_was_never_sent_counts_for_no_cap(stage: Stage) -> None:
    campaign = stage.campaign(caller_id={"calls_per_day": 2})
    stage.leads(3, campaign)
    stage.retell.then(refused(429))
    stage.dial(stage.claim()[0])
    stage.clock.pass_time(seconds=2)
    assert len(stage.claim()) == 1
    assert stage.claim() == []


def test_a_new_number_is_warmed_up_day_by_day(stage: Stage) -> None:
    stage.excused.add("I4")  # nobody looks at the open calls in between
    stage.lines(1000)
    caller_id = {"warm_up": [2, 4], "calls_per_day": 6}
    stage.leads(40, stage.campaign(caller_id=caller_id))
    days = []
    for _ in range(4):
        days.append(len(stage.claim()))
        stage.clock.pass_time(hours=12)
        days.append(len(stage.claim()))
        stage.clock.pass_time(hours=12)
    assert days == [2, 0, 4, 0, 6, 0, 6, 0]


# -- spacing


def test_two_calls_from_one_number_lie_apart_by_the_spacing(stage: Stage) -> None:
    stage.lines(100, calls_per_second=4)
    campaign = stage.campaign(from_numbers=[OUR_NUMBER, OTHER], caller_id={"spacing": "10s"})
    stage.leads(12, campaign)
    for _ in range(60):
        stage.claim()
        stage.clock.pass_time(seconds=0.5)
    sent: dict[str, list[datetime]] = {OUR_NUMBER: [], OTHER: []}
    for attempt_id in stage.queue.dialed:
        row = stage.attempt_row(attempt_id)
        sent[row.from_number].append(row.send_at)
    for moments in sent.values():
        assert len(moments) == 3
        assert all(b - a >= 10 * SECOND for a, b in pairwise(moments))


def test_a_number_that_called_a_moment_ago_leaves_the_lead_due(stage: Stage) -> None:
    campaign = stage.campaign(caller_id={"spacing": "30s"})
    first, second = stage.leads(2, campaign)
    assert [stage.attempt_row(one).lead_id for one in stage.claim()] == [first]
    assert stage.claim() == []
    assert stage.lead_row(second).due_at == NOW
    hold = why(stage, campaign)
    assert hold is not None
    assert hold.until == NOW + 30 * SECOND
    stage.clock.pass_time(seconds=30)
    assert len(stage.claim()) == 1


def test_lines_that_a_campaign_has_no_numbers_for_go_to_others(stage: Stage) -> None:
    spaced = stage.campaign(from_numbers=[OUR_NUMBER], caller_id={"spacing": "1h"})
    other = stage.campaign(from_numbers=[OTHER])
    stage.leads(50, spaced)
    stage.leads(50, other)
    claimed = Counter(stage.attempt_row(one).campaign_id for one in stage.claim())
    assert claimed == {spaced: 1, other: 9}


def test_a_campaign_without_a_number_takes_no_lines(stage: Stage) -> None:
    without, other = stage.campaign(), stage.campaign(from_numbers=[OTHER])
    rest(stage, OUR_NUMBER)
    stage.leads(20, without)
    stage.leads(20, other)
    claimed = Counter(stage.attempt_row(one).campaign_id for one in stage.claim())
    assert claimed == {other: 10}


# -- what it costs


def test_a_pool_without_limits_asks_for_no_calls_made_earlier(stage: Stage) -> None:
    weighted = {"weights": {OTHER: 3}, "choose": "local presence"}
    stage.leads(2, stage.campaign(from_numbers=[OUR_NUMBER, OTHER], caller_id=weighted))
    assert looks_at_earlier_calls(stage) == 0


def test_all_limited_campaigns_ask_once(stage: Stage) -> None:
    for limit in ({"calls_per_day": 9}, {"spacing": "1m"}, {"warm_up": [3]}):
        stage.leads(2, stage.campaign(from_numbers=[OUR_NUMBER, OTHER], caller_id=limit))
    assert looks_at_earlier_calls(stage) == 1


def test_earlier_calls_are_found_by_the_index(stage: Stage) -> None:
    stage.excused |= {"I6", "I11"}  # the calls are made up
    campaign_id = stage.campaign()
    stage.world.db.transact(lambda tx: fill_calls(tx, campaign_id))
    (plan,) = plans_of(
        stage,
        lambda tx: numbers.uses(tx, [OUR_NUMBER, OTHER], most=50, spacing=HOUR, now=NOW),
    )
    assert plan.count("attempt_from") >= 4
    assert "SCAN attempt" not in plan
    assert "Seq Scan on attempt" not in plan


# -- another number after a failure


@pytest.mark.parametrize("reason", ["dial_failed", "marked_as_spam", "network_blocked"])
def test_who_could_not_be_reached_from_one_number_is_called_from_another(
    stage: Stage, reason: str
) -> None:
    lead_id = stage.lead(stage.campaign(from_numbers=[OUR_NUMBER, OTHER, THIRD]))
    for _ in range(3):
        first = stage.call(lead_id)
        stage.deliver(stage.retell.end(first, reason, call_status="not_connected"))
        due_at = stage.lead_row(lead_id).due_at
        assert due_at is not None
        stage.clock.moment = due_at + timedelta(minutes=1)
        stage.reconcile()
        if stage.lead_row(lead_id).status is not LeadStatus.READY:
            break
    made = [row.from_number for row in stage.attempts_of(lead_id)]
    assert len(made) > 1
    assert all(a != b for a, b in pairwise(made))


def test_the_only_number_calls_again(stage: Stage) -> None:
    stage.excused.add("I4")  # nobody looks at the open calls in between
    lead_id = stage.lead()
    stage.deliver(stage.retell.end(stage.call(lead_id), "dial_failed", call_status="not_connected"))
    stage.clock.pass_time(hours=1)
    assert froms(stage, stage.claim()) == [OUR_NUMBER]


def test_a_lead_is_called_from_a_number_nearby(stage: Stage) -> None:
    ours = ["+12145550000", OUR_NUMBER, THIRD]
    campaign = stage.campaign(from_numbers=ours, caller_id={"choose": "local presence"})
    new_york = stage.lead(campaign, phone="+12125550142")
    by_its_list = stage.lead(campaign, phone="+17025550143", region="US-CA")
    assert {
        stage.attempt_row(one).lead_id: stage.attempt_row(one).from_number for one in stage.claim()
    } == {new_york: OUR_NUMBER, by_its_list: THIRD}


# -- rests


@pytest.mark.parametrize("reason", ["marked_as_spam", "network_blocked"])
def test_a_number_that_carriers_block_rests_for_a_day_from_the_end_of_the_call(
    stage: Stage, reason: str
) -> None:
    campaign = stage.campaign()
    attempt_id = stage.call(stage.lead(campaign))
    ended = stage.retell.end(attempt_id, reason, call_status="not_connected")
    stage.clock.pass_time(hours=2)
    stage.deliver(ended, stage.retell.analyze(attempt_id))
    assert resting(stage) == {OUR_NUMBER: NOW + SECOND + DAY}
    assert stage.campaign_row(campaign).status is CampaignStatus.RUNNING


def test_hearing_of_it_again_or_of_an_older_one_makes_no_rest_longer_or_shorter(
    stage: Stage,
) -> None:
    first, second = stage.leads(2)
    older, newer = stage.claim()
    stage.dial(older)
    blocked = stage.retell.end(older, "marked_as_spam", call_status="not_connected")
    stage.clock.pass_time(seconds=50)
    stage.dial(newer)
    stage.deliver(stage.retell.end(newer, "marked_as_spam", call_status="not_connected"))
    until = resting(stage)
    stage.clock.pass_time(seconds=9)
    stage.deliver(blocked, blocked, stage.retell.analyze(newer), stage.retell.analyze(older))
    assert resting(stage) == until == {OUR_NUMBER: NOW + 50 * SECOND + DAY}
    assert {stage.lead_row(one).attempts for one in (first, second)} == {0}


def test_what_is_heard_of_a_day_later_lets_no_number_rest(stage: Stage) -> None:
    attempt_id = stage.call(stage.lead())
    ended = stage.retell.end(attempt_id, "network_blocked", call_status="not_connected")
    stage.clock.pass_time(hours=25)
    stage.deliver(ended)
    assert resting(stage) == {}


def test_nobody_is_called_from_a_resting_number_even_when_all_rest(stage: Stage) -> None:
    campaign = stage.campaign(from_numbers=[OUR_NUMBER, OTHER])
    rest(stage, OUR_NUMBER)
    rest(stage, OTHER, until=NOW + HOUR)
    lead_id = stage.lead(campaign)
    assert stage.claim() == []
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.due_at, lead.tries) == (LeadStatus.READY, NOW, 0)
    assert stage.campaign_row(campaign).status is CampaignStatus.RUNNING
    assert why(stage, campaign) == Hold(
        HoldCode.NO_NUMBER,
        "None of the campaign's numbers may call now (resting: 2).",
        until=NOW + HOUR,
    )
    stage.clock.pass_time(hours=1)
    assert why(stage, campaign) is None
    assert froms(stage, stage.claim()) == [OTHER]


def test_a_claimed_call_is_not_sent_from_a_number_that_came_to_rest(stage: Stage) -> None:
    campaign = stage.campaign(from_numbers=[OUR_NUMBER, OTHER])
    lead_id = stage.lead(campaign)
    (attempt_id,) = stage.claim()
    rest(stage, *froms(stage, [attempt_id]))
    stage.dial(attempt_id)
    assert stage.status(attempt_id) is AttemptStatus.CANCELLED
    assert stage.retell.posted == []
    assert stage.lead_row(lead_id).status is LeadStatus.READY
    (again,) = stage.claim()
    assert stage.attempt_row(again).from_number != stage.attempt_row(attempt_id).from_number


@pytest.mark.parametrize("again", ["resume", "a new campaign"])
def test_a_person_who_goes_on_wakes_the_numbers_that_retell_did_not_know(
    stage: Stage, again: str
) -> None:
    campaign = stage.campaign()
    stage.retell.then(UNKNOWN)
    stage.call(stage.lead(campaign))
    assert stage.campaign_row(campaign).status is CampaignStatus.HELD
    assert resting(stage) == {OUR_NUMBER: NOW + DAY}
    if again == "resume":
        control.resume(stage.world, campaign, actor="test")
    else:
        stage.lead(stage.campaign())
    assert resting(stage) == {}
    assert froms(stage, stage.claim()) == [OUR_NUMBER]


def test_nobody_wakes_a_number_that_carriers_block(stage: Stage) -> None:
    campaign = stage.campaign()
    rest(stage, OUR_NUMBER)
    control.pause(stage.world, campaign, actor="test")
    control.resume(stage.world, campaign, actor="test")
    stage.lead(stage.campaign())
    assert resting(stage) == {OUR_NUMBER: NOW + DAY}
    assert stage.claim() == []


# -- paths


def pace_paths(stage: Stage, **paces: float) -> None:
    """Set the pace of telephony paths."""
    named = {path.replace("_", "-"): pace for path, pace in paces.items()}
    set_gate(stage.world.db, lines=100, path_calls_per_second=named)


def test_a_path_is_paced_over_all_campaigns_and_claims(stage: Stage) -> None:
    pace_paths(stage, retell_twilio=2, custom=1)
    paths = {OUR_NUMBER: "retell-twilio", OTHER: "retell-twilio", THIRD: "custom"}
    stage.world.db.transact(lambda tx: numbers.set_paths(tx, paths))
    stage.leads(60, stage.campaign(from_numbers=[OUR_NUMBER, THIRD]))
    stage.leads(60, stage.campaign(from_numbers=[OTHER]))
    for _ in range(20):
        stage.claim()
        stage.clock.pass_time(seconds=0.5)
    sent: dict[str, list[datetime]] = {"retell-twilio": [], "custom": []}
    for attempt_id in stage.queue.dialed:
        row = stage.attempt_row(attempt_id)
        assert row.created_at <= row.send_at < row.created_at + SECOND
        sent[paths[row.from_number]].append(row.send_at)
    for path, gap in (("retell-twilio", SECOND / 2), ("custom", SECOND)):
        moments = sorted(sent[path])
        assert all(b - a >= gap for a, b in pairwise(moments))
        assert len(moments) >= 10 * SECOND / gap - 1  # and no slower than it may be


def test_a_path_waits_without_holding_up_the_others(stage: Stage) -> None:
    pace_paths(stage, custom=1)
    stage.world.db.transact(lambda tx: numbers.set_paths(tx, {OUR_NUMBER: "custom"}))
    slow = stage.campaign()
    stage.leads(50, slow)
    stage.leads(50, stage.campaign(from_numbers=[OTHER]))
    claimed = Counter(froms(stage, stage.claim()))
    assert claimed == {OUR_NUMBER: 1, OTHER: 99 - 49}
    hold = why(stage, slow)
    assert hold is not None
    assert (hold.code, hold.until) == (HoldCode.NO_NUMBER, NOW + SECOND)


def test_a_number_of_unknown_path_is_paced_by_the_pace_over_everything_alone(stage: Stage) -> None:
    pace_paths(stage, custom=1)
    stage.leads(9, stage.campaign())
    assert len(stage.claim()) == 9


def test_retell_is_asked_for_the_paths_of_our_numbers(stage: Stage) -> None:
    stage.retell.numbers = {OUR_NUMBER: "custom", OTHER: "retell-telnyx", THIRD: "retell-twilio"}
    stage.draft(from_numbers=[THIRD])
    stage.lead(stage.campaign(from_numbers=[OUR_NUMBER, OTHER]), due_at=NOW + HOUR)
    stage.reconcile()
    stage.reconcile()
    known = stage.world.db.read(numbers.paths)
    assert known == {OUR_NUMBER: "custom", OTHER: "retell-telnyx"}
    stage.wait(minutes=11)
    assert stage.retell.asked.count("/v2/list-phone-numbers") == 1


def test_a_path_that_stays_unknown_is_asked_for_every_ten_minutes_at_most(stage: Stage) -> None:
    stage.lead(due_at=NOW + DAY)
    stage.wait_long(minutes=21, every=timedelta(seconds=30))
    assert stage.retell.asked.count("/v2/list-phone-numbers") == 3
    assert stage.world.db.read(numbers.paths) == {}


def test_nobody_is_held_up_when_retell_does_not_tell_the_paths(stage: Stage) -> None:
    lead_id = stage.lead()
    stage.retell.down = True
    stage.reconcile()
    stage.retell.down = False
    stage.call(lead_id)
    assert stage.campaign_row(stage.lead_row(lead_id).campaign_id).status is CampaignStatus.RUNNING


def test_a_path_learned_leaves_a_rest_as_it_is_and_a_rest_the_path(stage: Stage) -> None:
    stage.retell.numbers = {OUR_NUMBER: "custom"}
    stage.lead(due_at=NOW + HOUR)
    rest(stage, OUR_NUMBER)
    stage.reconcile()
    rest(stage, OUR_NUMBER, until=NOW + 2 * DAY)
    assert stage.world.db.read(numbers.paths) == {OUR_NUMBER: "custom"}
    assert resting(stage) == {OUR_NUMBER: NOW + 2 * DAY}


def test_paces_of_paths_that_were_taken_out_of_the_settings_hold_no_more(stage: Stage) -> None:
    pace_paths(stage, custom=1)
    stage.world.db.transact(lambda tx: numbers.set_paths(tx, {OUR_NUMBER: "custom"}))
    campaign = stage.campaign()
    stage.leads(9, campaign)
    assert len(stage.claim()) == 1
    pace_paths(stage)
    assert stage.gate().path_calls_per_second == {}
    assert len(stage.claim()) == 8
