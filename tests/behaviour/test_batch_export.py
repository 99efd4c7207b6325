"""Batch hand-over: Retell's template holds who may be called, and its calls count afterwards."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import NOW, UNCAPPED, Stage

from dialer.actions import control
from dialer.actions.batch_export import BatchExported, export_batch
from dialer.actions.callbacks import promise_callback
from dialer.actions.copying import redial
from dialer.actions.explain import explain
from dialer.actions.load import load
from dialer.actions.other_calls import ask_batch, ask_other_calls
from dialer.domain.selection import Selection
from dialer.domain.states import CampaignStatus, ClosedAs, LeadStatus
from dialer.errors import NotFound, RefusedByRule
from dialer.store import leads as lead_rows

PERSON = "+12122340007"
BATCH = "batch_call_dbcc4412483ebfc348abb"


def written(
    stage: Stage, campaign_id: int, *, close: bool = False
) -> tuple[list[dict[str, str]], BatchExported]:
    stream = io.BytesIO()
    done = export_batch(stage.world, campaign_id, stream, close=close, actor="test")
    rows = list(csv.DictReader(io.StringIO(stream.getvalue().decode("utf-8"))))
    assert len(rows) == done.rows
    return rows, done


def phones(rows: list[dict[str, str]]) -> list[str]:
    return [row["phone number"] for row in rows]


def paused(stage: Stage, **spec: Any) -> int:
    campaign_id = stage.campaign(**spec)
    control.pause(stage.world, campaign_id, actor="test")
    return campaign_id


def test_the_file_is_retells_template(stage: Stage) -> None:
    campaign_id = paused(
        stage, agent_id="agent_1", agent_version=3, variables={"offer": "two months"}
    )
    plain = stage.lead(campaign_id, variables={"first_name": "Zoë", "plan": "a,b"})
    own = {"agent_id": "agent_9", "metadata": {"source": "fair"}, "sip_headers": {"X-A": "1"}}
    other = stage.lead(campaign_id, variables={"first_name": "Bo"}, overrides=own)
    rows, done = written(stage, campaign_id)
    first, second = rows
    assert first["phone number"] == stage.lead_row(plain).phone
    assert (first["first_name"], first["plan"], first["offer"]) == ("Zoë", "a,b", "two months")
    assert (first["override agent id"], first["override agent version"]) == ("agent_1", "3")
    assert (second["override agent id"], second["override agent version"]) == ("agent_9", "")
    assert (second["plan"], second["custom_sip_headers"]) == ("", '{"X-A":"1"}')
    assert json.loads(second["metadata"]) == {
        "source": "fair",
        "handed_over_campaign": str(campaign_id),
        "handed_over_lead": str(other),
    }
    assert done.warnings == [
        "one time window holds for the whole batch; it must fit: America/New_York (2)"
    ]


def test_the_first_column_is_readable_without_a_mark_of_its_encoding(stage: Stage) -> None:
    stream = io.BytesIO()
    export_batch(stage.world, paused(stage), stream, close=False, actor="test")
    assert stream.getvalue().startswith(b"phone number,")


def test_what_was_written_is_read_again_as_the_same_leads(stage: Stage, tmp_path: Path) -> None:
    campaign_id = paused(stage)
    own = {"agent_id": "agent_9", "metadata": {"source": "fair"}, "ignore_e164": True}
    stage.lead(campaign_id, variables={"first_name": "Ann", "note": "x"}, overrides=own)
    path = tmp_path / "batch.csv"
    export_batch(stage.world, campaign_id, path, close=False, actor="test")
    again = stage.draft()
    loaded = load(stage.world, again, path, actor="test", rejects_to=tmp_path / "rejects.csv")
    assert loaded.imported == 1
    rows = stage.world.db.read(lambda tx: lead_rows.next_due(tx, again, now=NOW, most=9))
    (lead,) = rows
    assert (lead.variables["first_name"], lead.variables["note"]) == ("Ann", "x")
    assert lead.overrides is not None
    assert lead.overrides["agent_id"] == "agent_9"
    assert lead.overrides["metadata"]["source"] == "fair"
    assert lead.overrides["ignore_e164"] is True


def test_who_opted_out_is_never_in_the_file(stage: Stage) -> None:
    """Also when the lead itself was not told yet."""
    campaign_id = paused(stage)
    kept, gone = stage.lead(campaign_id), stage.lead(campaign_id)
    stage.suppress(stage.lead_row(gone).phone)
    rows, done = written(stage, campaign_id)
    assert phones(rows) == [stage.lead_row(kept).phone]
    assert done.left_out == {"suppressed": 1}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"zones": ""}, "no_zone"),
        ({"status": LeadStatus.HELD, "held_reason": "no_consent", "due_at": None}, "no_consent"),
        ({"tries": 1, "due_at": NOW + timedelta(hours=2)}, "gap"),
        ({"callback_at": NOW + timedelta(hours=2), "due_at": NOW + timedelta(hours=2)}, "gap"),
    ],
)
def test_who_may_not_be_called_is_left_out_with_the_reason(
    stage: Stage, changes: dict[str, Any], reason: str
) -> None:
    campaign_id = paused(stage)
    stage.lead(campaign_id, **changes)
    rows, done = written(stage, campaign_id)
    assert rows == []
    assert done.left_out == {reason: 1}


def test_who_did_not_agree_is_left_out(stage: Stage) -> None:
    campaign_id = stage.draft(require_consent=True)
    stage.lead(campaign_id)
    assert written(stage, campaign_id)[1].left_out == {"no_consent": 1}


def test_who_was_called_enough_is_left_out(stage: Stage) -> None:
    campaign_id = paused(stage, person=UNCAPPED | {"calls_per_day": 1})
    stage.lead(campaign_id, phone=PERSON)
    running = stage.campaign(person=UNCAPPED)
    attempt_id = stage.call(stage.lead(running, phone=PERSON))
    stage.deliver(stage.retell.end(attempt_id, duration_ms=30_000))
    assert written(stage, campaign_id)[1].left_out == {"called_often": 1}


def test_closed_leads_are_not_even_counted(stage: Stage) -> None:
    campaign_id = paused(stage)
    lead_id = stage.lead(campaign_id)
    promise_callback(stage.world, lead_id, "tomorrow at 3 pm", actor="test")
    control.stop(stage.world, campaign_id, actor="test")
    stage.force_campaign(campaign_id, CampaignStatus.PAUSED)
    rows, done = written(stage, campaign_id)
    assert (rows, done.left_out) == ([], {})
    stage.force_campaign(campaign_id, CampaignStatus.STOPPED)


def test_the_night_keeps_nobody_out_of_the_file(stage: Stage) -> None:
    campaign_id = paused(stage, window={"opens": "09:00", "closes": "17:00"})
    stage.clock.pass_time(hours=12)
    stage.lead(campaign_id)
    assert written(stage, campaign_id)[1].rows == 1


def test_a_campaign_that_calls_by_itself_hands_nobody_over(stage: Stage) -> None:
    campaign_id = stage.campaign()
    stage.lead(campaign_id)
    with pytest.raises(RefusedByRule, match="is running"):
        written(stage, campaign_id)
    with pytest.raises(NotFound):
        written(stage, 999)


def test_the_emergency_stop_holds_for_batches_too(stage: Stage) -> None:
    campaign_id = paused(stage)
    control.pause_everything(stage.world, actor="test")
    with pytest.raises(RefusedByRule, match="nobody may be called"):
        written(stage, campaign_id)
    control.resume_everything(stage.world, actor="test")


def test_who_was_handed_over_is_not_called_here_any_more(stage: Stage) -> None:
    campaign_id = paused(stage)
    mine, waits = stage.lead(campaign_id), stage.lead(campaign_id, zones="")
    done = written(stage, campaign_id, close=True)[1]
    assert (done.rows, done.closed) == (1, 1)
    row = stage.lead_row(mine)
    assert (row.status, row.closed_as) == (LeadStatus.CLOSED, ClosedAs.STOPPED)
    assert stage.lead_row(waits).status is LeadStatus.READY
    told = explain(stage.world.db, mine, now=NOW)
    assert "handed over to a batch" in json.dumps(told, default=str)
    control.resume(stage.world, campaign_id, actor="test")
    assert stage.claim() == []
    with pytest.raises(RefusedByRule):
        redial(stage.world, campaign_id, actor="test", selection=Selection.NOT_REACHED_OR_STOPPED)


def test_variables_that_the_template_reads_otherwise_are_told(stage: Stage) -> None:
    campaign_id = paused(stage)
    stage.lead(campaign_id, variables={"Phone Number": "1", "Metadata": "2", "plan": "=1+1"})
    rows, done = written(stage, campaign_id)
    assert rows[0]["plan"] == "=1+1"
    assert "Phone Number, Metadata" in done.warnings[0]
    assert "1 cells look like formulas" in done.warnings[1]


# -- the calls of a batch


def place_in_batch(stage: Stage, to_number: str, **metadata: str) -> None:
    call = stage.retell.place_for_others(to_number, metadata=metadata or None)
    stage.retell.batches[call["call_id"]] = BATCH


def test_calls_of_a_batch_count_for_the_caps_per_person(stage: Stage) -> None:
    campaign_id = paused(stage, person=UNCAPPED | {"calls_per_day": 1})
    lead_id = stage.lead(campaign_id, phone=PERSON)
    (row,), _ = written(stage, campaign_id)
    place_in_batch(stage, PERSON, **json.loads(row["metadata"]))
    control.resume(stage.world, campaign_id, actor="test")
    ask_other_calls(stage.world)
    assert stage.claim() == []
    assert stage.lead_row(lead_id).due_at == NOW + timedelta(days=1)


def test_a_batch_is_learned_by_its_id_at_once(stage: Stage) -> None:
    campaign_id = paused(stage, person=UNCAPPED | {"calls_per_day": 1})
    stage.lead(campaign_id, phone=PERSON)
    place_in_batch(stage, PERSON)
    place_in_batch(stage, "+12122340008")
    stage.retell.place_for_others("+12122340009")
    batch = ask_batch(stage.world, BATCH)
    assert (batch.calls, batch.new, batch.people, batch.complete) == (2, 2, 1, True)
    assert ask_batch(stage.world, BATCH).new == 0
    assert written(stage, campaign_id)[1].left_out == {"called_often": 1}
    assert ask_batch(stage.world, "batch_call_unknown").calls == 0
