"""Which webhooks a simulated call sends, and how they go wrong, in virtual time."""

import hashlib
import hmac
from typing import Any

import pytest

from dialer.simulator.engine import Exchange
from dialer.simulator.faults import Faults
from dialer.simulator.outbox import Delivery
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.signature import sign
from dialer.simulator.testing import play

START = 1_800_000_000_000
LATER = START + 600_000
URL = "http://127.0.0.1:9/webhooks/retell"
NATURAL = ["call_started", "call_ended", "call_analyzed"]


def sent_for(
    number: str, *, status: int | None = 204, settings: dict[str, Any] | None = None, **fields: Any
) -> list[Delivery]:
    """Place one call, let everything happen, and give the webhooks in the order of sending."""
    exchange = Exchange(SimulatorSettings(**{"webhook_url": URL, **(settings or {})}))
    body = {"from_number": "+14155550199", "to_number": number, **fields}
    assert exchange.create_call(body, now_ms=START).status == 201
    return play(exchange, until_ms=LATER, status=status)


def events(deliveries: list[Delivery]) -> list[str]:
    return [delivery.event.value for delivery in deliveries]


def faulty(**faults: Any) -> dict[str, Any]:
    return {"faults": Faults(**faults)}


def test_a_call_that_connects_tells_start_end_and_analysis() -> None:
    started, ended, analyzed = sent_for("+12125550100")
    assert events([started, ended, analyzed]) == NATURAL
    assert started.payload["call"]["call_status"] == "ongoing"
    assert "end_timestamp" not in started.payload["call"]
    assert "call_analysis" not in ended.payload["call"]
    assert ended.payload["call"]["transcript"]
    assert analyzed.payload["call"]["call_analysis"]["call_summary"]


@pytest.mark.parametrize("digits", ["0102", "0103", "0104", "0107"])
def test_a_call_that_does_not_connect_tells_no_start(digits: str) -> None:
    assert events(sent_for(f"+1212555{digits}")) == NATURAL[1:]


def test_every_webhook_comes_twice_for_this_number() -> None:
    deliveries = sent_for("+12125550109")
    assert sorted(events(deliveries)) == sorted(NATURAL * 2)
    assert {delivery.attempt for delivery in deliveries} == {1}


def test_webhooks_come_in_the_opposite_order_for_this_number() -> None:
    assert events(sent_for("+12125550110")) == NATURAL[::-1]


def test_a_refused_webhook_is_sent_four_times_in_all() -> None:
    deliveries = sent_for("+12125550102", status=500)
    assert [each.attempt for each in deliveries if each.event == "call_ended"] == [1, 2, 3, 4]


def test_the_backoff_of_retries_can_be_chosen() -> None:
    exchange = Exchange(SimulatorSettings(webhook_url=URL, webhook_backoff_s=(7.0,)))
    exchange.create_call({"from_number": "+14155550199", "to_number": "+12125550102"}, now_ms=START)
    end = exchange.next_moment(now_ms=START)
    assert end is not None
    (delivery,) = exchange.advance(end)
    exchange.acknowledge(delivery, status=None, now_ms=end + 10_000)
    again = [each for each in exchange.advance(end + 17_000) if each.event == "call_ended"]
    assert [each.attempt for each in again] == [2]
    exchange.acknowledge(again[0], status=503, now_ms=end + 17_000)
    counts = exchange.truth(now_ms=end + 17_000)["webhooks"]
    assert (counts["retried"], counts["given_up"]) == (1, 1)


def test_a_call_may_choose_its_own_address_events_and_timeout() -> None:
    agent = {
        "webhook_url": "http://127.0.0.1:9/{{ campaign }}",
        "webhook_events": ["call_ended"],
        "webhook_timeout_ms": 3000,
    }
    (delivery,) = sent_for(
        "+12125550100",
        agent_override={"agent": agent},
        retell_llm_dynamic_variables={"campaign": "spring"},
    )
    assert (delivery.url, delivery.timeout_s) == ("http://127.0.0.1:9/spring", 3.0)


def test_without_an_address_nothing_is_sent() -> None:
    assert sent_for("+12125550100", settings={"webhook_url": None}) == []


def test_dropped_webhooks_are_never_sent() -> None:
    assert sent_for("+12125550109", settings=faulty(webhook_dropped=1)) == []


def test_duplicated_webhooks_are_sent_twice() -> None:
    deliveries = sent_for("+12125550100", settings=faulty(webhook_duplicated=1))
    assert sorted(events(deliveries)) == sorted(NATURAL * 2)


def test_the_analysis_may_never_be_told() -> None:
    deliveries = sent_for("+12125550100", settings=faulty(call_analyzed_missing=1))
    assert events(deliveries) == NATURAL[:2]


def test_every_call_may_tell_its_events_in_the_opposite_order() -> None:
    deliveries = sent_for("+12125550100", settings=faulty(webhooks_reordered=1))
    assert events(deliveries) == NATURAL[::-1]


def test_what_a_turned_round_webhook_says_is_as_old_as_its_event() -> None:
    *_, started = sent_for("+12125550110")
    assert started.payload["call"]["call_status"] == "ongoing"


def test_late_webhooks_wait() -> None:
    exchange = Exchange(
        SimulatorSettings(webhook_url=URL, faults=Faults(webhook_late=1, webhook_late_s=(60, 60)))
    )
    exchange.create_call({"from_number": "+14155550199", "to_number": "+12125550102"}, now_ms=START)
    end = exchange.next_moment(now_ms=START)
    assert end is not None
    assert exchange.advance(end + 59_999) == []
    assert events(exchange.advance(end + 60_000)) == ["call_ended"]


def test_a_forged_webhook_lies_and_carries_another_signature() -> None:
    deliveries = sent_for("+12125550102", settings=faulty(webhook_forged=1), status=401)
    forged = [each for each in deliveries if each.signing_key != "key_simulator"]
    assert len(forged) == 2
    assert {each.payload["call"]["disconnection_reason"] for each in forged} == {
        "user_requested_dnc"
    }
    assert events(deliveries).count("call_ended") == 2 + 4


def test_the_signature_covers_the_bytes_and_the_moment() -> None:
    digest = hmac.new(b"key", b'{"a":1}' + b"1700000000000", hashlib.sha256).hexdigest()
    assert sign(b'{"a":1}', key="key", now_ms=1_700_000_000_000) == f"v=1700000000000,d={digest}"


def test_the_truth_counts_each_sending() -> None:
    exchange = Exchange(SimulatorSettings(webhook_url=URL))
    exchange.create_call({"from_number": "+14155550199", "to_number": "+12125550100"}, now_ms=START)
    play(exchange, until_ms=LATER)
    truth = exchange.truth(now_ms=LATER)
    assert truth["webhooks_sent"] == truth["webhooks"]["delivered"] == 3
