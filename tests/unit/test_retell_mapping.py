"""Retell's words in ours: every known word, and what unknown ones do."""

import dataclasses
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from retell.types import PhoneCallResponse

from dialer.domain.dispositions import Disposition
from dialer.domain.states import AttemptStatus
from dialer.retell.mapping import (
    DISPOSITIONS,
    LOOKED_UP,
    disposition_of,
    evidence_of,
    knows_reason,
)
from dialer.retell.models import Call

LEGACY = {
    "machine_detected",
    "error_inbound_webhook",
    "error_twilio",
    "error_frontend_corrupted_payload",
}


def words_of_the_sdk(field: str) -> set[str]:
    found: set[str] = set()

    def collect(annotation: object) -> None:
        for part in get_args(annotation):
            if isinstance(part, str):
                found.add(part)
            else:
                collect(part)

    collect(PhoneCallResponse.model_fields[field].annotation)
    return found


def call(**fields: Any) -> Call:
    return Call.model_validate({"call_id": "call_1"} | fields)


def test_every_reason_of_the_official_package_is_mapped() -> None:
    reasons = words_of_the_sdk("disconnection_reason")
    assert len(reasons) >= 39
    assert reasons <= set(DISPOSITIONS)
    assert set(DISPOSITIONS) - LEGACY <= reasons


def test_every_field_of_the_official_call_object_is_read() -> None:
    assert set(PhoneCallResponse.model_fields) - set(Call.model_fields) == set()


EXPECTED = {
    "user_hangup": "talked",
    "agent_hangup": "talked",
    "max_duration_reached": "talked",
    "transfer_cancelled": "talked",
    "user_requested_dnc": "opted_out",
    "user_requested_callback": "callback",
    "call_transfer": "transferred",
    "call_take_over": "transferred",
    "transfer_bridged": "transferred",
    "inactivity": "inactive",
    "manual_stopped": "stopped_by_us",
    "voicemail_reached": "voicemail",
    "machine_detected": "voicemail",
    "ivr_reached": "ivr",
    "dial_busy": "busy",
    "dial_no_answer": "no_answer",
    "user_declined": "declined",
    "dial_failed": "dial_failed",
    "invalid_destination": "invalid_number",
    "marked_as_spam": "blocked",
    "network_blocked": "blocked",
    "telephony_provider_permission_denied": "account_problem",
    "sip_routing_error": "account_problem",
    "no_valid_payment": "account_problem",
    "credit_exhausted": "account_problem",
    "budget_reached": "account_problem",
    "scam_detected": "account_problem",
    "concurrency_limit_reached": "provider_busy",
    "telephony_provider_unavailable": "provider_error",
    "error_llm_websocket_open": "provider_error",
    "error_llm_websocket_lost_connection": "provider_error",
    "error_llm_websocket_runtime": "provider_error",
    "error_llm_websocket_corrupt_payload": "provider_error",
    "error_no_audio_received": "provider_error",
    "error_asr": "provider_error",
    "error_retell": "provider_error",
    "error_unknown": "provider_error",
    "error_user_not_joined": "provider_error",
    "registered_call_timeout": "provider_error",
    "error_inbound_webhook": "provider_error",
    "error_twilio": "provider_error",
    "error_frontend_corrupted_payload": "provider_error",
    "no_concurrency_fallback": "unknown",
}


def test_the_table_of_expectations_is_whole() -> None:
    assert set(EXPECTED) == set(DISPOSITIONS)


@pytest.mark.parametrize("reason", sorted(EXPECTED))
def test_a_reason_decides_whatever_the_status_says(reason: str) -> None:
    for status in ("registered", "ongoing", "ended", "not_connected", "error", "odd", None):
        ended = call(disconnection_reason=reason, call_status=status)
        assert disposition_of(ended) == EXPECTED[reason]


@pytest.mark.parametrize("status", ["ended", "not_connected", "error", None])
def test_a_reason_nobody_knows_is_unknown_and_not_dialed_on(status: str | None) -> None:
    odd = call(disconnection_reason="user_levitated", call_status=status, duration_ms=9000)
    assert not knows_reason("user_levitated")
    assert disposition_of(odd) is Disposition.UNKNOWN
    assert evidence_of("call_ended", odd).reason == "user_levitated"


