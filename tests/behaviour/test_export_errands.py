"""Exports that people ask for on pages: written by a worker, taken home, deleted after a while."""

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import Stage

from dialer.actions import errands as errand_actions
from dialer.actions import export_errands
from dialer.domain.dispositions import Disposition
from dialer.domain.errands import ErrandKind, ErrandStatus
from dialer.domain.exports import ExportWhat, is_completed, is_to_fix
from dialer.domain.states import ClosedAs, LeadStatus
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.leads.exports import ExportFormat
from dialer.store import errands, ledger
from dialer.store.tables import Errand


class Desk:
    """Somebody who asks for exports, and the worker who writes them."""

    def __init__(self, stage: Stage, home: Path) -> None:
        self.stage = stage
        self.home = home
        stage.excused = {"I4"}  # nobody plans meanwhile

    def ask(self, campaign: int, what: ExportWhat, **more: Any) -> int:
        chosen = {"form": ExportFormat.CSV, "profile": None, "actor": "ann", **more}
        return export_errands.ask(self.stage.world, campaign, what, **chosen)

    def work(self) -> int:
        return errand_actions.run_due(self.stage.world, home=self.home)

    def row(self, errand_id: int) -> Errand:
        row = self.stage.world.db.read(lambda tx: errands.get(tx, errand_id))
        assert row is not None
        return row

    def file(self, errand_id: int) -> Path:
        return export_errands.take_home(self.stage.world, errand_id, home=self.home, actor="bob")

    def exported(self, campaign: int, what: ExportWhat, **more: Any) -> Path:
        one = self.ask(campaign, what, **more)
        self.work()
        assert self.row(one).status is ErrandStatus.DONE, self.row(one).sentence
        return self.file(one)


@pytest.fixture
def desk(stage: Stage, tmp_path: Path) -> Desk:
    return Desk(stage, tmp_path)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def a_campaign(stage: Stage) -> int:
    """Make a campaign with leads in every state that exports tell apart."""
    campaign = stage.campaign(name="Spring, +1 212")
    over = {"status": LeadStatus.CLOSED, "due_at": None, "closed_at": stage.clock.now()}
    stage.lead(campaign, name="waits")
    stage.lead(campaign, name="reached", closed_as=ClosedAs.REACHED, **over)
    stage.lead(campaign, name="wrong", closed_as=ClosedAs.INVALID_NUMBER, **over)
    stage.lead(campaign, name="lost", closed_as=ClosedAs.EXHAUSTED,
               disposition=Disposition.UNKNOWN, **over)  # fmt: skip
    stage.lead(campaign, name="held", status=LeadStatus.HELD, due_at=None, held_reason="no_zone")
    return campaign


# -- what is refused


def test_what_nobody_can_write_is_refused(desk: Desk) -> None:
    campaign = a_campaign(desk.stage)
    with pytest.raises(NotFound):
        desk.ask(99, ExportWhat.RESULTS)
    for profile in (None, "nobody"):
        with pytest.raises(UserError, match="no profile"):
            desk.ask(campaign, ExportWhat.PROFILE, profile=profile)
    with pytest.raises(UserError, match="CSV file only"):
        desk.ask(campaign, ExportWhat.BATCH, form=ExportFormat.XLSX)
    assert desk.stage.world.db.read(lambda tx: errands.page_of(tx, ErrandKind.EXPORT, most=9)) == []


def test_a_file_that_is_not_written_yet_is_not_given(desk: Desk) -> None:
    one = desk.ask(a_campaign(desk.stage), ExportWhat.RESULTS)
    with pytest.raises(RefusedByRule):
        desk.file(one)
    with pytest.raises(NotFound):
        desk.file(one + 1)


def test_a_batch_of_a_campaign_that_runs_fails_with_the_reason(desk: Desk) -> None:
    one = desk.ask(a_campaign(desk.stage), ExportWhat.BATCH)
    desk.work()
    row = desk.row(one)
    assert row.status is ErrandStatus.FAILED
    assert "is running" in (row.sentence or "")


# -- what is written


@pytest.mark.parametrize(
    ("what", "names"),
    [
        (ExportWhat.RESULTS, ["waits", "reached", "wrong", "lost", "held"]),
        (ExportWhat.COMPLETED, ["reached"]),
        (ExportWhat.TO_FIX, ["wrong", "lost", "held"]),
        (ExportWhat.LEADS, ["waits", "reached", "wrong", "lost", "held"]),
    ],
)
def test_the_leads_that_were_asked_for_are_written(
    desk: Desk, what: ExportWhat, names: list[str]
) -> None:
    path = desk.exported(a_campaign(desk.stage), what)
    assert sorted(row["name"] for row in rows_of(path)) == sorted(names)
    assert path.name == f"spring-1-212-{what.value}-2026-03-04.csv"


