"""Holds: the one reason why a lead is not dialed now."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HoldCode(StrEnum):
    """Why a lead is not dialed now. Stable words for rows, the API and the screens."""

    SUPPRESSED = "suppressed"  # the number is on the do-not-call list
    LEAD_CLOSED = "lead_closed"  # finished in the meantime
    CAMPAIGN_ENDED = "campaign_ended"  # its end date has come
    NO_ZONE = "no_zone"  # nobody knows the local time
    NEVER_OPEN = "never_open"  # window, law and zones leave no hour for weeks
    EMERGENCY_BLOCK = "emergency_block"  # a state of emergency where the lead may be
    LEGAL_HOURS = "legal_hours"  # the law of a place where the lead may be
    HOLIDAY = "holiday"  # a public holiday there, which the campaign keeps
    BLACKOUT = "blackout"  # a date on which the campaign does not call
    OUTSIDE_WINDOW = "outside_window"  # too early or too late there
    NOT_RUNNING = "not_running"  # the campaign is paused, held or over
    EVERYTHING_PAUSED = "everything_paused"  # the emergency stop is on
    BACKING_OFF = "backing_off"  # Retell asked for patience
    GAP = "gap"  # the wait after the last attempt is not over
    TOO_LATE = "too_late"  # waited too long between the gate and the send


CLOSED_NOW = (
    HoldCode.EMERGENCY_BLOCK,
    HoldCode.LEGAL_HOURS,
    HoldCode.HOLIDAY,
    HoldCode.BLACKOUT,
    HoldCode.OUTSIDE_WINDOW,
)
"""Reasons of time and place, the gravest first: the lead waits for its next opening."""

FOR_A_PERSON = (HoldCode.NO_ZONE, HoldCode.NEVER_OPEN)
"""Reasons of time and place that waiting does not mend."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason not to dial now; `until` where waiting helps."""

    code: HoldCode
    sentence: str
    until: datetime | None = None
