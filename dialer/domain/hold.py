"""Holds: the one reason why a lead is not dialed now."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HoldCode(StrEnum):
    """Why a lead is not dialed now. Stable words for rows, the API and the screens."""

    SUPPRESSED = "suppressed"  # the number is on the do-not-call list
    LEAD_CLOSED = "lead_closed"  # finished in the meantime
    IN_FLIGHT = "in_flight"  # it is being called
    HELD = "held"  # waits for a person, for a reason of its own
    CAMPAIGN_ENDED = "campaign_ended"  # its end date has come
    NO_CONSENT = "no_consent"  # the campaign needs a consent that is not known
    NO_ZONE = "no_zone"  # nobody knows the local time
    NEVER_OPEN = "never_open"  # window, law and zones leave no hour for weeks
    EMERGENCY_BLOCK = "emergency_block"  # a state of emergency where the lead may be
    LEGAL_HOURS = "legal_hours"  # the law of a place where the lead may be
    HOLIDAY = "holiday"  # a public holiday there, which the campaign keeps
    BLACKOUT = "blackout"  # a date on which the campaign does not call
    OUTSIDE_WINDOW = "outside_window"  # too early or too late there
    LEGAL_MAXIMUM = "legal_maximum"  # called as often as the law of a place allows in a day
    CALLED_OFTEN = "called_often"  # called as often as the campaign allows, by whomever
    CALLED_LATELY = "called_lately"  # another campaign or system called a moment ago
    NOT_RUNNING = "not_running"  # the campaign is paused, held or over
    DATABASE_DOUBTED = "database_doubted"  # it may have gone back in time: see actions/restore
    EVERYTHING_PAUSED = "everything_paused"  # the emergency stop is on
    FIRST_LEAD_ONLY = "first_lead_only"  # called; a person lets it call the others, too
    DAY_USED_UP = "day_used_up"  # the calls or the money of a day
    BACKING_OFF = "backing_off"  # Retell asked for patience
    NO_NUMBER = "no_number"  # all we call from rest, are used up, or called a moment ago
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

FOR_A_PERSON = (HoldCode.NO_CONSENT, HoldCode.NO_ZONE, HoldCode.NEVER_OPEN)
"""Reasons that waiting does not mend."""

CALLED_ENOUGH = (HoldCode.LEGAL_MAXIMUM, HoldCode.CALLED_OFTEN, HoldCode.CALLED_LATELY)
"""Reasons of the calls a person has had, the gravest first: the lead waits until they are old."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason not to dial now; `until` where waiting helps."""

    code: HoldCode
    sentence: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SelfHold:
    """Why a campaign holds itself: a stable word, and the sentence for people."""

    reason: str
    sentence: str
