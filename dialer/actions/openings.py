"""Openings: leads wait until a call to them may start.

Leads share few places, and places share fewer openings: the start of a campaign moves a list of
any size in one statement per opening.
"""

from collections import defaultdict
from datetime import datetime

from dialer.actions.facts import whereabouts_at, whereabouts_of
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.hold import HoldCode
from dialer.domain.opening import next_opening
from dialer.store import consents, leads
from dialer.store.database import Connection
from dialer.store.leads import LeadPlace
from dialer.store.tables import Lead

AT_ONCE = 5_000
"""So many due leads are looked through when one of them may not be called."""


def opening_for(spec: CampaignSpec, lead: Lead, *, after: datetime) -> datetime | None:
    """Give the first moment from `after` on at which the lead may be called, or None."""
    return next_opening(spec.window, whereabouts_of(lead), after=after)


def shift_into_windows(
    tx: Connection, campaign_id: int, spec: CampaignSpec, *, now: datetime
) -> None:
    """Make the due times of a campaign's waiting leads allowed times.

    Where the campaign needs consents, leads without one are held first; those that were held for
    it, and have one by now, wait again.
    """
    if spec.require_consent:
        consents.hold_without(tx, campaign_id, now=now)
    consents.release(tx, campaign_id, is_required=spec.require_consent, now=now)
    by_opening: dict[datetime, list[LeadPlace]] = defaultdict(list)
    without: dict[HoldCode, list[LeadPlace]] = defaultdict(list)
    for place in leads.places_waiting(tx, campaign_id):
        opening = _opening_of(spec, place, after=now)
        if opening is not None:
            by_opening[opening].append(place)
        else:
            without[_why_never(place)].append(place)
    # The latest first: what it moves is not looked at again for the earlier ones.
    for opening, places in sorted(by_opening.items(), reverse=True):
        leads.shift(tx, campaign_id, places=places, to=opening)
    for reason, places in without.items():
        leads.hold_places(tx, campaign_id, places=places, reason=reason)


def shift_those_due(tx: Connection, campaign_id: int, spec: CampaignSpec, *, now: datetime) -> None:
    """Let the leads that are due next, but may not be called now, wait for their openings.

    Not all of them at once: at closing time that may be most of a long list, and nobody can claim
    or send meanwhile.
    """
    by_opening: dict[datetime, list[int]] = defaultdict(list)
    for place, lead_ids in leads.places_due(tx, campaign_id, now=now, most=AT_ONCE).items():
        opening = _opening_of(spec, place, after=now)
        if opening is None:
            leads.hold_those(tx, lead_ids, reason=_why_never(place))
        elif opening > now:
            by_opening[opening] += lead_ids
    for opening, lead_ids in by_opening.items():
        leads.shift_those(tx, lead_ids, to=opening)


def _why_never(place: LeadPlace) -> HoldCode:
    return HoldCode.NEVER_OPEN if place.zones else HoldCode.NO_ZONE


def _opening_of(spec: CampaignSpec, place: LeadPlace, *, after: datetime) -> datetime | None:
    return next_opening(spec.window, whereabouts_at(place), after=after)
