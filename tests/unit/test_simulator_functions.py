"""What simulated agents ask for, and who calls in, in virtual time."""

import json
from typing import Any

import pytest

from dialer.simulator.answers import Refused
from dialer.simulator.engine import Exchange
from dialer.simulator.outbox import Delivery
from dialer.simulator.settings import Asking, SimulatorSettings
from dialer.simulator.testing import play

START = 1_800_000_000_000
LATER = START + 600_000
URL = "http://127.0.0.1:9/webhooks/retell"
OURS = "+14155550199"


def exchange_of(**settings: Any) -> Exchange:
    return Exchange(SimulatorSettings(**{"webhook_url": URL, "function_share": 1.0, **settings}))


def place(exchange: Exchange, number: str, **fields: Any) -> str:
    body = {"from_number": OURS, "to_number": number, **fields}
    answer = exchange.create_call(body, now_ms=START)
    assert answer.status == 201
    assert isinstance(answer.body, dict)
    call_id: str = answer.body["call_id"]
    return call_id


def asked(number: str, **settings: Any) -> list[Delivery]:
    """Play one call and give the functions its agent asked for."""
    exchange = exchange_of(**settings)
    place(exchange, number)
    return [one for one in play(exchange, until_ms=LATER) if one.event is Asking.FUNCTION]


@pytest.mark.parametrize(
    ("digits", "name"), [("0105", "do_not_call"), ("0106", "schedule_callback")]
)
def test_what_the_person_says_decides_what_the_agent_asks_for(digits: str, name: str) -> None:
    (delivery,) = asked(f"+1212555{digits}")
    assert delivery.url == f"http://127.0.0.1:9/functions/{name}"
    assert delivery.payload["name"] == name
    assert delivery.payload["call"]["call_status"] == "ongoing"


@pytest.mark.parametrize("digits", ["0101", "0102", "0103", "0107"])
def test_nothing_is_asked_where_nobody_talks(digits: str) -> None:
    assert asked(f"+1212555{digits}") == []


def test_a_share_of_the_talks_asks_and_always_the_same_ones() -> None:
    numbers = [f"+1212{exchange:03d}0100" for exchange in range(200, 300)]
    first = [number for number in numbers if asked(number, function_share=0.4)]
    assert 25 <= len(first) <= 55
    assert [number for number in numbers if asked(number, function_share=0.4)] == first
    assert [number for number in numbers if asked(number, function_share=0.4, seed=2)] != first
    assert asked(numbers[0], function_share=0) == []


def test_functions_are_asked_where_the_call_sends_its_webhooks() -> None:
    exchange = exchange_of(webhook_url=None)
    agent = {"webhook_url": "http://127.0.0.1:7/webhooks/retell"}
    place(exchange, "+12125550105", agent_override={"agent": agent})
    urls = {one.url for one in play(exchange, until_ms=LATER) if one.event is Asking.FUNCTION}
    assert urls == {"http://127.0.0.1:7/functions/do_not_call"}


def test_what_an_agent_was_told_stands_in_its_call() -> None:
    exchange = exchange_of()
    call_id = place(exchange, "+12125550105")
    moment = exchange.next_moment(now_ms=START)
    while moment is not None and moment <= LATER:
        for one in exchange.advance(moment):
            body = b'{"ok": true}' if one.event is Asking.FUNCTION else b""
            exchange.acknowledge(one, status=200, now_ms=moment, body=body)
        moment = exchange.next_moment(now_ms=moment)
    call = exchange.get_call(call_id, now_ms=LATER).body
    assert isinstance(call, dict)
    invoked, told = call["transcript_with_tool_calls"][-2:]
    assert (invoked["role"], invoked["name"]) == ("tool_call_invocation", "do_not_call")
    assert json.loads(invoked["arguments"]) == {"reason": "Please take me off your list."}
    assert (told["content"], told["successful"]) == ('{"ok": true}', True)


def test_a_function_that_is_not_answered_is_asked_for_once() -> None:
    exchange = exchange_of()
    place(exchange, "+12125550105")
    sent = play(exchange, until_ms=LATER, status=500)
    assert [one.attempt for one in sent if one.event is Asking.FUNCTION] == [1]


# -- calls that come in


def call_in(exchange: Exchange, **body: Any) -> list[Delivery]:
    made = exchange.call_in({"from_number": "+12125550100", **body}, now_ms=START)
    assert made["to_number"] == OURS
    return exchange.advance(START)


def test_a_call_that_comes_in_is_announced_before_it_is_picked_up() -> None:
    exchange = exchange_of()
    (announcement,) = call_in(exchange, to_number=OURS)
    assert announcement.url == "http://127.0.0.1:9/webhooks/retell/inbound"
    assert announcement.payload["call_inbound"]["from_number"] == "+12125550100"
    told = {"metadata": {"inbound": "7"}, "dynamic_variables": {"first_name": "Ada"}}
    body = json.dumps({"call_inbound": told}).encode()
    exchange.acknowledge(announcement, status=200, now_ms=START, body=body)
    sent = play(exchange, until_ms=LATER)
    lifecycle = [one for one in sent if one.event is not Asking.FUNCTION]
    assert [one.event for one in lifecycle] == ["call_started", "call_ended", "call_analyzed"]
    call = lifecycle[-1].payload["call"]
    assert (call["direction"], call["from_number"]) == ("inbound", "+12125550100")
    assert call["metadata"] == {"inbound": "7"}
    assert "Hi Ada" in call["transcript"]
    assert exchange.truth(now_ms=LATER)["calls"] == 0  # none of ours


@pytest.mark.parametrize("body", [b"", b"[]", b'{"call_inbound": 7}', b'{"call_inbound": {}}'])
def test_an_agent_that_was_told_nothing_picks_up_all_the_same(body: bytes) -> None:
    exchange = exchange_of()
    (announcement,) = call_in(exchange, to_number=OURS)
    exchange.acknowledge(announcement, status=200, now_ms=START, body=body)
    assert "call_ended" in [one.event for one in play(exchange, until_ms=LATER)]


def test_an_announcement_that_is_refused_is_repeated_and_then_done_without() -> None:
    exchange = exchange_of()
    sent = call_in(exchange, to_number=OURS)
    exchange.acknowledge(sent[0], status=500, now_ms=START)
    sent += play(exchange, until_ms=LATER, status=500)
    assert [one.attempt for one in sent if one.event is Asking.INBOUND] == [1, 2, 3, 4]
    assert "call_started" in [one.event for one in sent]


def test_who_does_not_say_whom_they_call_calls_back() -> None:
    exchange = exchange_of()
    place(exchange, "+12125550100")
    play(exchange, until_ms=LATER)
    assert call_in(exchange)
    with pytest.raises(Refused):
        exchange.call_in({"from_number": "+12125550177"}, now_ms=LATER)
