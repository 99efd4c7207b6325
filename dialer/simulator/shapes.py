"""The JSON objects of Retell: calls, numbers, agents."""

import json
from typing import Any

from dialer.simulator.calls import Call
from dialer.simulator.chance import chance
from dialer.simulator.recordings import links
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.speech import analysis, lines, scrubbed, transcript, transcript_object

DEFAULT_AGENT = "agent_5a1e0f7c3b9d2468ace0135791"

TELEPHONY = "us_telephony"
PRICES: tuple[tuple[str, float], ...] = (
    ("elevenlabs_tts", 0.1167),
    ("gpt_4_1", 0.075),
    (TELEPHONY, 0.025),
)
"""Cents per second."""


def call_object(call: Call, *, now_ms: int) -> dict[str, Any]:
    """Give the call as get-call shows it now, transcripts included."""
    shown = call_summary(call, now_ms=now_ms)
    if call.ended_ms is not None and call.connected:
        said = lines(call)
        spoken = transcript_object(said, duration_ms=call.duration_ms)
        shown["transcript"] = transcript(said)
        shown["transcript_object"] = spoken
        shown["transcript_with_tool_calls"] = [*spoken, *_tools(call)]
        shown["scrubbed_transcript_with_tool_calls"] = scrubbed(
            spoken, variables=call.request.retell_llm_dynamic_variables or {}
        )
    return shown


def _tools(call: Call) -> list[dict[str, Any]]:
    """Give what the agent asked for, and what it was told."""
    return [
        shown
        for one in call.tool_calls
        for shown in (
            {
                "role": "tool_call_invocation",
                "tool_call_id": one.tool_call_id,
                "name": one.name,
                "arguments": json.dumps(one.args),
            },
            {
                "role": "tool_call_result",
                "tool_call_id": one.tool_call_id,
                "content": one.content or "",
                "successful": one.status is not None and 200 <= one.status < 300,
            },
        )
    ]


def call_summary(call: Call, *, now_ms: int) -> dict[str, Any]:
    """Give the call as list-calls shows it: without transcripts."""
    request = call.request
    version = request.override_agent_version
    shown: dict[str, Any] = {
        "call_id": call.call_id,
        "agent_id": call.agent_id,
        "agent_version": version if isinstance(version, int) else 0,
        "agent_name": agent_name(call.agent_id),
        "call_status": call.status.value,
        **_ends_of(call),
        "data_storage_setting": call.data_storage_setting,
        "opt_in_signed_url": False,
    }
    optional = {
        "agent_tag": version if isinstance(version, str) else None,
        "metadata": call.metadata,
        "retell_llm_dynamic_variables": request.retell_llm_dynamic_variables,
        "custom_sip_headers": request.custom_sip_headers,
        "start_timestamp": call.shown_start_ms,
    }
    shown.update((name, value) for name, value in optional.items() if value is not None)
    if call.ended_ms is not None:
        shown.update(_afterwards(call, now_ms=now_ms))
    if call.analyzed:
        shown["call_analysis"] = analysis(call)
    return shown


def _ends_of(call: Call) -> dict[str, Any]:
    """Give between whom a call is: two numbers, or the agent and a browser."""
    if call.in_browser:
        return {"call_type": "web_call", "access_token": call.access_token}
    return {
        "call_type": "phone_call",
        "direction": call.direction,
        "from_number": call.request.from_number,
        "to_number": call.request.to_number,
        "telephony_identifier": {"twilio_call_sid": "CA" + call.call_id[5:].rjust(32, "0")},
    }


def _afterwards(call: Call, *, now_ms: int) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "end_timestamp": call.ended_ms,
        "duration_ms": call.duration_ms,
        "disconnection_reason": call.reason,
        "call_cost": call_cost(call),
        "collected_dynamic_variables": {},
    }
    if call.connected:
        shown |= links(call, now_ms=now_ms)
        shown["latency"] = latency(call)
        shown["llm_token_usage"] = {"values": [812, 861, 904], "average": 859, "num_requests": 3}
    return shown


def call_cost(call: Call) -> dict[str, Any]:
    """Give the cost in cents; nothing for a call nobody picked up."""
    seconds = -(-call.duration_ms // 1000)
    products = PRICES if call.connected else ()
    if call.in_browser:
        products = tuple(one for one in products if one[0] != TELEPHONY)
    costs = [
        {"product": name, "unit_price": price, "cost": round(price * seconds, 4)}
        for name, price in products
    ]
    return {
        "combined_cost": round(sum(price * seconds for _, price in products), 4),
        "product_costs": costs,
        "total_duration_seconds": seconds,
        "total_duration_unit_price": round(sum(price for _, price in products), 4),
    }


def latency(call: Call) -> dict[str, Any]:
    """Give the latencies Retell tracks, in milliseconds."""
    dice = chance(0, "latency", call.request.to_number, call.nth)
    typical = {"e2e": (650, 1100), "llm": (300, 600), "tts": (150, 350), "asr": (40, 120)}
    return {name: _spread(sorted(dice.sample(range(*span), 5))) for name, span in typical.items()}


def _spread(values: list[int]) -> dict[str, Any]:
    return {
        "p50": values[2],
        "p90": values[3],
        "p95": values[4],
        "p99": values[4],
        "min": values[0],
        "max": values[-1],
        "num": len(values),
        "values": values,
    }


def agent_name(agent_id: str) -> str:
    """Give the display name of an agent."""
    return f"Simulated agent {agent_id[-4:]}"


def agent_object(
    agent_id: str, *, settings: SimulatorSettings, engine: dict[str, Any], version: int
) -> dict[str, Any]:
    """Give the agent as get-agent shows it."""
    return {
        "agent_id": agent_id,
        "agent_name": agent_name(agent_id),
        "version": version,
        "is_published": True,
        "channel": "voice",
        "last_modification_timestamp": 1767225600000,
        "response_engine": engine,
        "voice_id": "11labs-Adrian",
        "language": "en-US",
        "webhook_url": settings.webhook_url,
        "webhook_events": [event.value for event in settings.webhook_events],
        "webhook_timeout_ms": 10000,
        "max_call_duration_ms": 3600000,
        "ring_duration_ms": 30000,
        "end_call_after_silence_ms": 600000,
        "voicemail_option": {"action": {"type": "hangup"}},
        "timezone": "America/Los_Angeles",
        "post_call_analysis_data": [],
    }


def agent_summary(agent_id: str) -> dict[str, Any]:
    """Give the agent as list-agents shows it."""
    return {
        "agent_id": agent_id,
        "agent_name": agent_name(agent_id),
        "channel": "voice",
        "is_suspended": False,
        "is_transfer_agent": False,
        "tags": {},
        "user_modified_timestamp": 1767225600000,
    }


def number_object(number: str, *, agent_id: str) -> dict[str, Any]:
    """Give a phone number of the workspace."""
    agents = [{"agent_id": agent_id, "weight": 1.0}]
    shown: dict[str, Any] = {
        "phone_number": number,
        "phone_number_type": "retell-twilio",
        "phone_number_pretty": number,
        "nickname": f"Simulated {number[-4:]}",
        "last_modification_timestamp": 1767225600000,
        "inbound_agents": agents,
        "outbound_agents": agents,
        "allowed_outbound_country_list": ["US"],
    }
    if number.startswith("+1") and len(number) == 12:
        shown["area_code"] = int(number[2:5])
    return shown
