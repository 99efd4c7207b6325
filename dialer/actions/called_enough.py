"""Called enough: leads whose person has had as many calls as law and caps allow for now."""

from datetime import datetime

from dialer.actions.facts import person_of, whereabouts_of
from dialer.domain.gates import why_not_again
from dialer.store import campaigns, leads, person_calls
from dialer.store.database import Connection
from dialer.store.tables import Campaign

AT_ONCE = 500
"""So many due leads are looked through when the person of one of them was called enough."""


def free_again(tx: Connection, campaign: Campaign, *, now: datetime) -> dict[int, datetime]:
    """Give those of the campaign's next due leads that must wait, each with its moment.

    Where another campaign has just called the same people, claims would otherwise meet them a few
    at a time, and lines would stand idle.
    """
    spec = campaigns.spec_of(campaign)
    due = leads.next_due(tx, campaign.id, now=now, most=AT_ONCE)
    calls = person_calls.among(tx, [lead.phone for lead in due], now=now)
    found = {}
    for lead in due:
        where = whereabouts_of(lead)
        if lead.phone not in calls or not where.zones:
            continue
        promised = lead.callback_at is not None
        person = person_of(lead, spec, calls[lead.phone], promised=promised)
        hold = why_not_again(spec.window, where, person, now=now)
        if hold is not None and hold.until is not None:
            found[lead.id] = hold.until
    return found
