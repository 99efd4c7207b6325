"""Gates: the checks before dialing, and the one reason for not dialing.

Asked at claim and again in the transaction right before sending.
"""

from collections.abc import Callable, Sequence
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

__all__ = [
    "DialFacts",
    "Hold",
    "HoldCode",
    "every_gate",
    "has_ended",
    "why_not_again",
    "why_not_dial",
]


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
    for _, gate in _GATES:
        if (hold := gate(facts, now)) is not None:
            return hold
    return None


def every_gate(facts: DialFacts, *, now: datetime) -> list[tuple[str, Hold | None]]:
    """Ask every gate, also behind one that is shut; for people who want to know all of them."""
    return [(name, gate(facts, now)) for name, gate in _GATES]


def _why_opted_out(facts: DialFacts, _now: datetime) -> Hold | None:
    if facts.suppressed:
        return Hold(HoldCode.SUPPRESSED, "The number is on the do-not-call list.")
    return None


def _why_over(facts: DialFacts, _now: datetime) -> Hold | None:
    if facts.lead_status is LeadStatus.CLOSED:
        return Hold(HoldCode.LEAD_CLOSED, "The lead is closed.")
    return None


def _why_not_agreed(facts: DialFacts, now: datetime) -> Hold | None:
    return why_no_consent(facts.consent, now=now) if facts.require_consent else None


def _why_too_late(facts: DialFacts, now: datetime) -> Hold | None:
    if has_ended(facts.ends_at, at=now):
        return Hold(
            HoldCode.CAMPAIGN_ENDED, f"The campaign ended at {facts.ends_at:%Y-%m-%d %H:%M} UTC."
        )
    return None


def has_ended(ends_at: datetime | None, *, at: datetime) -> bool:
    """Tell whether a campaign calls nobody any more at a moment, because of its end date."""
    return ends_at is not None and at >= ends_at


def _why_not_locally(facts: DialFacts, now: datetime) -> Hold | None:
    window, where = facts.window, Whereabouts(tuple(facts.zones), facts.regions)
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


def _why_called_enough(facts: DialFacts, now: datetime) -> Hold | None:
    if not facts.zones:
        return None  # the gate before says so
    where = Whereabouts(tuple(facts.zones), facts.regions)
    return why_not_again(facts.window, where, facts.person, now=now)


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


def _why_not_running(facts: DialFacts, _now: datetime) -> Hold | None:
    if facts.campaign_status is not CampaignStatus.RUNNING:
        return Hold(HoldCode.NOT_RUNNING, f"The campaign is {facts.campaign_status}.")
    return None


def _why_doubted(facts: DialFacts, _now: datetime) -> Hold | None:
    if facts.database_doubted:
        return Hold(HoldCode.DATABASE_DOUBTED, DOUBTED)
    return None


def _why_all_paused(facts: DialFacts, _now: datetime) -> Hold | None:
    if facts.everything_paused:
        return Hold(HoldCode.EVERYTHING_PAUSED, "All calling is paused.")
    return None


def _why_backing_off(facts: DialFacts, now: datetime) -> Hold | None:
    if facts.backing_off_until is not None and facts.backing_off_until > now:
        return Hold(
            HoldCode.BACKING_OFF,
            "Retell asked for patience.",
            until=facts.backing_off_until,
        )
    return None


_GATES: tuple[tuple[str, Callable[[DialFacts, datetime], Hold | None]], ...] = (
    ("do-not-call list", _why_opted_out),
    ("lead is open", _why_over),
    ("consent", _why_not_agreed),
    ("campaign's end", _why_too_late),
    ("calling hours and law", _why_not_locally),
    ("calls this person had", _why_called_enough),
    ("campaign is running", _why_not_running),
    ("database is sound", _why_doubted),
    ("calling is not paused", _why_all_paused),
    ("Retell's patience", _why_backing_off),
)
"""The gravest first. The names are for people."""
