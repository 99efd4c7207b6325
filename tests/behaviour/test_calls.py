"""What people do with calls at Retell, and what is kept of them here."""

from typing import Any

import httpx
import pytest
from factories import NOW, Stage
from scripted_retell import ScriptedRetell, executed_then_silent

from dialer.actions import provider_audit
from dialer.actions.call_sync import sync_calls
from dialer.actions.calls import (
    OUR_METADATA,
    call_of_attempt,
    calls_of_lead,
    delete_call,
    show_call,
    stop_call,
    update_metadata,
)
from dialer.domain.states import Analysis, AttemptStatus
from dialer.errors import NotFound, RefusedByRule, Unreachable, UserError
from dialer.store import ledger, other_calls
from dialer.store.tables import AuditLog

PERSON = "+12122345678"
FIGURES: dict[str, Any] = {
    "call_cost": {"combined_cost": 9.5, "product_costs": [{"product": "tts", "cost": 9.5}]},
    "latency": {"e2e": {"p50": 812, "values": [812, 900]}},
    "llm_token_usage": {"values": [10, 30], "average": 20, "num_requests": 2},
    "transcript": "Agent: Hi Ada\nUser: Yes\n",
    "scrubbed_transcript_with_tool_calls": [{"role": "agent", "content": "Hi [NAME]"}],
}


def over(stage: Stage, **figures: Any) -> str:
    """Make a call that is over and analyzed, and give its attempt."""
    attempt_id = stage.call(stage.lead(phone=PERSON))
    stage.deliver(stage.retell.end(attempt_id, **figures), stage.retell.analyze(attempt_id))
    return attempt_id


def call_id_of(stage: Stage, attempt_id: str) -> str:
    call_id: str = stage.retell.call_of(attempt_id)["call_id"]
    return call_id


def activity(stage: Stage, subject: str) -> list[AuditLog]:
    return stage.world.db.read(lambda tx: ledger.of_subject(tx, subject))


def test_figures_of_a_call_are_kept_with_its_attempt(stage: Stage) -> None:
    attempt_id = stage.call(stage.lead(phone=PERSON))
    stage.deliver(stage.retell.end(attempt_id, **FIGURES))
    row = stage.attempt_row(attempt_id)
    assert row.latency == {"e2e": {"p50": 812}}
    assert row.product_costs == [{"product": "tts", "cost": 9.5}]
    assert row.llm_tokens == {"average": 20, "num_requests": 2, "total": 40}
    assert row.scrubbed_transcript == "Agent: Hi [NAME]\n"
    (told,) = calls_of_lead(stage.world.db, row.lead_id)
    assert told["latency"] == {"e2e": {"p50": 812}}
    assert told["has_recording"] is True
    assert "recording_url" not in told


def test_a_call_is_shown_as_retell_tells_it_beside_what_is_kept_here(stage: Stage) -> None:
    attempt_id = over(stage, **FIGURES)
    found = show_call(stage.world, call_id_of(stage, attempt_id))
    assert found["call"]["latency"] == {"e2e": {"p50": 812}}
    assert found["attempt"]["id"] == attempt_id
    stage.retell.down = True
    found = show_call(stage.world, call_id_of(stage, attempt_id))
    assert (found["call"], found["unknown"]) == (None, "later")
    assert found["attempt"]["product_costs"] == [{"product": "tts", "cost": 9.5}]


def test_a_call_that_nobody_knows_is_not_found(stage: Stage) -> None:
    with pytest.raises(NotFound, match="no call call_99"):
        show_call(stage.world, "call_99")
    stage.retell.down = True
    with pytest.raises(Unreachable):
        show_call(stage.world, "call_99")
    with pytest.raises(NotFound, match="no lead 99"):
        calls_of_lead(stage.world.db, 99)


def test_only_an_attempt_with_a_call_has_a_recording(stage: Stage) -> None:
    attempt_id = over(stage)
    assert call_of_attempt(stage.world.db, attempt_id) == call_id_of(stage, attempt_id)
    stage.lead()
    (unsent,) = stage.claim()
    for nothing in (unsent, "nobody"):
        with pytest.raises(NotFound):
            call_of_attempt(stage.world.db, nothing)


