"""One campaign: what it is doing now, and its leads, by what is asked for and by number."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.campaign_leads import (
    LeadsPage,
    count_leads,
    latest_called,
    leads_page,
    with_number,
)
from dialer.actions.campaign_live import NOTHING, Counted, counted, standing
from dialer.actions.lead_source import source_told
from dialer.actions.preflight import findings_here
from dialer.domain.lead_filter import LeadFilter
from dialer.domain.phones import Phone, parse_phone
from dialer.domain.preflight import Finding
from dialer.domain.roles import Role
from dialer.domain.states import LeadState
from dialer.errors import UserError
from dialer.store.database import Database
from dialer.store.figures import Progress
from dialer.store.latest_calls import Moment
from dialer.store.lead_paging import Place
from dialer.store.tables import Campaign
from dialer.web import export_page
from dialer.web.access import may_operate, requires
from dialer.web.campaign_review import ways_from
from dialer.web.campaign_view import LATEST, live_view, url_of
from dialer.web.error_pages import status_for
from dialer.web.live import Snapshot
from dialer.web.masking import as_seen_by
from dialer.web.pages import filled, page
from dialer.web.site import Site, site_of
from dialer.web.status_page import COUNTED_IN

router = requires(Role.VIEWER)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which leads of the campaign are shown, as the address says."""

    chosen: LeadFilter
    after: str = ""
    number: str = ""
    sort: str = ""
    left_out: Sequence[LeadFilter] = ()  # asked for, too


ALL = Asked(LeadFilter())


@dataclass(frozen=True, slots=True)
class Again:
    """A question that must be answered again: its dialog, why, and what was typed there."""

    dialog: str
    error: UserError
    typed: Mapping[str, str]


@router.get("/campaigns/{campaign_id}")
def campaign_page(
    request: Request, campaign_id: int, after: str = "", number: str = "", sort: str = ""
) -> Response:
    """Show a campaign and its leads; a filter that nobody knows shows all of them.

    Sorted by their latest calls stand all of them, or by the next ones those a filter finds.
    """
    given = LeadFilter.asked(request.query_params)
    chosen, left_out = (given[0], given[1:]) if given else (LeadFilter(), [])
    if _read(number)[1] is not None:
        left_out = given
    return show(request, campaign_id, Asked(chosen, after, number, sort, left_out))


def show(
    request: Request, campaign_id: int, asked: Asked = ALL, *, again: Again | None = None
) -> Response:
    """Show a campaign; where a question must be answered again, with its dialog open.

    Raises:
        NotFound: there is no such campaign.
    """
    site = site_of(request)
    world, chosen = site.world(), asked.chosen
    wrong, phone = _read(asked.number)
    now = world.clock.now()
    latest = asked.sort == LATEST and chosen == LeadFilter() and phone is None
    after = "" if wrong else asked.after
    found = _leads(world.db, campaign_id, asked, phone=phone, latest=latest, after=after)
    kept = site.figures.soon(*_question(site, campaign_id), now=now)
    of = NOTHING if kept is None else kept.value
    now_of = standing(world.db, campaign_id, now=now)
    view = live_view(now_of, of, now=now, counting=kept is None)
    findings = _findings(site, found.campaign, now=now) if view["can"]["start"] else ()
    matching = None if kept is None else _matching(site, campaign_id, of, chosen, now=now)
    return page(
        request,
        "campaign.html",
        status=status_for(None if again is None else again.error),
        again=again,
        campaign=found.campaign,
        leads_from=world.db.read(lambda tx: source_told(tx, found.campaign)),
        view=view,
        findings=findings or (),
        looking=findings is None,
        ways=ways_from(f"/campaigns/{campaign_id}/edit"),
        filters=_filters(
            campaign_id, None if kept is None else of.progress, chosen, matching=matching
        ),
        chosen=chosen,
        left_out=[(one.words, url_of(campaign_id, one)) for one in asked.left_out],
        matching=matching,
        leads=as_seen_by(request, list(found.leads)),
        number=asked.number.strip(),
        wrong=wrong,
        first=not after,
        **_around(campaign_id, chosen, latest=latest, next_after=found.next_after),
        now=now,
        counted_at=now if kept is None else kept.as_of,
        exports=world.db.read(lambda tx: export_page.panel(request, tx, campaign_id)),
    )


def _leads(
    db: Database, campaign_id: int, asked: Asked, *, phone: str | None, latest: bool, after: str
) -> LeadsPage:
    if phone is not None:
        return with_number(db, campaign_id, phone)
    if latest:
        return latest_called(db, campaign_id, after=Moment.read(after))
    return leads_page(db, campaign_id, chosen=asked.chosen, after=Place.read(after))


