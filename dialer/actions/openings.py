"""Openings: leads wait until a call to them may start.

Leads share few places, and places share fewer openings, so that a list of any size is moved in
one statement per opening.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from dialer.actions.facts import split_zones, whereabouts_of
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.hold import HoldCode
from dialer.domain.opening import next_opening
from dialer.domain.regions import Whereabouts, regions_of
from dialer.store import leads
from dialer.store.database import Connection
from dialer.store.leads import LeadPlace
from dialer.store.tables import Lead


def opening_for(spec: CampaignSpec, lead: Lead, *, after: datetime) -> datetime | None:
    """Give the first moment from `after` on at which the lead may be called, or None."""
    return next_opening(spec.window, whereabouts_of(lead), after=after)


def shift_into_windows(
    tx: Connection, campaign_id: int, spec: CampaignSpec, *, now: datetime
) -> None:
    """Make the due times of a campaign's waiting leads allowed times."""
    _shift(tx, campaign_id, spec, leads.places_waiting(tx, campaign_id), now=now)


def shift_those_due(tx: Connection, campaign_id: int, spec: CampaignSpec, *, now: datetime) -> None:
    """Let the leads that are due, but may not be called now, wait for their openings."""
    places = leads.places_waiting(tx, campaign_id, due_by=now)
    closed = [one for one in places if _opening_of(spec, one, after=now) != now]
    _shift(tx, campaign_id, spec, closed, now=now)


def _shift(
    tx: Connection,
    campaign_id: int,
    spec: CampaignSpec,
    places: Iterable[LeadPlace],
    *,
    now: datetime,
) -> None:
    by_opening: dict[datetime, list[LeadPlace]] = defaultdict(list)
    without: dict[HoldCode, list[LeadPlace]] = defaultdict(list)
    for place in places:
        opening = _opening_of(spec, place, after=now)
        if opening is not None:
            by_opening[opening].append(place)
        else:
            without[HoldCode.NEVER_OPEN if place.zones else HoldCode.NO_ZONE].append(place)
    # The latest first: what it moves is not looked at again for the earlier ones.
    for opening, found in sorted(by_opening.items(), reverse=True):
        leads.shift(tx, campaign_id, places=found, to=opening)
    for reason, found in without.items():
        leads.hold_places(tx, campaign_id, places=found, reason=reason)


def _opening_of(spec: CampaignSpec, place: LeadPlace, *, after: datetime) -> datetime | None:
    regions = regions_of(place.phone_start, own=place.region)
    return next_opening(spec.window, Whereabouts(split_zones(place.zones), regions), after=after)
