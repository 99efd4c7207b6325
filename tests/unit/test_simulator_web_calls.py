"""Web calls of the simulator, under virtual time: lines, tokens, talks by typing, webhooks."""

from typing import Any

import pytest

from dialer.simulator.answers import Refused
from dialer.simulator.engine import Exchange
from dialer.simulator.settings import OverLimit, SimulatorSettings
from dialer.simulator.testing import play

AGENT = "agent_one"
PROMPT = {
    "general_prompt": "You call {{first_name}} about a {{plan}} plan. Be brief.",
    "begin_message": "Hello {{first_name}}, have you a minute?",
}
VARIABLES = {"first_name": "Zoe", "plan": "Team"}


def an_exchange(**changes: Any) -> Exchange:
    settings = {
        "agents": (AGENT,),
        "webhook_url": "http://dialer.invalid/hook",
        "limit": 1,
        "prompts": {AGENT: {"prompt": PROMPT}},
    }
    return Exchange(SimulatorSettings.model_validate(settings | changes))


def create(exchange: Exchange, *, now_ms: int = 0, **fields: Any) -> Any:
    body = {
        "agent_id": AGENT,
        "metadata": {"test": True},
        "retell_llm_dynamic_variables": VARIABLES,
        **fields,
    }
    return exchange.create_web_call(body, version="v2", now_ms=now_ms)


def join(exchange: Exchange, *, now_ms: int = 1000) -> str:
    """Create a web call and join it; gives its token."""
    token = str(create(exchange).body["access_token"])
    exchange.talk("join", {"access_token": token}, now_ms=now_ms)
    return token


def say(exchange: Exchange, token: str, text: str, *, now_ms: int = 2000) -> dict[str, Any]:
    return exchange.talk("say", {"access_token": token, "text": text}, now_ms=now_ms)


def events(exchange: Exchange, *, until_ms: int = 10**7) -> list[tuple[str, dict[str, Any]]]:
    sent = play(exchange, until_ms=until_ms)
    return [(one.event.value, dict(one.payload["call"])) for one in sent]


def test_a_web_call_has_a_token_and_no_number() -> None:
    answer = create(an_exchange())
    assert answer.status == 201
    call = answer.body
    assert (call["call_type"], call["call_status"]) == ("web_call", "registered")
    assert call["access_token"]
    assert call["metadata"] == {"test": True}
    assert not {"from_number", "to_number", "direction", "telephony_identifier"} & set(call)


def test_the_newer_path_answers_in_another_shape() -> None:
    body = {"agent_id": AGENT}
    answer = an_exchange().create_web_call(body, version="v3", now_ms=5)
    assert answer.status == 201
    assert set(answer.body) == {
        "access_token",
        "call_id",
        "expires_at",
        "ice_servers",
        "transport",
    }
    assert (answer.body["transport"], answer.body["expires_at"]) == ("gateway", 30_005)


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 400), ({"agent_id": "agent_two"}, 422), ({"agent_id": AGENT, "metadata": 1}, 400)],
)
def test_what_retell_would_refuse_is_refused(body: dict[str, Any], status: int) -> None:
    assert an_exchange().create_web_call(body, version="v2", now_ms=0).status == status


def test_a_web_call_uses_a_line_of_the_workspace() -> None:
    exchange = an_exchange()
    create(exchange)
    assert exchange.lines_in_use == 1
    assert exchange.get_concurrency(now_ms=0).body["current_concurrency"] == 1
    assert create(exchange).status == 429
    phone = {"from_number": "+14155550199", "to_number": "+12125550100"}
    assert exchange.create_call(phone, now_ms=0).status == 429


def test_over_the_limit_it_may_be_accepted_and_end_at_once() -> None:
    exchange = an_exchange(over_limit=OverLimit.ERROR_CALL)
    create(exchange)
    call_id = create(exchange).body["call_id"]
    told = [call for _, call in events(exchange, until_ms=5000) if call["call_id"] == call_id]
    assert told[0]["disconnection_reason"] == "concurrency_limit_reached"


def test_a_token_that_nobody_uses_ends_the_call_after_thirty_seconds() -> None:
    exchange = an_exchange(speed=100)
    token = create(exchange).body["access_token"]
    exchange.advance(29_999)
    assert exchange.lines_in_use == 1
    (ended,) = exchange.advance(30_000)
    assert exchange.lines_in_use == 0
    call = ended.payload["call"]
    assert (ended.event.value, call["call_status"]) == ("call_ended", "error")
    assert call["disconnection_reason"] == "error_user_not_joined"
    with pytest.raises(Refused) as refused:
        exchange.talk("join", {"access_token": token}, now_ms=30_001)
    assert refused.value.answer.status == 403


def test_a_token_is_good_once() -> None:
    exchange = an_exchange()
    token = join(exchange)
    with pytest.raises(Refused):
        exchange.talk("join", {"access_token": token}, now_ms=1500)
    with pytest.raises(Refused) as unknown:
        exchange.talk("join", {"access_token": "guess"}, now_ms=1500)
    assert unknown.value.answer.status == 401


