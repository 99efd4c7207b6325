"""What people do to schedules on pages: other settings, a run by hand, and away with one."""

from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from factories import NOW, FrozenClock, Stage, make_spec

from dialer.actions import control, schedule, schedule_changes, schedule_files
from dialer.actions.week import WeekPlan, WeekRun, hours_of, plan_of
from dialer.actions.world import World
from dialer.domain.schedule_spec import Recipe, RunStatus, ScheduleSpec
from dialer.domain.states import LeadStatus
from dialer.domain.week import Piece, Week
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.store import campaigns, ledger, schedule_runs, schedules

DAILY = {"cron": "0 9 * * *", "zone": "America/New_York"}
NINE = NOW - timedelta(hours=1)  # of the same day, in New York


def recipe(folder: Path, **told: Any) -> Recipe:
    when = {} if {"at", "watch", "cron"} & told.keys() else DAILY
    path = folder / "leads.csv"
    path.write_text("phone\n+12125550111\n", encoding="utf-8")
    return Recipe(
        schedule=ScheduleSpec.model_validate({"name": "Spring", **when, **told}),
        campaign=make_spec(name="Spring"),
        lead_file=None if "watch" in told else str(path),
    )


def week_of(world: World, day: str = "2026-03-04") -> WeekPlan:
    week = Week.of(date.fromisoformat(day), zone_name="America/New_York")
    return world.db.read(lambda tx: plan_of(tx, week, now=world.clock.now()))


def tick(world: World, folder: Path) -> None:
    schedule.run_due(world, rejects_in=folder / "rejects")


# -- other settings


def test_a_schedule_is_not_edited_while_a_run_is_under_way(world: World, tmp_path: Path) -> None:
    one = schedule.create(world, recipe(tmp_path), actor="test")
    schedule.ask_run(world, one, actor="test")
    for change in (
        partial(schedule_changes.edit, world, one, recipe(tmp_path, name="Autumn"), actor="test"),
        partial(schedule_changes.delete, world, one, actor="test"),
    ):
        with pytest.raises(RefusedByRule, match="is under way"):
            change()


def test_an_edit_may_not_take_the_name_of_another_one(world: World, tmp_path: Path) -> None:
    one = schedule.create(world, recipe(tmp_path), actor="test")
    schedule.create(world, recipe(tmp_path, name="Autumn"), actor="test")
    with pytest.raises(RefusedByRule, match="already"):
        schedule_changes.edit(world, one, recipe(tmp_path, name="Autumn"), actor="test")


def test_an_edit_counts_from_the_next_run_on_and_is_written_down(
    world: World, tmp_path: Path
) -> None:
    one = schedule.create(world, recipe(tmp_path), actor="test")
    noon = {"cron": "0 12 * * *", "zone": "America/New_York"}
    schedule_changes.edit(world, one, recipe(tmp_path, **noon), actor="ann")
    row = world.db.read(lambda tx: schedule.find(tx, one))
    assert row.next_run_at == NOW + timedelta(hours=2)
    _, edited = world.db.read(lambda tx: ledger.of_subject(tx, f"schedule:{one}"))
    assert (edited.actor, edited.action) == ("ann", "edit")
    assert (edited.before or {})["when"] == "0 9 * * * in America/New_York"
    assert (edited.after or {})["when"] == "0 12 * * * in America/New_York"


def test_a_disabled_schedule_stays_disabled_by_an_edit(world: World, tmp_path: Path) -> None:
    one = schedule.create(world, recipe(tmp_path), actor="test")
    schedule.disable(world, one, actor="test")
    schedule_changes.edit(world, one, recipe(tmp_path, name="Autumn"), actor="test")
    row = world.db.read(lambda tx: schedule.find(tx, one))
    assert (row.enabled, row.next_run_at, row.name) == (False, None, "Autumn")


# -- away with it


