"""Outlook: when something is due next, for whoever lets the time in between pass at once."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select, text

from dialer.domain.priority import Priority
from dialer.domain.states import CampaignStatus
from dialer.store.tables import Attempt, Campaign, Lead, table
from dialer.store.types import UtcDateTime

attempt = table(Attempt)
campaign = table(Campaign)
lead = table(Lead)

_NEXT_DUE = text(
    "SELECT min(due_at) AS due_at FROM ({}) AS due".format(
        " UNION ALL ".join(
            "SELECT (SELECT min(lead.due_at) FROM lead WHERE lead.campaign_id = campaign.id"
            f" AND lead.status = 'READY' AND lead.priority = {int(priority)}) AS due_at"
            " FROM campaign WHERE campaign.status = 'running'"
            for priority in Priority
        )
    )
).columns(due_at=UtcDateTime)
_SEND_AT = select(attempt.c.send_at).where(attempt.c.id == bindparam("which"))
_NEXT_LOOK = (
    text(
        "SELECT min(at) AS at FROM ("
        " SELECT min(check_at) AS at FROM attempt WHERE check_at IS NOT NULL"
        " UNION ALL SELECT min(start_at) FROM campaign WHERE status = 'scheduled'"
        " UNION ALL SELECT min(ends_at) FROM campaign"
        " WHERE status IN ('running', 'paused', 'held') AND ends_at > :since"
        ") AS moments"
    )
    .bindparams(bindparam("since", type_=UtcDateTime))
    .columns(at=UtcDateTime)
)


class LeadWhereabouts(NamedTuple):
    """Where a lead may be, as its row says."""

    phone: str
    zones: tuple[str, ...]
    region: str | None


def send_at(tx: Connection, attempt_id: str) -> datetime:
    """Give the moment for which an attempt is paced."""
    at: datetime = tx.execute(_SEND_AT, {"which": attempt_id}).scalar_one()
    return at


def next_due(tx: Connection) -> datetime | None:
    """Give when the first waiting lead of a running campaign is due, perhaps long ago."""
    due_at: datetime | None = tx.execute(_NEXT_DUE).scalar_one()
    return due_at


def next_look(tx: Connection, *, since: datetime) -> datetime | None:
    """Give when `reconcile` next has something to do; ends of campaigns count after `since`."""
    at: datetime | None = tx.execute(_NEXT_LOOK, {"since": since}).scalar_one()
    return at


def is_held(tx: Connection) -> bool:
    """Tell whether a campaign is held, so that `reconcile` may find that it goes on."""
    held = select(func.count()).where(campaign.c.status == CampaignStatus.HELD)
    return bool(tx.execute(held).scalar_one())


def places_of_leads(tx: Connection) -> list[LeadWhereabouts]:
    """Give where all leads are."""
    rows = tx.execute(select(lead.c.phone, lead.c.zones, lead.c.region))
    return [
        LeadWhereabouts(phone, tuple(filter(None, zones.split(","))), region)
        for phone, zones, region in rows
    ]
