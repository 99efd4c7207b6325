"""Transfers, running transcripts and chats: the webhooks beside start, end and analysis."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from factories import NOW, Stage, make_stage

from dialer.actions.receive import receive
from dialer.domain.states import AttemptStatus
from dialer.store import webhooks

STEPS = ("transfer_started", "transfer_bridged", "transfer_cancelled", "transfer_ended")


def told(stage: Stage, event: str, attempt_id: str, **more: Any) -> bytes:
    call = stage.retell.call_of(attempt_id)
    return json.dumps({"event": event, "call": call, **more}).encode()


def sentences(stage: Stage, attempt_id: str) -> list[str]:
    return [one.evidence or "" for one in stage.history(attempt_id)]


def test_the_steps_of_a_transfer_are_written_into_the_history(stage: Stage) -> None:
    attempt_id = stage.call()
    stage.deliver(stage.retell.answer(attempt_id))
    more = {
        "transfer_destination": {"type": "predefined", "number": "+12125550042"},
        "transfer_option": {"type": "warm_transfer", "showTransfereeAsCaller": True},
    }
    stage.deliver(*(told(stage, step, attempt_id, **more) for step in STEPS))
    assert sentences(stage, attempt_id)[-4:] == [
        "transfer begun, to +12125550042 (warm transfer)",
        "transfer connected, to +12125550042 (warm transfer)",
        "transfer given up, to +12125550042 (warm transfer)",
        "transfer over, to +12125550042 (warm transfer)",
    ]
    assert stage.status(attempt_id) is AttemptStatus.ONGOING


def test_a_repeated_step_is_written_once_and_a_second_transfer_again(stage: Stage) -> None:
    attempt_id = stage.call()
    first = told(stage, "transfer_started", attempt_id, transfer_destination="+12125550042")
    second = told(stage, "transfer_started", attempt_id, transfer_destination="+12125550043")
    stage.deliver(first, first, second)
    begun = [one for one in sentences(stage, attempt_id) if one.startswith("transfer begun")]
    assert begun == ["transfer begun, to +12125550042", "transfer begun, to +12125550043"]


def test_a_step_that_comes_after_the_end_changes_no_end(stage: Stage) -> None:
    attempt_id = stage.call()
    stage.deliver(stage.retell.end(attempt_id, "call_transfer"))
    before = stage.attempt_row(attempt_id)
    stage.deliver(told(stage, "transfer_ended", attempt_id))
    assert stage.attempt_row(attempt_id) == before
    assert sentences(stage, attempt_id)[-1] == "transfer over"


@pytest.mark.parametrize("value", [None, 7, [], {}, {"number": 7}, "\x00\u202e", "x" * 9_000])
def test_a_strange_destination_is_no_dead_letter(stage: Stage, value: object) -> None:
    attempt_id = stage.call()
    stage.deliver(told(stage, "transfer_started", attempt_id, transfer_destination=value))
    assert sentences(stage, attempt_id)[-1].startswith("transfer begun")


def test_a_transfer_of_a_call_that_is_not_ours_is_ignored(stage: Stage) -> None:
    stage.deliver(b'{"event": "transfer_started", "call": {"call_id": "call_theirs"}}')
    assert stage.world.db.read(webhooks.counts) == {webhooks.IGNORED: 1}


@pytest.mark.parametrize(
    "event", ["chat_started", "chat_ended", "chat_analyzed", "chat_inbound", "call_inbound"]
)
def test_chats_are_ignored_and_no_dead_letters(stage: Stage, event: str) -> None:
    stage.deliver(json.dumps({"event": event, "chat": {"chat_id": "chat_1"}}).encode())
    assert stage.world.db.read(webhooks.counts) == {webhooks.IGNORED: 1}


def test_what_is_said_is_not_kept_while_it_is_said_unless_it_is_wanted(stage: Stage) -> None:
    attempt_id = stage.call()
    stage.deliver(stage.retell.answer(attempt_id))
    stage.retell.call_of(attempt_id)["transcript"] = "User: Hello\n"
    assert receive(stage.world, told(stage, "transcript_updated", attempt_id), now=NOW) is None
    assert stage.attempt_row(attempt_id).transcript is None
    assert stage.world.db.read(webhooks.counts) == {webhooks.DONE: 1}


@pytest.fixture
def live(database_url: str) -> Iterator[Stage]:
    """A stage that keeps what is said while it is said."""
    made = make_stage(database_url, live_transcripts=True)
    yield made
    assert made.violations() == []
    made.world.db.close()


def test_where_it_is_wanted_the_last_one_to_come_counts(live: Stage) -> None:
    attempt_id = live.call()
    live.deliver(live.retell.answer(attempt_id))
    call = live.retell.call_of(attempt_id)
    for said in ("User: Hello\n", "User: Hello\nAgent: Hi\n", "User: Hallo\x00\n"):
        call["transcript"] = said
        live.deliver(told(live, "transcript_updated", attempt_id))
        live.deliver(told(live, "transcript_updated", attempt_id))
    assert live.attempt_row(attempt_id).transcript == "User: Hallo\n"


def test_the_transcript_of_a_call_that_is_over_stays(live: Stage) -> None:
    attempt_id = live.call()
    live.retell.call_of(attempt_id)["transcript"] = "User: Hello\n"
    late = told(live, "transcript_updated", attempt_id)
    live.deliver(live.retell.end(attempt_id, transcript="User: Hello\nAgent: Goodbye\n"))
    live.deliver(late)
    assert live.attempt_row(attempt_id).transcript == "User: Hello\nAgent: Goodbye\n"


@pytest.mark.parametrize("call", [None, {}, {"call_id": "c", "transcript": 7}])
def test_a_strange_transcript_changes_nothing(live: Stage, call: object) -> None:
    body = json.dumps({"event": "transcript_updated", "call": call}).encode()
    live.deliver(body)
    assert live.world.db.read(webhooks.counts) == {}