def test_every_attempt_is_written_in_order(desk: Desk) -> None:
    stage = desk.stage
    campaign = stage.campaign()
    lead = stage.lead(campaign)
    stage.deliver(stage.retell.end(stage.call(lead), "dial_busy"))
    stage.clock.moment = stage.lead_row(lead).due_at or stage.clock.now()
    stage.deliver(stage.retell.end(stage.call(lead), "dial_no_answer"))
    found = rows_of(desk.exported(campaign, ExportWhat.ATTEMPTS))
    assert [(row["n"], row["disposition"]) for row in found] == [("1", "busy"), ("2", "no_answer")]
    assert {row["lead_id"] for row in found} == {str(lead)}


def test_a_profile_and_another_format_are_written(desk: Desk) -> None:
    campaign = a_campaign(desk.stage)
    hubspot = desk.exported(campaign, ExportWhat.PROFILE, profile="hubspot")
    assert hubspot.name.startswith("spring-1-212-hubspot-")
    lines = desk.exported(campaign, ExportWhat.RESULTS, form=ExportFormat.JSON_LINES)
    assert len([json.loads(line) for line in lines.read_text("utf-8").splitlines()]) == 5


def test_a_batch_tells_who_is_left_out_and_closes_nobody(desk: Desk) -> None:
    campaign = desk.stage.draft(name="Spring")
    lead = desk.stage.lead(campaign)
    desk.stage.lead(campaign, status=LeadStatus.HELD, due_at=None, held_reason="no_zone")
    one = desk.ask(campaign, ExportWhat.BATCH)
    desk.work()
    found = desk.row(one).found or {}
    assert found["rows"] == 1
    assert any("left out" in warning for warning in found["warnings"])
    assert desk.stage.lead_row(lead).status is LeadStatus.READY


def test_every_kind_has_somebody_who_writes_it() -> None:
    assert set(export_errands.WRITERS) == set(ExportWhat)


def test_no_lead_is_both_completed_and_to_fix() -> None:
    for status in LeadStatus:
        for closed_as in (None, *ClosedAs):
            for disposition in (None, *Disposition):
                told = (status, closed_as, disposition)
                assert not (is_completed(*told) and is_to_fix(*told)) or (
                    disposition is Disposition.UNKNOWN
                )


# -- a worker that dies


def test_an_export_that_a_dead_worker_left_is_written_anew(desk: Desk) -> None:
    stage = desk.stage
    one = desk.ask(a_campaign(stage), ExportWhat.RESULTS)
    now = stage.clock.now()
    until = now + timedelta(minutes=3)
    stage.world.db.transact(lambda tx: errands.take(tx, one, holder="dead", until=until, now=now))
    assert desk.work() == 0
    stage.clock.pass_time(minutes=4)
    assert desk.work() == 1
    assert len(rows_of(desk.file(one))) == 5


# -- afterwards


def test_who_asked_for_it_has_it_and_deletes_it_is_written_down(desk: Desk) -> None:
    campaign = a_campaign(desk.stage)
    one = desk.ask(campaign, ExportWhat.RESULTS)
    desk.work()
    path = desk.file(one)
    for _ in range(2):  # twice is once
        export_errands.delete(desk.stage.world, one, home=desk.home, actor="eve")
    assert not path.parent.exists()
    with pytest.raises(NotFound, match="was deleted"):
        desk.file(one)
    log = desk.stage.world.db.read(lambda tx: ledger.of_subject(tx, f"campaign:{campaign}"))
    told = [(row.actor, row.action) for row in log if "export" in row.action]
    assert told == [("ann", "export"), ("bob", "download_export"), ("eve", "delete_export")]


def test_a_file_is_deleted_after_a_week_and_the_row_stays(desk: Desk) -> None:
    one = desk.ask(a_campaign(desk.stage), ExportWhat.RESULTS)
    desk.work()
    path = desk.file(one)
    desk.stage.clock.pass_time(days=6)
    desk.work()
    assert path.is_file()
    desk.stage.clock.pass_time(days=2)
    desk.work()
    assert not path.exists()
    found = desk.row(one).found or {}
    assert found["rows"] == 5
    assert found["deleted_at"]
