"""Facts: what the gates look at before a lead is dialed."""

from collections.abc import Sequence
from datetime import datetime

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.gates import DialFacts
from dialer.domain.lines import GateState
from dialer.domain.person_caps import PersonCall, PersonFacts
from dialer.domain.regions import Whereabouts, regions_of
from dialer.domain.states import CampaignStatus, LeadStatus
from dialer.store import person_calls, suppressions
from dialer.store.database import Connection
from dialer.store.leads import LeadPlace
from dialer.store.tables import Attempt, Lead


def zones_of(lead: Lead) -> tuple[str, ...]:
    """Give the zones in all of which the lead's window must be open."""
    return split_zones(lead.zones)


def whereabouts_of(lead: Lead) -> Whereabouts:
    """Give everywhere the lead may be."""
    return Whereabouts(zones_of(lead), regions_of(lead.phone, own=lead.region))


def whereabouts_at(place: LeadPlace) -> Whereabouts:
    """Give everywhere the leads of a place may be."""
    return Whereabouts(split_zones(place.zones), regions_of(place.phone_start, own=place.region))


def split_zones(joined: str) -> tuple[str, ...]:
    """Read zones as a lead's row keeps them."""
    return tuple(name for name in joined.split(",") if name)


def known_facts(
    tx: Connection,
    lead: Lead,
    *,
    status: CampaignStatus,
    spec: CampaignSpec,
    state: GateState | None,
    attempt: Attempt | None = None,
    now: datetime,
) -> DialFacts:
    """Read and gather the facts about one lead of a campaign, and of the gate as it was read.

    An `attempt` that is about to be sent does not count among the calls its person has had.
    """
    promised_at = lead.callback_at if attempt is None else attempt.promised_at
    but = person_calls.NOBODY if attempt is None else attempt.id
    return facts_of(
        lead,
        status=status,
        spec=spec,
        suppressed=suppressions.is_suppressed(
            tx, lead.phone, campaign_id=lead.campaign_id, now=now
        ),
        calls=person_calls.of_phone(tx, lead.phone, but=but, now=now),
        promised=promised_at is not None,
        state=state,
    )


def facts_of(
    lead: Lead,
    *,
    status: CampaignStatus,
    spec: CampaignSpec,
    suppressed: bool,
    calls: Sequence[PersonCall],
    promised: bool,
    state: GateState | None,
) -> DialFacts:
    """Gather the facts about one lead of a campaign; without a gate nothing was ever dialed.

    `calls` are those its person has had, `promised` tells whether they asked for this one.
    """
    where = whereabouts_of(lead)
    return DialFacts(
        campaign_status=status,
        # Its own attempt is what puts it in flight; that is no reason to refuse it.
        lead_status=LeadStatus.READY if lead.status is LeadStatus.IN_FLIGHT else lead.status,
        suppressed=suppressed,
        zones=where.zones,
        regions=where.regions,
        window=spec.window,
        ends_at=spec.ends_at,
        person=person_of(lead, spec, calls, promised=promised),
        everything_paused=state is not None and state.everything_paused,
        database_doubted=state is not None and state.is_doubted,
        backing_off_until=None if state is None else state.backing_off_until,
        require_consent=spec.require_consent,
        consent=lead.consent,
    )


def person_of(
    lead: Lead, spec: CampaignSpec, calls: Sequence[PersonCall], *, promised: bool
) -> PersonFacts:
    """Gather what the caps per person look at."""
    return PersonFacts(calls, lead.campaign_id, spec.person, keeps_promise=promised)
