"""What the simulated Retell answers, and how the answer travels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MESSAGES: Mapping[int, str] = {
    400: "Invalid request format, please check API reference.",
    401: "API key is missing or invalid.",
    402: "Trial has ended, please add payment method.",
    403: "Forbidden",
    404: "Not found",
    409: "Conflict",
    422: "Cannot find requested asset under given api key.",
    429: "Account rate limited, please throttle your requests.",
    500: "An unexpected server error occurred.",
}
"""Retell's own sentences."""


class Travel(StrEnum):
    """What becomes of an answer on its way."""

    WHOLE = "whole"  # arrives
    NEVER = "never"  # nothing arrives; the connection closes after a long while
    RESET = "reset"  # nothing arrives; the connection is reset at once
    HALF = "half"  # headers and half the body arrive, then the connection closes


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `body` is JSON, or text that is sent as it is; None sends no body."""

    status: int
    body: Mapping[str, Any] | list[dict[str, Any]] | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0
    travel: Travel = Travel.WHOLE


def refusal(status: int, *, message: str | None = None) -> Answer:
    """Answer with an error in Retell's shape."""
    text = message or MESSAGES.get(status, f"Status {status}")
    return Answer(status, {"status": "error", "message": text})


class Refused(Exception):
    """Leave with this answer; nothing went wrong in the simulator."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer
