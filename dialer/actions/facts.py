"""Facts: what the gates look at before a lead is dialed."""

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.gates import DialFacts
from dialer.domain.lines import GateState
from dialer.domain.regions import Whereabouts, regions_of
from dialer.domain.states import CampaignStatus, LeadStatus
from dialer.store.tables import Lead


def zones_of(lead: Lead) -> tuple[str, ...]:
    """Give the zones in all of which the lead's window must be open."""
    return split_zones(lead.zones)


def whereabouts_of(lead: Lead) -> Whereabouts:
    """Give everywhere the lead may be."""
    return Whereabouts(zones_of(lead), regions_of(lead.phone, own=lead.region))


def split_zones(joined: str) -> tuple[str, ...]:
    """Read zones as a lead's row keeps them."""
    return tuple(name for name in joined.split(",") if name)


def facts_of(
    lead: Lead,
    *,
    status: CampaignStatus,
    spec: CampaignSpec,
    suppressed: bool,
    state: GateState,
) -> DialFacts:
    """Gather the facts about one lead of a campaign."""
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
        everything_paused=state.everything_paused,
        backing_off_until=state.backing_off_until,
    )
