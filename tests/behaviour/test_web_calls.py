"""Talking to an agent as a lead: what is asked of Retell, and that nothing here hears of it."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from factories import OUR_NUMBER, Stage, make_stage

from dialer.actions.lines import ask_concurrency
from dialer.actions.provider_audit import compare
from dialer.actions.web_calls import join_talk, leave_talk, open_web_call, say
from dialer.clock import SystemClock
from dialer.domain.states import LeadStatus
from dialer.errors import KeyRefused, NotFound, RefusedByRule, Unreachable, UserError
from dialer.retell.client import RetellClient
from dialer.retell.web_calls import WebCall, WebCallApi
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator
from dialer.store import gate, ledger, webhooks
from dialer.store.database import Connection


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    settings = SimulatorSettings(agents=("agent_one", "agent_two"), limit=50)
    with running_simulator(settings) as url:
        yield url


def client_of(url: str, *, api: WebCallApi = "v2", key: str = "key_simulator") -> RetellClient:
    return RetellClient(url, key, clock=SystemClock(), web_call_api=api)


@pytest.fixture
def talking(database_url: str, simulator: str) -> Iterator[Stage]:
    """Give a stage whose Retell is a simulator on a socket."""
    made = make_stage(database_url)
    with closing(client_of(simulator)) as provider:
        made.world = replace(made.world, provider=provider)
        yield made
    assert made.violations() == []
    made.world.db.close()


def at_retell(stage: Stage, call: WebCall) -> dict[str, Any]:
    return dict(stage.world.provider.get_call(call.call_id).raw)


# -- what is asked of Retell


def test_the_agent_is_told_what_it_would_be_told_of_the_lead(talking: Stage) -> None:
    draft = talking.draft(agent_id="agent_two", agent_version=3, variables={"company": "Acme"})
    lead_id = talking.lead(draft, variables={"first_name": "Ada"})
    shown = at_retell(talking, open_web_call(talking.world, lead_id, actor="ann"))
    assert (shown["call_type"], shown["agent_id"]) == ("web_call", "agent_two")
    assert shown["agent_version"] == 3
    assert shown["retell_llm_dynamic_variables"] == {"company": "Acme", "first_name": "Ada"}
    assert shown["metadata"]["test"] is True
    assert shown["metadata"]["lead_id"] == str(lead_id)
    assert "attempt_id" not in shown["metadata"]


def test_without_an_agent_of_the_campaign_it_is_the_one_of_its_number(talking: Stage) -> None:
    call = open_web_call(talking.world, talking.lead(talking.draft()), actor="ann")
    assert at_retell(talking, call)["agent_id"] == "agent_one"


def test_what_a_list_says_of_its_agent_goes_before_the_campaign(talking: Stage) -> None:
    lead_id = talking.lead(talking.draft(agent_id="agent_one"), overrides={"agent_id": "agent_two"})
    assert at_retell(talking, open_web_call(talking.world, lead_id, actor="ann"))["agent_id"] == (
        "agent_two"
    )


def test_a_token_is_good_for_half_a_minute_whichever_path_made_it(
    talking: Stage, simulator: str
) -> None:
    lead_id = talking.lead(talking.draft())
    apis: tuple[WebCallApi, ...] = ("v2", "v3")
    for api in apis:
        before = SystemClock().now()
        with closing(client_of(simulator, api=api)) as provider:
            world = replace(talking.world, provider=provider)
            call = open_web_call(world, lead_id, actor="ann")
        assert call.join_by is not None
        assert before < call.join_by <= SystemClock().now() + timedelta(seconds=30)
        assert call.transport == (None if api == "v2" else "gateway")
        assert call.access_token not in repr(call)


def test_a_lead_that_is_not_there_cannot_be_talked_as(talking: Stage) -> None:
    with pytest.raises(NotFound):
        open_web_call(talking.world, 7, actor="ann")


def test_what_retell_refuses_is_told_and_not_written_down(talking: Stage, simulator: str) -> None:
    lead_id = talking.lead(talking.draft(agent_id="agent_nobody"))
    with pytest.raises(UserError, match="refuses a web call"):
        open_web_call(talking.world, lead_id, actor="ann")
    with closing(client_of(simulator, key="wrong")) as provider, pytest.raises(KeyRefused):
        open_web_call(replace(talking.world, provider=provider), lead_id, actor="ann")
    assert talking.world.db.read(lambda tx: ledger.of_subject(tx, f"lead:{lead_id}")) == []


def test_a_version_that_no_agent_can_have_is_told_before_anything_is_asked(stage: Stage) -> None:
    draft = stage.draft(agent_id="agent_one", agent_version="Not a tag")
    with pytest.raises(UserError, match="no web call can be made"):
        open_web_call(stage.world, stage.lead(draft), actor="ann")
    assert stage.retell.asked == []


def test_without_a_free_line_somebody_is_told_to_wait(talking: Stage) -> None:
    lead_id = talking.lead(talking.draft())
    with (
        running_simulator(SimulatorSettings(limit=0)) as full,
        closing(client_of(full)) as provider,
    ):
        world = replace(talking.world, provider=provider)
        with pytest.raises(RefusedByRule, match="no line is free"):
            open_web_call(world, lead_id, actor="ann")


def test_before_the_dialer_ever_ran_nobody_is_talked_with(sqlite_url: str) -> None:
    made = make_stage(sqlite_url)
    lead_id = made.lead(made.draft())
    made.world.db.transact(lambda tx: tx.exec_driver_sql("DELETE FROM dial_gate"))
    with pytest.raises(NotFound, match="no row"):
        open_web_call(made.world, lead_id, actor="ann")
    made.world.db.close()


def test_a_number_without_an_agent_says_what_is_missing(stage: Stage) -> None:
    stage.retell.unbound.add(OUR_NUMBER)
    with pytest.raises(UserError, match="nobody knows which agent"):
        open_web_call(stage.world, stage.lead(stage.draft()), actor="ann")


def test_while_retell_is_down_nothing_is_asked_again(stage: Stage) -> None:
    lead_id = stage.lead(stage.draft(agent_id="agent_one"))
    stage.retell.down = True
    with pytest.raises(Unreachable, match="nobody knows whether"):
        open_web_call(stage.world, lead_id, actor="ann")
    assert stage.retell.asked == ["/v2/create-web-call"]
    (entry,) = stage.world.db.read(lambda tx: ledger.of_subject(tx, f"lead:{lead_id}"))
    assert entry.after == {"call_id": "not known"}


# -- what is heard


def test_a_person_types_and_the_agent_answers_until_one_hangs_up(talking: Stage) -> None:
    lead_id = talking.lead(talking.draft(), variables={"first_name": "Ada", "plan": "Team"})
    world = talking.world
    token = open_web_call(world, lead_id, actor="ann").access_token
    assert [line.content for line in join_talk(world, token).lines] == [
        "Hello Ada, this is a simulated call."
    ]
    assert say(world, token, "Which plan?").lines[-1].content == "My notes say: plan Team."
    talk = leave_talk(world, token)
    assert (talk.is_over, talk.disconnection_reason) == (True, "user_hangup")
    with pytest.raises(KeyRefused):
        join_talk(world, "guess")


# -- nothing here hears of it


def webhook(event: str, call: dict[str, Any]) -> bytes:
    return json.dumps({"event": event, "call": call}).encode()


def test_webhooks_of_a_test_change_no_lead_no_attempt_and_no_count(talking: Stage) -> None:
    lead_id = talking.lead(talking.draft())
    before = talking.lead_row(lead_id)
    call = open_web_call(talking.world, lead_id, actor="ann")
    token = call.access_token
    join_talk(talking.world, token)
    say(talking.world, token, "Take me off your list")
    shown = at_retell(talking, call)
    assert shown["disconnection_reason"] == "user_requested_dnc"
    for event in ("call_started", "call_ended", "call_analyzed"):
        talking.deliver(webhook(event, shown))
    assert talking.lead_row(lead_id) == before
    assert talking.attempts_of(lead_id) == []
    kept = talking.world.db.read(lambda tx: webhooks.of_calls(tx, [call.call_id], most=9))
    assert [one.status for one in kept] == [webhooks.IGNORED] * 3
    assert {one.error for one in kept} == {
        "It is a test call: no lead, attempt or figure hears of it."
    }
    assert talking.world.db.read(_suppressions) == 0


def test_a_mark_does_not_hide_the_call_of_an_attempt(stage: Stage) -> None:
    lead_id = stage.lead(overrides={"metadata": {"test": True}})
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id))
    assert stage.lead_row(lead_id).status is LeadStatus.CLOSED


def test_a_comparison_with_retells_list_does_not_take_it_for_a_forgotten_attempt(
    stage: Stage,
) -> None:
    install = stage.world.db.read(gate.install)
    call = stage.retell.place_for_others("+12122000009", metadata={"install": install})
    call |= {"call_type": "web_call", "call_status": "ended"}
    stage.clock.pass_time(minutes=10)
    assert compare(stage.world).differences == []
    assert not stage.gate().is_doubted


def test_it_is_written_down_with_the_lead(talking: Stage) -> None:
    lead_id = talking.lead(talking.draft())
    call = open_web_call(talking.world, lead_id, actor="ann")
    (entry,) = talking.world.db.read(lambda tx: ledger.of_subject(tx, f"lead:{lead_id}"))
    assert (entry.actor, entry.action) == ("ann", "web_call")
    assert entry.after == {"call_id": call.call_id}


# -- and yet it uses a line


def test_a_web_call_takes_a_line_from_the_moment_it_is_asked_for(talking: Stage) -> None:
    talking.world.db.transact(
        lambda tx: gate.set_provider(tx, lines=2, foreign_calls=0, now=talking.world.clock.now())
    )
    talking.leads(3, talking.campaign())
    open_web_call(talking.world, talking.lead(talking.draft()), actor="ann")
    assert len(talking.claim()) == 1


def test_retell_is_asked_how_many_lines_it_uses_from_then_on(talking: Stage) -> None:
    talking.campaign()
    world = talking.world
    ask_concurrency(world)
    others = talking.gate().foreign_calls
    token = open_web_call(world, talking.lead(talking.draft()), actor="ann").access_token
    join_talk(world, token)
    talking.clock.pass_time(seconds=11)
    ask_concurrency(world)
    assert talking.gate().foreign_calls == others + 1
    leave_talk(world, token)
    talking.clock.pass_time(seconds=11)
    ask_concurrency(world)
    assert talking.gate().foreign_calls == others


def _suppressions(tx: Connection) -> int:
    return int(tx.exec_driver_sql("SELECT count(*) FROM do_not_call").scalar_one())
