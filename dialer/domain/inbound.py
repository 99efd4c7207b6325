"""Calls that come to us: what one means for the lead that makes it."""

from datetime import timedelta
from enum import StrEnum

from dialer.domain.dispositions import MEANING, Disposition, Verdict

TALK_PATIENCE = timedelta(hours=2, minutes=10)
"""Longer than the longest call: nobody who talks to us is called, also if its end is not told."""
RING_PATIENCE = timedelta(minutes=10)
"""The same for a call of which nothing is heard after it was announced."""


class InboundStatus(StrEnum):
    """Where a call to us stands."""

    ANNOUNCED = "announced"  # Retell asked what to tell the agent
    TALKING = "talking"  # the agent picked up
    ENDED = "ended"


def is_conversation(disposition: Disposition | None) -> bool:
    """Tell whether a person who called us was talked with."""
    return disposition is not None and MEANING[disposition].verdict is Verdict.REACHED
