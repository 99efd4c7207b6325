"""One campaign's leads: by state, page by page, and by number."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.campaign_leads import LeadsPage, leads_page, with_number
from dialer.domain.phones import Phone, parse_phone
from dialer.domain.roles import Role
from dialer.domain.states import LeadState
from dialer.store.figures import Progress
from dialer.store.lead_paging import Place
from dialer.web.access import actor_of, requires
from dialer.web.masking import masked
from dialer.web.pages import page
from dialer.web.site import site_of
from dialer.web.status_page import COUNTED_IN, counts_of, reason

router = requires(Role.VIEWER)


@router.get("/campaigns/{campaign_id}")
def campaign_page(
    request: Request, campaign_id: int, state: str = "", after: str = "", number: str = ""
) -> Response:
    """Show the leads of a campaign; a filter that nobody knows shows all of them."""
    world = site_of(request).world()
    chosen = next((one for one in LeadState if one.value == state.replace("_", " ")), None)
    wrong = None
    if number.strip():
        phone = parse_phone(number, country="US", allow_fictional=True, allowed_countries=None)
        if isinstance(phone, Phone):
            found = with_number(world.db, campaign_id, phone.e164)
        else:
            wrong = f"“{number.strip()[:40]}” is no number: {phone.message}"
            found = leads_page(world.db, campaign_id, state=None, after=None)
    else:
        place = Place.read(after) if after else None
        found = leads_page(world.db, campaign_id, state=chosen, after=place)
    now = world.clock.now()
    counted = counts_of(request, [campaign_id], now=now)
    progress = counted.value.progress[campaign_id]
    return page(
        request,
        "campaign.html",
        campaign=found.campaign,
        reason=reason(found.campaign, progress, now=now),
        progress=progress,
        filters=_filters(campaign_id, progress, chosen),
        leads=_shown(request, found),
        number=number.strip(),
        wrong=wrong,
        first=not after,
        first_url=_url(campaign_id, chosen),
        next_url=found.next_after and _url(campaign_id, chosen, after=found.next_after),
        now=now,
        counted_at=counted.as_of,
    )


def _shown(request: Request, found: LeadsPage) -> Any:
    may_see = actor_of(request).role.includes(Role.OPERATOR)
    return list(found.leads) if may_see else masked(list(found.leads))


def _filters(
    campaign_id: int, progress: Progress, chosen: LeadState | None
) -> list[tuple[str, int, str, bool]]:
    """Give each filter: its words, how many leads it shows, its address, and whether it is on."""
    every = [("all", progress.leads, _url(campaign_id, None), chosen is None)]
    return every + [
        (state.value, getattr(progress, count), _url(campaign_id, state), chosen is state)
        for state, count in COUNTED_IN.items()
    ]


def _url(campaign_id: int, state: LeadState | None, *, after: str | None = None) -> str:
    given = {"state": state and state.value.replace(" ", "_"), "after": after}
    query = urlencode({name: value for name, value in given.items() if value})
    return f"/campaigns/{campaign_id}" + (f"?{query}" if query else "")
