"""How Retell signs a webhook; https://docs.retellai.com/features/secure-webhook."""

import hashlib
import hmac

HEADER = "X-Retell-Signature"


def sign(body: bytes, *, key: str, now_ms: int) -> str:
    """Sign the bytes that are sent; the moment of sending is part of what is signed."""
    digest = hmac.new(key.encode(), body + str(now_ms).encode(), hashlib.sha256).hexdigest()
    return f"v={now_ms},d={digest}"
