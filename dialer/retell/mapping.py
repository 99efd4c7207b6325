"""Retell's words for how a call came out, in ours.

https://docs.retellai.com/reliability/debug-call-disconnect
"""

import math
import re
from collections.abc import Mapping

from dialer.domain.dispositions import Disposition
from dialer.domain.evidence import CallEvidence
from dialer.domain.states import AttemptStatus
from dialer.retell.figures import (
    latency_of,
    product_costs_of,
    scrubbed_transcript_of,
    tokens_of,
)
from dialer.retell.models import Call

LOOKED_UP = "get_call"
"""The event name for evidence from a look-up, where no webhook spoke."""

HUNG_UP = "user_hangup"
"""The reason of a call that the other side ended by hanging up."""

_EVENT_RANK: Mapping[str, AttemptStatus] = {
    "call_started": AttemptStatus.ONGOING,
    "call_ended": AttemptStatus.ENDED,
    "call_analyzed": AttemptStatus.ENDED,
    # The agent's part is over with call_ended; a transfer tells no more than that it talked.
    "transfer_started": AttemptStatus.ONGOING,
    "transfer_bridged": AttemptStatus.ONGOING,
    "transfer_cancelled": AttemptStatus.ONGOING,
    "transfer_ended": AttemptStatus.ONGOING,
}

WEBHOOK_EVENTS = tuple(_EVENT_RANK)
"""The events that we ask to be told of: all that say something of a call."""
NEEDED_EVENTS = ("call_started", "call_ended", "call_analyzed")
"""Those that Retell tells of by itself; without one of them calls close by look-ups, later."""

_STATUS_RANK: Mapping[str | None, AttemptStatus] = {
    "registered": AttemptStatus.PLACED,
    "ongoing": AttemptStatus.ONGOING,
    "ended": AttemptStatus.ENDED,
    "not_connected": AttemptStatus.ENDED,
    "error": AttemptStatus.ENDED,
}

DISPOSITIONS: Mapping[str, Disposition] = {
    # Somebody picked up.
    "user_hangup": Disposition.TALKED,
    "agent_hangup": Disposition.TALKED,
    "max_duration_reached": Disposition.TALKED,
    "transfer_cancelled": Disposition.TALKED,  # the agent stayed on the line
    "user_requested_dnc": Disposition.OPTED_OUT,
    "user_requested_callback": Disposition.CALLBACK,
    "call_transfer": Disposition.TRANSFERRED,
    "call_take_over": Disposition.TRANSFERRED,
    "transfer_bridged": Disposition.TRANSFERRED,
    "inactivity": Disposition.INACTIVE,
    "manual_stopped": Disposition.STOPPED_BY_US,
    # Something picked up.
    "voicemail_reached": Disposition.VOICEMAIL,
    "ivr_reached": Disposition.IVR,
    # Nobody picked up.
    "dial_busy": Disposition.BUSY,
    "dial_no_answer": Disposition.NO_ANSWER,
    "user_declined": Disposition.DECLINED,
    "dial_failed": Disposition.DIAL_FAILED,
    "invalid_destination": Disposition.INVALID_NUMBER,
    "marked_as_spam": Disposition.BLOCKED,
    "network_blocked": Disposition.BLOCKED,
    # Our account, agent, money or telephony.
    "telephony_provider_permission_denied": Disposition.ACCOUNT_PROBLEM,
    "sip_routing_error": Disposition.ACCOUNT_PROBLEM,  # a loop between trunks
    "no_valid_payment": Disposition.ACCOUNT_PROBLEM,
    "credit_exhausted": Disposition.ACCOUNT_PROBLEM,
    "budget_reached": Disposition.ACCOUNT_PROBLEM,
    "scam_detected": Disposition.ACCOUNT_PROBLEM,
    # Retell or the carrier.
    "concurrency_limit_reached": Disposition.PROVIDER_BUSY,
    "telephony_provider_unavailable": Disposition.PROVIDER_ERROR,
    "error_llm_websocket_open": Disposition.PROVIDER_ERROR,
    "error_llm_websocket_lost_connection": Disposition.PROVIDER_ERROR,
    "error_llm_websocket_runtime": Disposition.PROVIDER_ERROR,
    "error_llm_websocket_corrupt_payload": Disposition.PROVIDER_ERROR,
    "error_no_audio_received": Disposition.PROVIDER_ERROR,
    "error_asr": Disposition.PROVIDER_ERROR,
    "error_retell": Disposition.PROVIDER_ERROR,
    "error_unknown": Disposition.PROVIDER_ERROR,
    "registered_call_timeout": Disposition.PROVIDER_ERROR,
    "error_user_not_joined": Disposition.PROVIDER_ERROR,  # browser calls only
    # Inbound calls only: on one of ours it means something nobody has foreseen.
    "no_concurrency_fallback": Disposition.UNKNOWN,
    # No longer sent, still found in old calls.
    "machine_detected": Disposition.VOICEMAIL,
    "error_inbound_webhook": Disposition.PROVIDER_ERROR,
    "error_twilio": Disposition.PROVIDER_ERROR,
    "error_frontend_corrupted_payload": Disposition.PROVIDER_ERROR,
}

