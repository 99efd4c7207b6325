"""What we read from Retell leniently and write strictly."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from dialer.retell.models import (
    Call,
    CallPage,
    Concurrency,
    CreatePhoneCall,
    WebhookEvent,
)

REQUEST: dict[str, Any] = {"from_number": "+12025550100", "to_number": "+12025550111"}


def test_a_request_with_every_field_travels_unchanged() -> None:
    body = REQUEST | {
        "override_agent_id": "agent_1",
        "override_agent_version": 3,
        "agent_override": {"agent": {"webhook_url": "http://127.0.0.1/", "ring_duration_ms": 5000}},
        "metadata": {"attempt_id": "a-1", "install": "i-1"},
        "retell_llm_dynamic_variables": {"company": "Acme", "empty": ""},
        "custom_sip_headers": {"X-Lead": "7"},
        "ignore_e164_validation": False,
        "idempotency_key": "a-1",
        "honor_internal_dnc": True,
    }
    assert CreatePhoneCall.model_validate(body).body() == body


def test_fields_that_are_not_set_are_not_sent() -> None:
    assert CreatePhoneCall.model_validate(REQUEST).body() == REQUEST


def test_a_field_that_came_after_this_release_is_sent() -> None:
    assert CreatePhoneCall.model_validate(REQUEST | {"new": 1}).body()["new"] == 1


@pytest.mark.parametrize("version", [0, 12, "latest", "latest_published", "my-tag_2"])
def test_an_agent_version_is_a_number_or_a_tag(version: int | str) -> None:
    request = CreatePhoneCall.model_validate(REQUEST | {"override_agent_version": version})
    assert request.body()["override_agent_version"] == version


@pytest.mark.parametrize(
    "wrong",
    [
        {"from_number": ""},
        {"to_number": ""},
        {"to_number": None},
        {"override_agent_id": ""},
        {"override_agent_version": -1},
        {"override_agent_version": "Has Space"},
        {"override_agent_version": "x" * 21},
        {"retell_llm_dynamic_variables": {"age": 42}},
        {"retell_llm_dynamic_variables": {"vip": True}},
        {"retell_llm_dynamic_variables": {"name": None}},
        {"custom_sip_headers": {"X-Lead": 7}},
        {"metadata": {"note": "x" * 50_000}},
        {"metadata": {"note": "ä" * 25_000}},
        {"metadata": ["a"]},
        {"idempotency_key": ""},
    ],
)
def test_a_request_retell_would_refuse_is_refused_here(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CreatePhoneCall.model_validate(REQUEST | wrong)


def test_metadata_just_under_the_limit_passes() -> None:
    request = CreatePhoneCall.model_validate(REQUEST | {"metadata": {"note": "x" * 49_980}})
    assert request.metadata


def test_a_call_needs_nothing_but_its_id() -> None:
    call = Call.model_validate({"call_id": "call_1"})
    assert call.call_status is None
    assert call.started_at is None


@pytest.mark.parametrize("call_id", [None, "", " ", 7, {}, "a b", "a\x00b"])
def test_a_call_without_a_usable_id_is_no_call(call_id: object) -> None:
    with pytest.raises(ValidationError):
        Call.model_validate({"call_id": call_id})


JUNK: list[object] = [None, "", "x", -1, 1.5, 10**30, True, [], {}, [1], {"a": 1}, float("inf")]


@pytest.mark.parametrize("field", sorted(set(Call.model_fields) - {"call_id"}))
def test_no_optional_field_can_break_a_call(field: str) -> None:
    for junk in JUNK:
        payload = {"call_id": "call_1", field: junk}
        call = Call.model_validate(payload)
        assert call.call_id == "call_1"
        assert call.raw == payload


def test_words_and_fields_nobody_knows_are_kept() -> None:
    payload = {"call_id": "c", "call_status": "levitating", "disconnection_reason": "ufo", "x": 1}
    call = Call.model_validate(payload)
    assert call.call_status == "levitating"
    assert call.disconnection_reason == "ufo"
    assert call.raw["x"] == 1


def test_timestamps_stay_milliseconds_and_read_as_aware_moments() -> None:
    call = Call.model_validate(
        {"call_id": "c", "start_timestamp": 1_790_000_000_123, "end_timestamp": 1_790_000_001_000.0}
    )
    assert call.start_timestamp == 1_790_000_000_123
    assert call.started_at == datetime(2026, 9, 21, 14, 13, 20, 123000, tzinfo=UTC)
    assert call.ended_at == datetime(2026, 9, 21, 14, 13, 21, tzinfo=UTC)


@pytest.mark.parametrize("ms", [0, -5, 1_790_000_000, 32_503_680_000_000, 10**25])
def test_a_moment_no_call_can_have_is_none(ms: int) -> None:
    assert Call.model_validate({"call_id": "c", "start_timestamp": ms}).started_at is None


@pytest.mark.parametrize(
    ("answer", "ceiling"),
    [
        ({}, None),
        ({"concurrency_limit": 20}, 20),
        ({"concurrency_limit": 20, "reserved_inbound_concurrency": 5}, 15),
        ({"concurrency_limit": 20, "reserved_inbound_concurrency": 50}, 0),
        ({"concurrency_limit": 20, "reserved_inbound_concurrency": -5}, 20),
        (
            {
                "concurrency_limit": 20,
                "concurrency_burst_enabled": True,
                "concurrency_burst_limit": 60,
                "reserved_inbound_concurrency": 5,
            },
            55,
        ),
        (
            {
                "concurrency_limit": 20,
                "concurrency_burst_enabled": False,
                "concurrency_burst_limit": 60,
            },
            20,
        ),
        (
            {
                "concurrency_limit": 20,
                "concurrency_burst_enabled": True,
                "concurrency_burst_limit": 0,
            },
            20,
        ),
        ({"concurrency_limit": "many"}, None),
    ],
)
def test_the_outbound_ceiling(answer: dict[str, Any], ceiling: int | None) -> None:
    assert Concurrency.model_validate(answer).outbound_ceiling == ceiling


@pytest.mark.parametrize("page", [{}, {"items": None}, {"items": [{}]}, {"items": "none"}, [], ""])
def test_a_page_that_cannot_be_read_is_never_an_empty_page(page: object) -> None:
    with pytest.raises(ValidationError):
        CallPage.model_validate(page)


def test_a_page_that_does_not_say_whether_it_is_the_last_does_not_claim_to_be() -> None:
    assert CallPage.model_validate({"items": []}).has_more is None


def test_a_webhook_names_itself_the_same_at_every_delivery() -> None:
    body = {"event": "call_ended", "call": {"call_id": "c1", "start_timestamp": 5}}
    assert WebhookEvent.model_validate(body).event_id == "call_ended:c1"


def test_two_transfers_of_one_call_are_two_events() -> None:
    ids = {
        WebhookEvent.model_validate(
            {
                "event": "transfer_started",
                "call": {"call_id": "c1", "start_timestamp": 5},
                "transfer_destination": destination,
            }
        ).event_id
        for destination in ("+12025550100", "+12025550101", {"number": "+12025550100"})
    }
    assert len(ids) == 3


@pytest.mark.parametrize("call", [None, {}, {"call_id": ""}, "c1", []])
def test_a_webhook_without_a_usable_call_is_read_and_belongs_to_none(call: object) -> None:
    event = WebhookEvent.model_validate({"event": "call_ended", "call": call})
    assert event.call is None
    assert event.event_id is None


def test_the_request_has_every_field_of_the_official_package() -> None:
    from retell.types import CallCreatePhoneCallParams

    assert set(CreatePhoneCall.model_fields) == set(CallCreatePhoneCallParams.__annotations__)


def test_the_lines_have_every_field_of_the_official_package() -> None:
    from retell.types import ConcurrencyRetrieveResponse

    assert set(Concurrency.model_fields) == set(ConcurrencyRetrieveResponse.model_fields)
