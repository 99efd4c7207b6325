"""The campaigns: what runs, how far it is and why. The first page people see."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.campaign_live import NOTHING, Counted
from dialer.actions.glance import Glance, count_each, look_over
from dialer.domain.roles import Role
from dialer.domain.states import CampaignStatus
from dialer.store.tables import Campaign
from dialer.web.access import requires
from dialer.web.campaign_view import in_words, percent, possible
from dialer.web.pages import page
from dialer.web.site import site_of
from dialer.web.status_page import notices, reason

router = requires(Role.VIEWER)

PAGE = 25
Before = Annotated[int | None, Query(ge=1, lt=2**63)]


class Tab(StrEnum):
    """Which campaigns are shown."""

    ACTIVE = "active"
    SCHEDULED = "scheduled"
    FINISHED = "finished"
    ARCHIVED = "archived"


SHOWN: Mapping[Tab, tuple[CampaignStatus, ...]] = {
    Tab.ACTIVE: (
        CampaignStatus.RUNNING,
        CampaignStatus.PAUSED,
        CampaignStatus.HELD,
        CampaignStatus.DRAFT,
    ),
    Tab.SCHEDULED: (CampaignStatus.SCHEDULED,),
    Tab.FINISHED: (CampaignStatus.FINISHED, CampaignStatus.STOPPED),
    Tab.ARCHIVED: (CampaignStatus.ARCHIVED,),
}


@router.get("/")
def home_page(request: Request, tab: str = "", before: Before = None) -> Response:
    """Show campaigns and the lines; a tab that nobody knows shows the active ones."""
    chosen = Tab(tab) if tab in set(Tab) else Tab.ACTIVE
    site = site_of(request)
    db, now = site.world().db, site.world().clock.now()
    seen = look_over(db, SHOWN[chosen], before=before, most=PAGE, now=now)
    rows = seen.campaigns[:PAGE]
    ids = [row.id for row in rows]
    ask = lambda: count_each(db, ids, now=site.world().clock.now())  # noqa: E731
    kept = site.figures.soon(("glance", *ids), ask, now=now)
    counts: Mapping[int, Counted] = {} if kept is None else kept.value
    more = len(seen.campaigns) > PAGE
    return page(
        request,
        "home.html",
        seen=seen,
        notices=notices(seen.state, now=now),
        tabs=_tabs(seen, chosen),
        tab=chosen.value,
        campaigns=[_row(seen, row, counts, now=now) for row in rows],
        nobody_yet=not sum(seen.by_status.values()),
        first_url=None if before is None else _url(chosen),
        next_url=_url(chosen, before=rows[-1].id) if more else None,
        live_url=_url(chosen, before=before),
        counted_at=None if kept is None else kept.as_of,
        now=now,
    )


def _row(
    seen: Glance, row: Campaign, counts: Mapping[int, Counted], *, now: datetime
) -> dict[str, Any]:
    of = counts.get(row.id, NOTHING)
    running = row.status is CampaignStatus.RUNNING
    return {
        "id": row.id,
        "name": row.name,
        "status": row.status.value,
        "reason": reason(row, of.progress, state=seen.state, now=now),
        "progress": of.progress,
        "in_use": seen.in_use_by.get(row.id, 0),
        "reached_share": percent(of.reached, of.rang),
        "time_left": in_words(of.time_left(now=now)) if running else None,
        "can": possible(row, of.progress),
    }


def _tabs(seen: Glance, chosen: Tab) -> list[tuple[str, int, str, bool]]:
    """Give each tab: its word, how many campaigns it shows, its address, and whether it is on."""
    return [
        (tab.value, sum(seen.by_status[one] for one in statuses), _url(tab), tab is chosen)
        for tab, statuses in SHOWN.items()
    ]


def _url(tab: Tab, *, before: int | None = None) -> str:
    given = {} if tab is Tab.ACTIVE else {"tab": tab.value}
    query = urlencode(given | ({} if before is None else {"before": str(before)}))
    return f"/?{query}" if query else "/"
