"""Plan: what is claimed, and what is not."""

from datetime import timedelta

from factories import ALL_DAY, NOW, Stage

from dialer.domain.states import AttemptStatus, CampaignStatus, ClosedAs, LeadStatus
from dialer.domain.zones import ZoneSource
from dialer.store import gate, vitals


def test_a_due_lead_is_claimed_with_everything_a_worker_needs(stage: Stage) -> None:
    lead_id = stage.lead()
    (attempt_id,) = stage.claim()
    lead, attempt = stage.lead_row(lead_id), stage.attempt_row(attempt_id)
    assert (lead.status, lead.due_at, lead.tries) == (LeadStatus.IN_FLIGHT, None, 1)
    assert (attempt.status, attempt.n, attempt.phone) == (AttemptStatus.INTENT, 1, lead.phone)
    assert attempt.check_at == NOW + timedelta(seconds=10)
    assert stage.queue.labels == [f"{lead_id}-1"]
    assert [event.to_status for event in stage.history(attempt_id)] == [AttemptStatus.INTENT]


def test_planning_twice_claims_a_lead_once(stage: Stage) -> None:
    stage.lead()
    assert len(stage.claim()) == 1
    assert stage.claim() == []


def test_a_lead_that_is_not_due_is_not_claimed(stage: Stage) -> None:
    stage.lead(due_at=NOW + timedelta(seconds=1))
    assert stage.claim() == []


def test_the_limit_is_never_passed_and_always_used(stage: Stage) -> None:
    stage.lines(3)
    stage.leads(5)
    assert len(stage.claim()) == 3
    assert stage.claim() == []


def test_a_line_that_becomes_free_is_used_again(stage: Stage) -> None:
    stage.lines(1)
    stage.leads(2)
    (first,) = stage.claim()
    stage.dial(first)
    stage.deliver(stage.retell.end(first))
    assert len(stage.queue.dialed) == 2


def test_lowering_the_limit_ends_no_call_and_claims_nothing(stage: Stage) -> None:
    stage.lines(3)
    stage.leads(5)
    stage.dial(*stage.claim())
    stage.lines(1)
    assert stage.claim() == []
    assert len(stage.retell.calls) == 3


