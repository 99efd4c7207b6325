"""list-calls of the simulator: filters, pages, what is shown when."""

from typing import Any

import pytest

from dialer.simulator.engine import Exchange
from dialer.simulator.faults import Faults
from dialer.simulator.filters import FIELDS, KEYED_FIELDS, Criteria
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import play

START = 1_800_000_000_000
LATER = START + 600_000
DIGITS = ("0100", "0101", "0102", "0103", "0107")


@pytest.fixture
def exchange() -> Exchange:
    """Five calls, one second apart, all over."""
    filled = Exchange(SimulatorSettings())
    for position, digits in enumerate(DIGITS):
        filled.create_call(
            {
                "from_number": "+14155550199",
                "to_number": f"+1212555{digits}",
                "override_agent_id": f"agent_{position % 2}",
                "metadata": {"attempt_id": f"a{position}", "n": position, "test": position == 0},
                "retell_llm_dynamic_variables": {"city": "Rome" if position else "Oslo"},
            },
            now_ms=START + position * 1000,
        )
    play(filled, until_ms=LATER)
    return filled


def listed(exchange: Exchange, *, at: int = LATER, **body: Any) -> dict[str, Any]:
    answer = exchange.list_calls(body, now_ms=at)
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, dict)
    return answer.body


def found(exchange: Exchange, **criteria: Any) -> list[str]:
    items = listed(exchange, filter_criteria=criteria, sort_order="ascending")["items"]
    return sorted(item["to_number"][-4:] for item in items)


def by(kind: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    wanted = {"type": kind, "op": op, **more}
    return wanted if value is None else {**wanted, "value": value}


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({}, list(DIGITS)),
        ({"to_number": by("string", "ew", "0102")}, ["0102"]),
        ({"to_number": by("string", "ne", "+12125550102")}, ["0100", "0101", "0103", "0107"]),
        ({"from_number": by("string", "sw", "+1415")}, list(DIGITS)),
        ({"call_status": by("enum", "in", ["not_connected"])}, ["0102", "0103"]),
        ({"disconnection_reason": by("enum", "in", ["dial_busy"])}, ["0103"]),
        ({"in_voicemail": by("boolean", "eq", True)}, ["0101"]),
        ({"duration_ms": by("number", "gt", 0)}, ["0100", "0101"]),
        ({"combined_cost": by("number", "eq", 0)}, ["0102", "0103", "0107"]),
        ({"end_timestamp": by("range", "bt", [0, START])}, []),
        ({"e2e_latency_p50": by("number", "ge", 1)}, ["0100", "0101"]),
        ({"metadata": [by("string", "eq", "a3", key="attempt_id")]}, ["0103"]),
        ({"metadata": [by("number", "le", 1, key="n")]}, ["0100", "0101"]),
        ({"metadata": [by("boolean", "eq", True, key="test")]}, ["0100"]),
        ({"metadata": [by("present", "np", key="attempt_id")]}, []),
        ({"metadata": [by("present", "pr", key="attempt_id")]}, list(DIGITS)),
        ({"dynamic_variables": [by("enum", "in", ["Oslo"], key="city")]}, ["0100"]),
        ({"custom_attributes": [by("present", "pr", key="tier")]}, []),
        ({"agent": [{"agent_id": "agent_1"}]}, ["0101", "0103"]),
        ({"agent": [{"agent_id": "agent_1", "version": [3]}]}, []),
        ({"batch_call_id": by("string", "eq", "batch")}, []),
        ({"tool_calls": [{"name": "x"}]}, []),
    ],
)
def test_a_filter_finds_its_calls(
    exchange: Exchange, criteria: dict[str, Any], expected: list[str]
) -> None:
    assert found(exchange, **criteria) == expected


def test_every_filter_knows_where_its_value_is() -> None:
    assert set(Criteria.model_fields) == {*FIELDS, *KEYED_FIELDS, "agent", "tool_calls"}


def test_filters_must_all_agree(exchange: Exchange) -> None:
    busy = by("enum", "in", ["dial_busy"])
    assert found(exchange, disconnection_reason=busy, in_voicemail=by("boolean", "eq", True)) == []


@pytest.mark.parametrize(
    "body",
    [
        {"filter_criteria": {"call_status": by("enum", "in", ["registered"])}},
        {"filter_criteria": {"metadata": [by("string", "eq", "x")]}},
        {"filter_criteria": {"nonsense": {}}},
        {"filter_criteria": {"to_number": "+12125550100"}},
        {"limit": 1001},
        {"limit": 0},
        {"skip": 1, "pagination_key": "x"},
        {"pagination_key": "none of ours"},
        {"sort_order": "sideways"},
    ],
)
def test_a_request_that_makes_no_sense_is_a_400(exchange: Exchange, body: dict[str, Any]) -> None:
    assert exchange.list_calls(body, now_ms=LATER).status == 400


def test_pages_give_every_call_once(exchange: Exchange) -> None:
    seen: list[str] = []
    answer = listed(exchange, limit=2, include_total=True)
    assert answer["total"] == 5
    while True:
        seen += [item["call_id"] for item in answer["items"]]
        if not answer["has_more"]:
            break
        answer = listed(exchange, limit=2, pagination_key=answer["pagination_key"])
    assert len(seen) == len(set(seen)) == 5
    assert "pagination_key" not in answer
    assert "total" not in answer


def test_newest_calls_come_first_unless_asked_otherwise(exchange: Exchange) -> None:
    newest = [item["start_timestamp"] for item in listed(exchange)["items"]]
    assert newest == sorted(newest, reverse=True)
    oldest = [item["call_id"] for item in listed(exchange, sort_order="ascending")["items"]]
    assert oldest == [item["call_id"] for item in listed(exchange)["items"]][::-1]
    assert listed(exchange, skip=4)["items"][0]["call_id"] == oldest[0]


def test_the_list_shows_no_transcript(exchange: Exchange) -> None:
    assert not any("transcript" in field for item in listed(exchange)["items"] for field in item)


def test_a_ringing_call_is_listed_only_when_configured() -> None:
    body = {"from_number": "+14155550199", "to_number": "+12125550100"}
    for shows, count in ((False, 0), (True, 1)):
        exchange = Exchange(SimulatorSettings(list_shows_registered=shows))
        exchange.create_call(body, now_ms=START)
        assert len(listed(exchange, at=START)["items"]) == count


def test_the_list_may_lag_behind() -> None:
    settings = SimulatorSettings(list_shows_registered=True, faults=Faults(list_lag_s=30))
    exchange = Exchange(settings)
    exchange.create_call({"from_number": "+14155550199", "to_number": "+12125550100"}, now_ms=START)
    assert listed(exchange, at=START + 29_999)["items"] == []
    assert len(listed(exchange, at=START + 30_000)["items"]) == 1


def test_a_deleted_call_is_not_listed(exchange: Exchange) -> None:
    call_id = listed(exchange)["items"][0]["call_id"]
    exchange.delete_call(call_id, now_ms=LATER)
    assert len(listed(exchange)["items"]) == 4
