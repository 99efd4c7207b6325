"""Results: whatever changes is told once, in the transaction that changes it, and delivered."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import orjson
import pytest
from databases import Killed, killed_after
from factories import Stage

from dialer.actions import control, deliver, do_not_call, editing, telling
from dialer.actions.batch_export import export_batch
from dialer.actions.callbacks import promise_callback
from dialer.actions.deliver import claim, record
from dialer.actions.lead_control import retry, skip
from dialer.actions.purge import RESULTS_KEPT, purge
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.result_events import ResultEvent
from dialer.domain.results import DELAYS, GIVEN_UP_AFTER
from dialer.domain.states import ClosedAs
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.results.sender import Answered
from dialer.store import endings, leads, result_delivery, results, schedule_runs, suppressions
from dialer.store.results import DEAD, DELIVERED, WAITING
from dialer.store.tables import ResultAddress, ResultMessage

TOLD = {"address": "https://crm.example.com/dialer", "secret": "crm"}
FINE = Answered(204)
BROKEN = Answered(500, text="sorry")


@dataclass
class Post:
    """One POST as the sender got it."""

    address: str
    secret: str
    message_id: str
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class ScriptedSender:
    """A wire that keeps what is sent; `answers` are used up, then `usual` is the answer."""

    posts: list[Post] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)
    usual: Answered = FINE
    lock: threading.Lock = field(default_factory=threading.Lock)

    def post(
        self, address: str, *, secret: str, message_id: str, body: bytes, now: datetime
    ) -> Answered:
        with self.lock:
            self.posts.append(Post(address, secret, message_id, body))
            return self.answers.pop(0) if self.answers else self.usual

    @property
    def types(self) -> list[str]:
        return [
            one.json["type"]
            for one in sorted(self.posts, key=lambda one: one.json["data"]["sequence"])
        ]


@pytest.fixture
def wire() -> ScriptedSender:
    return ScriptedSender()


def messages(stage: Stage, **chosen: Any) -> list[ResultMessage]:
    """Give the messages, the oldest first."""
    chosen = {"campaign_id": None, "status": None} | chosen
    found = stage.world.db.read(lambda tx: result_delivery.latest(tx, most=1000, **chosen))
    return found[::-1]


def told(stage: Stage) -> list[tuple[str, int]]:
    return [(one.event.value, one.lead_id) for one in messages(stage)]


def address(stage: Stage, campaign_id: int) -> ResultAddress:
    found = stage.world.db.read(lambda tx: result_delivery.address_of(tx, campaign_id))
    assert found is not None
    return found


def only(*events: ResultEvent) -> dict[str, Any]:
    return {**TOLD, "events": [one.value for one in events]}


def talk(stage: Stage, lead_id: int, **analysis: Any) -> str:
    """Call a lead, talk, and let Retell analyze the call."""
    attempt_id = stage.call(lead_id)
    stage.deliver(
        stage.retell.answer(attempt_id),
        stage.retell.end(attempt_id, duration_ms=30_000),
        stage.retell.analyze(attempt_id, **analysis),
    )
    return attempt_id


# -- what is told


def test_a_call_tells_its_end_its_analysis_and_what_became_of_the_lead(
    stage: Stage, wire: ScriptedSender
) -> None:
    lead_id = stage.lead(stage.campaign(results=TOLD), external_ref="crm-17", name="Ada")
    attempt_id = talk(stage, lead_id)
    assert deliver.deliver(stage.world, wire) == 3
    assert sorted(wire.types) == ["attempt.analyzed", "attempt.ended", "lead.closed"]
    by_type = {one.json["type"]: one.json["data"] for one in wire.posts}
    closed = by_type["lead.closed"]
    assert (closed["closed_as"], closed["disposition"]) == ("reached", "talked")
    assert closed["lead"]["external_ref"] == "crm-17"
    assert closed["attempt"]["id"] == attempt_id
    assert by_type["attempt.analyzed"]["attempt"]["summary"] == "They talked."
    assert {one.address for one in wire.posts} == {TOLD["address"]}
    assert deliver.deliver(stage.world, wire) == 0


def test_webhooks_that_come_twice_are_told_once(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(results=TOLD))
    attempt_id = stage.call(lead_id)
    ended = stage.retell.end(attempt_id, duration_ms=30_000)
    stage.deliver(ended, ended, stage.retell.analyze(attempt_id), ended)
    assert sorted(told(stage)) == [
        ("attempt.analyzed", lead_id),
        ("attempt.ended", lead_id),
        ("lead.closed", lead_id),
    ]


def test_without_an_address_nothing_is_written(stage: Stage) -> None:
    talk(stage, stage.lead())
    assert messages(stage) == []


def test_only_what_was_wished_is_told(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(results=only(ResultEvent.ATTEMPT_ENDED)))
    talk(stage, lead_id)
    assert told(stage) == [("attempt.ended", lead_id)]


def test_another_campaign_is_told_nothing(stage: Stage) -> None:
    stage.campaign(results=TOLD)
    talk(stage, stage.lead())
    assert messages(stage) == []


def test_a_promise_is_told_once_with_its_time(stage: Stage, wire: ScriptedSender) -> None:
    campaign_id = stage.campaign(results=only(ResultEvent.CALLBACK_PROMISED))
    lead_id = stage.lead(campaign_id)
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, "user_requested_callback", duration_ms=30_000))
    custom = {"call_analysis": {"custom_analysis_data": {"callback_time": "tomorrow at 3 pm"}}}
    analyzed = stage.retell.analyze(attempt_id, **custom)
    stage.deliver(analyzed, analyzed)
    deliver.deliver(stage.world, wire)
    assert [one.json["data"]["callback_at"] for one in wire.posts] == ["2026-03-05T20:00:00Z"]
    promise_callback(stage.world, lead_id, "2026-03-06 11:00", actor="test")
    assert len(messages(stage)) == 2


def test_a_promise_by_hand_is_told(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(results=only(ResultEvent.CALLBACK_PROMISED)))
    promise_callback(stage.world, lead_id, "tomorrow at 3 pm", actor="test")
    assert told(stage) == [("callback.promised", lead_id)]


def test_an_opt_out_is_told_to_every_campaign_that_has_the_person(stage: Stage) -> None:
    wishes = only(ResultEvent.DO_NOT_CALL_ADDED)
    one, two, other = (stage.campaign(results=wishes) for _ in range(3))
    phone = "+12122009001"
    ours = [stage.lead(one, phone=phone), stage.lead(two, phone=phone)]
    stage.lead(other)
    opt_out = OptOut("asked", OptOutSource.HAND, actor="test")
    do_not_call.add(stage.world, phone, opt_out)
    do_not_call.add(stage.world, phone, opt_out)
    assert told(stage) == [("do_not_call.added", lead_id) for lead_id in ours]


def test_an_opt_out_of_one_campaign_is_told_to_it_alone(stage: Stage) -> None:
    wishes = only(ResultEvent.DO_NOT_CALL_ADDED)
    one, two = (stage.campaign(results=wishes) for _ in range(2))
    phone = "+12122009002"
    mine, _ = stage.lead(one, phone=phone), stage.lead(two, phone=phone)
    opt_out = OptOut("asked", OptOutSource.HAND, actor="test", campaign_id=one)
    do_not_call.add(stage.world, phone, opt_out)
    assert told(stage) == [("do_not_call.added", mine)]


def test_an_opt_out_in_a_call_says_why(stage: Stage, wire: ScriptedSender) -> None:
    lead_id = stage.lead(stage.campaign(results=only(ResultEvent.DO_NOT_CALL_ADDED)))
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, "user_requested_dnc"))
    deliver.deliver(stage.world, wire)
    (post,) = wire.posts
    assert post.json["data"]["do_not_call"] == {
        "since": "2026-03-04T15:00:00Z",
        "until": None,
        "reason": "user_requested_dnc",
        "source": "call",
        "everywhere": True,
    }


# -- every way to close a lead is told


CLOSED = only(ResultEvent.LEAD_CLOSED)


def close_by_stop(stage: Stage, campaign_id: int, _lead: int) -> None:
    control.stop(stage.world, campaign_id, actor="test")


def close_by_skip(stage: Stage, _campaign: int, lead_id: int) -> None:
    skip(stage.world, lead_id, reason="our own", actor="test")


def close_by_opt_out(stage: Stage, _campaign: int, lead_id: int) -> None:
    said = OptOut("asked", OptOutSource.HAND, actor="test")
    do_not_call.add(stage.world, stage.lead_row(lead_id).phone, said)


def close_by_file(stage: Stage, _campaign: int, lead_id: int) -> None:
    phones, now = [stage.lead_row(lead_id).phone], stage.clock.now()
    stage.world.db.transact(
        lambda tx: suppressions.close_waiting_among(tx, phones, campaign_id=None, now=now)
    )


def close_by_scrub(stage: Stage, _campaign: int, lead_id: int) -> None:
    stage.suppress(stage.lead_row(lead_id).phone)
    now = stage.clock.now()
    stage.world.db.transact(
        lambda tx: suppressions.close_suppressed(tx, after=lead_id - 1, until=lead_id, now=now)
    )


def close_by_end(stage: Stage, campaign_id: int, _lead: int) -> None:
    now = stage.clock.now()
    stage.world.db.transact(
        lambda tx: endings.close_some(
            tx, campaign_id, most=10, closed_as=ClosedAs.EXHAUSTED, reason="campaign_ended", now=now
        )
    )


def close_by_schedule(stage: Stage, _campaign: int, lead_id: int) -> None:
    from dialer.domain.schedule_spec import PassedOver

    now = stage.clock.now()
    chosen = {next(iter(PassedOver)): [lead_id]}
    stage.world.db.transact(lambda tx: schedule_runs.pass_over(tx, chosen, now=now))


def close_by_bad_number(stage: Stage, _campaign: int, lead_id: int) -> None:
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, "invalid_destination"))


def close_by_hand_over(stage: Stage, campaign_id: int, _lead: int) -> None:
    control.pause(stage.world, campaign_id, actor="test")
    export_batch(stage.world, campaign_id, BytesIO(), close=True, actor="test")


WAYS = [
    close_by_hand_over,
    close_by_stop,
    close_by_skip,
    close_by_opt_out,
    close_by_file,
    close_by_scrub,
    close_by_end,
    close_by_schedule,
    close_by_bad_number,
]


@pytest.mark.parametrize("close", WAYS)
def test_every_way_to_close_a_lead_is_told_once(stage: Stage, close: Any) -> None:
    campaign_id = stage.campaign(results=CLOSED)
    lead_id = stage.lead(campaign_id)
    close(stage, campaign_id, lead_id)
    row = stage.lead_row(lead_id)
    (message,) = messages(stage)
    assert (message.lead_id, message.closed_as) == (lead_id, row.closed_as)
    assert message.about_at == row.closed_at


def test_a_lead_that_is_opened_again_is_told_again_when_it_closes(stage: Stage) -> None:
    campaign_id = stage.campaign(results=CLOSED)
    lead_id = stage.lead(campaign_id)
    stage.lead(campaign_id, due_at=stage.clock.now() + timedelta(days=1))
    close_by_end(stage, campaign_id, lead_id)
    stage.clock.pass_time(minutes=1)
    retry(stage.world, lead_id, at=None, actor="test")
    skip(stage.world, lead_id, reason="no more", actor="test")
    mine = [one.closed_as for one in messages(stage) if one.lead_id == lead_id]
    assert mine == ["exhausted", "stopped"]


def test_an_end_that_the_analysis_changes_is_told_again(stage: Stage, wire: ScriptedSender) -> None:
    """It was taken for a talk, and was a voicemail."""
    lead_id = stage.lead(stage.campaign(results=CLOSED))
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, duration_ms=30_000))
    stage.clock.pass_time(seconds=20)
    found = {"call_analysis": {"in_voicemail": True, "call_successful": False}}
    stage.deliver(stage.retell.analyze(attempt_id, **found))
    assert [one.closed_as for one in messages(stage)] == ["reached", "exhausted"]
    deliver.deliver(stage.world, wire)
    posts = sorted(wire.posts, key=lambda one: one.json["data"]["sequence"])
    assert [one.json["data"]["closed_as"] for one in posts] == ["reached", "exhausted"]


def test_a_lead_that_was_taken_back_is_told_by_its_id(stage: Stage, wire: ScriptedSender) -> None:
    campaign_id = stage.campaign(results=only(ResultEvent.DO_NOT_CALL_ADDED))
    lead_id = stage.lead(campaign_id, phone="+12122009009")
    stage.suppress("+12122009009")
    gone = leads.lead.delete().where(leads.lead.c.id == lead_id)
    stage.world.db.transact(lambda tx: tx.execute(gone))
    deliver.deliver(stage.world, wire)
    (post,) = wire.posts
    assert post.json["data"]["lead"] == {"id": lead_id}
    assert post.json["data"]["do_not_call"] == {"since": "2026-03-04T15:00:00Z"}


def test_a_change_that_is_rolled_back_tells_nothing(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(results=CLOSED))
    row, now = stage.lead_row(lead_id), stage.clock.now()

    def body(tx: Any) -> None:
        leads.close(tx, row, closed_as=ClosedAs.STOPPED, now=now)
        raise Killed

    with pytest.raises(Killed):
        stage.world.db.transact(body)
    assert messages(stage) == []


# -- delivering


def closed_lead(stage: Stage, **results_: Any) -> int:
    """Close a lead of a campaign that tells it; gives the campaign."""
    campaign_id = stage.campaign(results=CLOSED | results_)
    lead_id = stage.lead(campaign_id)
    stage.lead(campaign_id, due_at=stage.clock.now() + timedelta(days=3))
    skip(stage.world, lead_id, reason="test", actor="test")
    return campaign_id


def test_a_failed_message_is_sent_again_with_the_same_id_and_body(
    stage: Stage, wire: ScriptedSender
) -> None:
    campaign_id = closed_lead(stage)
    wire.answers = [BROKEN, Answered(error="ConnectError")]
    deliver.deliver(stage.world, wire)
    (row,) = messages(stage)
    assert (row.status, row.tries, row.answer) == (WAITING, 1, 500)
    assert row.error == "HTTP 500: sorry"
    assert deliver.deliver(stage.world, wire) == 0
    stage.clock.pass_time(seconds=6)
    deliver.deliver(stage.world, wire)
    assert address(stage, campaign_id).failures == 2
    stage.clock.pass_time(minutes=2)
    deliver.deliver(stage.world, wire)
    (row,) = messages(stage)
    assert (row.status, row.tries, row.error) == (DELIVERED, 3, None)
    assert len({(one.message_id, one.body) for one in wire.posts}) == 1
    assert len(wire.posts) == 3
    where = address(stage, campaign_id)
    assert (where.failures, where.failing_since, where.last_error) == (0, None, None)


def test_tries_are_used_up_after_a_day_and_a_person_is_told(
    stage: Stage, wire: ScriptedSender
) -> None:
    stage.excused = {"I16"}
    campaign_id = closed_lead(stage)
    wire.usual = BROKEN
    began_at = stage.clock.now()
    while messages(stage)[0].status == WAITING:
        deliver.deliver(stage.world, wire)
        next_at = messages(stage)[0].next_at
        if next_at is not None:
            stage.clock.moment = next_at
    assert len(wire.posts) == len(DELAYS) + 1
    assert stage.clock.now() - began_at < GIVEN_UP_AFTER
    (row,) = messages(stage)
    assert row.status == DEAD
    (incident,) = stage.incidents()
    assert (incident.code, incident.subject) == ("results_undelivered", f"campaign:{campaign_id}")
    assert telling.acknowledge(stage.world, campaign_id, actor="test", note="old CRM") == 1
    assert stage.incidents() == []
    assert telling.acknowledge(stage.world, campaign_id, actor="test", note="again") == 0


def dead_letter(stage: Stage, wire: ScriptedSender) -> int:
    campaign_id = closed_lead(stage)
    stage.world.db.transact(
        lambda tx: tx.execute(results.message.update().values(tries=len(DELAYS)))
    )
    wire.answers = [BROKEN]
    deliver.deliver(stage.world, wire)
    assert messages(stage)[0].status == DEAD
    return campaign_id


def test_dead_letters_are_sent_again_by_hand(stage: Stage, wire: ScriptedSender) -> None:
    campaign_id = dead_letter(stage, wire)
    stage.clock.pass_time(minutes=10)
    assert telling.replay_dead(stage.world, campaign_id, actor="test") == 1
    assert stage.incidents() == []
    deliver.deliver(stage.world, wire)
    assert messages(stage)[0].status == DELIVERED
    assert len({one.message_id for one in wire.posts}) == 1


def test_a_second_death_opens_the_incident_again(stage: Stage, wire: ScriptedSender) -> None:
    stage.excused = {"I16"}
    campaign_id = dead_letter(stage, wire)
    telling.acknowledge(stage.world, campaign_id, actor="test", note="seen")
    stage.clock.pass_time(minutes=10)
    telling.replay(stage.world, messages(stage)[0].id, actor="test")
    stage.world.db.transact(
        lambda tx: tx.execute(results.message.update().values(tries=len(DELAYS)))
    )
    wire.answers = [BROKEN]
    deliver.deliver(stage.world, wire)
    assert [one.times for one in stage.incidents()] == [2]


def test_a_result_that_was_delivered_can_be_sent_again(stage: Stage, wire: ScriptedSender) -> None:
    closed_lead(stage)
    deliver.deliver(stage.world, wire)
    telling.replay(stage.world, messages(stage)[0].id, actor="test")
    deliver.deliver(stage.world, wire)
    assert len(wire.posts) == 2
    assert wire.posts[0] == wire.posts[1]
    with pytest.raises(NotFound, match="no result 99"):
        telling.replay(stage.world, 99, actor="test")


def test_gone_switches_the_address_off_until_a_person_switches_it_on(
    stage: Stage, wire: ScriptedSender
) -> None:
    campaign_id = closed_lead(stage)
    wire.answers = [Answered(410)]
    deliver.deliver(stage.world, wire)
    (incident,) = stage.incidents()
    assert (incident.code, incident.subject) == ("results_refused", f"campaign:{campaign_id}")
    stage.clock.pass_time(days=2)
    assert deliver.deliver(stage.world, wire) == 0
    (row,) = messages(stage)
    assert (row.status, row.tries) == (WAITING, 0)
    telling.switch_on(stage.world, campaign_id, actor="test")
    assert stage.incidents() == []
    deliver.deliver(stage.world, wire)
    assert messages(stage)[0].status == DELIVERED
    other = stage.campaign()
    with pytest.raises(RefusedByRule, match="no address"):
        telling.switch_on(stage.world, other, actor="test")


def test_retry_after_is_kept_for_the_whole_address(stage: Stage, wire: ScriptedSender) -> None:
    campaign_id = closed_lead(stage)
    wire.answers = [Answered(429, retry_after=timedelta(hours=1))]
    deliver.deliver(stage.world, wire)
    skip(stage.world, stage.lead(campaign_id), reason="another", actor="test")
    stage.clock.pass_time(minutes=59)
    assert deliver.deliver(stage.world, wire) == 0
    stage.clock.pass_time(minutes=2)
    assert deliver.deliver(stage.world, wire) == 2


def test_an_address_that_fails_is_tried_with_one_message_at_a_time(
    stage: Stage, wire: ScriptedSender
) -> None:
    campaign_id = closed_lead(stage)
    for lead_id in stage.leads(6, campaign_id):
        skip(stage.world, lead_id, reason="test", actor="test")
    wire.usual = BROKEN
    assert deliver.deliver(stage.world, wire) == 7
    tried = [deliver.deliver(stage.world, wire) for _ in range(5) if pass_on(stage, minutes=6)]
    assert tried == [1, 1, 1, 1, 1]


def pass_on(stage: Stage, **duration: float) -> bool:
    stage.clock.pass_time(**duration)
    return True


def test_another_address_does_not_wait_for_one_that_fails(
    stage: Stage, wire: ScriptedSender
) -> None:
    closed_lead(stage)
    wire.answers = [BROKEN]
    deliver.deliver(stage.world, wire)
    closed_lead(stage, address="https://other.example.com/")
    assert deliver.deliver(stage.world, wire) == 1
    assert wire.posts[-1].address == "https://other.example.com/"


def test_what_waited_a_day_behind_a_failing_address_is_given_up(
    stage: Stage, wire: ScriptedSender
) -> None:
    stage.excused = {"I16"}
    campaign_id = closed_lead(stage)
    for lead_id in stage.leads(4, campaign_id):
        skip(stage.world, lead_id, reason="test", actor="test")
    wire.usual = BROKEN
    end = stage.clock.now() + GIVEN_UP_AFTER + timedelta(hours=10)
    while stage.clock.now() < end:
        deliver.deliver(stage.world, wire)
        stage.clock.pass_time(hours=1)
    assert {one.status for one in messages(stage)} == {DEAD}


# -- dying, and two at once


@pytest.mark.parametrize("lives", [0, 1])
def test_a_process_that_dies_loses_nothing(stage: Stage, wire: ScriptedSender, lives: int) -> None:
    """Killed before the claim, or after it and the POST: sent again with the same id."""
    closed_lead(stage)
    with pytest.raises(Killed):
        deliver.deliver(killed_after(stage.world, lives), wire)
    assert len(wire.posts) == lives
    stage.clock.moment += result_delivery.LEASE
    deliver.deliver(stage.world, wire)
    assert messages(stage)[0].status == DELIVERED
    assert len({(one.message_id, one.body) for one in wire.posts}) == 1


def test_a_claimed_message_is_nobody_elses(stage: Stage) -> None:
    closed_lead(stage)
    assert len(claim(stage.world)) == 1
    assert claim(stage.world) == []


def test_a_process_that_slept_sends_nothing_that_others_may_have_sent(
    stage: Stage, wire: ScriptedSender
) -> None:
    """It is stopped between its claim and the POST."""
    closed_lead(stage)

    (claimed,) = claim(stage.world)
    stage.clock.moment += result_delivery.LEASE
    deliver.send(stage.world, wire, claimed)
    assert wire.posts == []
    assert deliver.deliver(stage.world, wire) == 1


def test_no_more_is_claimed_than_is_sent_at_once(stage: Stage) -> None:
    """Else some would wait until somebody else may send them, too."""
    first, second = (stage.campaign(results=CLOSED) for _ in range(2))
    for campaign_id in (first, second):
        for lead_id in stage.leads(12, campaign_id):
            skip(stage.world, lead_id, reason="test", actor="test")
    claimed = claim(stage.world)
    assert Counter(one.campaign_id for one in claimed) == {first: 4, second: 4}
    assert len(claimed) == deliver.AT_ONCE


def test_an_answer_that_comes_after_another_try_changes_nothing(stage: Stage) -> None:
    closed_lead(stage)
    (slow,) = claim(stage.world)
    stage.clock.moment += result_delivery.LEASE
    (quick,) = claim(stage.world)
    record(stage.world, quick, FINE)
    record(stage.world, slow, BROKEN)
    (row,) = messages(stage)
    assert (row.status, row.tries) == (DELIVERED, 2)


def test_deliverers_at_once_send_each_message_once(stage: Stage, wire: ScriptedSender) -> None:
    campaign_id = closed_lead(stage)
    for lead_id in stage.leads(39, campaign_id):
        skip(stage.world, lead_id, reason="test", actor="test")
    together = threading.Barrier(4)

    def run() -> int:
        together.wait()
        return deliver.deliver(stage.world, wire)

    with ThreadPoolExecutor(4) as threads:
        runs = [threads.submit(run) for _ in range(4)]
        assert sum(one.result() for one in runs) == 40
    assert len({one.message_id for one in wire.posts}) == len(wire.posts) == 40
    assert {one.status for one in messages(stage)} == {DELIVERED}


# -- settings


def test_an_address_is_edited_while_the_campaign_runs(stage: Stage, wire: ScriptedSender) -> None:
    campaign_id = closed_lead(stage)
    wire.answers = [Answered(410)]
    deliver.deliver(stage.world, wire)
    moved = {"results.address": "https://new.example.com/", "results.secret": "other"}
    editing.edit(stage.world, campaign_id, moved, actor="test")
    deliver.deliver(stage.world, wire)
    assert (wire.posts[-1].address, wire.posts[-1].secret) == ("https://new.example.com/", "other")
    stage.excused = {"I16"}  # of the old address


def test_an_edit_of_something_else_keeps_what_is_known_of_the_address(
    stage: Stage, wire: ScriptedSender
) -> None:
    campaign_id = closed_lead(stage)
    wire.answers = [BROKEN]
    deliver.deliver(stage.world, wire)
    editing.edit(stage.world, campaign_id, {"weight": 2}, actor="test")
    assert address(stage, campaign_id).failures == 1


def test_what_waits_for_an_address_that_is_taken_away_waits_for_the_next_one(
    stage: Stage, wire: ScriptedSender
) -> None:
    campaign_id = closed_lead(stage)
    editing.edit(stage.world, campaign_id, {"results": {}}, actor="test")
    skip(stage.world, stage.lead(campaign_id), reason="untold", actor="test")
    assert deliver.deliver(stage.world, wire) == 0
    editing.edit(stage.world, campaign_id, {"results": TOLD}, actor="test")
    assert deliver.deliver(stage.world, wire) == 1


def test_a_copy_tells_its_own_results(stage: Stage) -> None:
    from dialer.actions.copying import duplicate

    campaign_id = stage.campaign(results=TOLD)
    copy = duplicate(stage.world, campaign_id, actor="test")
    copied = copy if isinstance(copy, int) else copy.campaign_id
    assert address(stage, copied).address == TOLD["address"]


def test_a_test_sends_a_sample_and_changes_nothing(stage: Stage, wire: ScriptedSender) -> None:
    campaign_id = stage.campaign(results=TOLD)
    tested = telling.test(stage.world, campaign_id, wire, event=ResultEvent.LEAD_CLOSED)
    (post,) = wire.posts
    assert post.json["data"]["test"] is True
    assert post.body.decode() == tested.body
    assert messages(stage) == []
    with pytest.raises(UserError, match="tells nobody"):
        telling.test(stage.world, stage.campaign(), wire, event=ResultEvent.LEAD_CLOSED)


def test_old_results_are_purged(stage: Stage, wire: ScriptedSender) -> None:
    closed_lead(stage)
    deliver.deliver(stage.world, wire)
    stage.clock.moment += RESULTS_KEPT
    purge(stage.world)
    assert len(messages(stage)) == 1
    stage.clock.pass_time(seconds=1)
    purge(stage.world)
    assert messages(stage) == []
