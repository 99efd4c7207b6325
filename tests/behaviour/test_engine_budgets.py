"""What a campaign may use of the whole, of a day, and when it holds itself."""

from functools import partial
from typing import Any

import pytest
from factories import Stage
from sqlalchemy import event

from dialer.actions import control
from dialer.actions.editing import edit
from dialer.actions.evidence import apply_evidence
from dialer.domain.dispositions import Disposition
from dialer.domain.evidence import CallEvidence
from dialer.domain.hold import HoldCode
from dialer.domain.states import AttemptStatus, CampaignStatus
from dialer.store import gate


def unsent(stage: Stage) -> list[str]:
    """Claim, and give all attempts that wait to be sent; a call's end claims by itself."""
    stage.claim()
    return [one for one in stage.queue.dialed if stage.status(one) is AttemptStatus.INTENT]


def spend(stage: Stage, *attempt_ids: str, cents: float = 10.0) -> None:
    """Send attempts, and let their calls end and be priced."""
    for attempt_id in attempt_ids:
        stage.dial(attempt_id)
        stage.deliver(
            stage.retell.end(attempt_id),
            stage.retell.analyze(attempt_id, call_cost={"combined_cost": cents}),
        )


def test_no_more_calls_begin_than_a_campaign_allows_in_a_day(stage: Stage) -> None:
    campaign = stage.campaign(limits={"calls_per_day": 3})
    stage.leads(10, campaign)
    first = stage.claim()
    assert len(first) == 3
    spend(stage, *first)
    assert stage.claim() == []


def test_a_new_day_begins_at_midnight_in_the_zone_of_the_campaign(stage: Stage) -> None:
    limits = {"calls_per_day": 1, "zone": "America/New_York"}
    campaign = stage.campaign(limits=limits)
    stage.leads(3, campaign)
    spend(stage, *stage.claim())
    stage.clock.pass_time(hours=13, minutes=59)  # 23:59 there, and the next day in UTC
    assert stage.claim() == []
    stage.clock.pass_time(minutes=1)
    assert len(stage.claim()) == 1


def test_a_call_that_was_never_made_costs_nothing_of_the_day(stage: Stage) -> None:
    campaign = stage.campaign(limits={"calls_per_day": 1})
    stage.leads(2, campaign)
    (attempt_id,) = stage.claim()
    stage.wait(seconds=61)  # nobody sent it: cancelled
    assert stage.status(attempt_id) is AttemptStatus.CANCELLED
    assert len(unsent(stage)) == 1


def test_open_calls_are_paid_for_by_what_calls_cost_lately(stage: Stage) -> None:
    campaign = stage.campaign(limits={"dollars_per_day": 1.0})
    stage.leads(20, campaign)
    first = stage.claim()
    assert len(first) == 4  # nobody knows yet: 25 cents each
    spend(stage, *first)  # 10 cents each in truth
    stage.clock.pass_time(seconds=1)
    assert len(unsent(stage)) == 6


def test_a_dear_call_leaves_less_for_the_others(stage: Stage) -> None:
    campaign = stage.campaign(limits={"dollars_per_day": 2.0})
    stage.lines(1)
    stage.leads(20, campaign)
    spend(stage, *unsent(stage), cents=90)
    stage.clock.pass_time(seconds=1)
    spend(stage, *unsent(stage), cents=90)
    stage.clock.pass_time(seconds=1)
    assert unsent(stage) == []  # 20 cents are left, and calls cost 90


def test_a_budget_that_is_cut_holds_back_what_was_claimed_before(stage: Stage) -> None:
    campaign = stage.campaign(limits={"calls_per_day": 5})
    stage.leads(5, campaign)
    first, second, *_ = stage.claim()
    stage.dial(first)
    stage.clock.pass_time(seconds=1)
    edit(stage.world, campaign, {"limits.calls_per_day": 2}, actor="test")
    stage.dial(second)
    assert stage.status(second) is AttemptStatus.CANCELLED
    assert stage.attempt_row(second).reason == HoldCode.DAY_USED_UP


def test_a_day_is_not_counted_anew_for_each_claim(stage: Stage) -> None:
    campaign = stage.campaign(limits={"calls_per_day": 8})
    stage.leads(20, campaign)
    stage.lines(3)
    counted: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "created_at >=" in statement and "count(" in statement:
            counted.append(statement)

    event.listen(stage.world.db.engine, "before_cursor_execute", note)
    for _ in range(4):
        spend(stage, *unsent(stage)[:1])
    assert len(counted) == 1
    assert len(stage.queue.dialed) == 7


def test_the_calls_of_all_campaigns_count_towards_the_day_of_everything(stage: Stage) -> None:
    stage.world.db.transact(lambda tx: gate.set_limits(tx, calls_per_day=5))
    one, other = stage.campaign(), stage.campaign()
    stage.leads(4, one)
    stage.leads(4, other)
    claimed = stage.claim()
    assert len(claimed) == 5
    spend(stage, *claimed)
    assert stage.claim() == []