def test_a_deleted_schedule_does_nothing_any_more_and_its_past_stays(
    world: World, tmp_path: Path
) -> None:
    one = schedule.create(world, recipe(tmp_path), actor="test")
    schedule.run_now(world, one, actor="test", rejects_in=tmp_path)
    for _ in range(2):  # twice is once
        schedule_changes.delete(world, one, actor="ann")
    assert world.db.read(schedules.every) == []
    assert len(world.db.read(lambda tx: schedule_runs.of_schedule(tx, one))) == 1
    assert world.db.read(lambda tx: schedule_runs.count_campaigns(tx, one)) == 1
    for act in (
        partial(schedule.enable, world, one, actor="test"),
        partial(schedule.ask_run, world, one, actor="test"),
        partial(schedule_changes.edit, world, one, recipe(tmp_path), actor="test"),
    ):
        with pytest.raises(RefusedByRule, match="was deleted"):
            act()
    actions = [row.action for row in world.db.read(lambda tx: ledger.of_subject(tx, "schedule:1"))]
    assert actions == ["create", "run_now", "delete"]


def test_its_name_may_be_used_again(world: World, tmp_path: Path) -> None:
    schedule_changes.delete(
        world, schedule.create(world, recipe(tmp_path), actor="test"), actor="test"
    )
    assert schedule.create(world, recipe(tmp_path), actor="test") == 2


# -- moments that nobody has noted yet


@pytest.mark.parametrize("change", ["edited", "disabled", "deleted"])
def test_a_moment_that_a_change_comes_before_is_left_out_with_a_row_that_says_so(
    world: World, tmp_path: Path, change: str
) -> None:
    assert isinstance(world.clock, FrozenClock)
    one = schedule.create(world, recipe(tmp_path), actor="test")
    world.clock.pass_time(days=2)
    {
        "edited": partial(schedule_changes.edit, world, one, recipe(tmp_path, late_by="1h")),
        "disabled": partial(schedule.disable, world, one),
        "deleted": partial(schedule_changes.delete, world, one),
    }[change](actor="ann")
    tick(world, tmp_path)
    (run,) = world.db.read(lambda tx: schedule_runs.of_schedule(tx, one))
    assert (run.status, run.due_at) == (RunStatus.SKIPPED, NINE + timedelta(days=2))
    assert run.sentence == (
        "2 runs from 2026-03-05 14:00 UTC to 2026-03-06 14:00 UTC left out: the schedule was"
        f" {change} at 2026-03-06 15:00 UTC, before anybody noted them."
    )
    assert world.db.read(campaigns.every) == []


def test_a_change_between_two_moments_leaves_nothing_out(world: World, tmp_path: Path) -> None:
    one = schedule.create(world, recipe(tmp_path), actor="test")
    schedule_changes.edit(world, one, recipe(tmp_path, late_by="1h"), actor="ann")
    for _ in range(2):
        schedule.disable(world, one, actor="ann")
    schedule_changes.delete(world, one, actor="ann")
    assert world.db.read(lambda tx: schedule_runs.of_schedule(tx, one)) == []


# -- a run that somebody asks for on a page


def test_a_run_that_was_asked_for_is_done_at_the_next_look(world: World, tmp_path: Path) -> None:
    one = schedule.create(world, recipe(tmp_path), actor="test")
    run_id = schedule.ask_run(world, one, actor="ann")
    assert world.db.read(campaigns.every) == []
    tick(world, tmp_path)
    run = world.db.read(lambda tx: schedule_runs.get(tx, run_id))
    assert run is not None
    assert (run.status, run.actor) == (RunStatus.STARTED, "ann")


# -- lists and folders


