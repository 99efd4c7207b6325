"""A webhook that we send to ourselves, signed as Retell signs: does it arrive?"""

from dataclasses import dataclass

import httpx

from dialer.retell.signature import sign

HEADER = "x-retell-signature"
WITHIN_S = 10.0  # Retell gives up then


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of it; without a status no answer came, and `error` says why."""

    status: int | None = None
    error: str | None = None


def post_signed(address: str, body: bytes, *, key: str, at_ms: int) -> Posted:
    """Send a signed body as Retell would, from this machine."""
    headers = {HEADER: sign(body, key, at_ms), "content-type": "application/json"}
    try:
        answer = httpx.post(address, content=body, headers=headers, timeout=WITHIN_S)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return Posted(error=f"{type(error).__name__}: {error}"[:300])
    return Posted(status=answer.status_code)