@router.get("/campaigns/{campaign_id}/events")
async def campaign_events(request: Request, campaign_id: int) -> Response:
    """Stream what a campaign is doing; all who look share one snapshot a second."""
    site = site_of(request)
    await run_in_threadpool(_view, site, campaign_id)
    operates = may_operate(request)

    def ask() -> Snapshot:
        view = _view(site, campaign_id)
        return Snapshot(filled("campaign_now.html", view=view, may_operate=operates))

    return site.live.stream(("campaign", campaign_id, operates), ask)


def _view(site: Site, campaign_id: int) -> dict[str, Any]:
    world = site.world()
    now = world.clock.now()
    found = standing(world.db, campaign_id, now=now)
    kept = site.figures.get(*_question(site, campaign_id), now=now)
    return live_view(found, kept.value, now=now)


def _question(site: Site, campaign_id: int) -> tuple[Hashable, Callable[[], Counted]]:
    """Give what is counted of a campaign: a long list takes its time, whoever looks."""
    world = site.world()
    return ("campaign", campaign_id), lambda: counted(world.db, campaign_id, now=world.clock.now())


def _findings(site: Site, row: Campaign, *, now: datetime) -> Sequence[Finding] | None:
    """Give what was found before a start; None while it is still looked for, in a long list."""
    db = site.world().db
    ask = lambda: findings_here(db, row, now=now)  # noqa: E731
    kept = site.figures.soon(("findings", row.id, row.edited_at), ask, now=now)
    return None if kept is None else kept.value


def _read(number: str) -> tuple[str | None, str | None]:
    """Give what is wrong with a number that was typed, and the number."""
    if not number.strip():
        return None, None
    phone = parse_phone(number, country="US", allow_fictional=True, allowed_countries=None)
    if isinstance(phone, Phone):
        return None, phone.e164
    return f"“{number.strip()[:40]}” is no number: {phone.message}", None


def _around(
    campaign_id: int, chosen: LeadFilter, *, latest: bool, next_after: str | None
) -> dict[str, Any]:
    """Give the order of a page of leads, and the addresses of others."""
    next_url = next_after and url_of(campaign_id, chosen, after=next_after, latest=latest)
    return {
        "latest": latest,
        "sorts": _sorts(campaign_id, latest=latest) if chosen == LeadFilter() else (),
        "first_url": url_of(campaign_id, chosen, latest=latest),
        "next_url": next_url,
    }


def _sorts(campaign_id: int, *, latest: bool) -> list[tuple[str, str, bool]]:
    """Give each order of the leads: its words, its address, and whether it is on."""
    every = LeadFilter()
    return [
        ("next call", url_of(campaign_id, every), not latest),
        ("latest call", url_of(campaign_id, every, latest=True), latest),
    ]


def _filters(
    campaign_id: int, progress: Progress | None, chosen: LeadFilter, *, matching: int | None
) -> list[tuple[str, int | None, str, bool]]:
    """Give each filter: its words, how many leads it shows, its address, and whether it is on."""
    every = LeadFilter()
    number = None if progress is None else progress.leads
    found = [("all", number, url_of(campaign_id, every), chosen == every)]
    for state, count in COUNTED_IN.items():
        one = LeadFilter(state=state)
        number = None if progress is None else int(getattr(progress, count))
        found.append((state.value, number, url_of(campaign_id, one), chosen == one))
    if chosen != every and chosen.state is None:
        found.append((chosen.words, matching, url_of(campaign_id, chosen), True))
    return found


def _matching(
    site: Site, campaign_id: int, of: Counted, chosen: LeadFilter, *, now: datetime
) -> int | None:
    """Give how many leads a filter finds; None while they are still counted."""
    done = of.progress
    if chosen.finished or chosen.begun:
        return done.finished if chosen.finished else done.begun
    if chosen.state is not None:
        counts: Mapping[LeadState, str] = COUNTED_IN
        return int(getattr(done, counts[chosen.state]))
    if chosen.closed_as is not None:
        return done.closed_as.get(chosen.closed_as, 0)
    if chosen.held is not None:
        return of.held.get(chosen.held, 0)
    if chosen.last is None and chosen.list_id is None:
        return done.leads
    ask = lambda: count_leads(site.world().db, campaign_id, chosen)  # noqa: E731
    kept = site.figures.soon(("leads", campaign_id, chosen), ask, now=now)
    return None if kept is None else kept.value
