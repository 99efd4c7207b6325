"""Retention: what was said goes once it is old; who was called, when, and how it ended stay."""

from datetime import timedelta
from typing import Any

import pytest
from agents import ask, asked_in, talking
from databases import Killed, killed_after
from factories import Stage
from test_inbound import call_of, ended, ring, row_of
from test_results import TOLD, ScriptedSender, messages

from dialer.actions import deliver, retention
from dialer.actions.explain import explain
from dialer.actions.purge import purge
from dialer.domain.dispositions import Disposition
from dialer.domain.states import AttemptStatus, ClosedAs
from dialer.errors import UserError
from dialer.store import said, webhooks
from dialer.store.ledger import entries_since
from dialer.store.tables import Attempt, WebhookEvent, table

WORDS = "Agent: Good morning.\nUser: My name is Ada."
DAY = timedelta(days=1)
MARGIN = timedelta(hours=1)


def talk(stage: Stage, **lead: Any) -> str:
    """Call somebody who talks, and have Retell tell what was said."""
    attempt_id = stage.call(stage.lead(**lead))
    stage.deliver(
        stage.retell.answer(attempt_id),
        stage.retell.end(attempt_id, duration_ms=30_000, transcript=WORDS),
        stage.retell.analyze(attempt_id),
    )
    return attempt_id


def letters_of(stage: Stage, call_id: str | None) -> list[WebhookEvent]:
    assert call_id is not None
    return stage.world.db.read(lambda tx: webhooks.of_calls(tx, [call_id], most=10))


def words_of(row: Attempt) -> list[Any]:
    return [getattr(row, name) for name in said.SAID_COLUMNS]


def kept_for(stage: Stage, days: int | None) -> None:
    retention.keep_days(stage.world, days, actor="Ada")


def test_words_are_kept_until_somebody_says_how_long(stage: Stage) -> None:
    attempt_id = talk(stage)
    stage.clock.moment += 1000 * DAY
    assert retention.kept_days(stage.world.db) is None
    assert retention.delete_old(stage.world) == 0
    assert stage.attempt_row(attempt_id).transcript == WORDS


def test_words_go_after_so_many_days_and_what_came_of_the_call_stays(stage: Stage) -> None:
    old = talk(stage)
    stage.clock.moment += 25 * DAY
    new = talk(stage)
    kept_for(stage, 30)
    stage.clock.moment += 5 * DAY + MARGIN
    assert retention.count_older(stage.world, 30) == 1
    assert retention.delete_old(stage.world) == 1
    row = stage.attempt_row(old)
    assert words_of(row) == [None] * len(said.SAID_COLUMNS)
    assert row.said_deleted_at is not None
    assert (row.status, row.disposition) == (AttemptStatus.ENDED, Disposition.TALKED)
    assert (row.duration_ms, row.cost_cents, row.sentiment) == (30_000, 12.5, "Positive")
    assert len(stage.history(old)) == len(stage.history(new))
    assert stage.attempt_row(new).transcript == WORDS
    assert stage.lead_row(row.lead_id).closed_as is ClosedAs.REACHED
    assert retention.delete_old(stage.world) == 0


def test_the_purge_of_every_hour_does_it(stage: Stage) -> None:
    attempt_id = talk(stage)
    kept_for(stage, 1)
    stage.clock.moment += DAY + MARGIN
    purge(stage.world)
    assert stage.attempt_row(attempt_id).transcript is None


def test_with_the_words_go_the_webhooks_about_the_call(stage: Stage) -> None:
    row = stage.attempt_row(talk(stage))
    assert "Ada" in "".join(letter.raw for letter in letters_of(stage, row.call_id))
    kept_for(stage, 1)
    stage.clock.moment += DAY + MARGIN
    retention.delete_old(stage.world)
    letters = letters_of(stage, row.call_id)
    assert [letter.raw for letter in letters] == ["", "", ""]
    again = stage.retell.end(row.id, duration_ms=30_000, transcript=WORDS)
    stage.deliver(again)  # it came before, and so nothing comes of it
    assert stage.attempt_row(row.id).transcript is None


def test_with_the_words_go_what_the_agent_asked_for(stage: Stage) -> None:
    call = talking(stage)
    ask(stage, "transfer_note", call=call, note="Ada asks for a refund")
    attempt_id = call["metadata"]["attempt_id"]
    stage.deliver(
        stage.retell.end(attempt_id, duration_ms=30_000, transcript=WORDS),
        stage.retell.analyze(attempt_id),
    )
    kept_for(stage, 1)
    stage.clock.moment += DAY + MARGIN
    retention.delete_old(stage.world)
    (asked,) = asked_in(stage, call)
    assert (asked.arguments, asked.answer) == (None, None)
    assert asked.name == "transfer_note"
    found = explain(stage.world.db, stage.attempt_row(attempt_id).lead_id, now=stage.clock.now())
    assert [one["arguments"] for one in found["functions"]] == [None]