def test_the_longest_due_lead_is_called_first(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.lead(campaign, due_at=NOW - timedelta(minutes=1))
    oldest = stage.lead(campaign, due_at=NOW - timedelta(minutes=9))
    stage.lines(1)
    (attempt_id,) = stage.claim()
    assert stage.attempt_row(attempt_id).lead_id == oldest


def test_no_more_is_claimed_than_can_be_sent_within_a_second(stage: Stage) -> None:
    stage.lines(100, calls_per_second=4)
    stage.leads(20)
    moments = [stage.attempt_row(one).send_at for one in stage.claim()]
    assert moments == [NOW + timedelta(seconds=index / 4) for index in range(4)]
    assert stage.claim() == []
    stage.clock.pass_time(seconds=1)
    assert len(stage.claim()) == 4


def test_a_pace_below_one_a_second_still_calls(stage: Stage) -> None:
    stage.lines(100, calls_per_second=0.5)
    stage.leads(3)
    sent = []
    for _ in range(3):
        sent += [stage.attempt_row(one).send_at for one in stage.claim()]
        stage.clock.pass_time(seconds=2)
    assert [later - sent[0] for later in sent] == [timedelta(seconds=2 * n) for n in range(3)]


def test_a_worker_waits_for_the_paced_moment(stage: Stage) -> None:
    stage.lines(100, calls_per_second=2)
    stage.leads(2)
    stage.dial(*stage.claim())
    assert stage.clock.now() == NOW + timedelta(seconds=0.5)


def test_a_clock_that_was_set_back_does_not_stop_the_pace(stage: Stage) -> None:
    stage.lines(100, calls_per_second=4)
    stage.leads(20, due_at=NOW - timedelta(days=2))
    stage.claim()
    stage.clock.pass_time(days=-1)
    assert len(stage.claim()) == 4


def test_others_calls_and_the_headroom_are_left_free(stage: Stage) -> None:
    stage.lines(10, headroom=2)
    stage.retell.lines, stage.retell.foreign = 8, 3
    stage.leads(10)
    stage.reconcile()
    assert len(stage.claim()) == 3


def test_our_own_calls_are_not_taken_for_others(stage: Stage) -> None:
    stage.retell.lines = 6
    stage.leads(10)
    stage.lines(2)
    for attempt_id in stage.claim():
        stage.dial(attempt_id)
        stage.deliver(stage.retell.answer(attempt_id))
    stage.reconcile()
    assert stage.gate().foreign_calls == 0
    stage.lines(10)
    assert len(stage.claim()) == 4


def test_retell_is_asked_for_its_lines_every_ten_seconds_at_most(stage: Stage) -> None:
    stage.lead(due_at=NOW + timedelta(days=1))
    stage.wait_long(seconds=30, every=timedelta(seconds=1))
    assert stage.retell.asked.count("/get-concurrency") == 3


def test_it_is_kept_when_retell_answered_and_not_only_when_it_was_asked(stage: Stage) -> None:
    stage.lead(due_at=NOW + timedelta(days=1))
    stage.reconcile()
    stage.retell.down = True
    stage.wait(minutes=2)
    stage.reconcile()
    found = stage.world.db.read(vitals.vitals)
    assert found.provider_answered_at == NOW
    assert found.provider_asked_at == NOW + timedelta(minutes=2)


def test_a_campaign_keeps_to_its_own_cap(stage: Stage) -> None:
    capped = stage.campaign(limits={"lines": 2})
    stage.leads(6, capped)
    assert len(stage.claim()) == 2
    assert stage.claim() == []


def test_lines_a_capped_campaign_may_not_use_go_to_others(stage: Stage) -> None:
    capped, other = stage.campaign(limits={"lines": 2}), stage.campaign()
    stage.leads(9, capped)
    stage.leads(9, other)
    claimed = [stage.attempt_row(one).campaign_id for one in stage.claim()]
    assert (claimed.count(capped), claimed.count(other)) == (2, 8)


def test_lines_are_dealt_by_weight(stage: Stage) -> None:
    heavy, light = stage.campaign(weight=4), stage.campaign()
    stage.leads(10, heavy)
    stage.leads(10, light)
    claimed = [stage.attempt_row(one).campaign_id for one in stage.claim()]
    assert (claimed.count(heavy), claimed.count(light)) == (8, 2)


def test_a_campaign_whose_settings_cannot_be_read_stops_no_other(stage: Stage) -> None:
    broken = stage.lead()
    stage.world.db.transact(
        lambda tx: tx.exec_driver_sql("UPDATE campaign SET spec = '{}' WHERE id = 1")
    )
    good = stage.lead()
    assert [stage.attempt_row(one).lead_id for one in stage.claim()] == [good]
    assert stage.lead_row(broken).status is LeadStatus.READY


def test_a_number_due_in_two_campaigns_is_called_by_one_at_a_time(stage: Stage) -> None:
    leads = [stage.lead(phone="+12125550142"), stage.lead(phone="+12125550142")]
    (first,) = stage.claim()
    assert stage.claim() == []
    stage.dial(first)
    stage.deliver(stage.retell.end(first))
    (second,) = stage.queue.dialed[1:]
    assert {stage.attempt_row(one).lead_id for one in (first, second)} == set(leads)


def test_the_same_list_in_two_campaigns_still_fills_every_line(stage: Stage) -> None:
    phones = [f"+1212555{index:04d}" for index in range(10)]
    for campaign in (stage.campaign(), stage.campaign()):
        for phone in phones:
            stage.lead(campaign, phone=phone)
    claimed = [stage.attempt_row(one).phone for one in stage.claim()]
    assert sorted(claimed) == phones


def test_numbers_that_are_busy_take_no_lines_from_others(stage: Stage) -> None:
    phones = [f"+1212555{index:04d}" for index in range(4)]
    first, second = stage.campaign(), stage.campaign()
    for phone in phones:
        stage.lead(first, phone=phone)
    assert len(stage.claim()) == 4
    for phone in phones:
        stage.lead(second, phone=phone)
    other = stage.campaign()
    stage.leads(6, other)
    assert len(stage.claim()) == 6


def test_leads_that_wait_for_their_window_take_no_lines_from_others(stage: Stage) -> None:
    closed = stage.campaign(window={"opens": "18:00", "closes": "19:00"})
    open_now = stage.campaign()
    stage.leads(8, closed)
    stage.leads(8, open_now)
    assert len(stage.claim()) == 8


def test_a_suppressed_number_is_closed_and_never_claimed(stage: Stage) -> None:
    lead_id = stage.lead()
    stage.suppress(stage.lead_row(lead_id).phone)
    assert stage.claim() == []
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.closed_as) == (LeadStatus.CLOSED, ClosedAs.SUPPRESSED)


