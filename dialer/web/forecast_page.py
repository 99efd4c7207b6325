"""The forecast of a campaign: asked for here, played through by a worker, shown as it comes."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.control import find
from dialer.domain.durations import format_duration, parse_duration
from dialer.domain.errands import FOR_A_WORKER, ErrandKind
from dialer.domain.lines import lines_in_force
from dialer.domain.roles import Role
from dialer.errors import UserError
from dialer.forecast.errand import MOST_DAYS, Wish, ask
from dialer.store import campaigns, errands, gate
from dialer.store.tables import Campaign, Errand
from dialer.web.access import actor_of, requires
from dialer.web.campaign_view import CHART_HEIGHT, percent
from dialer.web.error_pages import status_for
from dialer.web.pages import page
from dialer.web.sign_in import see
from dialer.web.site import Site, site_of

viewing = requires(Role.VIEWER)
changing = requires(Role.OPERATOR)

Text = Annotated[str, Form(max_length=20)]
PERCENT = 100


@viewing.get("/campaigns/{campaign_id}/forecast")
def forecast_page(request: Request, campaign_id: int) -> Response:
    """Show the latest forecast, and what the next one is to assume."""
    return _page(request, campaign_id, given=None, error=None)


@changing.post("/campaigns/{campaign_id}/forecast")
def play(
    request: Request,
    campaign_id: int,
    days: Text = "14",
    lines: Text = "",
    pace: Text = "",
    answer: Text = "30",
    talk: Text = "2m",
) -> Response:
    """Have a campaign played through."""
    given = {"days": days, "lines": lines, "pace": pace, "answer": answer, "talk": talk}
    try:
        ask(site_of(request).world(), campaign_id, _wish(given), actor=actor_of(request).name)
    except UserError as error:
        return _page(request, campaign_id, given=given, error=error)
    return see(f"/campaigns/{campaign_id}/forecast")


def _wish(given: Mapping[str, str]) -> Wish:
    try:
        return Wish(
            lines=int(given["lines"]),
            calls_per_second=float(given["pace"]),
            answer_rate=float(given["answer"]) / PERCENT,
            talk=parse_duration(given["talk"]),
            days=int(given["days"]),
        )
    except ValueError as error:
        raise UserError(
            "the assumptions cannot be read", why=str(error), fix="correct it"
        ) from error


def _page(
    request: Request,
    campaign_id: int,
    *,
    given: Mapping[str, str] | None,
    error: UserError | None,
) -> Response:
    site = site_of(request)
    db = site.world().db
    row = db.read(lambda tx: find(tx, campaign_id))
    latest = db.read(lambda tx: errands.latest_about(tx, campaign_id, ErrandKind.FORECAST))
    working = latest is not None and latest.status in FOR_A_WORKER
    return page(
        request,
        "forecast.html",
        campaign=row,
        latest=latest,
        working=working,
        found=_shown(latest),
        given=given or _usual(site, row, latest),
        most_days=MOST_DAYS,
        error=error,
        status=status_for(error),
    )


def _usual(site: Site, row: Campaign, latest: Errand | None) -> dict[str, str]:
    """Give what the last forecast assumed, else what holds now."""
    if latest is not None:
        asked = latest.asked
        return {
            "days": str(asked["days"]),
            "lines": str(asked["lines"]),
            "pace": f"{asked['calls_per_second']:g}",
            "answer": f"{asked['answer_rate'] * PERCENT:g}",
            "talk": format_duration(timedelta(seconds=asked["talk_s"])),
        }
    world = site.world()
    state = world.db.read(gate.peek)
    ours = lines_in_force(state, now=world.clock.now()).lines
    lines = min(ours, campaigns.spec_of(row).limits.lines or ours)
    pace = state.calls_per_second or site.settings.calls_per_second
    return {
        "days": "14",
        "lines": str(max(lines, 1)),
        "pace": f"{pace:g}",
        "answer": "30",
        "talk": "2m",
    }


def _shown(latest: Errand | None) -> dict[str, Any] | None:
    """Give the figures of a forecast that was played to its end."""
    if latest is None or latest.found is None or "by_day" not in latest.found:
        return None
    found = latest.found
    return {
        **found,
        "busy": round(PERCENT * found["busy_share"]),
        "hours": f"{found['hours']:,.1f}",
        "days": _bars(
            {f"{date.fromisoformat(day):%a %d %b}": n for day, n in found["by_day"].items()}
        ),
        "clock": _bars({f"{int(hour):02d}:00": n for hour, n in found["by_hour"].items()}),
        "ends": _shares(found["closed_as"]),
        "results": _shares(found["dispositions"]),
    }


def _bars(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    most = max(counts.values(), default=0) or 1
    return [
        {"words": words, "count": count, "height": round(CHART_HEIGHT * count / most), "x": n * 10}
        for n, (words, count) in enumerate(counts.items())
    ]


def _shares(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    whole = sum(counts.values())
    return [
        {"words": word, "count": count, "percent": percent(count, whole) or 0}
        for word, count in sorted(counts.items(), key=lambda one: -one[1])
    ]
