"""Recordings of simulated calls: links that are good for a while, and a tone behind them."""

import array
import hashlib
import hmac
import io
import math
import wave as waves
from collections.abc import Mapping
from typing import Any

from dialer.simulator.calls import Call

PLACE = "/recordings"
RECORDINGS = PLACE + "/{name}/recording.wav"
RATE = 8000
LONGEST_S = 30  # what a rehearsal needs of a long call
_SECRET = b"links of a simulator need no secret"


def links(call: Call, *, now_ms: int) -> dict[str, Any]:
    """Give the links that Retell shows of a call that was picked up, signed as of now."""
    place = f"{call.recordings}/{call.call_id}"
    until_ms = now_ms + call.link_ms
    right = f"expires={until_ms}&signature={_signature(call, until_ms)}"
    return {
        "recording_url": f"{place}/recording.wav?{right}",
        "recording_multi_channel_url": f"{place}/recording_multichannel.wav?{right}",
        "scrubbed_recording_url": f"{place}/recording.wav?{right}&scrubbed=1",
        "public_log_url": f"{place}/public.log?{right}",
    }


def is_good(asked: Mapping[str, str], *, call: Call, now_ms: int) -> bool:
    """Tell whether a link may be followed still."""
    expires = asked.get("expires", "")
    if not expires.isdecimal() or int(expires) < now_ms:
        return False
    return hmac.compare_digest(asked.get("signature", ""), _signature(call, int(expires)))


def wave(call: Call) -> bytes:
    """Give a tone as long as the call."""
    seconds = min(LONGEST_S, max(1, round(call.duration_ms / 1000)))
    samples = array.array("h", (round(6000 * math.sin(i * 0.345)) for i in range(RATE)))
    written = io.BytesIO()
    with waves.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes() * seconds)
    return written.getvalue()


def _signature(call: Call, until_ms: int) -> str:
    subject = f"{call.call_id}|{until_ms}".encode()
    return hmac.new(_SECRET, subject, hashlib.sha256).hexdigest()[:32]