def test_leads_outside_their_window_wait_for_its_opening_all_at_once(stage: Stage) -> None:
    campaign = stage.campaign(window={**ALL_DAY, "opens": "11:00", "closes": "12:00"})
    waiting = stage.leads(30, campaign)
    assert stage.claim() == []
    assert {stage.lead_row(one).due_at for one in waiting} == {NOW + timedelta(hours=1)}


def test_a_window_about_to_close_is_left_for_the_next_day(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(window={**ALL_DAY, "opens": "09:00", "closes": "10:01"}))
    assert stage.claim() == []
    assert stage.lead_row(lead_id).due_at == NOW + timedelta(hours=23)


def test_the_window_must_be_open_in_every_zone_a_lead_may_be_in(stage: Stage) -> None:
    campaign = stage.campaign(window={**ALL_DAY, "opens": "09:00", "closes": "20:00"})
    lead_id = stage.lead(campaign, zones="America/New_York,America/Los_Angeles")
    assert stage.claim() == []
    assert stage.lead_row(lead_id).due_at == NOW + timedelta(hours=2)


def test_a_lead_without_a_zone_waits_for_a_person(stage: Stage) -> None:
    lead_id = stage.lead(zones="", zone_source=ZoneSource.NONE)
    assert stage.claim() == []
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.held_reason) == (LeadStatus.HELD, "no_zone")


def test_zones_without_a_common_hour_wait_for_a_person(stage: Stage) -> None:
    campaign = stage.campaign(window={**ALL_DAY, "opens": "09:00", "closes": "10:00"})
    lead_id = stage.lead(campaign, zones="America/New_York,America/Los_Angeles")
    assert stage.claim() == []
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.held_reason) == (LeadStatus.HELD, "never_open")


def test_only_running_campaigns_are_called(stage: Stage) -> None:
    for status in set(CampaignStatus) - {CampaignStatus.RUNNING}:
        campaign = stage.draft()
        stage.force_campaign(campaign, status)
        stage.lead(campaign)
    assert stage.claim() == []


def test_the_emergency_stop_claims_nothing(stage: Stage) -> None:
    stage.lead()
    stage.world.db.transact(lambda tx: gate.set_everything_paused(tx, paused=True))
    assert stage.claim() == []


def test_the_next_try_calls_from_another_number(stage: Stage) -> None:
    numbers = ["+12125550000", "+12125550001"]
    lead_id = stage.lead(stage.campaign(from_numbers=numbers))
    stage.deliver(stage.retell.end(stage.call(lead_id), "dial_no_answer"))
    stage.clock.pass_time(hours=4)
    stage.reconcile()
    stage.call(lead_id)
    assert sorted(body["from_number"] for body in stage.retell.posted) == numbers
