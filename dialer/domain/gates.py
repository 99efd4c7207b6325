"""Gates: the checks before dialing, and the one reason for not dialing.

Asked at claim and again in the transaction right before sending.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dialer.domain.closed import why_closed
from dialer.domain.hold import Hold, HoldCode
from dialer.domain.opening import SEARCH_DAYS, may_start, next_opening
from dialer.domain.regions import Whereabouts
from dialer.domain.states import CampaignStatus, LeadStatus
from dialer.domain.window import Window

__all__ = ["DialFacts", "Hold", "HoldCode", "has_ended", "why_not_dial"]


@dataclass(frozen=True, slots=True)
class DialFacts:
    """What the gates look at. A fact nobody knows is given as the value that refuses."""

    campaign_status: CampaignStatus
    lead_status: LeadStatus
    suppressed: bool
    zones: Sequence[str]
    regions: frozenset[str]
    window: Window
    ends_at: datetime | None = None
    everything_paused: bool = False
    backing_off_until: datetime | None = None


def why_not_dial(facts: DialFacts, *, now: datetime) -> Hold | None:
    """Give one reason not to dial this lead now, or None to dial.

    Fails closed: what we do not know is a reason. The gravest reason comes first, so the
    operator sees the law before the budget.
    """
    if facts.suppressed:
        return Hold(HoldCode.SUPPRESSED, "The number is on the do-not-call list.")
    if facts.lead_status is LeadStatus.CLOSED:
        return Hold(HoldCode.LEAD_CLOSED, "The lead is closed.")
    if has_ended(facts.ends_at, at=now):
        return Hold(
            HoldCode.CAMPAIGN_ENDED, f"The campaign ended at {facts.ends_at:%Y-%m-%d %H:%M} UTC."
        )
    return _why_not_locally(facts, now=now) or _why_not_here(facts, now=now)


def has_ended(ends_at: datetime | None, *, at: datetime) -> bool:
    """Tell whether a campaign calls nobody any more at a moment, because of its end date."""
    return ends_at is not None and at >= ends_at


def _why_not_locally(facts: DialFacts, *, now: datetime) -> Hold | None:
    if not facts.zones:
        return Hold(
            HoldCode.NO_ZONE, "The lead's local time is not known; give it a zone to call it."
        )
    where = Whereabouts(tuple(facts.zones), facts.regions)
    if may_start(facts.window, where, now=now):
        return None
    reason = why_closed(facts.window, where, now=now)
    opening = next_opening(facts.window, where, after=now)
    if opening is None:
        return Hold(
            HoldCode.NEVER_OPEN,
            f"No call may start in the next {SEARCH_DAYS} days. Now: {reason.sentence}",
        )
    return replace(reason, until=opening)


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