def test_what_one_campaign_may_not_use_today_goes_to_the_others(stage: Stage) -> None:
    capped, free = stage.campaign(limits={"calls_per_day": 1}), stage.campaign()
    stage.leads(8, capped)
    stage.leads(8, free)
    stage.claim()
    stage.claim()
    in_use = stage.world.db.read(gate.count_open).by_campaign
    assert in_use == {capped: 1, free: 8}


def test_a_campaign_starts_with_one_line_and_gets_the_others_minute_by_minute(
    stage: Stage,
) -> None:
    campaign = stage.campaign(limits={"lines_per_minute": 3})
    stage.leads(9, campaign)
    assert len(stage.claim()) == 1
    stage.clock.pass_time(seconds=19)
    assert stage.claim() == []
    stage.clock.pass_time(seconds=1)
    assert len(stage.claim()) == 1
    stage.clock.pass_time(seconds=40)
    assert len(stage.claim()) == 2


def test_promised_lines_come_before_fair_shares(stage: Stage) -> None:
    stage.lines(6)
    heavy, promised = stage.campaign(weight=10), stage.campaign(limits={"lines_at_least": 4})
    stage.leads(9, heavy)
    stage.leads(9, promised)
    stage.claim()
    assert stage.world.db.read(gate.count_open).by_campaign == {heavy: 2, promised: 4}


def fail(stage: Stage, times: int) -> None:
    """Make so many calls one after the other that fail technically."""
    for _ in range(times):
        attempt_id = unsent(stage)[0]
        stage.dial(attempt_id)
        stage.deliver(stage.retell.end(attempt_id, "error_retell"))


def test_a_campaign_whose_calls_fail_technically_holds_itself_with_a_sentence(
    stage: Stage,
) -> None:
    stage.lines(1)
    campaign = stage.campaign(hold={"failed_among": 4})
    stage.leads(9, campaign)
    fail(stage, 3)
    assert stage.campaign_row(campaign).status is CampaignStatus.RUNNING
    fail(stage, 1)
    row = stage.campaign_row(campaign)
    assert (row.status, row.held_reason) == (CampaignStatus.HELD, "failing")
    assert row.held_text is not None
    assert row.held_text.startswith("4 of the 4 calls of the last 2 minutes failed technically")


def test_the_end_of_a_call_that_is_told_twice_counts_once(stage: Stage) -> None:
    campaign = stage.campaign(hold={"failed_among": 3})
    stage.leads(2, campaign)
    first, second = stage.claim()
    stage.dial(first, second)
    seen = stage.attempt_row(second)  # as somebody read it who is told the same a moment later
    stage.deliver(stage.retell.end(first, "error_retell"), stage.retell.end(second, "error_retell"))
    assert seen.call_id is not None
    again = CallEvidence(
        call_id=seen.call_id,
        rank=AttemptStatus.ENDED,
        disposition=Disposition.PROVIDER_ERROR,
        reason="error_retell",
    )
    apply = partial(apply_evidence, evidence=again, seen=seen, by="test", source="look-up")
    stage.world.db.transact(partial(apply, now=stage.clock.now()))
    assert stage.campaign_row(campaign).status is CampaignStatus.RUNNING


def test_who_resumes_it_has_seen_the_earlier_failures(stage: Stage) -> None:
    stage.lines(1)
    campaign = stage.campaign(hold={"failed_among": 4})
    stage.leads(20, campaign)
    fail(stage, 4)
    stage.clock.pass_time(seconds=1)
    control.resume(stage.world, campaign, actor="test")
    fail(stage, 3)
    assert stage.campaign_row(campaign).status is CampaignStatus.RUNNING
    fail(stage, 1)
    assert stage.campaign_row(campaign).status is CampaignStatus.HELD


@pytest.mark.parametrize(("share", "holds"), [(0.4, True), (0.5, False), (None, False)])
def test_a_campaign_whose_people_do_not_want_these_calls_holds_itself(
    stage: Stage, share: float | None, holds: bool
) -> None:
    stage.lines(1)
    campaign = stage.campaign(hold={"opted_out_among": 4, "opted_out_share": share})
    stage.leads(5, campaign)
    for reason in ("user_hangup", "user_requested_dnc", "agent_hangup", "user_requested_dnc"):
        (attempt_id,) = unsent(stage)
        stage.dial(attempt_id)
        stage.deliver(stage.retell.end(attempt_id, reason))
    status = stage.campaign_row(campaign).status
    assert status is (CampaignStatus.HELD if holds else CampaignStatus.RUNNING)
    if holds:
        assert stage.campaign_row(campaign).held_reason == "opt_outs"
