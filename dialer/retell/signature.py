"""The signature under Retell's webhooks.

`x-retell-signature: v=<t>,d=<digest>`: the digest is HMAC-SHA256 over the raw body followed by
the digits of `t` (Unix milliseconds), under the API key that carries the webhook badge. Only the
bytes as they came can be verified: JSON that was read and written again has another digest.

https://docs.retellai.com/features/secure-webhook
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from dialer.errors import BadSignature
from dialer.retell.models import EPOCH

TOLERANCE_MS = 300_000  # Retell's own five minutes, either way
_HEADER = re.compile(r"v=([0-9]{1,16}),d=([0-9a-fA-F]{64})")


def sign(body: bytes, key: str, at_ms: int) -> str:
    """Give the header value that Retell would send with `body` at `at_ms`."""
    return f"v={at_ms},d={_digest(body, key, at_ms)}"


def verify(body: bytes, header: str | None, *, keys: Sequence[str], now: datetime) -> None:
    """Accept `body` only if one of `keys` signed it within the tolerance.

    Several keys let a key be replaced without losing webhooks. Without a usable key everything
    is refused.

    Raises:
        BadSignature: answer 401 and believe nothing of the body.
    """
    usable = [key for key in keys if key.strip()]
    if not usable:
        raise BadSignature("no_keys")
    if not header:
        raise BadSignature("missing")
    at_ms, digest = _read(header)
    if abs((now - EPOCH) // timedelta(milliseconds=1) - at_ms) > TOLERANCE_MS:
        raise BadSignature("stale")
    # Every key is tried, so that the time taken does not tell which one matched.
    matches = [hmac.compare_digest(_digest(body, key, at_ms), digest) for key in usable]
    if not any(matches):
        raise BadSignature("mismatch")


def signed_at(header: str) -> datetime:
    """Give when a body was signed, as its signature says.

    Raises:
        BadSignature: it is not written as one.
    """
    at_ms, _ = _read(header)
    try:
        return EPOCH + timedelta(milliseconds=at_ms)
    except OverflowError as error:
        raise BadSignature("malformed") from error


def _read(header: str) -> tuple[int, str]:
    match = _HEADER.fullmatch(header.strip())
    if match is None:
        raise BadSignature("malformed")
    return int(match[1]), match[2].lower()


def _digest(body: bytes, key: str, at_ms: int) -> str:
    return hmac.new(key.encode(), body + str(at_ms).encode(), hashlib.sha256).hexdigest()
