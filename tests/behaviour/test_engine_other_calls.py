"""Calls of other systems: learned from Retell's list, counted for a month, never in the way."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from factories import NOW, UNCAPPED, Stage
from scripted_retell import executed_then_silent
from sqlalchemy import select

from dialer.actions.other_calls import KEPT, LAG, ask_other_calls
from dialer.domain.states import CampaignStatus
from dialer.store import attempts, gate, other_calls, person_calls
from dialer.store.database import Connection
from dialer.store.person_calls import other_call

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PERSON = "+12122345678"
GAP = UNCAPPED | {"gap": "3h"}
LIST_CALLS = "/v3/list-calls"


def known(stage: Stage) -> list[tuple[str, datetime]]:
    """Give the numbers and moments of the other systems' calls that are known."""
    chosen = select(other_call.c.phone, other_call.c.started_at).order_by(other_call.c.started_at)
    return [tuple(row) for row in stage.world.db.read(lambda tx: tx.execute(chosen).all())]


def running(stage: Stage, **spec: Any) -> int:
    """Make a campaign that runs for months: one of its leads is due so late."""
    campaign = stage.campaign(**spec)
    stage.lead(campaign, due_at=NOW + 90 * DAY)
    return campaign


def until(stage: Stage) -> datetime | None:
    return stage.world.db.read(gate.other_calls_until)


def questions(stage: Stage) -> int:
    return stage.retell.asked.count(LIST_CALLS)


def test_whom_another_system_called_waits_for_the_gap_and_counts_for_the_caps(
    stage: Stage,
) -> None:
    campaign = running(stage, person=GAP)
    stage.retell.place_for_others(PERSON)
    stage.wait(minutes=10)
    lead_id = stage.lead(campaign, phone=PERSON)
    assert known(stage) == [(PERSON, NOW)]
    assert stage.claim() == []
    assert stage.lead_row(lead_id).due_at == NOW + 3 * HOUR
    daily = stage.lead(running(stage, person=UNCAPPED | {"calls_per_day": 1}), phone=PERSON)
    assert stage.claim() == []
    assert stage.lead_row(daily).due_at == NOW + DAY


def test_calls_from_before_the_first_question_are_learned_of(stage: Stage) -> None:
    stage.clock.moment = NOW - KEPT
    stage.retell.place_for_others("+12122340001")
    stage.clock.moment = NOW - KEPT - timedelta(milliseconds=1)
    stage.retell.place_for_others("+12122340002")
    stage.clock.moment = NOW
    running(stage)
    stage.reconcile()
    assert known(stage) == [("+12122340001", NOW - KEPT)]


@pytest.mark.parametrize(
    "metadata",
    [None, {}, {"attempt_id": "x", "install": "another"}, {"attempt_id": "x"}, {"install": ""}],
)
def test_whatever_carries_no_attempt_of_ours_is_another_systems(
    stage: Stage, metadata: dict[str, str] | None
) -> None:
    running(stage)
    stage.retell.place_for_others(PERSON, metadata=metadata)
    stage.reconcile()
    assert known(stage) == [(PERSON, NOW)]


def test_our_own_calls_are_not_counted_twice(stage: Stage) -> None:
    campaign = running(stage, person=UNCAPPED | {"calls_per_day": 2})
    attempt_id = stage.call(stage.lead(campaign, phone=PERSON))
    stage.deliver(stage.retell.answer(attempt_id))
    stage.reconcile()
    assert questions(stage) == 1
    assert known(stage) == []


def test_a_call_of_ours_whose_answer_never_came_is_nobody_elses(stage: Stage) -> None:
    stage.retell.then(executed_then_silent)
    attempt_id = stage.call(stage.lead(running(stage), phone=PERSON))
    stage.retell.call_of(attempt_id)["start_timestamp"] = int(NOW.timestamp() * 1000)
    ask_other_calls(stage.world)
    assert known(stage) == []


def test_an_attempt_of_ours_is_known_by_its_id_where_the_installation_is_not_named(
    stage: Stage,
) -> None:
    attempt_id = stage.call(stage.lead(running(stage), phone=PERSON))
    stage.retell.place_for_others(PERSON, metadata={"attempt_id": attempt_id})
    stage.reconcile()
    assert known(stage) == []


def test_a_call_that_its_list_showed_without_our_words_counts_once(stage: Stage) -> None:
    attempt_id = stage.call(stage.lead(running(stage), phone=PERSON))
    stranger = stage.retell.place_for_others(PERSON)
    ask_other_calls(stage.world)
    assert len(known(stage)) == 1

    def calls(tx: Connection) -> int:
        return len(person_calls.of_phone(tx, PERSON, but="", now=NOW))

    assert stage.world.db.read(calls) == 2
    stage.world.db.transact(lambda tx: attempts.change(tx, attempt_id, call_id=stranger["call_id"]))
    assert stage.world.db.read(calls) == 1