def test_a_list_is_named_and_never_a_path(world: World, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("x", encoding="utf-8")
    for name in ("../secret.csv", str(tmp_path / "secret.csv"), "", ".hidden"):
        with pytest.raises(NotFound):
            schedule_files.list_path(tmp_path, name)
    for name in ("../x", "a/b", ".hidden", "", "x.", "*"):
        with pytest.raises(UserError):
            schedule_files.watched(tmp_path, name)


def test_a_list_takes_the_place_of_an_older_one(world: World, tmp_path: Path) -> None:
    for text in ("old", "newer"):
        path = tmp_path / "up" / "leads.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        schedule_files.bring(world, path, home=tmp_path, actor="ann")
    assert schedule_files.lists_in(tmp_path) == ["leads.csv"]
    assert schedule_files.list_path(tmp_path, "leads.csv").read_text() == "newer"
    notes = world.db.read(lambda tx: ledger.of_subject(tx, "schedules"))
    assert [(row.after or {})["again"] for row in notes] == [False, True]


def test_a_watched_folder_is_made_where_it_is_missing(world: World, tmp_path: Path) -> None:
    watch = schedule_files.watched(tmp_path, "from the CRM")
    schedule.create(world, recipe(tmp_path, watch=watch), actor="test")
    assert (tmp_path / "inbox" / "from the CRM").is_dir()


# -- the week


def test_a_week_shows_what_ran_and_what_will(world: World, tmp_path: Path) -> None:
    assert isinstance(world.clock, FrozenClock)
    world.clock.moment = NINE - timedelta(minutes=30)
    one = schedule.create(world, recipe(tmp_path), actor="test")
    world.clock.moment = NOW - timedelta(minutes=59)
    tick(world, tmp_path)
    runs = week_of(world).runs
    assert [(run.at, run.status) for run in runs] == [
        (NINE, RunStatus.STARTED),
        (NINE + timedelta(days=1), None),
        (NINE + timedelta(days=2), None),
        (NINE + timedelta(days=3), None),
        (NINE + timedelta(days=4, hours=-1), None),  # the clock was set forward that night
    ]
    assert {(run.schedule_id, run.name) for run in runs} == {(one, "Spring")}
    assert runs[0].campaign_id is not None
    assert week_of(world, "2026-02-20").runs == []


def test_a_week_shows_no_run_of_a_schedule_that_is_disabled(world: World, tmp_path: Path) -> None:
    schedule.disable(world, schedule.create(world, recipe(tmp_path), actor="test"), actor="test")
    assert week_of(world).runs == []


def test_a_single_moment_is_shown_in_its_week_only(world: World, tmp_path: Path) -> None:
    at = (NOW + timedelta(days=1)).isoformat()
    one = schedule.create(world, recipe(tmp_path, at=at), actor="test")
    assert week_of(world).runs == [WeekRun(NOW + timedelta(days=1), "Spring", one)]
    assert week_of(world, "2026-03-11").runs == []


def test_what_runs_too_often_or_by_files_is_named_beside_the_week(
    world: World, tmp_path: Path
) -> None:
    often = {"cron": "*/10 * * * *", "zone": "UTC", "name": "Often"}
    schedule.create(world, recipe(tmp_path, **often), actor="test")
    schedule.create(
        world, recipe(tmp_path, watch=str(tmp_path / "in" / "*"), name="Files"), actor="test"
    )
    plan = week_of(world, "2026-03-11")
    assert plan.runs == []
    assert [row.name for row in plan.often] == ["Often"]
    assert [row.name for row in plan.by_folder] == ["Files"]


def test_a_campaign_that_somebody_gave_a_start_is_in_the_week(world: World) -> None:
    at = NOW + timedelta(days=1)
    campaign = control.create(world, make_spec(start_at=at), actor="test")
    control.start(world, campaign, actor="test")
    assert week_of(world).runs == [WeekRun(at, "Spring", campaign_id=campaign)]


def test_the_hours_of_a_campaign_are_those_in_which_any_waiting_lead_may_be_called(
    stage: Stage,
) -> None:
    world = stage.world
    window = {"days": ["mon"], "opens": "09:00", "closes": "12:00", "holidays": False}
    campaign = stage.campaign(window=window)
    stage.lead(campaign, zones="America/New_York", phone="+12125550111")
    stage.lead(campaign, zones="America/Los_Angeles", phone="+12125550112")
    stage.lead(campaign, zones="Asia/Tokyo", phone="+12125550113", status=LeadStatus.HELD)
    (row,) = week_of(world).calling
    found = hours_of(world.db, row, Week.of(date(2026, 3, 2), zone_name="America/New_York"))
    monday = date(2026, 3, 2)
    assert found == [Piece(monday, 9 * 60, 15 * 60)]