def test_the_analysis_does_not_decide_because_it_may_come_later_or_never() -> None:
    ended = call(disconnection_reason="agent_hangup")
    analyzed = call(disconnection_reason="agent_hangup", call_analysis={"in_voicemail": True})
    assert disposition_of(ended) == disposition_of(analyzed)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"call_status": "not_connected"}, Disposition.DIAL_FAILED),
        ({"call_status": "error"}, Disposition.PROVIDER_ERROR),
        ({"call_status": "ended"}, Disposition.UNKNOWN),
        ({"call_status": "ended", "duration_ms": 30_000}, Disposition.UNKNOWN),
        ({"call_status": "ended", "transcript": "Agent: Hello?\n"}, Disposition.UNKNOWN),
        ({"call_status": "ended", "transcript": "Agent: Hi\nUser: \n"}, Disposition.UNKNOWN),
        ({"call_status": "ended", "transcript": "Agent: Hi\nUser: Yes\n"}, Disposition.TALKED),
        ({"call_status": "error", "transcript": "User: Hello\n"}, Disposition.TALKED),
        ({"call_status": "registered"}, Disposition.UNKNOWN),
        ({"call_status": "new_word"}, Disposition.UNKNOWN),
        ({}, Disposition.UNKNOWN),
        ({"disconnection_reason": " ", "call_status": "error"}, Disposition.PROVIDER_ERROR),
        ({"disconnection_reason": 7, "call_status": "error"}, Disposition.PROVIDER_ERROR),
    ],
)
def test_without_a_reason(fields: dict[str, Any], expected: Disposition) -> None:
    assert disposition_of(call(**fields)) is expected


@pytest.mark.parametrize(
    ("event", "status", "reason", "rank"),
    [
        ("call_started", "registered", None, AttemptStatus.ONGOING),
        ("call_ended", "registered", None, AttemptStatus.ENDED),
        ("call_ended", "ongoing", "user_hangup", AttemptStatus.ENDED),
        ("call_analyzed", "ended", "user_hangup", AttemptStatus.ENDED),
        (LOOKED_UP, "registered", None, AttemptStatus.PLACED),
        (LOOKED_UP, "registered", "dial_busy", AttemptStatus.ENDED),
        (LOOKED_UP, "ongoing", None, AttemptStatus.ONGOING),
        (LOOKED_UP, "ended", None, AttemptStatus.ENDED),
        (LOOKED_UP, "not_connected", "dial_busy", AttemptStatus.ENDED),
        (LOOKED_UP, "error", None, AttemptStatus.ENDED),
        (LOOKED_UP, "levitating", None, AttemptStatus.PLACED),
        (LOOKED_UP, None, None, AttemptStatus.PLACED),
    ],
)
def test_the_rank(event: str, status: str | None, reason: str | None, rank: AttemptStatus) -> None:
    evidence = evidence_of(event, call(call_status=status, disconnection_reason=reason))
    assert evidence.rank is rank
    assert (evidence.disposition is not None) == (rank is AttemptStatus.ENDED)


def test_evidence_carries_everything_in_plain_values() -> None:
    payload = {
        "call_id": "call_1",
        "call_status": "ended",
        "disconnection_reason": "user_hangup",
        "metadata": {"attempt_id": "a-1", "install": "i-1"},
        "from_number": "+12025550100",
        "to_number": "+12025550111",
        "start_timestamp": 1_790_000_000_000,
        "end_timestamp": 1_790_000_030_000,
        "duration_ms": 30_000,
        "transcript": "Agent: Hi\nUser: Yes\n",
        "recording_url": "https://example.test/r.wav",
        "agent_id": "agent_1",
        "agent_version": 4,
        "call_cost": {
            "combined_cost": 12.5,
            "product_costs": [{"product": "gpt_4_1", "cost": 12.5, "unit_price": 0.1, "new": {}}],
        },
        "latency": {"e2e": {"p50": 800, "values": [700, 800]}, "odd": 3},
        "llm_token_usage": {"values": [10, 20], "average": 15, "num_requests": 2},
        "scrubbed_transcript_with_tool_calls": [
            {"role": "agent", "content": "Hi [NAME]"},
            {"role": "tool_call_invocation", "name": "book", "arguments": "{}"},
            {"role": "user", "content": "Yes"},
        ],
        "call_analysis": {
            "call_summary": "Fine.",
            "user_sentiment": "Positive",
            "in_voicemail": False,
            "call_successful": True,
            "custom_analysis_data": {"budget": 5},
        },
    }
    evidence = evidence_of("call_analyzed", Call.model_validate(payload))
    assert dataclasses.asdict(evidence) == {
        "call_id": "call_1",
        "rank": AttemptStatus.ENDED,
        "attempt_id": "a-1",
        "install": "i-1",
        "disposition": Disposition.TALKED,
        "reason": "user_hangup",
        "to_number": "+12025550111",
        "from_number": "+12025550100",
        "started_at": datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC),
        "ended_at": datetime(2026, 9, 21, 14, 13, 50, tzinfo=UTC),
        "duration_ms": 30_000,
        "cost_cents": 12.5,
        "product_costs": [{"product": "gpt_4_1", "cost": 12.5, "unit_price": 0.1}],
        "latency": {"e2e": {"p50": 800}},
        "llm_tokens": {"average": 15, "num_requests": 2, "total": 30},
        "scrubbed_transcript": "Agent: Hi [NAME]\nUser: Yes\n",
        "transcript": "Agent: Hi\nUser: Yes\n",
        "recording_url": "https://example.test/r.wav",
        "analysis": payload["call_analysis"],
        "analysis_done": True,
        "summary": "Fine.",
        "sentiment": "Positive",
        "hung_up": True,
        "in_voicemail": False,
        "call_successful": True,
        "asked": None,
        "only_heard": False,
        "agent_id": "agent_1",
        "agent_version": 4,
        "raw": payload,
    }
    assert evidence.connected


