"""Caps per person: nobody is called too often, whichever campaign or system calls them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from factories import ALL_DAY, NOW, UNCAPPED, Stage, make_spec
from scripted_retell import refused, silent
from sqlalchemy import event

from dialer.actions.called_enough import AT_ONCE
from dialer.actions.plan import claim
from dialer.domain.hold import HoldCode
from dialer.domain.priority import Priority
from dialer.domain.states import AttemptStatus, CampaignStatus, LeadStatus
from dialer.store import attempts, campaigns, other_calls
from dialer.store.database import Connection
from dialer.store.tables import Lead

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PERSON = "+12122345678"
FLORIDIAN, FICTIONAL = "+13052345678", "+13055550123"
LAWFUL = {**ALL_DAY, "legal_override": None}
TEN_MINUTES = {"max_attempts": 9, "delays": {"no_answer": ["10m"]}}


def only(**cap: Any) -> dict[str, Any]:
    """Give caps of which only one is set."""
    return UNCAPPED | cap


def called(stage: Stage, campaign_id: int, phone: str = PERSON) -> int:
    """Let a campaign reach somebody; gives the lead."""
    lead_id = stage.lead(campaign_id, phone=phone)
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id), stage.retell.analyze(attempt_id))
    return lead_id


def unanswered(stage: Stage, lead_id: int) -> Lead:
    """Call a lead that is due, and let nobody answer."""
    attempt_id = stage.call(lead_id)
    ended = stage.retell.end(attempt_id, "dial_no_answer")
    stage.deliver(ended, stage.retell.analyze(attempt_id))
    return stage.lead_row(lead_id)


def wait_until_due(stage: Stage, lead_id: int) -> datetime:
    row = stage.lead_row(lead_id)
    assert row.due_at is not None
    stage.clock.moment = row.due_at
    return row.due_at


def by_others(stage: Stage, phone: str, *, call_id: str = "theirs", at: datetime = NOW) -> None:
    """Know of a call of another system."""
    row = {"call_id": call_id, "phone": phone, "started_at": at}
    stage.world.db.transact(lambda tx: other_calls.add(tx, [row]))


# -- at the claim


def test_whom_another_campaign_called_lately_is_called_when_the_gap_is_over(stage: Stage) -> None:
    first, second = stage.campaign(), stage.campaign(person=only(gap="3h"))
    called(stage, first)
    stage.clock.pass_time(minutes=30)
    lead_id = stage.lead(second, phone=PERSON)
    assert stage.claim() == []
    row = stage.lead_row(lead_id)
    assert (row.status, row.due_at, row.tries) == (LeadStatus.READY, NOW + 3 * HOUR, 0)
    wait_until_due(stage, lead_id)
    stage.call(lead_id)


def test_a_campaigns_own_call_leaves_no_gap_but_that_of_its_cadence(stage: Stage) -> None:
    campaign = stage.campaign(cadence=TEN_MINUTES, person=only(gap="3h"))
    row = unanswered(stage, stage.lead(campaign))
    wait_until_due(stage, row.id)
    stage.call(row.id)


@pytest.mark.parametrize(("cap", "days"), [("day", 1), ("week", 7), ("month", 30)])
def test_calls_of_all_campaigns_count_for_each_cap(stage: Stage, cap: str, days: int) -> None:
    called(stage, stage.campaign())
    stage.clock.pass_time(hours=1)
    called(stage, stage.campaign())
    stage.clock.pass_time(hours=1)
    third = stage.campaign(person=only(**{f"calls_per_{cap}": 2}))
    lead_id = stage.lead(third, phone=PERSON)
    assert stage.claim() == []
    assert stage.lead_row(lead_id).due_at == NOW + days * DAY
    wait_until_due(stage, lead_id)
    stage.call(lead_id)


def test_a_retry_waits_for_the_cap_and_loses_no_attempt(stage: Stage) -> None:
    campaign = stage.campaign(cadence=TEN_MINUTES, person=only(calls_per_day=2))
    lead_id = stage.lead(campaign)
    unanswered(stage, lead_id)
    wait_until_due(stage, lead_id)
    unanswered(stage, lead_id)
    wait_until_due(stage, lead_id)
    assert stage.claim() == []
    row = stage.lead_row(lead_id)
    assert (row.due_at, row.attempts, row.tries) == (NOW + DAY, 2, 2)
    wait_until_due(stage, lead_id)
    assert unanswered(stage, lead_id).attempts == 3


def test_who_is_free_again_at_night_waits_for_the_window(stage: Stage) -> None:
    called(stage, stage.campaign())
    second = stage.campaign(
        window={**LAWFUL, "opens": "09:00", "closes": "17:00"}, person=only(gap="9h")
    )
    lead_id = stage.lead(second, phone=PERSON)
    assert stage.claim() == []
    assert stage.lead_row(lead_id).due_at == NOW + 23 * HOUR  # 9:00 in New York


def test_a_call_that_surely_rang_nobody_does_not_count(stage: Stage) -> None:
    stage.retell.then(refused(429))
    first = stage.campaign()
    stage.call(stage.lead(first, phone=PERSON))
    stage.force_campaign(first, CampaignStatus.PAUSED)
    stage.clock.pass_time(minutes=2)
    stage.call(stage.lead(stage.campaign(person={"calls_per_day": 1}), phone=PERSON))


def test_a_call_that_turned_up_after_it_was_given_up_counts(stage: Stage) -> None:
    stage.retell.then(refused(429))
    first = stage.campaign()
    attempt_id = stage.call(stage.lead(first, phone=PERSON))
    stage.world.db.transact(lambda tx: attempts.change(tx, attempt_id, late=True, call_id="late"))
    stage.clock.pass_time(minutes=2)
    stage.force_campaign(first, CampaignStatus.PAUSED)
    lead_id = stage.lead(stage.campaign(person=only(gap="3h")), phone=PERSON)
    assert stage.claim() == []
    assert stage.lead_row(lead_id).due_at == NOW + 3 * HOUR


def test_two_campaigns_never_have_one_person_in_two_open_calls(stage: Stage) -> None:
    made = [stage.lead(stage.campaign(), phone=PERSON) for _ in range(2)]
    (attempt_id,) = stage.claim()
    assert stage.claim() == []
    stage.dial(attempt_id)
    assert stage.claim() == []
    statuses = sorted(stage.lead_row(lead_id).status for lead_id in made)
    assert statuses == [LeadStatus.IN_FLIGHT, LeadStatus.READY]


def test_one_refused_lead_takes_along_those_behind_it(stage: Stage) -> None:
    first, second = stage.campaign(), stage.campaign(person=only(gap="3h"))
    phones = [f"+1212234{number:04}" for number in range(8)]
    for number, phone in enumerate(phones):
        called(stage, first, phone)
        by_others(stage, phone, call_id=f"theirs_{number}", at=NOW + number * MINUTE)
    made = [stage.lead(second, phone=phone) for phone in phones]
    stage.lines(1)
    stage.clock.pass_time(minutes=20)
    fresh = stage.lead(second)
    rested = stage.lead(second)
    by_others(stage, stage.lead_row(rested).phone, at=NOW - 3 * HOUR)
    assert stage.claim() == []
    waits = [stage.lead_row(lead_id).due_at for lead_id in made]
    assert waits == [NOW + 3 * HOUR + number * MINUTE for number in range(8)]
    stage.call(fresh)
    assert stage.lead_row(rested).due_at == stage.clock.now()
    assert len(made) < AT_ONCE


def test_a_claim_asks_once_for_all_its_numbers(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.leads(6, campaign)
    asked: list[str] = []

    def count(tx: Connection) -> int:
        event.listen(tx, "before_cursor_execute", lambda *given: asked.append(str(given[2])))
        return len(claim(tx, stage.world, freed_at=None))

    assert stage.world.db.transact(count) == 6
    assert sum("FROM other_call" in statement for statement in asked) == 1


# -- right before the send


def test_a_call_that_is_learned_of_after_the_claim_stops_the_send(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(person=only(gap="3h")), phone=PERSON)
    (attempt_id,) = stage.claim()
    by_others(stage, PERSON, at=NOW - HOUR)
    stage.dial(attempt_id)
    assert stage.retell.posted == []
    row = stage.attempt_row(attempt_id)
    assert (row.status, row.reason) == (AttemptStatus.CANCELLED, HoldCode.CALLED_LATELY)
    assert "Another system called Wed 2026-03-04 09:00" in (row.evidence or "")
    lead = stage.lead_row(lead_id)
    assert (lead.status, lead.due_at) == (LeadStatus.READY, NOW + 2 * HOUR)
    assert (lead.attempts, lead.free_tries) == (0, 0)


def test_an_attempt_does_not_count_against_itself(stage: Stage) -> None:
    campaign = stage.campaign(person={"calls_per_day": 1}, window=LAWFUL)
    assert stage.status(stage.call(stage.lead(campaign))) is AttemptStatus.PLACED


def test_repeating_a_request_is_no_call_more(stage: Stage) -> None:
    object.__setattr__(stage.world, "same_key_replay", True)
    stage.retell.then(silent)
    attempt_id = stage.call(stage.lead(stage.campaign(person={"calls_per_day": 1})))
    stage.wait(minutes=3, seconds=1)
    assert len(stage.retell.posted) == 2
    assert stage.attempt_row(attempt_id).replays == 1


# -- promises


def promise(stage: Stage, campaign_id: int, phone: str = PERSON) -> int:
    """Make a lead that asked to be called now."""
    return stage.lead(campaign_id, phone=phone, callback_at=NOW, priority=int(Priority.PROMISE))


def test_who_asked_to_be_called_is_called_whatever_the_campaigns_caps_say(stage: Stage) -> None:
    strict = {"gap": "3h", "calls_per_day": 1, "calls_per_week": 1, "calls_per_month": 1}
    called(stage, stage.campaign())
    attempt_id = stage.call(promise(stage, stage.campaign(person=strict)))
    assert stage.status(attempt_id) is AttemptStatus.PLACED


def test_a_promise_waits_for_the_law_and_stays_a_promise(stage: Stage) -> None:
    for _ in range(3):
        called(stage, stage.campaign(), FLORIDIAN)
    lead_id = promise(stage, stage.campaign(window=LAWFUL), FLORIDIAN)
    stage.clock.pass_time(minutes=5)
    assert stage.claim() == []
    row = stage.lead_row(lead_id)
    assert row.due_at == NOW + DAY
    assert (row.callback_at, row.priority) == (NOW, Priority.PROMISE)
    wait_until_due(stage, lead_id)
    assert stage.attempt_row(stage.call(lead_id)).promised_at == NOW


# -- the law


def test_nobody_is_called_more_often_than_the_law_of_their_place_allows(stage: Stage) -> None:
    campaign = stage.campaign(window=LAWFUL, cadence=TEN_MINUTES)
    lead_id = stage.lead(campaign, phone=FLORIDIAN)
    for _ in range(3):
        wait_until_due(stage, lead_id)
        unanswered(stage, lead_id)
    wait_until_due(stage, lead_id)
    assert stage.claim() == []
    row = stage.lead_row(lead_id)
    assert (row.due_at, row.attempts) == (NOW + DAY, 3)


@pytest.mark.parametrize(
    ("phone", "window"), [(FICTIONAL, LAWFUL), (FLORIDIAN, ALL_DAY), ("+442072345678", LAWFUL)]
)
def test_where_no_law_sets_a_number_only_the_campaign_does(
    stage: Stage, phone: str, window: dict[str, Any]
) -> None:
    lead_id = stage.lead(stage.campaign(window=window, cadence=TEN_MINUTES), phone=phone)
    for calls in range(1, 5):
        wait_until_due(stage, lead_id)
        assert unanswered(stage, lead_id).attempts == calls


# -- I9, of rows that the engine made


def overdone(stage: Stage, phone: str = PERSON) -> int:
    """Call somebody four times within an hour; gives the campaign."""
    campaign = stage.campaign(cadence=TEN_MINUTES)
    lead_id = stage.lead(campaign, phone=phone)
    for _ in range(4):
        wait_until_due(stage, lead_id)
        unanswered(stage, lead_id)
    return campaign


def broken(stage: Stage) -> set[str]:
    stage.excused.add("I9")
    return {one.name for one in stage.violations()}


def test_i9_sees_more_calls_than_the_law_allows(stage: Stage) -> None:
    campaign = overdone(stage, FLORIDIAN)
    assert broken(stage) == set()
    stage.change_spec(campaign, make_spec(window=LAWFUL))
    assert broken(stage) == {"I9"}


def test_i9_holds_promised_calls_against_the_law_only(stage: Stage) -> None:
    campaign = overdone(stage, FLORIDIAN)
    promised = attempts.attempt.update().values(promised_at=NOW)
    stage.world.db.transact(lambda tx: tx.execute(promised))
    stage.change_spec(campaign, make_spec(person=only(calls_per_day=1)))
    assert broken(stage) == set()
    stage.change_spec(campaign, make_spec(window=LAWFUL))
    assert broken(stage) == {"I9"}


def test_i9_judges_a_campaign_by_what_it_sent_since_it_was_edited(stage: Stage) -> None:
    campaign = overdone(stage)
    stage.change_spec(campaign, make_spec(person=only(calls_per_day=2)))
    assert broken(stage) == {"I9"}
    stage.edited(campaign)
    assert broken(stage) == set()


def test_settings_that_cannot_be_read_any_more_prove_nothing(stage: Stage) -> None:
    overdone(stage)
    unreadable = campaigns.campaign.update().values(spec={})
    stage.world.db.transact(lambda tx: tx.execute(unreadable))
    stage.excused.add("I10")
    assert broken(stage) == {"I10"}
