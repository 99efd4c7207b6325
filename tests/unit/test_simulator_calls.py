"""The life of simulated calls, in virtual time."""

from typing import Any

import pytest

from dialer.simulator.chance import chance
from dialer.simulator.engine import Exchange
from dialer.simulator.outcomes import ENDINGS, MAGIC, MIX, Outcome, draw_outcome
from dialer.simulator.settings import Idempotency, OverLimit, SimulatorSettings
from dialer.simulator.testing import play

START = 1_800_000_000_000
LATER = START + 600_000
URL = "http://127.0.0.1:9/webhooks/retell"


def exchange_with(**settings: Any) -> Exchange:
    return Exchange(SimulatorSettings(**{"webhook_url": URL, **settings}))


def body(number: str = "+14155550100", **fields: Any) -> dict[str, Any]:
    return {"from_number": "+14155550199", "to_number": number, **fields}


def create(exchange: Exchange, number: str = "+14155550100", at: int = START, **fields: Any) -> Any:
    return exchange.create_call(body(number, **fields), now_ms=at)


def ended(exchange: Exchange, number: str, **fields: Any) -> dict[str, Any]:
    """Call a number and give the call after everything has happened."""
    call_id = create(exchange, number, **fields).body["call_id"]
    play(exchange, until_ms=LATER)
    call: dict[str, Any] = exchange.get_call(call_id, now_ms=LATER).body  # type: ignore[assignment]
    return call


def test_an_accepted_call_is_registered_and_has_every_required_field() -> None:
    answer = create(exchange_with(), metadata={"attempt_id": "a"})
    assert answer.status == 201
    assert answer.body["call_status"] == "registered"
    assert answer.body["metadata"] == {"attempt_id": "a"}
    required = {"call_id", "agent_id", "agent_version", "call_type", "direction", "from_number"}
    assert required | {"to_number"} <= answer.body.keys()
    assert "retell_llm_dynamic_variables" not in answer.body


@pytest.mark.parametrize(
    ("digits", "status", "reason"),
    [
        ("0101", "ended", "voicemail_reached"),
        ("0102", "not_connected", "dial_no_answer"),
        ("0103", "not_connected", "dial_busy"),
        ("0104", "not_connected", "invalid_destination"),
        ("0105", "ended", "user_requested_dnc"),
        ("0106", "ended", "user_requested_callback"),
        ("0107", "error", "error_retell"),
        ("0108", "ended", "agent_hangup"),
    ],
)
def test_the_last_four_digits_force_how_a_call_ends(digits: str, status: str, reason: str) -> None:
    call = ended(exchange_with(), f"+1212555{digits}")
    assert (call["call_status"], call["disconnection_reason"]) == (status, reason)


@pytest.mark.parametrize("digits", ["0100", "0109", "0110"])
def test_these_numbers_talk(digits: str) -> None:
    call = ended(exchange_with(), f"+1212555{digits}")
    assert call["disconnection_reason"] in ("user_hangup", "agent_hangup")
    assert call["duration_ms"] == call["end_timestamp"] - call["start_timestamp"] > 0


def test_every_outcome_has_an_ending() -> None:
    assert set(ENDINGS) == set(Outcome)
    assert set(MAGIC.values()) | set(MIX) | {Outcome.OVER_LIMIT} == set(Outcome)


def test_other_numbers_follow_the_mix() -> None:
    drawn = [
        draw_outcome("+14155550150", mix=MIX, dice=chance(1, "mix", index)) for index in range(2000)
    ]
    assert 0.31 < drawn.count(Outcome.TALK) / 2000 < 0.39
    assert 0.26 < drawn.count(Outcome.NO_ANSWER) / 2000 < 0.34
    assert set(drawn) == set(MIX)


