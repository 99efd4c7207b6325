"""Schedules: what makes campaigns by itself, when it does next, and what came of it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dialer.actions import schedule, schedule_changes
from dialer.domain.roles import Role
from dialer.store import campaigns, lists, schedule_runs, schedules
from dialer.store.database import Connection
from dialer.store.tables import Schedule, ScheduleRun
from dialer.web.access import actor_of, requires
from dialer.web.masking import texts_as_seen_by
from dialer.web.pages import page
from dialer.web.schedule_view import schedule_view
from dialer.web.sign_in import see
from dialer.web.site import site_of

viewing = requires(Role.VIEWER)
changing = requires(Role.OPERATOR)

PATH = "/schedules"
LATEST = 3
PAGE = 50
MOST_FILES = 20


@viewing.get(PATH)
def schedules_page(request: Request) -> Response:
    """Show the schedules, the newest first, each with its latest runs."""
    world = site_of(request).world()

    def body(tx: Connection) -> list[dict[str, Any]]:
        rows = schedules.every(tx)
        runs = {row.id: schedule_runs.of_schedule(tx, row.id, most=LATEST) for row in rows}
        names = _names(tx, [run for some in runs.values() for run in some])
        return [schedule_view(row, runs[row.id], names) for row in rows]

    found = world.db.read(body)
    return page(
        request, "schedules.html", found=texts_as_seen_by(request, found), now=world.clock.now()
    )


@viewing.get(PATH + "/{schedule_id}")
def schedule_page(request: Request, schedule_id: int, before: int | None = None) -> Response:
    """Show one schedule, its runs, and the files of its folder."""
    world = site_of(request).world()

    def body(tx: Connection) -> dict[str, Any]:
        row = schedule.find(tx, schedule_id)
        runs = schedule_runs.of_schedule(tx, row.id, most=PAGE + 1, before=before)
        return {
            "one": texts_as_seen_by(request, schedule_view(row, runs[:PAGE], _names(tx, runs))),
            "next_before": runs[PAGE - 1].id if len(runs) > PAGE else None,
            "lists_of": lists.first_of(tx, {run.campaign_id or 0 for run in runs}),
            "made": schedule_runs.count_campaigns(tx, row.id),
            "under_way": schedule_runs.has_open(tx, row.id),
            "files": texts_as_seen_by(request, _files(tx, row)),
        }

    found = world.db.read(body)
    return page(request, "schedule.html", now=world.clock.now(), first=before is None, **found)


def _files(tx: Connection, row: Schedule) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "seen_at": one.seen_at, "taken": one.sha256 is not None}
        for one in schedules.files_seen(tx, row.id)[:MOST_FILES]
    ]


def _names(tx: Connection, runs: list[ScheduleRun]) -> dict[int, str]:
    return campaigns.names(tx, {run.campaign_id for run in runs if run.campaign_id is not None})


@changing.post(PATH + "/{schedule_id}/enable")
def enable(request: Request, schedule_id: int) -> Response:
    """Let a schedule run, from its next occurrence on."""
    schedule.enable(site_of(request).world(), schedule_id, actor=actor_of(request).name)
    return see(f"{PATH}/{schedule_id}")


@changing.post(PATH + "/{schedule_id}/disable")
def disable(request: Request, schedule_id: int) -> Response:
    """Let a schedule make no further campaign."""
    schedule.disable(site_of(request).world(), schedule_id, actor=actor_of(request).name)
    return see(f"{PATH}/{schedule_id}")


@changing.post(PATH + "/{schedule_id}/run")
def run(request: Request, schedule_id: int) -> Response:
    """Have a schedule run once now; the worker for files does it within seconds."""
    schedule.ask_run(site_of(request).world(), schedule_id, actor=actor_of(request).name)
    return see(f"{PATH}/{schedule_id}")


@changing.post(PATH + "/{schedule_id}/delete")
def delete(request: Request, schedule_id: int) -> Response:
    """Take a schedule away; its campaigns stay."""
    actor = actor_of(request).name
    schedule_changes.delete(site_of(request).world(), schedule_id, actor=actor)
    return see(PATH)
