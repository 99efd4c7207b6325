"""One campaign: what it is doing now, and its leads, by what is asked for and by number."""

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.campaign_leads import LeadsPage, leads_page, with_number
from dialer.actions.campaign_live import Counted, counted, standing
from dialer.actions.preflight import findings_of
from dialer.domain.lead_filter import LeadFilter
from dialer.domain.phones import Phone, parse_phone
from dialer.domain.roles import Role
from dialer.domain.states import LeadState
from dialer.store.figures import Progress
from dialer.store.lead_paging import Place
from dialer.web.access import actor_of, requires
from dialer.web.campaign_view import live_view, url_of
from dialer.web.kept_figures import Kept
from dialer.web.live import Snapshot
from dialer.web.masking import masked
from dialer.web.pages import filled, page
from dialer.web.site import Site, site_of
from dialer.web.status_page import COUNTED_IN

router = requires(Role.VIEWER)


@router.get("/campaigns/{campaign_id}")
def campaign_page(
    request: Request, campaign_id: int, after: str = "", number: str = ""
) -> Response:
    """Show a campaign and its leads; a filter that nobody knows shows all of them."""
    site = site_of(request)
    world, chosen = site.world(), LeadFilter.read(request.query_params)
    wrong, phone = _read(number)
    now = world.clock.now()
    if phone is not None:
        found = with_number(world.db, campaign_id, phone)
    else:
        place = Place.read(after) if after and wrong is None else None
        found = leads_page(world.db, campaign_id, chosen=chosen, after=place)
    of = _counted(site, campaign_id)
    now_of = standing(world.db, campaign_id, now=now)
    view = live_view(now_of, of.value, now=now)
    startable, matching = view["can"]["start"], _matching(of.value, chosen)
    return page(
        request,
        "campaign.html",
        campaign=found.campaign,
        view=view,
        findings=findings_of(world.db, found.campaign, now=now) if startable else (),
        filters=_filters(campaign_id, of.value.progress, chosen, matching=matching),
        chosen=chosen,
        matching=matching,
        leads=_shown(request, found),
        number=number.strip(),
        wrong=wrong,
        first=not after,
        first_url=url_of(campaign_id, chosen),
        next_url=found.next_after and url_of(campaign_id, chosen, after=found.next_after),
        now=now,
        counted_at=of.as_of,
    )


@router.get("/campaigns/{campaign_id}/events")
async def campaign_events(request: Request, campaign_id: int) -> Response:
    """Stream what a campaign is doing; all who look share one snapshot a second."""
    site = site_of(request)
    await run_in_threadpool(_view, site, campaign_id)
    may_operate = actor_of(request).role.includes(Role.OPERATOR)

    def ask() -> Snapshot:
        view = _view(site, campaign_id)
        return Snapshot(filled("campaign_now.html", view=view, may_operate=may_operate))

    return site.live.stream(("campaign", campaign_id, may_operate), ask)


def _view(site: Site, campaign_id: int) -> dict[str, Any]:
    world = site.world()
    now = world.clock.now()
    found = standing(world.db, campaign_id, now=now)
    return live_view(found, _counted(site, campaign_id).value, now=now)


def _counted(site: Site, campaign_id: int) -> Kept[Counted]:
    """Count, or give what was counted a moment ago: a long list takes its time."""
    world = site.world()
    now = world.clock.now()
    ask = lambda: counted(world.db, campaign_id, now=now)  # noqa: E731
    return site.figures.get(("campaign", campaign_id), ask, now=now)


def _read(number: str) -> tuple[str | None, str | None]:
    """Give what is wrong with a number that was typed, and the number."""
    if not number.strip():
        return None, None
    phone = parse_phone(number, country="US", allow_fictional=True, allowed_countries=None)
    if isinstance(phone, Phone):
        return None, phone.e164
    return f"“{number.strip()[:40]}” is no number: {phone.message}", None


def _shown(request: Request, found: LeadsPage) -> Any:
    may_see = actor_of(request).role.includes(Role.OPERATOR)
    return list(found.leads) if may_see else masked(list(found.leads))


def _filters(
    campaign_id: int, progress: Progress, chosen: LeadFilter, *, matching: int | None
) -> list[tuple[str, int | None, str, bool]]:
    """Give each filter: its words, how many leads it shows, its address, and whether it is on."""
    every = LeadFilter()
    found: list[tuple[str, int | None, str, bool]] = [
        ("all", progress.leads, url_of(campaign_id, every), chosen == every)
    ]
    for state, count in COUNTED_IN.items():
        one = LeadFilter(state=state)
        found.append(
            (state.value, getattr(progress, count), url_of(campaign_id, one), chosen == one)
        )
    if chosen != every and chosen.state is None:
        found.append((chosen.words, matching, url_of(campaign_id, chosen), True))
    return found


def _matching(of: Counted, chosen: LeadFilter) -> int | None:
    """Give how many leads a filter finds, where that is counted already."""
    done = of.progress
    if chosen.state is not None:
        counts: Mapping[LeadState, str] = COUNTED_IN
        return int(getattr(done, counts[chosen.state]))
    if chosen.closed_as is not None:
        return done.closed_as.get(chosen.closed_as, 0)
    if chosen.held is not None:
        return of.held.get(chosen.held, 0)
    return None if chosen.last is not None else done.leads