def fates(numbers: list[str], **settings: Any) -> dict[str, str]:
    exchange = exchange_with(limit=100, **settings)
    for position, number in enumerate(numbers):
        create(exchange, number, at=START + position)
    play(exchange, until_ms=LATER)
    calls = exchange.every_call(now_ms=LATER)
    return {call["to_number"]: call["disconnection_reason"] for call in calls}


def test_a_seed_gives_the_same_fates_in_any_order_of_arrival() -> None:
    numbers = [f"+1415555{digits:04}" for digits in range(120, 180)]
    assert fates(numbers, seed=7) == fates(numbers[::-1], seed=7)
    assert fates(numbers, seed=7) != fates(numbers, seed=8)


def test_the_same_number_can_come_out_differently_the_next_time() -> None:
    exchange = exchange_with()
    for attempt in range(12):
        create(exchange, "+14155550150", at=START + attempt * 60_000)
    play(exchange, until_ms=LATER * 2)
    reasons = [call["disconnection_reason"] for call in exchange.every_call(now_ms=LATER * 2)]
    assert len(set(reasons)) > 1


def test_no_two_calls_share_an_id_even_after_a_restart() -> None:
    first, second = exchange_with(), exchange_with()
    ids = {create(first).body["call_id"], create(second, at=START + 1).body["call_id"]}
    assert len(ids) == 2


def test_speed_shortens_the_way_and_not_the_duration() -> None:
    usual, fast = ended(exchange_with(), "+12125550100"), exchange_with(speed=10)
    quick = ended(fast, "+12125550100")
    assert quick["duration_ms"] == usual["duration_ms"]
    taken = quick["end_timestamp"] - quick["start_timestamp"]
    assert taken == pytest.approx(usual["duration_ms"] / 10, abs=1)


def test_a_talked_call_speaks_the_leads_own_words() -> None:
    variables = {"first_name": "Zoe", "city": "Lyon"}
    call = ended(exchange_with(), "+12125550100", retell_llm_dynamic_variables=variables)
    assert call["transcript"].startswith("Agent: Hi Zoe,")
    assert "city Lyon" in call["transcript"]
    spoken = "".join(word["word"] for each in call["transcript_object"] for word in each["words"])
    assert "Zoe" in spoken
    assert call["transcript_object"][-1]["words"][-1]["end"] <= call["duration_ms"] / 1000
    assert call["call_cost"]["combined_cost"] > 0
    assert call["recording_url"]
    assert call["latency"]["e2e"]["p50"] > 0


def test_a_call_nobody_answers_costs_nothing_and_says_nothing() -> None:
    call = ended(exchange_with(), "+12125550102")
    assert call["call_cost"]["combined_cost"] == 0
    assert call["call_cost"]["product_costs"] == []
    assert "transcript" not in call
    assert "recording_url" not in call
    assert call["call_analysis"]["custom_analysis_data"] == {}


def test_analysis_tells_voicemail_callback_and_opt_out() -> None:
    exchange = exchange_with()
    assert ended(exchange, "+12125550101")["call_analysis"]["in_voicemail"] is True
    asked = ended(exchange_with(), "+12125550106")["call_analysis"]["custom_analysis_data"]
    assert asked["callback_requested"] is True
    refused = ended(exchange_with(), "+12125550105")["call_analysis"]
    assert refused["user_sentiment"] == "Negative"


@pytest.mark.parametrize(
    "broken",
    [
        {"to_number": "5550100"},
        {"to_number": ""},
        {"from_number": ""},
        {"from_number": "12"},
        {"retell_llm_dynamic_variables": {"age": 7}},
        {"metadata": ["a"]},
        {"metadata": {"long": "x" * 50_001}},
        {"override_agent_version": "NOT VALID"},
        {"idempotency_key": 7},
    ],
)
def test_a_malformed_request_is_a_400_and_places_nothing(broken: dict[str, Any]) -> None:
    exchange = exchange_with()
    answer = exchange.create_call(body() | broken, now_ms=START)
    assert answer.status == 400
    assert isinstance(answer.body, dict)
    assert answer.body["status"] == "error"
    assert next(iter(broken)) in answer.body["message"]
    assert exchange.truth(now_ms=START)["calls"] == 0


