"""Who tells the agent not to call again is not called again, once the analysis says so."""

from datetime import timedelta
from typing import Any

import pytest
from factories import NOW, Stage
from scripted_retell import executed_then_silent

from dialer.domain.dispositions import Disposition
from dialer.domain.do_not_call import OptOutSource
from dialer.domain.states import AttemptStatus, ClosedAs, LeadStatus
from dialer.store import leads, suppressions
from dialer.store.tables import Suppression

ORDERS = [("ended", "analyzed"), ("analyzed", "ended"), ("analyzed",), ("analyzed", "analyzed")]
GONE = (LeadStatus.CLOSED, ClosedAs.SUPPRESSED)
REACHED = (LeadStatus.CLOSED, ClosedAs.REACHED)


def analysis(**custom: Any) -> dict[str, Any]:
    return {"call_analysis": {"call_successful": True, "custom_analysis_data": custom}}


def talk(
    stage: Stage,
    lead_id: int,
    *events: str,
    reason: str = "user_hangup",
    **custom: Any,
) -> str:
    """Call a lead; the events of the call's end come in this order."""
    attempt_id = stage.call(lead_id)
    bodies = {"ended": stage.retell.end(attempt_id, reason, duration_ms=30_000)}
    bodies["analyzed"] = stage.retell.analyze(
        attempt_id, **analysis(**(custom or {"do_not_call": "Yes"}))
    )
    for event in events or ("ended", "analyzed"):
        stage.deliver(bodies[event])
    return attempt_id


def end_of(stage: Stage, lead_id: int) -> tuple[LeadStatus, ClosedAs | None]:
    row = stage.lead_row(lead_id)
    return row.status, row.closed_as


def entries(stage: Stage, lead_id: int) -> list[Suppression]:
    phone = stage.lead_row(lead_id).phone
    return stage.world.db.read(lambda tx: suppressions.entries_of(tx, phone))


@pytest.mark.parametrize("value", ["no", "", None, False, "unknown"])
def test_nobody_is_put_on_the_list_without_a_yes(stage: Stage, value: object) -> None:
    lead_id = stage.lead()
    attempt_id = talk(stage, lead_id, do_not_call=value)
    assert entries(stage, lead_id) == []
    assert not [one for one in stage.history(attempt_id) if "neither" in (one.evidence or "")]


@pytest.mark.parametrize("events", ORDERS)
def test_a_wish_holds_for_all_campaigns_in_whatever_order_it_is_told(
    stage: Stage, events: tuple[str, ...]
) -> None:
    lead_id = stage.lead()
    phone = stage.lead_row(lead_id).phone
    attempt_id = talk(stage, lead_id, *events)
    waiting = stage.lead(phone=phone, due_at=NOW + timedelta(days=1))
    talk_again = stage.retell.analyze(attempt_id, **analysis(do_not_call="Yes"))
    stage.deliver(talk_again)
    (entry,) = entries(stage, lead_id)
    assert (entry.source, entry.reason) == (OptOutSource.ANALYSIS, "analysis: do_not_call")
    assert (entry.campaign_id, entry.expires_at) == (None, None)
    assert entry.call_id == stage.attempt_row(attempt_id).call_id
    stage.clock.pass_time(days=2)
    assert stage.claim() == []
    assert waiting != lead_id


@pytest.mark.parametrize("events", ORDERS)
def test_leads_that_wait_elsewhere_close_at_once(stage: Stage, events: tuple[str, ...]) -> None:
    lead_id, others = stage.lead(), []
    for changes in ({"status": LeadStatus.HELD, "due_at": None}, {"due_at": NOW + timedelta(1)}):
        others.append(stage.lead(phone=stage.lead_row(lead_id).phone, **changes))
    talk(stage, lead_id, *events)
    assert [end_of(stage, one) for one in others] == [GONE, GONE]


@pytest.mark.parametrize("events", ORDERS)
def test_a_lead_that_was_reached_stays_reached(stage: Stage, events: tuple[str, ...]) -> None:
    lead_id = stage.lead()
    talk(stage, lead_id, *events)
    assert end_of(stage, lead_id) == REACHED


