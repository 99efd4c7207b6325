"""Opting out: why a number is not to be called, and for how long."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OptOutSource(StrEnum):
    """Where a wish not to be called came from."""

    HAND = "hand"  # a person typed it
    FILE = "file"  # a file of numbers was imported
    CALL = "call"  # said in a call
    ANALYSIS = "analysis"  # found in the analysis of a call
    FUNCTION = "function"  # the agent told us during a call
    RETELL = "retell"  # Retell's own list has the number


@dataclass(frozen=True, slots=True)
class OptOut:
    """Why a number is not called, where, and for how long.

    `reason` is a word or a few, for people; `campaign_id` None means everywhere, `expires_at`
    None for good.
    """

    reason: str
    source: OptOutSource
    actor: str
    note: str | None = None
    call_id: str | None = None
    campaign_id: int | None = None
    expires_at: datetime | None = None
