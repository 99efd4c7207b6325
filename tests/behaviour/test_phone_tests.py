""" "My phone as this lead": the real way through the engine, and nothing of it in any figure."""

import json
from datetime import timedelta
from typing import Any

import pytest
from factories import NOW, OUR_NUMBER, Stage, make_spec

from dialer.actions import control, phone_tests
from dialer.actions.answering import answer
from dialer.actions.explain import explain
from dialer.actions.own_functions import BUILT_IN
from dialer.actions.phone_tests import PhoneTest, call_phone
from dialer.actions.questions import read_question
from dialer.actions.talks import who_calls
from dialer.domain.results import ResultSpec
from dialer.domain.states import AttemptStatus, CampaignStatus, ClosedAs, LeadStatus
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.store import campaigns, figures, ledger, suppressions
from dialer.store.database import Connection

MINE = "+12126661234"


def begin(stage: Stage, lead_id: int, number: str = MINE) -> PhoneTest:
    return call_phone(stage.world, lead_id, number, actor="ann")


def ring(stage: Stage) -> str:
    """Claim the test and send it; gives its attempt."""
    (attempt_id,) = stage.claim()
    stage.dial(attempt_id)
    return attempt_id


def a_lead(stage: Stage, **changes: Any) -> int:
    """Make a lead of a campaign that has not begun."""
    return stage.lead(stage.draft(), **changes)


# -- refused


def test_what_is_no_lead_cannot_be_tried(stage: Stage) -> None:
    with pytest.raises(NotFound):
        begin(stage, 7)


@pytest.mark.parametrize("number", ["12", "nobody", "+442079460018", "+12125550142"])
def test_a_number_the_campaign_could_not_call_is_not_called(stage: Stage, number: str) -> None:
    with pytest.raises(UserError):
        begin(stage, a_lead(stage), number)
    assert stage.claim() == []


def test_the_leads_own_number_is_not_called_for_a_test(stage: Stage) -> None:
    lead_id = a_lead(stage, phone="+12122000001")
    with pytest.raises(RefusedByRule, match="itself"):
        begin(stage, lead_id, "(212) 200-0001")


def test_a_number_on_the_do_not_call_list_is_not_called(stage: Stage) -> None:
    stage.suppress(MINE)
    with pytest.raises(RefusedByRule) as refused:
        begin(stage, a_lead(stage))
    assert "do-not-call" in (refused.value.why or "")
    assert stage.world.db.read(_every_campaign) == 1


def test_the_law_of_the_number_holds_whatever_the_campaign_says(stage: Stage) -> None:
    stage.clock.pass_time(hours=14)  # midnight in New York; the campaign itself calls all day
    with pytest.raises(RefusedByRule) as refused:
        begin(stage, a_lead(stage))
    assert "Not before 2026-03-05" in (refused.value.why or "")


def test_while_everything_is_paused_no_test_begins(stage: Stage) -> None:
    control.pause_everything(stage.world, actor="ann")
    with pytest.raises(RefusedByRule, match="may not be called"):
        begin(stage, a_lead(stage))


def test_a_phone_that_is_being_called_is_not_called_beside(stage: Stage) -> None:
    begin(stage, a_lead(stage))
    ring(stage)
    with pytest.raises(RefusedByRule, match="right now"):
        begin(stage, a_lead(stage))


def test_a_test_is_not_tested(stage: Stage) -> None:
    test = begin(stage, a_lead(stage))
    with pytest.raises(RefusedByRule, match="a test itself"):
        begin(stage, test.lead_id, "+12126661235")


# -- called


def test_the_phone_rings_with_what_the_agent_is_told_of_the_lead(stage: Stage) -> None:
    draft = stage.draft(
        variables={"company": "Acme"}, agent_id="agent_spring", agent_version="latest"
    )
    lead_id = stage.lead(draft, variables={"first_name": "Ada"}, name="Ada Example")
    begin(stage, lead_id, "212 666 1234")
    ring(stage)
    (body,) = stage.retell.posted
    assert (body["from_number"], body["to_number"]) == (OUR_NUMBER, MINE)
    assert body["retell_llm_dynamic_variables"] == {"company": "Acme", "first_name": "Ada"}
    assert (body["override_agent_id"], body["override_agent_version"]) == ("agent_spring", "latest")
    assert body["metadata"]["test"] == "true"
    assert body["metadata"]["lead_id"] != str(lead_id)


def test_an_ordinary_call_carries_no_mark(stage: Stage) -> None:
    stage.call()
    assert "test" not in stage.retell.posted[0]["metadata"]


def test_the_lead_and_its_campaign_stay_as_they_were(stage: Stage) -> None:
    lead_id = a_lead(stage)
    before = stage.lead_row(lead_id)
    test = begin(stage, lead_id)
    attempt_id = ring(stage)
    stage.deliver(
        stage.retell.answer(attempt_id),
        stage.retell.end(attempt_id),
        stage.retell.analyze(attempt_id),
    )
    stage.reconcile()
    assert stage.lead_row(lead_id) == before
    assert stage.attempts_of(lead_id) == []
    assert stage.campaign_row(before.campaign_id).status is CampaignStatus.DRAFT
    assert stage.status(attempt_id) is AttemptStatus.ENDED
    assert stage.lead_row(test.lead_id).closed_as is ClosedAs.REACHED
    assert stage.campaign_row(test.campaign_id).status is CampaignStatus.FINISHED


def test_no_list_and_no_figure_shows_a_test(stage: Stage) -> None:
    lead_id = a_lead(stage)
    begin(stage, lead_id)
    ring(stage)
    db = stage.world.db
    ours = [stage.lead_row(lead_id).campaign_id]
    assert [row.id for row in db.read(campaigns.every)] == ours
    assert [row.id for row in db.read(lambda tx: figures.newest_campaigns(tx, most=9))] == ours
    assert db.read(figures.leads_by_status)[LeadStatus.READY] == 1
    assert sum(db.read(figures.leads_by_status).values()) == 1


def test_nobody_is_called_again_after_a_test(stage: Stage) -> None:
    test = begin(stage, a_lead(stage))
    stage.deliver(stage.retell.end(ring(stage), "dial_no_answer"))
    assert stage.lead_row(test.lead_id).closed_as is ClosedAs.EXHAUSTED


def test_a_test_that_gets_no_line_in_time_rings_nobody(stage: Stage) -> None:
    stage.lines(1)
    stage.call()
    test = begin(stage, a_lead(stage))
    assert stage.claim() == []
    stage.clock.pass_time(seconds=(phone_tests.TEST_LIFE + timedelta(seconds=1)).total_seconds())
    stage.reconcile()
    assert stage.lead_row(test.lead_id).status is LeadStatus.CLOSED
    stage.reconcile()
    assert stage.campaign_row(test.campaign_id).status is CampaignStatus.FINISHED
    stage.excused.add("I4")  # nobody told of the call that has the line


def test_a_test_counts_among_the_calls_of_the_phone_that_rang(stage: Stage) -> None:
    lead_id = a_lead(stage)
    for _ in range(3):
        begin(stage, lead_id)
        stage.deliver(stage.retell.end(ring(stage), "dial_no_answer"))
    with pytest.raises(RefusedByRule) as refused:  # three a day are the most the law allows
        begin(stage, lead_id)
    assert "Called 3 times in the last 24 hours" in (refused.value.why or "")


def test_the_same_phone_is_called_as_several_leads(stage: Stage) -> None:
    for _ in range(2):
        begin(stage, a_lead(stage))
        stage.deliver(stage.retell.end(ring(stage)))
    assert [one["to_number"] for one in stage.retell.posted] == [MINE, MINE]


def test_a_test_is_written_down_with_the_lead_and_told_on_its_page(stage: Stage) -> None:
    lead_id = a_lead(stage)
    test = begin(stage, lead_id)
    ring(stage)
    (entry,) = stage.world.db.read(lambda tx: ledger.of_subject(tx, f"lead:{lead_id}"))
    assert (entry.actor, entry.action) == ("ann", "call_my_phone")
    assert entry.after == {"test_lead": test.lead_id}
    shown = explain(stage.world.db, test.lead_id, now=NOW)
    assert shown["test_of"] == lead_id
    assert [one["trial"] for one in shown["attempts"]] == ["true"]


