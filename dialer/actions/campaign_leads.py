"""The leads of one campaign, page by page, as screens show them. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dialer.actions.control import find
from dialer.actions.explain import fields_of
from dialer.domain.lead_filter import LeadFilter
from dialer.store import latest_calls, lead_pages, lead_paging
from dialer.store.database import Connection, Database
from dialer.store.latest_calls import Moment
from dialer.store.lead_paging import Place
from dialer.store.tables import Campaign

PAGE = 50


@dataclass(frozen=True, slots=True)
class LeadsPage:
    """Some leads of a campaign, and where the next page begins."""

    campaign: Campaign
    leads: Sequence[dict[str, Any]]
    next_after: str | None  # None on the last page


def leads_page(
    db: Database, campaign_id: int, *, chosen: LeadFilter, after: Place | None
) -> LeadsPage:
    """Give one page of a campaign's leads, those that are called next first.

    Raises:
        NotFound: there is no such campaign.
    """

    def body(tx: Connection) -> LeadsPage:
        campaign = find(tx, campaign_id)
        rows = lead_paging.page(tx, campaign_id, chosen=chosen, after=after, most=PAGE + 1)
        shown = rows[:PAGE]
        more = Place.of(shown[-1]).written() if len(rows) > PAGE else None
        return LeadsPage(campaign, [fields_of(row) for row in shown], more)

    return db.read(body)


def latest_called(db: Database, campaign_id: int, *, after: Moment | None) -> LeadsPage:
    """Give one page of the leads that were called, those called last first.

    Raises:
        NotFound: there is no such campaign.
    """

    def body(tx: Connection) -> LeadsPage:
        campaign = find(tx, campaign_id)
        rows = latest_calls.page(tx, campaign_id, after=after, most=PAGE + 1)
        more = rows[PAGE - 1][1].written() if len(rows) > PAGE else None
        return LeadsPage(campaign, [fields_of(row) for row, _ in rows[:PAGE]], more)

    return db.read(body)


def with_number(db: Database, campaign_id: int, phone: str) -> LeadsPage:
    """Give the lead of a campaign that has a number, as a page of one or none.

    Raises:
        NotFound: there is no such campaign.
    """

    def body(tx: Connection) -> LeadsPage:
        campaign = find(tx, campaign_id)
        found = [one for one in lead_pages.with_phone(tx, phone) if one.campaign_id == campaign_id]
        return LeadsPage(campaign, [fields_of(row) for row in found], None)

    return db.read(body)


def count_leads(db: Database, campaign_id: int, chosen: LeadFilter) -> int:
    """Count the leads a filter finds; that takes its time in a long list."""
    return db.read(lambda tx: lead_paging.count(tx, campaign_id, chosen))
