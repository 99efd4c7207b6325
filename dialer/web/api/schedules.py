"""Schedules: recipes that stamp out campaigns, by the clock or by files that appear."""

from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field
from starlette.requests import Request

from dialer.actions import schedule
from dialer.actions.schedule_file import read_recipe
from dialer.domain.roles import Scope
from dialer.domain.schedule_spec import LeadChoice, RunStatus
from dialer.store import schedule_runs, schedules
from dialer.store.database import Connection
from dialer.store.tables import Schedule, ScheduleRun
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.cursors import Cursor, Limit, Page, page_by_id, read_id
from dialer.web.api.kinds import Given, Id
from dialer.web.site import site_of

reading = asks(Scope.SCHEDULES_READ, tag="schedules")
writing = asks(Scope.SCHEDULES_WRITE, tag="schedules")

FOLDER = "lists"
"""Beneath DIALER_HOME; who is not at the machine names no other files of it."""


class ScheduleRow(BaseModel):
    """A schedule in a list."""

    id: int = Field(examples=[3])
    name: str
    enabled: bool
    when: str = Field(examples=["0 9 * * mon-fri in America/New_York"])
    leads: LeadChoice
    missed: str
    lead_file: str | None
    next_run_at: datetime | None
    last_run_at: datetime | None
    last_outcome: RunStatus | None
    created_at: datetime


class ScheduleShown(ScheduleRow):
    """A schedule with its settings."""

    spec: dict[str, Any]


class Run(BaseModel):
    """One occurrence of a schedule, and what became of it."""

    id: int
    schedule_id: int
    occurrence: str
    due_at: datetime
    actor: str
    outcome: RunStatus
    campaign_id: int | None
    rows: int
    imported: int
    duplicates: int
    rejected: int
    passed_over: int
    sentence: str | None
    tries: int
    started_at: datetime | None
    finished_at: datetime | None


class NewSchedule(Given):
    """The two sections of a schedule file. Lists lie in the folder `lists` of DIALER_HOME."""

    schedule: dict[str, Any] = Field(
        examples=[{"name": "Weekdays", "cron": "0 9 * * mon-fri", "zone": "America/New_York"}]
    )
    campaign: dict[str, Any] = Field(
        examples=[{"name": "Renewal", "from_numbers": ["+12125550000"], "leads": "renewal.csv"}]
    )


@reading.get("/schedules")
def list_schedules(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Page[ScheduleRow]:
    """List the schedules, the newest first."""
    question = "schedules"
    before = read_id(question, cursor)

    def body(tx: Connection) -> tuple[list[ScheduleRow], str | None]:
        rows = schedules.page(tx, before=before, most=limit + 1)
        rows, next_cursor = page_by_id(question, rows, limit=limit)
        return [ScheduleRow(**_fields(tx, row)) for row in rows], next_cursor

    items, next_cursor = world_of(request).db.read(body)
    return Page(items=items, next_cursor=next_cursor)


@reading.get("/schedules/{schedule_id}")
def show_schedule(request: Request, schedule_id: Id) -> ScheduleShown:
    """Show one schedule with its settings."""
    return _shown(request, schedule_id)


@reading.get("/schedules/{schedule_id}/runs")
def list_runs(
    request: Request, schedule_id: Id, limit: Limit = 50, cursor: Cursor = None
) -> Page[Run]:
    """List the runs of a schedule, the newest first: what was due, and what became of it."""
    question = ("runs", schedule_id)
    before = read_id(question, cursor)

    def body(tx: Connection) -> list[ScheduleRun]:
        schedule.find(tx, schedule_id)
        return schedule_runs.page(tx, schedule_id, before=before, most=limit + 1)

    rows, next_cursor = page_by_id(question, world_of(request).db.read(body), limit=limit)
    return Page(items=[_run(row) for row in rows], next_cursor=next_cursor)


@writing.post("/schedules", status_code=HTTPStatus.CREATED)
def create_schedule(request: Request, given: NewSchedule) -> ScheduleShown:
    """Make a schedule; it runs from its next occurrence on."""
    folder = site_of(request).settings.create_home() / FOLDER
    recipe = read_recipe(given.model_dump(), folder=folder, source="the request")
    schedule_id = schedule.create(world_of(request), recipe, actor=actor_of(request))
    return _shown(request, schedule_id)


@writing.post("/schedules/{schedule_id}/enable")
def enable_schedule(request: Request, schedule_id: Id) -> ScheduleShown:
    """Let a schedule run, from its next occurrence on."""
    schedule.enable(world_of(request), schedule_id, actor=actor_of(request))
    return _shown(request, schedule_id)


@writing.post("/schedules/{schedule_id}/disable")
def disable_schedule(request: Request, schedule_id: Id) -> ScheduleShown:
    """Let a schedule make no further campaign; those it made go on."""
    schedule.disable(world_of(request), schedule_id, actor=actor_of(request))
    return _shown(request, schedule_id)


@writing.post("/schedules/{schedule_id}/run-now", status_code=HTTPStatus.ACCEPTED)
def run_schedule_now(request: Request, schedule_id: Id) -> Run:
    """Run once, whether the schedule is enabled or not; begins within seconds: see its runs."""
    world = world_of(request)
    run_id = schedule.ask_run(world, schedule_id, actor=actor_of(request))
    run = world.db.read(lambda tx: schedule_runs.get(tx, run_id))
    assert run is not None
    return _run(run)


def _shown(request: Request, schedule_id: int) -> ScheduleShown:
    def body(tx: Connection) -> ScheduleShown:
        row = schedule.find(tx, schedule_id)
        return ScheduleShown(**_fields(tx, row), spec=row.spec)

    return world_of(request).db.read(body)


def _fields(tx: Connection, row: Schedule) -> dict[str, Any]:
    recipe = schedules.recipe_of(row)
    last = next(iter(schedule_runs.of_schedule(tx, row.id, most=1)), None)
    return {
        "id": row.id,
        "name": row.name,
        "enabled": row.enabled,
        "when": recipe.schedule.when,
        "leads": recipe.schedule.leads,
        "missed": recipe.schedule.missed.value,
        "lead_file": Path(recipe.lead_file).name if recipe.lead_file is not None else None,
        "next_run_at": row.next_run_at,
        "last_run_at": last.due_at if last is not None else None,
        "last_outcome": last.status if last is not None else None,
        "created_at": row.created_at,
    }


def _run(run: ScheduleRun) -> Run:
    names = set(Run.model_fields) - {"outcome"}
    return Run(outcome=run.status, **{name: getattr(run, name) for name in names})