def test_a_call_of_somebody_else_belongs_to_no_attempt() -> None:
    for metadata in (None, {}, {"attempt_id": 7}, {"attempt_id": ""}, "a-1", {"other": "a-1"}):
        evidence = evidence_of("call_ended", call(metadata=metadata))
        assert evidence.attempt_id is None
        assert evidence.install is None


@pytest.mark.parametrize("junk", [-1, 10**30, "12 s", [], {}, float("inf"), float("nan"), -0.5e99])
def test_numbers_that_cannot_be_true_become_none(junk: object) -> None:
    evidence = evidence_of(
        "call_ended",
        call(
            duration_ms=junk,
            start_timestamp=junk,
            end_timestamp=junk,
            agent_version=junk,
            call_cost={"combined_cost": junk},
        ),
    )
    numbers = {"duration_ms", "started_at", "ended_at", "agent_version", "cost_cents"}
    assert {getattr(evidence, name) for name in numbers} == {None}


@pytest.mark.parametrize("junk", [None, 7, "x", [], [7], {}, {"e2e": "fast"}, [{"cost": 1}]])
def test_figures_of_another_shape_are_left_out(junk: Any) -> None:
    evidence = evidence_of(
        "call_ended",
        call(
            latency=junk,
            llm_token_usage=junk,
            scrubbed_transcript_with_tool_calls=junk,
            call_cost={"combined_cost": 1, "product_costs": junk},
        ),
    )
    assert (evidence.latency, evidence.llm_tokens, evidence.scrubbed_transcript) == (None,) * 3
    assert not evidence.product_costs
    assert evidence.cost_cents == 1


def test_a_call_that_did_not_connect_did_not_connect() -> None:
    assert not evidence_of("call_ended", call(duration_ms=0)).connected
    assert evidence_of("call_ended", call(duration_ms=1)).connected


def test_an_empty_analysis_is_final_only_when_its_own_event_brings_it() -> None:
    assert evidence_of("call_analyzed", call()).analysis_done
    assert not evidence_of("call_ended", call(call_analysis={})).analysis_done
    assert evidence_of(LOOKED_UP, call(call_analysis={"call_summary": "x"})).analysis_done


def test_text_no_database_can_hold_is_cleaned_everywhere() -> None:
    dirty = call(
        transcript="User: a\x00b",
        disconnection_reason="odd\x00",
        call_analysis={"call_summary": "c\x00", "custom_analysis_data": {"k\x00": ["\ud800"]}},
    )
    evidence = evidence_of("call_analyzed", dirty)
    assert evidence.transcript == "User: ab"
    assert evidence.reason == "odd"
    assert evidence.analysis == {"call_summary": "c", "custom_analysis_data": {"k": ["?"]}}
    assert "\x00" not in repr(evidence.raw)


def test_an_object_nested_without_end_is_cut_and_not_fatal() -> None:
    deep: dict[str, Any] = {}
    for _ in range(900):
        deep = {"deeper": deep}
    assert evidence_of("call_ended", call(extra=deep)).call_id == "call_1"