def test_calls_that_show_late_are_learned_of_all_the_same(stage: Stage) -> None:
    running(stage)
    stage.clock.pass_time(minutes=4)
    slow = stage.retell.place_for_others(PERSON)
    stage.retell.hidden.add(slow["call_id"])
    stage.reconcile()
    assert until(stage) == NOW + 4 * MINUTE - LAG
    stage.retell.hidden.clear()
    stage.wait(minutes=2)
    stage.wait(minutes=2)
    assert known(stage) == [(PERSON, NOW + 4 * MINUTE)]
    assert until(stage) == NOW + 8 * MINUTE - LAG


def test_a_call_without_a_number_or_a_start_says_nothing(stage: Stage) -> None:
    running(stage)
    stage.retell.place_for_others(PERSON)["to_number"] = None
    stage.retell.place_for_others(PERSON)["start_timestamp"] = 10**15
    stage.reconcile()
    assert known(stage) == []
    assert until(stage) == NOW - LAG


def test_calls_are_forgotten_after_a_month(stage: Stage) -> None:
    running(stage)
    stage.retell.place_for_others(PERSON)
    stage.reconcile()
    stage.wait(days=30)
    assert known(stage) == [(PERSON, NOW)]
    stage.wait(days=1, seconds=1)
    assert known(stage) == []


# -- how it asks


def test_it_asks_once_a_minute_however_many_reconcile(stage: Stage) -> None:
    running(stage)
    for seconds in (0, 0, 30, 29):
        stage.wait(seconds=seconds)
    assert questions(stage) == 1
    stage.wait(seconds=1)
    assert questions(stage) == 2


@pytest.mark.parametrize("status", sorted(set(CampaignStatus) - {CampaignStatus.RUNNING}))
def test_without_a_running_campaign_it_does_not_ask(stage: Stage, status: CampaignStatus) -> None:
    campaign = running(stage)
    stage.force_campaign(campaign, status)
    ask_other_calls(stage.world)
    assert questions(stage) == 0


def test_what_cannot_be_learned_is_asked_for_again_and_stops_nothing(stage: Stage) -> None:
    campaign = running(stage)
    stage.retell.place_for_others(PERSON)
    stage.retell.down = True
    stage.reconcile()
    assert (known(stage), until(stage)) == ([], None)
    stage.call(stage.lead(campaign))
    stage.retell.down = False
    stage.wait(minutes=1)
    assert known(stage) == [(PERSON, NOW)]


def place_three(stage: Stage) -> list[tuple[str, datetime]]:
    """Make three calls of others, a minute apart, and let an hour pass."""
    made = []
    for number in range(3):
        phone = f"+1212234000{number}"
        stage.retell.place_for_others(phone)
        made.append((phone, stage.clock.now()))
        stage.clock.pass_time(minutes=1)
    stage.clock.pass_time(hours=1)
    return made


def test_where_the_list_is_long_the_next_question_goes_on_from_its_last_call(stage: Stage) -> None:
    running(stage)
    made = place_three(stage)
    stage.retell.list_cut = True
    stage.reconcile()
    assert known(stage) == made
    assert until(stage) == made[-1][1]
    stage.retell.list_cut = False
    stage.wait(minutes=1)
    assert known(stage) == made
    assert until(stage) == stage.clock.now() - LAG


@pytest.mark.parametrize("calls", [True, False])
def test_an_answer_that_proves_nothing_moves_nothing_on(stage: Stage, calls: bool) -> None:
    running(stage)
    made = place_three(stage) if calls else []
    stage.retell.list_cut = stage.retell.list_shuffled = True
    stage.reconcile()
    assert known(stage) == made  # they are calls all the same
    assert until(stage) == stage.clock.now() - KEPT


def test_two_that_ask_at_once_keep_what_the_later_one_learned(stage: Stage) -> None:
    running(stage)

    def twice(tx: Connection) -> None:
        gate.set_other_calls_until(tx, NOW)
        gate.set_other_calls_until(tx, NOW - HOUR)

    stage.world.db.transact(twice)
    assert until(stage) == NOW


def test_only_calls_that_were_not_known_are_counted_as_new(stage: Stage) -> None:
    rows = [{"call_id": f"call_{n}", "phone": PERSON, "started_at": NOW} for n in range(1003)]

    def add(tx: Connection) -> list[int]:
        return [other_calls.add(tx, some) for some in (rows[:2], rows[:3], rows, rows, [])]

    assert stage.world.db.transact(add) == [2, 1, 1000, 0, 0]
