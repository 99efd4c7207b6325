"""Signatures of results, as Standard Webhooks has them.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """Give the key in a secret that begins with whsec_.

    Raises:
        ValueError: it holds none; the text never shows it.
    """
    if not secret.startswith(PREFIX):
        raise ValueError("a secret begins with whsec_")
    try:
        key = base64.b64decode(secret[len(PREFIX) :] + "==", validate=False)
    except binascii.Error as error:
        raise ValueError("what follows whsec_ is not base64") from error
    if not 24 <= len(key) <= 64:
        raise ValueError("a secret holds 24 to 64 bytes")
    return key


def signed_headers(
    keys: Sequence[bytes], *, message_id: str, body: bytes, now: datetime
) -> dict[str, str]:
    """Give the headers that prove who sends a body, with one signature per key."""
    timestamp = str(int(now.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    digests = (hmac.new(key, content, hashlib.sha256).digest() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(one).decode()}" for one in digests),
    }
