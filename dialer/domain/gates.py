"""Gates: the checks before dialing, and the one reason for not dialing.

Asked at claim and again in the transaction right before sending.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dialer.domain.states import CampaignStatus, LeadStatus
from dialer.domain.window import Window, is_open, local_times, next_opening

CLAIM_MARGIN = timedelta(minutes=2)
"""A claimed lead's window stays open at least this long, so that the send gate rarely refuses."""


class HoldCode(StrEnum):
    """Why a lead is not dialed now. Stable words for rows, the API and the screens."""

    SUPPRESSED = "suppressed"  # the number is on the do-not-call list
    LEAD_CLOSED = "lead_closed"  # finished in the meantime
    NO_ZONE = "no_zone"  # nobody knows the local time
    NEVER_OPEN = "never_open"  # the zones share no hour of the window
    OUTSIDE_WINDOW = "outside_window"  # too early or too late there
    NOT_RUNNING = "not_running"  # the campaign is paused, held or over
    EVERYTHING_PAUSED = "everything_paused"  # the emergency stop is on
    BACKING_OFF = "backing_off"  # Retell asked for patience
    GAP = "gap"  # the wait after the last attempt is not over
    TOO_LATE = "too_late"  # waited too long between the gate and the send


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason not to dial now; `until` where waiting helps."""

    code: HoldCode
    sentence: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class DialFacts:
    """What the gates look at. A fact nobody knows is given as the value that refuses."""

    campaign_status: CampaignStatus
    lead_status: LeadStatus
    suppressed: bool
    zones: Sequence[str]
    window: Window
    everything_paused: bool = False
    backing_off_until: datetime | None = None


def why_not_dial(
    facts: DialFacts, *, now: datetime, margin: timedelta = timedelta(0)
) -> Hold | None:
    """Give one reason not to dial this lead now, or None to dial.

    Fails closed: what we do not know is a reason. The gravest reason comes first, so the
    operator sees the law before the budget. With `margin` the window has to stay open that long.
    """
    if facts.suppressed:
        return Hold(HoldCode.SUPPRESSED, "The number is on the do-not-call list.")
    if facts.lead_status is LeadStatus.CLOSED:
        return Hold(HoldCode.LEAD_CLOSED, "The lead is closed.")
    return _why_not_locally(facts, now=now, margin=margin) or _why_not_here(facts, now=now)


def _why_not_locally(facts: DialFacts, *, now: datetime, margin: timedelta) -> Hold | None:
    if not facts.zones:
        return Hold(
            HoldCode.NO_ZONE, "The lead's local time is not known; give it a zone to call it."
        )
    window, zones = facts.window, facts.zones
    if is_open(window, zones, now=now) and is_open(window, zones, now=now + margin):
        return None
    opening = next_opening(window, zones, after=now)
    if opening == now:
        opening = next_opening(window, zones, after=now + margin)
    if opening is None:
        return Hold(HoldCode.NEVER_OPEN, "The lead's zones have no common hour in the window.")
    there = ", ".join(f"{time} in {name}" for name, time in local_times(zones, now=now).items())
    return Hold(HoldCode.OUTSIDE_WINDOW, f"Outside the calling window: {there}.", until=opening)


def _why_not_here(facts: DialFacts, *, now: datetime) -> Hold | None:
    if facts.campaign_status is not CampaignStatus.RUNNING:
        return Hold(HoldCode.NOT_RUNNING, f"The campaign is {facts.campaign_status}.")
    if facts.everything_paused:
        return Hold(HoldCode.EVERYTHING_PAUSED, "All calling is paused.")
    if facts.backing_off_until is not None and facts.backing_off_until > now:
        return Hold(
            HoldCode.BACKING_OFF,
            "Retell asked for patience.",
            until=facts.backing_off_until,
        )
    return None