def test_stopping_a_call_is_written_down_with_its_lead(stage: Stage) -> None:
    attempt_id = stage.call()
    call_id = call_id_of(stage, attempt_id)
    stop_call(stage.world, call_id, actor="ann")
    assert stage.retell.call_of(attempt_id)["disconnection_reason"] == "manual_stopped"
    (entry,) = activity(stage, f"lead:{stage.attempt_row(attempt_id).lead_id}")
    assert (entry.actor, entry.action, entry.after) == ("ann", "stop_call", {"call_id": call_id})


# -- metadata


@pytest.mark.parametrize("name", sorted(OUR_METADATA))
def test_what_makes_a_call_ours_cannot_be_changed(stage: Stage, name: str) -> None:
    attempt_id = stage.call()
    before = dict(stage.retell.call_of(attempt_id)["metadata"])
    for change in ({"values": {name: "x"}}, {"values": {}, "without": [name]}):
        with pytest.raises(RefusedByRule, match=name):
            update_metadata(stage.world, call_id_of(stage, attempt_id), actor="ann", **change)
    assert stage.retell.call_of(attempt_id)["metadata"] == before


def test_every_word_that_a_request_carries_is_guarded(stage: Stage) -> None:
    stage.call()
    assert stage.retell.posted[0]["metadata"].keys() == OUR_METADATA


@pytest.mark.parametrize("ended", [True, False])
def test_metadata_is_changed_and_the_rest_of_it_stays(stage: Stage, ended: bool) -> None:
    attempt_id = over(stage) if ended else stage.call()
    call_id = call_id_of(stage, attempt_id)
    for values in ({"order": "1", "old": "x"}, {"order": "2"}):
        update_metadata(stage.world, call_id, values=values, actor="ann")
    after = update_metadata(stage.world, call_id, values={}, without=["old"], actor="ann")
    assert after == stage.retell.call_of(attempt_id)["metadata"]
    assert (after["order"], after["attempt_id"]) == ("2", attempt_id)
    assert "old" not in after
    path = "/v2/update-call/" if ended else "/v2/update-live-call/"
    assert path + call_id in stage.retell.asked


# -- deletion


def silent(retell: ScriptedRetell, call: dict[str, Any]) -> httpx.Response:
    raise httpx.ReadTimeout("no answer")


def deleted_then_silent(retell: ScriptedRetell, call: dict[str, Any]) -> httpx.Response:
    del retell.calls[call["call_id"]]
    raise httpx.ReadTimeout("no answer")


def test_a_call_that_goes_on_is_not_deleted(stage: Stage) -> None:
    attempt_id = stage.call()
    with pytest.raises(RefusedByRule, match="not over"):
        delete_call(stage.world, call_id_of(stage, attempt_id), actor="ann")
    assert stage.retell.call_of(attempt_id)


def test_a_deleted_call_is_missed_by_nobody(stage: Stage) -> None:
    attempt_id = over(stage)
    delete_call(stage.world, call_id_of(stage, attempt_id), actor="ann")
    assert stage.retell.calls == {}
    row = stage.attempt_row(attempt_id)
    assert row.call_deleted_at == NOW
    assert row.summary == "They talked."
    stage.clock.pass_time(hours=1)
    assert provider_audit.compare(stage.world).differences == []


def test_a_deletion_that_was_done_although_nobody_said_so_is_done(stage: Stage) -> None:
    attempt_id = over(stage)
    call_id = call_id_of(stage, attempt_id)
    stage.retell.changes.append(deleted_then_silent)
    delete_call(stage.world, call_id, actor="ann")
    assert stage.attempt_row(attempt_id).call_deleted_at == NOW


def test_a_deletion_of_which_nobody_knows_is_told_so_and_not_repeated(stage: Stage) -> None:
    attempt_id = over(stage)
    stage.retell.changes.append(silent)
    with pytest.raises(Unreachable, match="nobody knows whether"):
        delete_call(stage.world, call_id_of(stage, attempt_id), actor="ann")
    assert stage.attempt_row(attempt_id).call_deleted_at is None
    assert stage.retell.call_of(attempt_id)


def test_a_deletion_that_died_before_it_was_noted_is_noted_by_the_next_try(stage: Stage) -> None:
    attempt_id = over(stage)
    call_id = call_id_of(stage, attempt_id)
    stage.retell.changes.append(silent)
    with pytest.raises(Unreachable):
        delete_call(stage.world, call_id, actor="ann")
    del stage.retell.calls[call_id]
    delete_call(stage.world, call_id, actor="ann")
    assert stage.attempt_row(attempt_id).call_deleted_at == NOW


