"""Schedules: each occurrence becomes one campaign, whoever looks, and whatever dies in between."""

import csv
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from databases import Killed, interrupted_by, killed_after
from factories import NOW, OUR_NUMBER, FrozenClock, make_spec
from sqlalchemy.exc import OperationalError

from dialer.actions import control, schedule
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.schedule_spec import Recipe, RunStatus, ScheduleSpec
from dialer.domain.states import CampaignStatus, ClosedAs, LeadStatus, ListStatus
from dialer.errors import NotFound, RefusedByRule
from dialer.store import campaigns, leads, lists, registries, schedule_runs, schedules
from dialer.store.database import Connection, Database
from dialer.store.invariants import violations
from dialer.store.tables import Campaign, Lead, Schedule, ScheduleRun

HOURLY = {"cron": "0 * * * *", "zone": "America/New_York"}
NEXT_HOUR = NOW + timedelta(hours=1)


class Plan:
    """A schedule to make, a list for it, and what became of it."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.inbox = folder / "inbox"
        assert isinstance(world.clock, FrozenClock)
        self.clock = world.clock

    # -- making

    def write(self, *numbers: int, name: str = "leads.csv") -> Path:
        path = self.folder / name
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(("Phone", "Name"))
            writer.writerows((phone(number), f"Person {number}") for number in numbers)
        return path

    def create(
        self, *, world: World | None = None, ends_at: datetime | None = None, **settings: Any
    ) -> int:
        """Make a schedule that runs every hour, unless it is told otherwise."""
        watched = {"watch": str(self.inbox / "*")} if "watch" in settings else {}
        triggers = {"at", "cron", "watch"} & settings.keys()
        told = {"name": "Spring", **({} if triggers else HOURLY), **settings, **watched}
        recipe = Recipe(
            schedule=ScheduleSpec.model_validate(told),
            campaign=make_spec(name="Spring", agent_id="agent_1", ends_at=ends_at),
            lead_file=None if watched else str(self.folder / "leads.csv"),
        )
        return schedule.create(world or self.world, recipe, actor="test")

    def drop(self, *numbers: int, name: str = "new.csv") -> Path:
        """Put a file into the watched folder."""
        return self.write(*numbers, name=f"inbox/{name}")

    # -- acting

    def tick(self, *, world: World | None = None, **later: float) -> int:
        """Let time pass, then look what is due."""
        self.clock.pass_time(**later)
        return schedule.run_due(world or self.world, rejects_in=self.folder / "rejects")

    # -- looking

    def runs(self, schedule_id: int = 1) -> list[ScheduleRun]:
        """Give the runs, the oldest first."""
        found = self.world.db.read(lambda tx: schedule_runs.of_schedule(tx, schedule_id))
        return found[::-1]

    def row(self, schedule_id: int = 1) -> Schedule:
        return self.world.db.read(lambda tx: schedule.find(tx, schedule_id))

    def campaigns(self) -> list[Campaign]:
        return self.world.db.read(campaigns.every)[::-1]

    def leads(self, campaign_id: int) -> list[Lead]:
        chosen = leads.lead.select().where(leads.lead.c.campaign_id == campaign_id)
        return self.world.db.read(lambda tx: list(tx.execute(chosen.order_by(leads.lead.c.phone))))

    def called(self, campaign_id: int) -> list[str]:
        """Give the numbers a campaign is going to call."""
        return [lead.phone for lead in self.leads(campaign_id) if lead.status != LeadStatus.CLOSED]

    def reasons(self, campaign_id: int) -> list[str | None]:
        """Give why leads were passed over."""
        return [
            lead.held_reason
            for lead in self.leads(campaign_id)
            if lead.closed_as is ClosedAs.PASSED_OVER
        ]

    def close(self, campaign_id: int, number: int, **values: Any) -> None:
        """Let a lead come out."""
        chosen = leads.lead.update().where(
            leads.lead.c.campaign_id == campaign_id, leads.lead.c.phone == phone(number)
        )
        closed = {"status": LeadStatus.CLOSED, "closed_at": self.clock.now(), "due_at": None}
        self.world.db.transact(lambda tx: tx.execute(chosen.values({**closed, **values})))


def phone(number: int) -> str:
    return f"+1212{2_000_000 + number}"


@pytest.fixture
def world(world: World) -> Iterator[World]:
    """The world of the others; after each test every imported row is accounted for."""
    yield world
    found = world.db.read(lambda tx: violations(tx, now=world.clock.now()))
    assert [one for one in found if one.name == "I17"] == []


@pytest.fixture
def plan(world: World, tmp_path: Path) -> Plan:
    made = Plan(world, tmp_path)
    made.write(1, 2, 3)
    return made


# -- what is refused


def test_a_run_whose_campaign_may_not_start_fails_with_the_reason(plan: Plan) -> None:
    def load(tx: Connection) -> None:
        row = registries.open_named(tx, "us-national", file_name="a.txt", now=NOW)
        old = (NOW - timedelta(days=45)).date()
        registries.finish(tx, row.id, dated=old, file_name="a.txt", now=NOW)

    plan.create()
    plan.world.db.transact(load)
    plan.tick(hours=1)
    (run,) = plan.runs()
    assert run.status is RunStatus.FAILED
    assert "may not start" in (run.sentence or "")
    assert "the do-not-call registry us-national is of 2026-01-18, 45 days old" in (
        run.sentence or ""
    )
    (campaign,) = plan.campaigns()
    assert campaign.status is CampaignStatus.STOPPED
    assert plan.called(campaign.id) == []


def test_a_moment_that_is_past_is_refused(plan: Plan) -> None:
    with pytest.raises(RefusedByRule, match="is past"):
        plan.create(at=NOW.isoformat())
    assert plan.world.db.read(schedules.every) == []


def test_a_second_schedule_of_the_same_name_is_refused_while_the_first_runs(plan: Plan) -> None:
    plan.create()
    with pytest.raises(RefusedByRule, match="schedule 1 runs under the name"):
        plan.create()
    schedule.disable(plan.world, 1, actor="test")
    plan.create()
    with pytest.raises(RefusedByRule, match="schedule 2 runs"):
        schedule.enable(plan.world, 1, actor="test")


def test_a_folder_that_cannot_be_made_is_refused(plan: Plan) -> None:
    plan.inbox = plan.folder / "none" / "inbox"
    with pytest.raises(NotFound, match="is not there"):
        plan.create(watch=True)


@pytest.mark.parametrize("act", [schedule.enable, schedule.disable])
def test_a_schedule_that_is_not_there_is_not_found(plan: Plan, act: Callable[..., object]) -> None:
    with pytest.raises(NotFound, match="no schedule 7"):
        act(plan.world, 7, actor="test")


def test_a_run_by_hand_of_a_watched_folder_needs_a_file(plan: Plan) -> None:
    plan.create(watch=True)
    with pytest.raises(RefusedByRule, match="takes its lists from a folder"):
        schedule.run_now(plan.world, 1, actor="test", rejects_in=plan.folder)
    assert plan.runs() == []


def test_nothing_runs_before_its_time(plan: Plan) -> None:
    plan.create()
    assert plan.tick(minutes=59, seconds=59) == 0
    assert plan.campaigns() == []


def test_a_disabled_schedule_does_not_run(plan: Plan) -> None:
    plan.create()
    schedule.disable(plan.world, 1, actor="test")
    schedule.disable(plan.world, 1, actor="test")
    assert plan.tick(hours=3) == 0
    assert plan.row().next_run_at is None


def test_a_run_without_its_file_fails_and_makes_no_campaign(plan: Plan) -> None:
    plan.create()
    (plan.folder / "leads.csv").unlink()
    plan.tick(hours=1)
    (run,) = plan.runs()
    assert (run.status, run.campaign_id) == (RunStatus.FAILED, None)
    assert "leads.csv" in (run.sentence or "")
    assert plan.campaigns() == []
    plan.write(1)
    plan.tick(hours=1)
    assert [one.status for one in plan.runs()] == [RunStatus.FAILED, RunStatus.STARTED]


def test_a_run_after_the_end_of_its_campaigns_fails_and_makes_none(plan: Plan) -> None:
    plan.create(ends_at=NOW + timedelta(minutes=90))
    plan.tick(hours=1)
    plan.tick(hours=1)
    assert [one.status for one in plan.runs()] == [RunStatus.STARTED, RunStatus.FAILED]
    assert "ended" in (plan.runs()[1].sentence or "")
    assert len(plan.campaigns()) == 1


# -- what happens when its time comes


def test_a_run_makes_a_campaign_imports_its_list_and_starts_it(plan: Plan) -> None:
    plan.create()
    plan.clock.moment = NEXT_HOUR + timedelta(seconds=7)
    assert plan.tick() == 1
    (campaign,) = plan.campaigns()
    assert (campaign.status, campaign.schedule_id) == (CampaignStatus.RUNNING, 1)
    assert campaign.name == "Spring, 2026-03-04 11:00"
    assert plan.called(campaign.id) == [phone(1), phone(2), phone(3)]
    (run,) = plan.runs()
    assert (run.status, run.campaign_id, run.due_at) == (RunStatus.STARTED, 1, NEXT_HOUR)
    assert (run.rows, run.imported, run.duplicates, run.rejected) == (3, 3, 0, 0)
    assert run.sentence == "Campaign 1 was started: 3 leads to call."
    assert plan.row().next_run_at == NEXT_HOUR + timedelta(hours=1)
    assert plan.tick() == 0


def test_each_run_imports_the_list_as_it_is_then(plan: Plan) -> None:
    plan.create()
    plan.tick(hours=1)
    plan.write(3, 4)
    plan.tick(hours=1)
    assert plan.called(2) == [phone(3), phone(4)]
    assert [run.imported for run in plan.runs()] == [3, 2]


def test_a_schedule_for_one_moment_runs_once(plan: Plan) -> None:
    plan.create(at="2026-03-04T11:30:00-05:00")
    assert plan.tick(hours=1) == 0
    assert plan.tick(minutes=31) == 1
    assert plan.tick(days=1) == 0
    assert [run.due_at for run in plan.runs()] == [datetime(2026, 3, 4, 16, 30, tzinfo=UTC)]
    assert plan.row().next_run_at is None
    assert plan.campaigns()[0].name == "Spring, 2026-03-04 11:30"


def test_rows_that_are_no_leads_are_counted_and_kept_in_a_file(plan: Plan) -> None:
    with plan.write(1, 2, 2).open("a", encoding="utf-8") as stream:
        stream.write("911,Police\n")
    plan.create()
    plan.tick(hours=1)
    (run,) = plan.runs()
    assert (run.rows, run.imported, run.duplicates, run.rejected) == (4, 2, 1, 1)
    assert "1 row repeated, 1 row rejected" in (run.sentence or "")
    (kept,) = (plan.folder / "rejects").iterdir()
    assert kept.name == "leads-campaign1-run1.csv"


def test_a_disabled_schedule_runs_again_from_its_next_occurrence_on(plan: Plan) -> None:
    plan.create()
    schedule.disable(plan.world, 1, actor="test")
    plan.clock.pass_time(days=2, minutes=1)
    assert schedule.enable(plan.world, 1, actor="test") == NOW + timedelta(days=2, hours=1)
    assert schedule.enable(plan.world, 1, actor="test") == NOW + timedelta(days=2, hours=1)
    plan.tick()
    assert plan.runs() == []


def test_a_run_by_hand_needs_no_enabled_schedule(plan: Plan) -> None:
    plan.create()
    schedule.disable(plan.world, 1, actor="test")
    run = schedule.run_now(plan.world, 1, actor="ann", rejects_in=plan.folder)
    assert (run.status, run.actor, run.due_at) == (RunStatus.STARTED, "ann", NOW)
    assert plan.campaigns()[0].status is CampaignStatus.RUNNING


def test_a_run_that_was_noted_before_its_schedule_was_disabled_starts_nothing(plan: Plan) -> None:
    plan.create()
    note_only(plan, hours=1)
    schedule.disable(plan.world, 1, actor="test")
    plan.tick()
    (run,) = plan.runs()
    assert run.status is RunStatus.SKIPPED
    assert "disabled" in (run.sentence or "")
    assert plan.campaigns() == []


def test_a_draft_whose_schedule_was_disabled_is_stopped(plan: Plan) -> None:
    plan.create()
    die_when(plan, partial(is_imported, plan), hours=1)
    schedule.disable(plan.world, 1, actor="test")
    plan.tick(minutes=4)
    assert [run.status for run in plan.runs()] == [RunStatus.SKIPPED]
    assert plan.campaigns()[0].status is CampaignStatus.STOPPED


def test_a_scheduler_that_dies_over_a_disabled_schedule_leaves_no_draft(plan: Plan) -> None:
    plan.create()
    die_when(plan, partial(is_imported, plan), hours=1)
    schedule.disable(plan.world, 1, actor="test")
    die_when(plan, lambda: plan.runs()[0].status is RunStatus.SKIPPED, minutes=4)
    assert plan.campaigns()[0].status is CampaignStatus.STOPPED


def test_a_list_without_one_lead_starts_an_empty_campaign(plan: Plan) -> None:
    (plan.folder / "leads.csv").write_text("Phone,Name\n911,Police\n", encoding="utf-8")
    plan.create(leads="new leads only")
    plan.tick(hours=1)
    (run,) = plan.runs()
    assert (run.status, run.imported, run.rejected) == (RunStatus.STARTED, 0, 1)


def test_a_campaign_that_somebody_stopped_as_a_draft_stays_stopped(plan: Plan) -> None:
    plan.create()
    die_when(plan, partial(is_made, plan), hours=1)
    control.stop(plan.world, 1, actor="ann")
    plan.tick(minutes=5)
    (run,) = plan.runs()
    assert run.status is RunStatus.SKIPPED
    assert run.sentence == "Campaign 1 was stopped by somebody else already."
    assert plan.campaigns()[0].status is CampaignStatus.STOPPED


def test_a_campaign_that_somebody_started_as_a_draft_counts_as_started(plan: Plan) -> None:
    plan.create()
    die_when(plan, partial(is_imported, plan), hours=1)
    control.start(plan.world, 1, actor="ann")
    control.stop(plan.world, 1, actor="ann")
    plan.tick(minutes=5)
    (run,) = plan.runs()
    assert run.status is RunStatus.STARTED
    assert run.sentence == "Campaign 1 was stopped by somebody else already."


# -- occurrences that were missed


def missed(plan: Plan, *, setting: str, late_by: str = "15m") -> list[tuple[str, datetime]]:
    """Let the dialer be down for three and a half hours; give what became of the occurrences."""
    plan.create(missed=setting, late_by=late_by)
    plan.tick(hours=3, minutes=30)
    return [(run.status.value, run.due_at) for run in plan.runs()]


def test_missed_occurrences_are_skipped_with_a_row_that_says_so(plan: Plan) -> None:
    assert missed(plan, setting="skip") == [("skipped", NOW + timedelta(hours=3))]
    assert plan.campaigns() == []
    assert plan.runs()[0].sentence == (
        "3 runs from 2026-03-04 16:00 UTC to 2026-03-04 18:00 UTC missed, noticed at"
        ' 2026-03-04 18:30 UTC, and left out: missed = "skip".'
    )
    plan.tick(minutes=30)
    assert [run.status for run in plan.runs()] == [RunStatus.SKIPPED, RunStatus.STARTED]


def test_an_occurrence_that_is_late_by_little_runs(plan: Plan) -> None:
    assert missed(plan, setting="skip", late_by="45m") == [
        ("skipped", NOW + timedelta(hours=2)),
        ("started", NOW + timedelta(hours=3)),
    ]


def test_one_run_catches_up_with_all_that_was_missed(plan: Plan) -> None:
    assert missed(plan, setting="catch up once") == [
        ("skipped", NOW + timedelta(hours=2)),
        ("started", NOW + timedelta(hours=3)),
    ]


def test_every_missed_occurrence_is_caught_up_with(plan: Plan) -> None:
    assert missed(plan, setting="catch up all") == [
        ("started", NOW + timedelta(hours=hour)) for hour in (1, 2, 3)
    ]
    assert len(plan.campaigns()) == 3


def test_a_moment_that_was_missed_is_told(plan: Plan) -> None:
    plan.create(at="2026-03-04T11:30:00-05:00")
    plan.tick(days=1)
    (run,) = plan.runs()
    assert run.status is RunStatus.SKIPPED
    assert (run.sentence or "").startswith("The run of 2026-03-04 16:30 UTC missed")


# -- whom a run calls


def test_everyone_is_called_again(plan: Plan) -> None:
    plan.create(leads="everyone again")
    plan.tick(hours=1)
    plan.tick(hours=1)
    assert plan.called(1) == plan.called(2) == [phone(1), phone(2), phone(3)]


def test_numbers_that_an_earlier_run_had_are_passed_over(plan: Plan) -> None:
    plan.create(leads="new leads only")
    plan.tick(hours=1)
    plan.write(2, 3, 4)
    plan.tick(hours=1)
    assert plan.called(1) == [phone(1), phone(2), phone(3)]
    assert plan.called(2) == [phone(4)]
    assert plan.reasons(2) == ["had_before", "had_before"]
    run = plan.runs()[1]
    assert (run.rows, run.imported, run.passed_over) == (3, 3, 2)
    assert run.sentence == "Campaign 2 was started: 1 lead to call, 2 passed over (had_before)."


def test_another_schedule_does_not_count_as_an_earlier_run(plan: Plan) -> None:
    plan.create(leads="new leads only")
    plan.create(leads="new leads only", name="Summer")
    plan.tick(hours=1)
    assert len(plan.called(1)) == len(plan.called(2)) == 3


def test_a_run_that_failed_does_not_count_as_an_earlier_run(plan: Plan) -> None:
    plan.create(leads="new leads only")
    die_when(plan, partial(is_imported, plan), hours=1)
    plan.world.db.transact(lambda tx: tx.exec_driver_sql("UPDATE schedule_run SET tries = 5"))
    plan.tick(minutes=5)
    assert [run.status for run in plan.runs()] == [RunStatus.FAILED]
    assert plan.campaigns()[0].status is CampaignStatus.STOPPED
    plan.tick(hours=1)
    assert plan.called(2) == [phone(1), phone(2), phone(3)]


def test_a_run_whose_draft_somebody_stopped_does_not_count_as_an_earlier_run(plan: Plan) -> None:
    plan.create(leads="new leads only")
    die_when(plan, partial(is_imported, plan), hours=1)
    control.stop(plan.world, 1, actor="ann")
    plan.tick(minutes=5)
    plan.tick(hours=1)
    assert plan.called(2) == [phone(1), phone(2), phone(3)]


def test_those_not_reached_are_called_again_and_nobody_else(plan: Plan) -> None:
    plan.write(*range(1, 8))
    plan.create(leads="those not reached")
    plan.tick(hours=1)
    assert len(plan.called(1)) == 7
    plan.close(1, 1, closed_as=ClosedAs.EXHAUSTED, disposition="no_answer")
    plan.close(1, 2, closed_as=ClosedAs.STOPPED)
    plan.close(1, 3, closed_as=ClosedAs.REACHED, disposition="talked")
    plan.close(1, 4, closed_as=ClosedAs.SUPPRESSED, disposition="opted_out")
    plan.close(1, 5, closed_as=ClosedAs.INVALID_NUMBER, disposition="invalid_number")
    plan.close(1, 6, closed_as=ClosedAs.EXHAUSTED, disposition="unknown")
    plan.write(*range(1, 9))
    plan.tick(hours=1)
    assert plan.called(2) == [phone(1), phone(2), phone(8)]
    assert plan.reasons(2) == [
        *("reached_before", "closed_for_good", "closed_for_good", "needs_review", "still_open")
    ]


def test_a_run_that_passed_somebody_over_does_not_count_as_having_called_them(plan: Plan) -> None:
    plan.create(leads="those not reached")
    plan.tick(hours=1)
    plan.close(1, 1, closed_as=ClosedAs.REACHED)
    for _ in range(2):
        plan.tick(hours=1)
    assert plan.reasons(3)[0] == "reached_before"


def test_the_latest_run_that_called_somebody_decides(plan: Plan) -> None:
    plan.write(1)
    plan.create(leads="those not reached")
    plan.tick(hours=1)
    plan.close(1, 1, closed_as=ClosedAs.EXHAUSTED)
    plan.tick(hours=1)
    plan.close(2, 1, closed_as=ClosedAs.REACHED)
    plan.tick(hours=1)
    assert plan.reasons(3) == ["reached_before"]


# -- the watched folder


def test_a_file_is_taken_when_it_has_not_changed_between_two_ticks(plan: Plan) -> None:
    plan.create(watch=True)
    path = plan.drop(1, 2)
    assert plan.tick() == 0
    assert plan.tick(seconds=15) == 1
    (run,) = plan.runs()
    assert (run.status, run.file, run.imported) == (RunStatus.STARTED, str(path), 2)
    assert plan.campaigns()[0].name == "Spring, new.csv"
    assert path.exists()
    assert plan.tick(minutes=1) == 0


def test_a_file_that_is_still_written_is_left_alone(plan: Plan) -> None:
    plan.create(watch=True)
    for numbers in ((1,), (1, 2), (1, 2, 3)):
        plan.drop(*numbers)
        assert plan.tick(seconds=15) == 0
    assert plan.tick(seconds=15) == 1
    assert plan.runs()[0].imported == 3


def test_two_ticks_at_once_are_not_taken_for_two(plan: Plan) -> None:
    plan.create(watch=True)
    plan.drop(1)
    assert plan.tick() == plan.tick(seconds=1) == 0


@pytest.mark.parametrize("name", [".hidden.csv", "~$open.xlsx", "late.csv.part", "x.tmp"])
def test_a_file_that_is_nobodys_list_is_left_alone(plan: Plan, name: str) -> None:
    plan.create(watch=True)
    plan.drop(1, name=name)
    (plan.inbox / "empty.csv").touch()
    (plan.inbox / "folder").mkdir()
    plan.tick()
    assert plan.tick(seconds=15) == 0


def test_the_same_content_is_not_taken_twice_under_whatever_name(plan: Plan) -> None:
    plan.create(watch=True)
    plan.drop(1)
    plan.tick()
    plan.tick(seconds=15)
    plan.drop(1, name="again.csv")
    plan.drop(1)
    for _ in range(3):
        plan.tick(seconds=15)
    assert len(plan.runs()) == 1
    plan.drop(1, 2)
    for _ in range(2):
        plan.tick(seconds=15)
    assert [run.imported for run in plan.runs()] == [1, 2]


def test_a_file_that_is_replaced_while_it_is_taken_fails_and_is_taken_anew(plan: Plan) -> None:
    plan.create(watch=True)
    plan.drop(1)
    plan.tick()
    note_only(plan, seconds=15)
    plan.drop(1, 2, 3)
    for _ in range(3):
        plan.tick(seconds=15)
    assert [run.status for run in plan.runs()] == [RunStatus.FAILED, RunStatus.STARTED]
    assert "replaced" in (plan.runs()[0].sentence or "")
    assert [one.status for one in plan.campaigns()] == ["stopped", "running"]


def test_a_file_that_was_replaced_before_its_list_was_looked_at_fails(plan: Plan) -> None:
    plan.create(watch=True)
    plan.drop(1)
    plan.tick()
    note_only(plan, seconds=15)
    plan.drop(1, 2)
    die_when(plan, partial(is_imported, plan))
    plan.tick(minutes=4)
    assert plan.runs()[0].status is RunStatus.FAILED
    assert plan.campaigns()[0].status is CampaignStatus.STOPPED


class MeddledDatabase(Database):
    """A database whose user is meddled with after a transaction."""

    meddle: Callable[[], object]

    def transact(self, body: Callable[[Connection], Any]) -> Any:
        result = super().transact(body)
        self.meddle()
        return result


@pytest.mark.parametrize("what", ["gone", "changed", "disabled"])
def test_a_file_is_not_taken_when_that_changes_while_it_is_read(plan: Plan, what: str) -> None:
    plan.create(watch=True)
    path = plan.drop(1)
    (plan.inbox / "nowhere.csv").symlink_to(plan.folder / "gone.csv")
    plan.tick()
    database = MeddledDatabase(plan.world.db.url)
    database.meddle = {
        "gone": lambda: path.unlink(missing_ok=True),
        "changed": lambda: plan.drop(1, 2),
        "disabled": lambda: schedule.disable(plan.world, 1, actor="test"),
    }[what]
    plan.tick(world=replace(plan.world, db=database), seconds=15)
    database.close()
    assert plan.runs() == []


def test_a_file_that_holds_no_list_fails_once(plan: Plan) -> None:
    plan.create(watch=True)
    (plan.inbox / "notes.csv").write_text("Note,Day\nhello,Monday\n", encoding="utf-8")
    for _ in range(4):
        plan.tick(seconds=15)
    assert [run.status for run in plan.runs()] == [RunStatus.FAILED]
    assert plan.campaigns() == []


def test_a_file_can_be_named_for_a_run_by_hand(plan: Plan) -> None:
    plan.create(watch=True)
    path = plan.write(5)
    run = schedule.run_now(plan.world, 1, actor="ann", rejects_in=plan.folder, file=path)
    assert (run.status, run.imported) == (RunStatus.STARTED, 1)


# -- processes that die, and several at once


class Died(BaseException):
    """The process is gone."""


class DyingDatabase(Database):
    """A database whose user dies before or after one of its transactions."""

    left = 0
    after = False
    dies_of: BaseException = Died()

    def transact(self, body: Callable[[Connection], Any]) -> Any:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise self.dies_of
        result = super().transact(body)
        if self.left == 0:
            raise self.dies_of
        return result


def die_at(plan: Plan, left: int, *, after: bool) -> bool:
    """Run a scheduler that dies at its `left`-th transaction; False when it came to an end."""
    database = DyingDatabase(plan.world.db.url)
    database.left, database.after = left, after
    try:
        plan.tick(world=replace(plan.world, db=database))
    except Died:
        return True
    finally:
        database.close()
    return False


class DoomedDatabase(Database):
    """A database whose user dies as soon as something has happened."""

    happened: Callable[[], bool]

    def transact(self, body: Callable[[Connection], Any]) -> Any:
        result = super().transact(body)
        if self.happened():
            raise Died
        return result


def die_when(plan: Plan, happened: Callable[[], bool], **later: float) -> None:
    """Run a scheduler that dies as soon as something has happened."""
    database = DoomedDatabase(plan.world.db.url)
    database.happened = happened
    with pytest.raises(Died):
        plan.tick(world=replace(plan.world, db=database), **later)
    database.close()


def note_only(plan: Plan, **later: float) -> None:
    """Note what is due, and die before anybody works on it."""
    die_when(plan, lambda: bool(plan.runs()), **later)


def is_made(plan: Plan) -> bool:
    return bool(plan.campaigns())


def is_begun(plan: Plan) -> bool:
    return bool(plan.world.db.read(lists.every))


def is_imported(plan: Plan) -> bool:
    return any(one.status is ListStatus.DONE for one in plan.world.db.read(lists.every))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("choice", ["everyone again", "new leads only"])
def test_a_scheduler_may_die_at_every_step_and_the_next_goes_on(
    plan: Plan, *, after: bool, choice: str
) -> None:
    plan.create(leads=choice)
    plan.clock.pass_time(hours=1)
    deaths = 0
    for step in range(1, 30):
        if not die_at(plan, step, after=after):
            break
        deaths += 1
        plan.clock.pass_time(minutes=4)
        plan.world.db.transact(lambda tx: tx.exec_driver_sql("UPDATE schedule_run SET tries = 0"))
    assert deaths >= 3
    (run,) = plan.runs()
    assert (run.status, run.imported) == (RunStatus.STARTED, 3)
    (campaign,) = plan.campaigns()
    assert campaign.status is CampaignStatus.RUNNING
    assert plan.called(1) == [phone(1), phone(2), phone(3)]


def test_a_file_that_changes_while_nobody_works_on_the_run_is_imported_as_it_is_now(
    plan: Plan,
) -> None:
    plan.create()
    die_when(plan, partial(is_begun, plan), hours=1)
    plan.write(7, 8)
    plan.tick(minutes=4)
    assert plan.called(1) == [phone(7), phone(8)]
    assert (plan.runs()[0].rows, plan.runs()[0].imported) == (2, 2)


def test_a_run_that_dies_again_and_again_is_given_up(plan: Plan) -> None:
    plan.create()
    plan.clock.pass_time(hours=1)
    plan.world.db.transact(
        lambda tx: schedule_runs.add(tx, 1, "x", due_at=plan.clock.now(), actor="schedule:1")
    )
    for _ in range(5):
        taken = plan.world.db.transact(
            lambda tx: schedule_runs.take(
                tx, 1, holder="dead", until=plan.clock.now(), now=plan.clock.now()
            )
        )
        assert taken is not None
    plan.tick()
    assert "begun 5 times" in (plan.runs()[0].sentence or "")


def test_a_run_that_is_given_up_leaves_a_campaign_alone_that_somebody_started(plan: Plan) -> None:
    plan.create()
    die_when(plan, partial(is_imported, plan), hours=1)
    control.start(plan.world, 1, actor="ann")
    plan.world.db.transact(lambda tx: tx.exec_driver_sql("UPDATE schedule_run SET tries = 5"))
    plan.tick(minutes=4)
    assert [run.status for run in plan.runs()] == [RunStatus.FAILED]
    assert plan.campaigns()[0].status is CampaignStatus.RUNNING


def test_a_run_that_somebody_holds_is_left_to_them(plan: Plan) -> None:
    plan.create()
    die_when(plan, partial(is_made, plan), hours=1)
    assert plan.tick(minutes=2, seconds=59) == 0
    assert plan.tick(seconds=1) == 1


class SlowDatabase(Database):
    """A database that answers so late that somebody else takes the run over."""

    take_over: Callable[[], int]
    transactions = 0

    def transact(self, body: Callable[[Connection], Any]) -> Any:
        self.transactions += 1
        if self.transactions == 3:  # the occurrence is noted, and the run held
            assert self.take_over() == 1
        return super().transact(body)


@pytest.mark.parametrize("before", range(2, 7))
@pytest.mark.parametrize("lives", range(3, 6))
def test_a_holder_that_was_taken_for_dead_takes_no_draft_away(
    plan: Plan, before: int, lives: int
) -> None:
    plan.create()
    plan.clock.pass_time(hours=1)

    def take_over_and_die() -> None:
        with suppress(Killed):
            plan.tick(world=killed_after(plan.world, lives), minutes=4)

    plan.tick(world=interrupted_by(plan.world, take_over_and_die, before=before))
    plan.tick(minutes=4)
    (run,) = plan.runs()
    assert run.sentence == "Campaign 1 was started: 3 leads to call."
    assert plan.campaigns()[0].status is CampaignStatus.RUNNING


@pytest.mark.parametrize("outcome", [RunStatus.STARTED, RunStatus.FAILED])
def test_a_holder_that_was_taken_for_dead_changes_nothing(plan: Plan, outcome: RunStatus) -> None:
    plan.create()
    if outcome is RunStatus.FAILED:
        (plan.folder / "leads.csv").unlink()
    plan.clock.pass_time(hours=1)
    database = SlowDatabase(plan.world.db.url)
    database.take_over = partial(plan.tick, minutes=4)
    plan.tick(world=replace(plan.world, db=database))
    database.close()
    assert database.transactions >= 3
    assert len(plan.campaigns()) == (outcome is RunStatus.STARTED)
    assert [(run.status, run.tries) for run in plan.runs()] == [(outcome, 2)]


def test_of_two_that_hold_a_run_only_the_later_one_makes_a_campaign(plan: Plan) -> None:
    plan.create()
    plan.clock.pass_time(hours=1)

    def take() -> int:
        plan.clock.pass_time(minutes=4)
        now = plan.clock.now()
        until = now + timedelta(minutes=3)
        taken = plan.world.db.transact(
            lambda tx: schedule_runs.take(tx, 1, holder="other", until=until, now=now)
        )
        return int(taken is not None)

    database = SlowDatabase(plan.world.db.url)
    database.take_over = take
    plan.tick(world=replace(plan.world, db=database))
    database.close()
    assert plan.campaigns() == []
    plan.tick(minutes=4)
    assert len(plan.campaigns()) == 1


def test_a_younger_run_waits_for_an_older_one(plan: Plan) -> None:
    plan.create(leads="new leads only", missed="catch up all")
    note_only(plan, hours=2, minutes=1)
    older, younger = plan.runs()
    held = plan.world.db.transact(
        lambda tx: schedule_runs.take(
            tx, younger.id, holder="me", until=plan.clock.now(), now=plan.clock.now()
        )
    )
    assert held is None
    plan.tick()
    assert (plan.called(1), plan.called(2)) == ([phone(1), phone(2), phone(3)], [])
    assert older.id < younger.id


@pytest.mark.parametrize("watched", [False, True], ids=["by time", "by file"])
def test_three_schedulers_at_once_run_each_occurrence_once(plan: Plan, *, watched: bool) -> None:
    if watched:
        plan.create(watch=True)
        for number in range(6):
            plan.drop(number, name=f"{number}.csv")
        plan.tick()
        plan.clock.pass_time(seconds=15)
    else:
        plan.create(missed="catch up all")
        plan.clock.pass_time(hours=6, minutes=1)
    errors: list[BaseException] = []
    together = threading.Barrier(3)

    def look() -> None:
        database = Database(plan.world.db.url)
        own = replace(plan.world, db=database)
        try:
            together.wait(timeout=30)
            for _ in range(3):
                plan.tick(world=own)
        except BaseException as error:  # noqa: BLE001  # told to the test below
            errors.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    plan.tick()
    assert errors == []
    runs = plan.runs()
    assert [run.status for run in runs] == [RunStatus.STARTED] * 6
    assert len({run.occurrence for run in runs}) == len({run.campaign_id for run in runs}) == 6
    assert len(plan.campaigns()) == 6
    assert {run.tries for run in runs} == {1}


class HurriedClock(FrozenClock):
    """A clock on which a minute passes at each look."""

    def now(self) -> datetime:
        self.moment += timedelta(minutes=1)
        return self.moment


def test_a_scheduler_leaves_to_the_next_what_would_take_too_long(plan: Plan) -> None:
    plan.create(missed="catch up all")
    hurried = HurriedClock(NOW + timedelta(hours=4))
    assert plan.tick(world=replace(plan.world, clock=hurried)) == 1
    while any(run.status is RunStatus.OPEN for run in plan.runs()):
        plan.tick(world=replace(plan.world, clock=hurried))
    assert len(plan.campaigns()) == len(plan.runs()) == 4


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_database_that_does_not_answer_is_nobodys_failure(plan: Plan, step: int) -> None:
    plan.create()
    plan.clock.pass_time(hours=1)
    database = DyingDatabase(plan.world.db.url)
    database.left, database.dies_of = step, OperationalError("", None, Exception("gone"))
    with pytest.raises(OperationalError):
        plan.tick(world=replace(plan.world, db=database))
    database.close()
    plan.tick(minutes=4)
    assert [run.status for run in plan.runs()] == [RunStatus.STARTED]


def test_one_schedule_that_cannot_be_read_does_not_stop_the_others(plan: Plan) -> None:
    plan.create()
    plan.create(name="Summer")
    plan.world.db.transact(lambda tx: schedules.change(tx, 1, spec={"schedule": "gone"}))
    plan.tick(hours=1)
    assert plan.runs(1) == []
    assert [run.status for run in plan.runs(2)] == [RunStatus.STARTED]


def test_a_run_that_ends_in_an_unforeseen_error_is_tried_five_times(plan: Plan) -> None:
    plan.create()
    note_only(plan, hours=1)
    plan.world.db.transact(lambda tx: schedules.change(tx, 1, spec={"schedule": "gone"}))
    for _ in range(7):
        plan.tick(minutes=4)
    (run,) = plan.runs()
    assert (run.status, run.tries) == (RunStatus.FAILED, 5)
    assert "ValidationError" in (run.sentence or "")


def test_a_spec_is_kept_as_it_was_read(plan: Plan) -> None:
    plan.create(late_by="1h")
    recipe = schedules.recipe_of(plan.row())
    assert recipe.schedule.late_by == timedelta(hours=1)
    assert isinstance(recipe.campaign, CampaignSpec)
    assert recipe.campaign.from_numbers == (OUR_NUMBER,)