def test_whoever_calls_back_after_a_test_is_nobody_we_know(stage: Stage) -> None:
    begin(stage, a_lead(stage))
    stage.deliver(stage.retell.end(ring(stage), "dial_no_answer"))
    assert stage.world.db.read(lambda tx: who_calls(tx, MINE, to_number=OUR_NUMBER)) is None


# -- what the agent asks for


def ask(stage: Stage, name: str, attempt_id: str, **args: object) -> dict[str, Any]:
    body = {"name": name, "args": args, "call": stage.retell.call_of(attempt_id)}
    question = read_question(name, json.dumps(body).encode())
    assert question is not None
    return answer(stage.world, BUILT_IN, question).document


def test_what_the_agent_asks_for_in_a_test_is_taken_back(stage: Stage) -> None:
    lead_id = a_lead(stage, name="Ada Example")
    test = begin(stage, lead_id)
    attempt_id = ring(stage)
    assert ask(stage, "lookup_lead", attempt_id)["name"] == "Ada Example"
    assert (
        "tomorrow"
        in ask(stage, "schedule_callback", attempt_id, when="tomorrow at three")["answer"]
    )
    assert stage.lead_row(lead_id).callback_at is None
    assert stage.lead_row(test.lead_id).callback_at is None


def test_a_phone_that_rang_may_ask_for_silence(stage: Stage) -> None:
    lead_id = a_lead(stage)
    begin(stage, lead_id)
    ask(stage, "do_not_call", ring(stage), reason="enough")
    lead = stage.lead_row(lead_id)
    assert [
        stage.world.db.read(
            lambda tx, phone=phone: suppressions.is_suppressed(
                tx, phone, campaign_id=lead.campaign_id, now=NOW
            )
        )
        for phone in (MINE, lead.phone)
    ] == [True, False]
    assert lead.status is LeadStatus.READY


def test_a_mark_in_a_lead_list_makes_no_test_of_a_real_call(stage: Stage) -> None:
    lead_id = stage.lead(overrides={"metadata": {"test": "true", "deal": "7"}})
    attempt_id = stage.call(lead_id)
    sent = stage.retell.posted[0]["metadata"]
    assert ("test" in sent, sent["deal"]) == (False, "7")
    stage.retell.call_of(attempt_id)["metadata"]["test"] = "true"  # by whoever may change it there
    ask(stage, "schedule_callback", attempt_id, when="tomorrow at three")
    assert stage.attempts_of(lead_id)
    stage.deliver(stage.retell.end(stage.attempts_of(lead_id)[0].id))
    assert stage.lead_row(lead_id).callback_at is not None


# -- only the first lead


def test_the_first_lead_is_called_for_real_and_marked(stage: Stage) -> None:
    draft = stage.draft()
    first, second = stage.leads(2, draft)
    control.start(stage.world, draft, actor="ann", first_only=True)
    attempt_id = ring(stage)
    assert stage.retell.posted[0]["metadata"]["test"] == "first_lead"
    asked = ask(stage, "do_not_call", attempt_id, reason="enough")
    assert asked["ok"]
    stage.deliver(stage.retell.end(attempt_id))
    assert stage.lead_row(first).status is LeadStatus.CLOSED
    assert stage.claim() == []
    control.call_all(stage.world, draft, actor="ann")
    ring(stage)
    assert "test" not in stage.retell.posted[1]["metadata"]
    phone = stage.lead_row(first).phone
    assert stage.world.db.read(
        lambda tx: suppressions.is_suppressed(tx, phone, campaign_id=draft, now=NOW)
    )
    assert stage.lead_row(second).status is LeadStatus.IN_FLIGHT


def _every_campaign(tx: Connection) -> int:
    return int(tx.exec_driver_sql("SELECT count(*) FROM campaign").scalar_one())


def test_the_settings_of_a_test_can_be_read_back(stage: Stage) -> None:
    lead_id = stage.lead(
        stage.campaign(name="n" * 200, window={"opens": "09:00", "closes": "17:00"})
    )
    test = begin(stage, lead_id)
    spec = campaigns.spec_of(stage.campaign_row(test.campaign_id))
    assert len(spec.name) == 200
    assert spec.window.legal_override is None
    assert spec.results == ResultSpec()  # no other system hears of a test
    assert spec.agent_id == make_spec().agent_id