def test_a_call_that_is_gone_without_our_wish_is_not_found(stage: Stage) -> None:
    attempt_id = over(stage)
    call_id = call_id_of(stage, attempt_id)
    del stage.retell.calls[call_id]
    with pytest.raises(NotFound):
        delete_call(stage.world, call_id, actor="ann")
    assert stage.attempt_row(attempt_id).call_deleted_at is None


def test_what_retell_refuses_is_told_in_its_words(stage: Stage) -> None:
    attempt_id = over(stage)
    stage.retell.changes.append(lambda *_: httpx.Response(400, json={"message": "No, thanks."}))
    with pytest.raises(UserError) as refused:
        delete_call(stage.world, call_id_of(stage, attempt_id), actor="ann")
    assert refused.value.why == "Retell says: No, thanks."


# -- sync


def test_a_sync_brings_the_end_of_a_call_whose_webhooks_were_lost_once(stage: Stage) -> None:
    attempt_id = stage.call(stage.lead(phone=PERSON))
    stage.retell.end(attempt_id)
    stage.clock.pass_time(minutes=1)
    synced = sync_calls(stage.world)
    assert synced.compared.shown == {call_id_of(stage, attempt_id)}
    assert stage.status(attempt_id) is AttemptStatus.ENDED
    events = len(stage.history(attempt_id))
    again = sync_calls(stage.world)
    assert (again.compared.brought_back, again.refreshed, again.others.new) == (0, 0, 0)
    assert len(stage.history(attempt_id)) == events


def test_a_sync_learns_of_a_call_whose_answer_never_came(stage: Stage) -> None:
    stage.retell.then(executed_then_silent)
    attempt_id = stage.call(stage.lead(phone=PERSON))
    stage.retell.end(attempt_id)
    sync_calls(stage.world)
    row = stage.attempt_row(attempt_id)
    assert (row.status, row.call_id) == (AttemptStatus.ENDED, call_id_of(stage, attempt_id))


def test_a_sync_fetches_an_analysis_that_was_given_up(stage: Stage) -> None:
    attempt_id = stage.call(stage.lead(phone=PERSON))
    stage.deliver(stage.retell.end(attempt_id))
    stage.wait_long(minutes=20)
    assert stage.attempt_row(attempt_id).analysis is Analysis.TIMED_OUT
    first = sync_calls(stage.world)
    assert (first.asked, first.refreshed) == (1, 0)
    stage.retell.analyze(attempt_id, **FIGURES)
    second = sync_calls(stage.world)
    assert (second.asked, second.refreshed) == (1, 1)
    row = stage.attempt_row(attempt_id)
    assert (row.analysis, row.cost_cents, row.summary) == (Analysis.DONE, 9.5, "They talked.")
    assert sync_calls(stage.world).asked == 0


def test_a_sync_counts_the_calls_of_others_and_those_to_our_leads(stage: Stage) -> None:
    stage.lead(phone=PERSON)
    for phone in (PERSON, "+12122349999"):
        stage.retell.place_for_others(phone)
    stage.clock.pass_time(minutes=10)
    learned = sync_calls(stage.world).others
    assert (learned.listed, learned.new, learned.to_leads) == (2, 2, 1)
    assert sync_calls(stage.world).others.new == 0
    assert stage.world.db.read(lambda tx: other_calls.to_phone(tx, PERSON, most=5))


def test_a_sync_of_a_longer_span_misses_no_call_that_retell_has_forgotten_since(
    stage: Stage,
) -> None:
    attempt_id = over(stage)
    del stage.retell.calls[call_id_of(stage, attempt_id)]
    stage.clock.pass_time(days=3)
    synced = sync_calls(stage.world, since=NOW)
    assert synced.compared.differences == []
    assert synced.compared.since == NOW


def test_without_retell_nothing_is_synced_and_that_is_told(stage: Stage) -> None:
    stage.call()
    stage.retell.down = True
    with pytest.raises(Unreachable, match="list of calls"):
        sync_calls(stage.world)


def test_a_sync_passes_over_a_call_that_retell_has_forgotten(stage: Stage) -> None:
    attempt_id = stage.call(stage.lead(phone=PERSON))
    stage.deliver(stage.retell.end(attempt_id))
    del stage.retell.calls[call_id_of(stage, attempt_id)]
    synced = sync_calls(stage.world)
    assert (synced.asked, synced.refreshed) == (1, 0)