def test_the_agent_speaks_first_as_its_prompt_says() -> None:
    exchange = an_exchange()
    token = create(exchange).body["access_token"]
    told = exchange.talk("join", {"access_token": token}, now_ms=10)
    assert told["lines"] == [{"role": "agent", "content": "Hello Zoe, have you a minute?"}]
    assert told["call_status"] == "ongoing"


@pytest.mark.parametrize(
    ("said", "heard", "reason"),
    [
        ("What is this about?", "My prompt says: You call Zoe about a Team plan.", None),
        ("Which plan do you mean?", "My notes say: plan Team.", None),
        ("Are you a robot?", "Yes, I am an AI agent.", None),
        ("Please take me off your list", "removed your number", "user_requested_dnc"),
        ("Call me back later", "I will call you then", "user_requested_callback"),
        ("Goodbye", "Thank you for your time", "agent_hangup"),
        ("Go ahead", "I have noted: first name Zoe, plan Team. Is that right?", None),
    ],
)
def test_the_agent_answers_what_is_typed(said: str, heard: str, reason: str | None) -> None:
    exchange = an_exchange()
    told = say(exchange, join(exchange), said)
    assert heard in told["lines"][-1]["content"]
    assert told["disconnection_reason"] == reason
    assert exchange.lines_in_use == (0 if reason else 1)


def test_the_agent_goes_through_its_script_and_hangs_up() -> None:
    exchange = an_exchange()
    token = join(exchange)
    for _ in range(3):
        told = say(exchange, token, "Yes.")
    assert (told["call_status"], told["disconnection_reason"]) == ("ended", "agent_hangup")
    assert say(exchange, token, "Still there?") == told


def test_an_agent_whose_prompt_nobody_knows_talks_all_the_same() -> None:
    exchange = an_exchange(prompts={AGENT: {"engine": "custom-llm"}})
    token = join(exchange)
    assert "this is Ava" in say(exchange, token, "Go on")["lines"][0]["content"]
    assert "does not say" in say(exchange, token, "What is this about?")["lines"][-1]["content"]


def test_a_call_that_is_left_is_told_by_webhooks_with_all_that_was_said() -> None:
    exchange = an_exchange()
    token = join(exchange)
    say(exchange, token, "Go ahead")
    exchange.talk("leave", {"access_token": token}, now_ms=9000)
    exchange.talk("leave", {"access_token": token}, now_ms=9500)
    told = events(exchange)
    assert [name for name, _ in told] == ["call_started", "call_ended", "call_analyzed"]
    call = told[-1][1]
    assert (call["call_status"], call["disconnection_reason"]) == ("ended", "user_hangup")
    assert call["transcript"].startswith("Agent: Hello Zoe, have you a minute?\nUser: Go ahead\n")
    assert call["duration_ms"] == 8000
    assert call["metadata"] == {"test": True}
    assert "Go ahead" in call["call_analysis"]["call_summary"]
    assert "us_telephony" not in {one["product"] for one in call["call_cost"]["product_costs"]}


def test_a_talk_in_which_nobody_says_anything_gives_its_line_back() -> None:
    exchange = an_exchange()
    token = join(exchange, now_ms=0)
    say(exchange, token, "Hello", now_ms=500_000)
    exchange.advance(1_099_999)
    assert exchange.lines_in_use == 1
    exchange.advance(1_100_000)
    assert exchange.lines_in_use == 0


def test_lists_tell_web_calls_from_phone_calls() -> None:
    exchange = an_exchange(limit=3)
    token = join(exchange)
    exchange.talk("leave", {"access_token": token}, now_ms=2000)
    phone = {"from_number": "+14155550199", "to_number": "+12125550102"}
    exchange.create_call(phone, now_ms=2000)
    exchange.advance(20_000)

    def listed(**criteria: Any) -> list[str]:
        page = exchange.list_calls({"filter_criteria": criteria}, now_ms=20_000).body
        return [one["call_type"] for one in page["items"]]

    assert sorted(listed()) == ["phone_call", "web_call"]
    assert listed(call_type={"type": "enum", "op": "in", "value": ["web_call"]}) == ["web_call"]
    assert listed(direction={"type": "enum", "op": "in", "value": ["outbound"]}) == ["phone_call"]
    assert listed(to_number={"type": "string", "op": "sw", "value": "+1"}) == ["phone_call"]


def test_a_web_call_is_no_call_to_anybody() -> None:
    exchange = an_exchange(limit=2)
    for moment in (0, 10):
        token = create(exchange, now_ms=moment).body["access_token"]
        exchange.talk("join", {"access_token": token}, now_ms=moment + 1)
    truth = exchange.truth(now_ms=100)
    assert (truth["calls"], truth["persons_in_two_calls"], truth["most_active"]) == (0, 0, 2)


def test_lists_tell_who_called_whom() -> None:
    exchange = an_exchange(webhook_url=None)
    told = exchange.call_in({"from_number": "+12125550100", "to_number": "+14155550199"}, now_ms=0)
    exchange.advance(60_000)
    for direction, found in (("inbound", [told["call_id"]]), ("outbound", [])):
        wanted = {"direction": {"type": "enum", "op": "in", "value": [direction]}}
        page = exchange.list_calls({"filter_criteria": wanted}, now_ms=60_000).body
        assert [one["call_id"] for one in page["items"]] == found