_PERSON_SPOKE = re.compile(r"^User:[^\S\n]*\S", re.MULTILINE)
_MAX_DURATION_MS = 7 * 24 * 3_600_000  # a call ends after two hours; beyond a week it is noise
_MAX_COST_CENTS = 1e9
_MAX_DEPTH = 100  # no object of Retell's nests deeper than a handful
_MAX_INT = 2**31 - 1  # what an integer column of PostgreSQL holds


def knows_reason(reason: str) -> bool:
    """Tell whether `reason` is a word we have a disposition for."""
    return reason in DISPOSITIONS


def disposition_of(call: Call) -> Disposition:
    """Say how an ended call came out.

    A reason decides alone, and one we do not know is UNKNOWN: nobody dials on. The analysis comes
    later, or first, or never; what it adds is weighed elsewhere, so that the order of webhooks
    does not decide how a lead closes.

    Without a reason: a person who spoke was reached, whatever the status says; then the status
    has a word where it is plain; else UNKNOWN.
    """
    reason = _reason_of(call)
    if reason is not None:
        return DISPOSITIONS.get(reason, Disposition.UNKNOWN)
    if call.transcript and _PERSON_SPOKE.search(call.transcript):
        return Disposition.TALKED
    if call.call_status == "not_connected":
        return Disposition.DIAL_FAILED
    if call.call_status == "error":
        return Disposition.PROVIDER_ERROR
    return Disposition.UNKNOWN


def evidence_of(event_name: str, call: Call) -> CallEvidence:
    """Turn a webhook's call, or a call looked up (`LOOKED_UP`), into plain evidence.

    Never raises: a value that cannot be true becomes None.
    """
    rank = _rank_of(event_name, call)
    analysis, cost = call.call_analysis, call.call_cost
    findings = storable_object(call.raw.get("call_analysis")) if analysis else None
    return CallEvidence(
        call_id=call.call_id,
        rank=rank,
        attempt_id=_text(call.metadata_text("attempt_id")),
        install=_text(call.metadata_text("install")),
        disposition=disposition_of(call) if rank is AttemptStatus.ENDED else None,
        reason=_text(_reason_of(call)),
        to_number=_text(call.to_number),
        from_number=_text(call.from_number),
        started_at=call.started_at,
        ended_at=call.ended_at,
        duration_ms=_within(call.duration_ms, most=_MAX_DURATION_MS),
        cost_cents=_cost(cost.combined_cost) if cost else None,
        product_costs=_storable_list(product_costs_of(call)),
        latency=storable_object(latency_of(call)),
        llm_tokens=storable_object(tokens_of(call)),
        transcript=_text(call.transcript) or "",
        scrubbed_transcript=_text(scrubbed_transcript_of(call)),
        recording_url=_text(call.recording_url),
        analysis=findings,
        analysis_done=event_name == "call_analyzed" or bool(findings),
        summary=_text(analysis.call_summary) if analysis else None,
        sentiment=_text(analysis.user_sentiment) if analysis else None,
        hung_up=_reason_of(call) == HUNG_UP,
        in_voicemail=analysis.in_voicemail if analysis else None,
        call_successful=analysis.call_successful if analysis else None,
        agent_id=_text(call.agent_id),
        agent_version=_within(call.agent_version, most=_MAX_INT),
        raw=storable_object(call.raw),
    )


def _rank_of(event_name: str, call: Call) -> AttemptStatus:
    """A webhook's name outranks the status, which may lag; only an ended call has a reason."""
    named = _EVENT_RANK.get(event_name)
    if named is not None:
        return named
    if _reason_of(call) is not None:
        return AttemptStatus.ENDED
    return _STATUS_RANK.get(call.call_status, AttemptStatus.PLACED)


def _reason_of(call: Call) -> str | None:
    return (call.disconnection_reason or "").strip() or None


def _within(number: int | None, *, most: int) -> int | None:
    return number if number is not None and 0 <= number <= most else None


def _cost(cents: float | None) -> float | None:
    if cents is None or not math.isfinite(cents) or not 0 <= cents <= _MAX_COST_CENTS:
        return None
    return cents


def _text(text: str | None) -> str | None:
    """Drop what PostgreSQL cannot store: NUL and half characters."""
    if text is None:
        return None
    return text.replace("\x00", "").encode(errors="replace").decode() or None


def storable_object(value: object) -> dict[str, object] | None:
    stored = storable(value)
    return stored if isinstance(stored, dict) else None


def _storable_list(value: object) -> list[dict[str, object]] | None:
    stored = storable(value)
    return stored if isinstance(stored, list) else None


def storable(value: object, *, depth: int = 0) -> object:
    if isinstance(value, str):
        return _text(value) or ""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping | list) and depth > _MAX_DEPTH:
        return None
    if isinstance(value, Mapping):
        return {
            _text(str(key)) or "": storable(member, depth=depth + 1)
            for key, member in value.items()
        }
    if isinstance(value, list):
        return [storable(member, depth=depth + 1) for member in value]
    return value
