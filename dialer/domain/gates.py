"""Gates: the checks before dialing, and the one reason for not dialing.

Asked at claim and again in the transaction right before sending.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dialer.domain.closed import why_closed
from dialer.domain.consent import Kept, why_no_consent
from dialer.domain.hold import Hold, HoldCode
from dialer.domain.legal_hours import legal_maximum
from dialer.domain.opening import SEARCH_DAYS, may_start, next_opening
from dialer.domain.person_caps import PersonFacts, why_called_enough
from dialer.domain.regions import Whereabouts
from dialer.domain.states import CampaignStatus, LeadStatus
from dialer.domain.window import Window

__all__ = ["DialFacts", "Hold", "HoldCode", "has_ended", "why_not_again", "why_not_dial"]


DOUBTED = (
    "The database may have gone back in time; nobody is called until it was compared with the"
    " calls that Retell knows. This goes on by itself."
)


@dataclass(frozen=True, slots=True)
class DialFacts:
    """What the gates look at. A fact nobody knows is given as the value that refuses."""

    campaign_status: CampaignStatus
    lead_status: LeadStatus
    suppressed: bool
    zones: Sequence[str]
    regions: frozenset[str]
    window: Window
    person: PersonFacts
    ends_at: datetime | None = None
    everything_paused: bool = False
    database_doubted: bool = False
    backing_off_until: datetime | None = None
    require_consent: bool = False
    consent: Kept | None = None


def why_not_dial(facts: DialFacts, *, now: datetime) -> Hold | None:
    """Give one reason not to dial this lead now, or None to dial.

    Fails closed: what we do not know is a reason. The gravest reason comes first, so the
    operator sees the law before the budget. The hour comes before the calls a person has had:
    those who wait for the morning wait together.
    """
    if facts.suppressed:
        return Hold(HoldCode.SUPPRESSED, "The number is on the do-not-call list.")
    if facts.lead_status is LeadStatus.CLOSED:
        return Hold(HoldCode.LEAD_CLOSED, "The lead is closed.")
    if facts.require_consent and (hold := why_no_consent(facts.consent, now=now)):
        return hold
    if has_ended(facts.ends_at, at=now):
        return Hold(
            HoldCode.CAMPAIGN_ENDED, f"The campaign ended at {facts.ends_at:%Y-%m-%d %H:%M} UTC."
        )
    where = Whereabouts(tuple(facts.zones), facts.regions)
    return (
        _why_not_locally(facts.window, where, now=now)
        or why_not_again(facts.window, where, facts.person, now=now)
        or _why_not_here(facts, now=now)
    )


def has_ended(ends_at: datetime | None, *, at: datetime) -> bool:
    """Tell whether a campaign calls nobody any more at a moment, because of its end date."""
    return ends_at is not None and at >= ends_at


def _why_not_locally(window: Window, where: Whereabouts, *, now: datetime) -> Hold | None:
    if not where.zones:
        return Hold(
            HoldCode.NO_ZONE, "The lead's local time is not known; give it a zone to call it."
        )
    if may_start(window, where, now=now):
        return None
    reason = why_closed(window, where, now=now)
    opening = next_opening(window, where, after=now)
    if opening is None:
        return Hold(
            HoldCode.NEVER_OPEN,
            f"No call may start in the next {SEARCH_DAYS} days. Now: {reason.sentence}",
        )
    return replace(reason, until=opening)


def why_not_again(
    window: Window, where: Whereabouts, person: PersonFacts, *, now: datetime
) -> Hold | None:
    """Give the reason why a person was called enough for now; `until` lies in the window.

    Ask only where a zone is known.
    """
    legal = None if window.legal_override is not None else legal_maximum(where.regions)
    hold = why_called_enough(person, legal=legal, zone_name=where.zones[0], now=now)
    if hold is None or hold.until is None:
        return hold
    return replace(hold, until=next_opening(window, where, after=hold.until) or hold.until)


def _why_not_here(facts: DialFacts, *, now: datetime) -> Hold | None:
    if facts.campaign_status is not CampaignStatus.RUNNING:
        return Hold(HoldCode.NOT_RUNNING, f"The campaign is {facts.campaign_status}.")
    if facts.database_doubted:
        return Hold(HoldCode.DATABASE_DOUBTED, DOUBTED)
    if facts.everything_paused:
        return Hold(HoldCode.EVERYTHING_PAUSED, "All calling is paused.")
    if facts.backing_off_until is not None and facts.backing_off_until > now:
        return Hold(
            HoldCode.BACKING_OFF,
            "Retell asked for patience.",
            until=facts.backing_off_until,
        )
    return None