def test_a_body_that_is_no_object_is_a_400() -> None:
    assert exchange_with().create_call(["x"], now_ms=START).status == 400


def test_a_number_outside_the_workspace_is_a_404_that_names_it() -> None:
    answer = create(exchange_with(phone_numbers=("+14155550111",)))
    assert answer.status == 404
    assert answer.body["message"] == "Item +14155550199 not found from phone-number"


def test_an_agent_outside_the_workspace_is_a_422() -> None:
    exchange = exchange_with(agents=("agent_one",))
    assert create(exchange, override_agent_id="agent_two").status == 422
    assert create(exchange, override_agent_id="agent_one").body["agent_id"] == "agent_one"


def test_who_asked_not_to_be_called_is_refused_when_the_request_honours_that() -> None:
    exchange = exchange_with()
    ended(exchange, "+12125550105")
    refused = create(exchange, "+12125550105", at=LATER, honor_internal_dnc=True)
    assert refused.status == 400
    assert "do not call" in refused.body["message"]
    assert create(exchange, "+12125550105", at=LATER).status == 201


def test_one_key_gives_one_call_for_an_hour() -> None:
    exchange = exchange_with(limit=1)
    first = create(exchange, idempotency_key="k")
    again = create(exchange, idempotency_key="k", at=START + 3_599_999)
    assert (again.status, again.body["call_id"]) == (201, first.body["call_id"])
    assert exchange.truth(now_ms=START)["calls"] == 1
    forgotten = create(exchange, idempotency_key="k", at=START + 3_600_000)
    assert forgotten.body["call_id"] != first.body["call_id"]


def test_keys_may_be_ignored() -> None:
    exchange = exchange_with(idempotency=Idempotency.IGNORE)
    calls = {create(exchange, idempotency_key="k").body["call_id"] for _ in range(2)}
    assert len(calls) == 2


def test_over_the_limit_a_request_is_refused() -> None:
    exchange = exchange_with(limit=2)
    statuses = [create(exchange, f"+1212555{n:04}").status for n in (100, 120, 121)]
    assert statuses == [201, 201, 429]
    truth = exchange.truth(now_ms=START)
    assert (truth["calls"], truth["most_active"], truth["over_limit_calls"]) == (2, 2, 0)
    assert truth["refused"] == {"429": 1}


def test_over_the_limit_a_call_may_be_accepted_and_fail() -> None:
    exchange = exchange_with(limit=0, over_limit=OverLimit.ERROR_CALL)
    call = ended(exchange, "+12125550100")
    assert (call["call_status"], call["disconnection_reason"]) == (
        "error",
        "concurrency_limit_reached",
    )
    truth = exchange.truth(now_ms=LATER)
    assert (truth["over_limit_calls"], truth["most_active"]) == (1, 0)


def test_a_line_is_free_again_at_the_moment_its_call_ends() -> None:
    exchange = exchange_with(limit=1)
    create(exchange, "+12125550102")
    end = exchange.next_moment(now_ms=START)
    assert end is not None
    assert create(exchange, "+12125550100", at=end - 1).status == 429
    assert create(exchange, "+12125550100", at=end).status == 201


def test_foreign_calls_and_reserved_lines_take_room() -> None:
    exchange = exchange_with(limit=3, foreign_calls=1, reserved_inbound=1)
    assert [create(exchange, f"+1212555{n:04}").status for n in (100, 120)] == [201, 429]
    shown: Any = exchange.get_concurrency(now_ms=START).body
    assert (shown["current_concurrency"], shown["concurrency_limit"]) == (2, 3)