@pytest.mark.parametrize("reason", ["voicemail_reached", "inactivity", "user_requested_callback"])
@pytest.mark.parametrize("events", ORDERS)
def test_a_lead_that_would_be_called_again_closes_as_suppressed(
    stage: Stage, reason: str, events: tuple[str, ...]
) -> None:
    lead_id = stage.lead()
    talk(stage, lead_id, *events, reason=reason)
    assert end_of(stage, lead_id) == GONE


@pytest.mark.parametrize("events", ORDERS)
@pytest.mark.parametrize("reason", ["user_hangup", "user_requested_callback"])
def test_an_opt_out_outweighs_a_time_named_in_the_same_call(
    stage: Stage, reason: str, events: tuple[str, ...]
) -> None:
    lead_id = stage.lead()
    said = {"callback_time": "tomorrow at 3 pm", "opt_out": True}
    talk(stage, lead_id, *events, reason=reason, **said)
    row = stage.lead_row(lead_id)
    assert (row.status, row.callback_at) == (LeadStatus.CLOSED, None)
    assert row.closed_as is (ClosedAs.REACHED if reason == "user_hangup" else ClosedAs.SUPPRESSED)


def test_a_wish_told_long_after_the_call_counts(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, "voicemail_reached"))
    row = stage.lead_row(lead_id)
    assert row.due_at is not None
    stage.clock.moment = row.due_at
    (unsent,) = stage.claim()
    stage.deliver(stage.retell.analyze(attempt_id, **analysis(do_not_call=True)))
    assert stage.status(unsent) is AttemptStatus.CANCELLED
    assert end_of(stage, lead_id) == GONE


def test_a_wish_of_a_call_that_was_given_up_counts(stage: Stage) -> None:
    lead_id = stage.lead()
    stage.retell.then(executed_then_silent)
    attempt_id = stage.call(lead_id)
    assert stage.status(attempt_id) is AttemptStatus.UNKNOWN
    stage.deliver(stage.retell.end(attempt_id, "inactivity"))
    stage.deliver(stage.retell.analyze(attempt_id, **analysis(do_not_call=True)))
    assert end_of(stage, lead_id) == GONE


def test_the_number_that_was_called_is_meant_and_the_one_the_lead_has_by_now(
    stage: Stage,
) -> None:
    lead_id = stage.lead()
    called = stage.lead_row(lead_id).phone
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, "voicemail_reached"))
    changed = "+12125557777"
    stage.world.db.transact(lambda tx: leads.change(tx, lead_id, phone=changed))
    stage.deliver(stage.retell.analyze(attempt_id, **analysis(do_not_call=True)))
    listed = stage.world.db.read(
        lambda tx: suppressions.suppressed_among(
            tx, [called, changed], campaign_id=1, now=stage.clock.now()
        )
    )
    assert listed == {called, changed}
    assert end_of(stage, lead_id) == GONE


def test_what_is_neither_yes_nor_no_is_told_once_and_changes_nothing(stage: Stage) -> None:
    lead_id = stage.lead()
    attempt_id = talk(stage, lead_id, "ended", "analyzed", do_not_call="hard to say")
    stage.deliver(stage.retell.analyze(attempt_id, **analysis(do_not_call="hard to say")))
    notes = [one.evidence for one in stage.history(attempt_id) if "neither" in (one.evidence or "")]
    assert notes == ['the analysis says do_not_call = "hard to say", which is neither yes nor no']
    assert entries(stage, lead_id) == []
    assert stage.lead_row(lead_id).disposition is Disposition.TALKED


def test_a_campaign_that_names_no_field_heeds_none(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(opt_out={"keys": []}))
    talk(stage, lead_id)
    assert entries(stage, lead_id) == []


def test_the_field_may_have_a_name_of_the_campaigns_own(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(opt_out={"keys": ["leave_me_alone"]}))
    talk(stage, lead_id, **{"Leave me alone": "true"})
    assert len(entries(stage, lead_id)) == 1