def test_with_the_words_go_what_other_systems_were_told_of_them(stage: Stage) -> None:
    talk(stage, campaign_id=stage.campaign(results=TOLD))
    assert deliver.deliver(stage.world, ScriptedSender()) == 3
    kept_for(stage, 1)
    stage.clock.moment += DAY + MARGIN
    retention.delete_old(stage.world)
    assert [(one.status, one.body) for one in messages(stage)] == [("DELIVERED", None)] * 3


def test_a_result_that_was_not_told_yet_is_told_all_the_same(stage: Stage) -> None:
    talk(stage, campaign_id=stage.campaign(results=TOLD))
    kept_for(stage, 1)
    stage.clock.moment += DAY + MARGIN
    retention.delete_old(stage.world)
    wire = ScriptedSender()
    assert deliver.deliver(stage.world, wire) == 3
    assert {one.json["data"]["attempt"]["disposition"] for one in wire.posts} == {"talked"}
    assert {one.json["data"]["attempt"]["summary"] for one in wire.posts} == {None}


def test_a_dead_letter_stays_whole_until_somebody_has_seen_it(stage: Stage) -> None:
    row = stage.attempt_row(talk(stage))
    letter = letters_of(stage, row.call_id)[0]
    inbox = table(WebhookEvent)
    kill = inbox.update().where(inbox.c.id == letter.id).values(status=webhooks.DEAD)
    stage.world.db.transact(lambda tx: tx.execute(kill))
    stage.excused |= {"I15"}
    kept_for(stage, 1)
    stage.clock.moment += DAY + MARGIN
    retention.delete_old(stage.world)
    assert letters_of(stage, row.call_id)[0].raw == letter.raw


def test_words_of_calls_to_us_go_too(stage: Stage) -> None:
    stage.lead(phone="+12122000777")
    stage.deliver(ended(call_of(ring(stage)), transcript=WORDS))
    assert row_of(stage).transcript == WORDS
    kept_for(stage, 1)
    stage.clock.moment += DAY + MARGIN
    assert retention.count_older(stage.world, 1) == 1
    assert retention.delete_old(stage.world) == 1
    assert (row_of(stage).transcript, row_of(stage).duration_ms) == (None, 60_000)
    assert {letter.raw for letter in letters_of(stage, "in_1")} == {""}


def test_webhooks_about_calls_of_others_are_emptied(stage: Stage) -> None:
    other = stage.retell.place_for_others("+12125559001")
    stage.retell.calls[other["call_id"]] |= {"call_status": "ended", "transcript": WORDS}
    stage.deliver(
        b'{"event": "call_ended", "call": {"call_id": "call_1", "transcript": "Agent: Hello"}}'
    )
    (letter,) = letters_of(stage, "call_1")
    assert letter.status == webhooks.IGNORED
    kept_for(stage, 1)
    stage.clock.moment += DAY + MARGIN
    assert retention.delete_old(stage.world) == 0  # no call of ours
    assert letters_of(stage, "call_1")[0].raw == ""


def test_a_call_that_goes_on_keeps_its_words(stage: Stage) -> None:
    attempt_id = stage.call(stage.lead())
    stage.deliver(stage.retell.answer(attempt_id))
    attempt = table(Attempt)
    hear = attempt.update().where(attempt.c.id == attempt_id).values(transcript=WORDS)
    stage.world.db.transact(lambda tx: tx.execute(hear))
    kept_for(stage, 1)
    stage.clock.moment += DAY + MARGIN
    stage.excused |= {"I4"}
    assert retention.delete_old(stage.world) == 0
    assert stage.attempt_row(attempt_id).transcript == WORDS


def test_a_deletion_that_dies_in_the_middle_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [talk(stage) for _ in range(5)]
    kept_for(stage, 1)
    stage.clock.moment += DAY + MARGIN
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    with pytest.raises(Killed):
        retention.delete_old(killed_after(stage.world, 1))
    left = [one for one in ids if stage.attempt_row(one).transcript]
    assert len(left) == 3
    assert retention.delete_old(stage.world) == 3


def test_who_says_how_long_is_written_down(stage: Stage) -> None:
    kept_for(stage, 90)
    kept_for(stage, 90)
    kept_for(stage, None)
    noted = stage.world.db.read(lambda tx: entries_since(tx, "privacy", since=stage.clock.now()))
    assert [(one.actor, one.before, one.after) for one in noted] == [
        ("Ada", {"days": None}, {"days": 90}),
        ("Ada", {"days": 90}, {"days": None}),
    ]


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_words_cannot_be_kept_for_no_time_or_for_ever_so_long(stage: Stage, days: int) -> None:
    with pytest.raises(UserError, match="cannot be kept"):
        kept_for(stage, days)
    with pytest.raises(UserError, match="cannot be kept"):
        retention.count_older(stage.world, days)
