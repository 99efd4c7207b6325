"""What would come of a campaign under some settings, before they are saved. Reads only.

Counting the leads takes long in a long list, and does not depend on the settings: it is done once.
What the settings make of them is worked out again whenever one of them changes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialer.actions.control import find
from dialer.actions.facts import whereabouts_at
from dialer.actions.lead_source import source_list
from dialer.actions.preflight import facts_of, findings_of_settings
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.hold import HoldCode
from dialer.domain.local_time import Span
from dialer.domain.opening import next_opening, openings_between
from dialer.domain.preflight import Finding, LeadFacts, lead_findings
from dialer.domain.selection import LeadSource
from dialer.domain.spans import merge
from dialer.domain.states import ClosedAs
from dialer.store import consents, figures, lead_samples, leads, pulse
from dialer.store.database import Connection, Database
from dialer.store.leads import LeadPlace

LOOKED_AHEAD = timedelta(days=7)
"""Hours are counted for so long where a campaign has no end."""
SAMPLE = 50
"""Leads whose variables are looked at."""

EXCLUDED: Mapping[ClosedAs, str] = {
    ClosedAs.SUPPRESSED: "on the do-not-call list",
    ClosedAs.INVALID_NUMBER: "numbers that do not exist",
    ClosedAs.REACHED: "reached already",
    ClosedAs.EXHAUSTED: "given up already",
    ClosedAs.STOPPED: "stopped",
    ClosedAs.PASSED_OVER: "called by an earlier run",
}


@dataclass(frozen=True, slots=True)
class LeadsAtHand:
    """What is known of the leads, whatever the settings."""

    places: Mapping[LeadPlace, int]
    agreed: consents.Counted | None = None  # None: not known
    in_flight: int = 0
    closed: Mapping[ClosedAs, int] | None = None
    held: Mapping[str, int] | None = None
    columns: frozenset[str] = frozenset()  # that every lead looked at has a value for


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the settings make of the leads."""

    to_call: int
    excluded: Sequence[tuple[str, int]]  # why, and how many
    first_call_at: datetime | None
    open_hours: float  # until `looked_until`, in which some lead may be called
    looked_until: datetime
    findings: Sequence[Finding]


def leads_of(db: Database, campaign_id: int, *, now: datetime) -> LeadsAtHand:
    """Count the leads of a campaign.

    Raises:
        NotFound: there is no such campaign.
    """

    def body(tx: Connection) -> LeadsAtHand:
        find(tx, campaign_id)
        done = figures.progress(tx, [campaign_id])[campaign_id]
        return LeadsAtHand(
            leads.count_places(tx, campaign_id),
            consents.count(tx, campaign_id, now=now),
            done.in_flight,
            done.closed_as,
            pulse.held_reasons(tx, campaign_id),
            _columns(lead_samples.variables(tx, campaign_id, most=SAMPLE)),
        )

    return db.read(body)


def leads_to_copy(db: Database, campaign_id: int) -> LeadsAtHand:
    """Count the leads that a new campaign would take over from another.

    Raises:
        NotFound: there is no such campaign.
    """
    return db.read(lambda tx: _to_copy(tx, LeadSource(find(tx, campaign_id).id)))


def leads_to_copy_of_list(db: Database, list_id: int) -> LeadsAtHand:
    """Count the leads that a new campaign would take over from a list.

    Raises:
        NotFound: there is no such list.
        RefusedByRule: it was undone, is still being imported, or brought nobody.
    """
    return db.read(lambda tx: _to_copy(tx, source_list(tx, list_id)))


def _to_copy(tx: Connection, source: LeadSource) -> LeadsAtHand:
    places = lead_samples.places_to_copy(tx, source)
    found = lead_samples.variables_to_copy(tx, source, most=SAMPLE)
    return LeadsAtHand(places, columns=_columns(found))


def _columns(variables: Sequence[Mapping[str, str]]) -> frozenset[str]:
    found = [set(one) for one in variables]
    return frozenset(set.intersection(*found)) if found else frozenset()


def outlook(
    db: Database, spec: CampaignSpec, at_hand: LeadsAtHand | None, *, now: datetime
) -> Outlook:
    """Say what settings make of leads; None where there are none yet."""
    at_hand = at_hand or LeadsAtHand({})
    start_at = max(now, spec.start_at or now)
    until = max(spec.ends_at or start_at + LOOKED_AHEAD, start_at)
    counted = at_hand.agreed if spec.require_consent else None
    facts = facts_of(spec, at_hand.places, counted, now=start_at)
    first_at, spans = _hours(spec, at_hand.places, begins=start_at, ends=until)
    excluded = _excluded(spec, at_hand, facts)
    not_now = sum((facts.never_open or {}).values()) + facts.no_zone
    waiting = sum(at_hand.places.values()) + _released(spec, at_hand)
    agreed = waiting if facts.agreed is None else facts.agreed
    return Outlook(
        to_call=max(0, min(waiting - not_now, agreed)),
        excluded=excluded,
        first_call_at=first_at,
        open_hours=sum((ends - begins).total_seconds() for begins, ends in spans) / 3600,
        looked_until=until,
        findings=[*findings_of_settings(db, spec, now=now), *lead_findings(facts)],
    )


def _hours(
    spec: CampaignSpec, places: Mapping[LeadPlace, int], *, begins: datetime, ends: datetime
) -> tuple[datetime | None, Sequence[Span]]:
    """Give the first moment at which a lead may be called, and all stretches in which one may."""
    firsts: list[datetime] = []
    spans: set[Span] = set()
    for where in {whereabouts_at(place) for place in places}:
        opening = next_opening(spec.window, where, after=begins)
        if opening is not None:
            firsts.append(opening)
        spans.update(openings_between(spec.window, where, begins=begins, ends=ends))
    return min(firsts, default=None), merge(spans)


def _released(spec: CampaignSpec, at_hand: LeadsAtHand) -> int:
    """Count the leads held for their consent that wait again, as none is needed any more."""
    return 0 if spec.require_consent else (at_hand.held or {}).get(HoldCode.NO_CONSENT, 0)


def _excluded(spec: CampaignSpec, at_hand: LeadsAtHand, facts: LeadFacts) -> list[tuple[str, int]]:
    """Say who is not called, and why; most first."""
    found: Counter[str] = Counter()
    for closed_as, count in (at_hand.closed or {}).items():
        found[EXCLUDED[closed_as]] += count
    for reason, count in (at_hand.held or {}).items():
        if reason != HoldCode.NO_CONSENT:  # which is counted below, or not needed any more
            found[f"held: {reason.replace('_', ' ')}"] += count
    found["no hour that window and law allow"] += sum((facts.never_open or {}).values())
    found["nobody knows their local time"] += facts.no_zone
    if facts.agreed is not None:
        found["without consent"] += facts.waiting - facts.agreed
    return [(why, count) for why, count in found.most_common() if count]