def test_a_lowered_limit_ends_no_call() -> None:
    exchange = exchange_with(limit=2)
    create(exchange, "+12125550108")
    create(exchange, "+14155550108")
    exchange.set_limit(1)
    assert exchange.truth(now_ms=START)["active"] == 2
    assert create(exchange, "+12125550100").status == 429


def test_calls_per_second_are_counted() -> None:
    exchange = exchange_with(cps=2)
    numbers = [f"+1212555{n:04}" for n in range(120, 124)]
    assert [create(exchange, number).status for number in numbers] == [201, 201, 429, 429]
    assert create(exchange, numbers[2], at=START + 1000).status == 201
    assert exchange.truth(now_ms=START + 1000)["most_per_second"] == 2


def test_a_stopped_call_ends_at_once() -> None:
    exchange = exchange_with()
    call_id = create(exchange, "+12125550108").body["call_id"]
    assert exchange.stop_call(call_id, now_ms=START + 10_000).status == 204
    call: Any = exchange.get_call(call_id, now_ms=START + 10_000).body
    assert (call["call_status"], call["disconnection_reason"]) == ("ended", "manual_stopped")
    assert exchange.truth(now_ms=START + 10_000)["active"] == 0
    events = [delivery.event for delivery in play(exchange, until_ms=LATER)]
    assert events == ["call_started", "call_ended", "call_analyzed"]
    assert exchange.stop_call(call_id, now_ms=LATER).status == 204


def test_a_call_stopped_while_it_rings_never_starts() -> None:
    exchange = exchange_with()
    call_id = create(exchange, "+12125550100").body["call_id"]
    exchange.stop_call(call_id, now_ms=START + 1)
    events = [delivery.event for delivery in play(exchange, until_ms=LATER)]
    assert events == ["call_ended", "call_analyzed"]


def test_an_unknown_call_is_a_422() -> None:
    exchange = exchange_with()
    assert exchange.get_call("call_x", now_ms=START).status == 422
    assert exchange.stop_call("call_x", now_ms=START).status == 422
    assert exchange.delete_call("call_x", now_ms=START).status == 422


def test_only_ended_calls_can_be_changed() -> None:
    exchange = exchange_with()
    call_id = create(exchange, metadata={"attempt_id": "a"}).body["call_id"]
    assert exchange.update_call(call_id, {"metadata": {}}, now_ms=START).status == 400
    play(exchange, until_ms=LATER)
    changed: Any = exchange.update_call(call_id, {"metadata": {"b": 1}}, now_ms=LATER).body
    assert changed["metadata"] == {"b": 1}
    assert exchange.update_call(call_id, {"nonsense": 1}, now_ms=LATER).status == 400
    assert exchange.truth(now_ms=LATER)["attempts"] == 1


def test_a_deleted_call_is_gone_but_not_for_the_truth() -> None:
    exchange = exchange_with()
    call_id = ended(exchange, "+12125550100")["call_id"]
    assert exchange.delete_call(call_id, now_ms=LATER).status == 204
    assert exchange.get_call(call_id, now_ms=LATER).status == 422
    assert exchange.truth(now_ms=LATER)["calls"] == 1


def test_the_truth_counts_second_calls_for_an_attempt_and_for_a_person() -> None:
    exchange = exchange_with()
    create(exchange, metadata={"attempt_id": "a"})
    create(exchange, metadata={"attempt_id": "a"})
    create(exchange, "+12125550120", metadata={"attempt_id": "b"})
    truth = exchange.truth(now_ms=START)
    assert (truth["attempts_with_two_calls"], truth["doubled_attempts"]) == (1, ["a"])
    assert truth["persons_in_two_calls"] == 1
    assert truth["calls_by_number"] == {"+14155550100": 2, "+12125550120": 1}


def test_the_truth_counts_calls_to_people_who_already_talked() -> None:
    exchange = exchange_with()
    ended(exchange, "+12125550100")
    create(exchange, "+12125550100", at=LATER)
    assert exchange.truth(now_ms=LATER)["calls_after_talk"] == 1
