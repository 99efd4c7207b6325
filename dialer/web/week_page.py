"""The week: runs of schedules and hours of campaigns, on seven days by the clock of a zone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.week import WeekRun, hours_of, plan_of
from dialer.domain.cron_words import in_words
from dialer.domain.local_time import format_minute
from dialer.domain.roles import Role
from dialer.domain.week import Piece, Week
from dialer.store import schedules
from dialer.store.tables import Campaign, Schedule
from dialer.web.access import requires
from dialer.web.masking import texts_as_seen_by
from dialer.web.pages import page
from dialer.web.schedule_page import PATH
from dialer.web.schedule_view import OUTCOMES
from dialer.web.site import Site, site_of
from dialer.web.zones import ZONES, typed_zone

router = requires(Role.VIEWER)

WIDTH = 120
"""Of a day's picture; divisible by the lanes there are at most."""
HOURS = range(24)
SOON_S = 0.05
"""So long the page waits for the hours of its campaigns; of a long list that takes a while."""
MOST_ROWS = 150
"""Of the table; the picture counts all."""
_A_WEEK = timedelta(days=7)


@router.get(f"{PATH}/week")
def week_page(request: Request, week: str = "", zone: str = "") -> Response:
    """Show a week as a picture and as a table."""
    site = site_of(request)
    world = site.world()
    now = world.clock.now()
    zone_name, wrong_zone = typed_zone(zone, fallback=site.settings.day_zone)
    if wrong_zone is not None:
        wrong_zone = f"{wrong_zone}. The times below are those of {zone_name}"
    today = Week.of(date(2001, 1, 1), zone_name=zone_name).day_of(now)
    day, wrong_day = _day(week, fallback=today)
    chosen = Week.of(day, zone_name=zone_name)
    plan = world.db.read(lambda tx: plan_of(tx, chosen, now=now))
    runs = [_run(one, chosen) for one in plan.runs]
    hours = _hours(site, plan.calling, chosen, now=now)
    found: dict[str, Any] = {
        "runs": runs[:MOST_ROWS],
        "more_runs": max(0, len(runs) - MOST_ROWS),
        "hours": hours,
        "days": [_day_view(one, runs, hours, chosen, now=now) for one in chosen.days],
        "often": [_often(row) for row in plan.often],
        "by_folder": [{"id": row.id, "name": row.name} for row in plan.by_folder],
    }
    return page(
        request,
        "week.html",
        week=chosen,
        zone=zone_name,
        zones=ZONES,
        wrong=wrong_zone or wrong_day,
        earlier=_url(chosen.monday - _A_WEEK, zone_name),
        later=_url(chosen.monday + _A_WEEK, zone_name),
        this=_url(today, zone_name),
        is_this=chosen.has(now),
        more_calling=plan.more_calling,
        now=now,
        **texts_as_seen_by(request, found),
    )


def _day(text: str, *, fallback: date) -> tuple[date, str | None]:
    if not text.strip():
        return fallback, None
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or not 2000 < found.year < 2200:
        return fallback, f"“{text[:20]}” is no day; this week is shown"
    return found, None


def _url(day: date, zone_name: str) -> str:
    monday = day - timedelta(days=day.weekday())
    query = urlencode({"week": monday.isoformat(), "zone": zone_name}, safe="/")
    return f"{PATH}/week?{query}"


def _run(one: WeekRun, week: Week) -> dict[str, Any]:
    minute = week.minute_of(one.at)
    return {
        "at": one.at,
        "day": week.day_of(one.at),
        "hour": minute // 60,
        "time": format_minute(minute),
        "name": one.name,
        "url": f"{PATH}/{one.schedule_id}" if one.schedule_id else f"/campaigns/{one.campaign_id}",
        "campaign_id": one.campaign_id,
        "status": "planned" if one.status is None else one.status.value,
        "outcome": "planned" if one.status is None else OUTCOMES[one.status],
        "sentence": one.sentence,
        "is_start": one.schedule_id is None,
    }


def _hours(
    site: Site, rows: Sequence[Campaign], week: Week, *, now: datetime
) -> list[dict[str, Any]]:
    """Give the hours of campaigns; `pieces` is None while they are still worked out."""
    db = site.world().db
    question = ("hours", week, *((row.id, row.edited_at) for row in rows))
    ask = lambda: {row.id: hours_of(db, row, week) for row in rows}  # noqa: E731
    kept = site.figures.soon(question, ask, now=now, within_s=SOON_S)
    found: Mapping[int, Sequence[Piece]] = {} if kept is None else kept.value
    return [_hours_view(row, found.get(row.id)) for row in rows]


def _hours_view(row: Campaign, pieces: Sequence[Piece] | None) -> dict[str, Any]:
    on: dict[date, list[tuple[str, str]]] = defaultdict(list)
    for one in pieces or ():
        on[one.day].append((format_minute(one.begins), format_minute(one.ends)))
    return {"id": row.id, "name": row.name, "counting": pieces is None, "on": on, "pieces": pieces}


def _day_view(
    day: date,
    runs: Sequence[Mapping[str, Any]],
    hours: Sequence[Mapping[str, Any]],
    week: Week,
    *,
    now: datetime,
) -> dict[str, Any]:
    by_hour: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for one in runs:
        if one["day"] == day:
            by_hour[one["hour"]].append(one)
    lane = WIDTH / max(1, len(hours))
    is_today = week.day_of(now) == day
    return {
        "day": day,
        "is_today": is_today,
        "now_at": week.minute_of(now) if is_today else None,
        "hours": [by_hour[hour] for hour in HOURS],
        "bars": [
            {
                "x": n * lane + 2,
                "width": lane - 4,
                "y": piece.begins,
                "height": piece.ends - piece.begins,
            }
            for n, one in enumerate(hours)
            for piece in one["pieces"] or ()
            if piece.day == day
        ],
    }


def _often(row: Schedule) -> dict[str, Any]:
    cron = schedules.recipe_of(row).schedule.cron or ""
    return {"id": row.id, "name": row.name, "words": in_words(cron) if cron else ""}
