"""A lead file becomes leads: every row once, whatever happens in between."""

import csv
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from databases import Killed, killed_after
from factories import NOW, make_lead, make_spec

from dialer.actions import control
from dialer.actions.copying import create_with_leads_of_list
from dialer.actions.load import Loaded, Order, load, look_at
from dialer.actions.plan import plan
from dialer.actions.storing import Known
from dialer.actions.undo import undo
from dialer.actions.world import World
from dialer.domain.states import LeadStatus, ListStatus
from dialer.errors import NotFound, RefusedByRule
from dialer.store import leads, lists
from dialer.store.database import Connection, Database
from dialer.store.invariants import violations
from dialer.store.tables import Lead

HEADER = ("Phone", "Name", "Customer ID", "Product")


class Files:
    """Writes lead files and imports them."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.campaign_id = control.create(world, make_spec(), actor="test")

    def write(self, *rows: Sequence[object], name: str = "leads.csv") -> Path:
        path = self.folder / name
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(HEADER)
            writer.writerows(rows)
        return path

    def load(self, path: Path, *, world: World | None = None, **order: Any) -> Loaded:
        return load(
            world or self.world,
            self.campaign_id,
            path,
            actor="test",
            rejects_to=self.folder / "rejects.csv",
            order=Order(check_agent=False, **order),
        )

    def leads(self) -> list[Lead]:
        return self.world.db.read(
            lambda tx: list(
                tx.execute(leads.lead.select().order_by(leads.lead.c.list_id, leads.lead.c.row))
            )
        )

    def rejects(self) -> list[dict[str, str]]:
        with (self.folder / "rejects.csv").open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))

    def nothing_is_lost(self) -> None:
        found = self.world.db.read(lambda tx: violations(tx, now=NOW))
        assert [one for one in found if one.name == "I17"] == []


@pytest.fixture
def files(world: World, tmp_path: Path) -> Files:
    return Files(world, tmp_path)


def phone(number: int) -> str:
    return f"+1212{2_000_000 + number}"


def rows(count: int) -> list[tuple[object, ...]]:
    return [(phone(number), f"Person {number}", f"C{number}", "Solar") for number in range(count)]


def test_every_good_row_becomes_a_lead_and_every_other_row_a_reject(files: Files) -> None:
    path = files.write(
        (phone(1), "Ann", "1", "Solar"),
        ("911", "Bob", "2", "Wind"),
        (phone(1), "Ann again", "3", "Solar"),
        (phone(2), "Zoë", "4", ""),
    )
    loaded = files.load(path)
    assert (loaded.rows, loaded.imported, loaded.duplicates, loaded.rejected) == (4, 2, 1, 1)
    assert [(lead.row, lead.phone, lead.name) for lead in files.leads()] == [
        (2, phone(1), "Ann"),
        (5, phone(2), "Zoë"),
    ]
    assert [(one["_row"], one["_code"], one["Name"]) for one in files.rejects()] == [
        ("3", "short_or_emergency", "Bob"),
        ("4", "duplicate_in_file", "Ann again"),
    ]
    files.nothing_is_lost()


def test_the_reject_file_is_corrected_and_imported(files: Files) -> None:
    files.load(files.write((phone(1), "Ann", "1", ""), ("22", 'O"Neil, Bob', "2", "=Wind")))
    corrected = files.folder / "rejects.csv"
    text = corrected.read_text(encoding="utf-8-sig")
    corrected.write_text(text.replace("\n22,", f"\n{phone(2)},"), encoding="utf-8")
    again = files.load(corrected)
    assert (again.imported, again.rejected) == (1, 0)
    assert files.leads()[-1].variables["Name"] == 'O"Neil, Bob'
    assert files.leads()[-1].variables["Product"] == "=Wind"


def test_a_file_of_which_a_fifth_is_rejected_is_doubted(files: Files) -> None:
    bad = [("22", "", "", "")] * 5
    doubted = files.load(files.write(*rows(15), *bad))
    assert [one["code"] for one in doubted.warnings] == ["many_rejected"]
    trusted = files.load(files.write(*rows(36)[15:], *bad, name="better.csv"))
    assert trusted.warnings == []


def test_leads_are_called_in_the_order_of_the_file(files: Files) -> None:
    files.load(files.write(*reversed(rows(8))))
    control.start(files.world, files.campaign_id, actor="test")
    taken = files.world.db.transact(
        lambda tx: leads.take_due(tx, files.campaign_id, now=NOW, most=3)
    )
    assert [lead.phone for lead in taken] == [phone(7), phone(6), phone(5)]


def test_the_same_file_again_stores_nothing_and_says_so(files: Files) -> None:
    path = files.write(*rows(3), ("22", "", "", ""))
    first = files.load(path)
    again = files.load(path)
    assert again.already
    assert again.list_id == first.list_id
    assert (again.rows, again.imported, again.duplicates, again.rejected) == (4, 0, 3, 1)
    assert len(files.leads()) == 3


def test_a_number_the_campaign_has_is_skipped(files: Files) -> None:
    files.load(files.write(*rows(2)))
    more = files.load(files.write(*rows(4), name="more.csv"))
    assert (more.imported, more.duplicates) == (2, 2)
    assert {one["_code"] for one in files.rejects()} == {"already_in_campaign"}
    files.nothing_is_lost()


def test_a_reference_the_campaign_has_is_skipped_even_under_a_new_number(files: Files) -> None:
    files.load(files.write((phone(1), "Ann", "C1", "")))
    more = files.load(files.write((phone(2), "Ann", "C1", ""), name="more.csv"))
    assert (more.imported, more.duplicates) == (0, 1)


def test_an_update_changes_the_values_of_known_leads(files: Files) -> None:
    files.load(files.write(*rows(2)))
    path = files.write(
        (phone(0), "New name", "C0", "Wind"),
        (phone(9), "Moved", "C1", "Wind"),
        (phone(5), "New", "C5", "Wind"),
        (phone(9), "Twice", "C9", "Wind"),
        name="update.csv",
    )
    updated = files.load(path, known=Known.UPDATE)
    assert (updated.imported, updated.updated, updated.duplicates) == (1, 2, 1)
    assert {(lead.phone, lead.name, lead.variables["Product"]) for lead in files.leads()} == {
        (phone(0), "New name", "Wind"),
        (phone(9), "Moved", "Wind"),
        (phone(5), "New", "Wind"),
    }
    files.nothing_is_lost()


def test_an_update_leaves_closed_leads_alone(files: Files) -> None:
    files.load(files.write(*rows(1)))
    control.start(files.world, files.campaign_id, actor="test")
    opted_out = files.leads()[0]
    files.world.db.transact(
        lambda tx: leads.change(tx, opted_out.id, status=LeadStatus.CLOSED, due_at=None)
    )
    path = files.write((phone(0), "New name", "C0", "Wind"), name="update.csv")
    assert files.load(path, known=Known.UPDATE).duplicates == 1
    assert files.leads()[0].name == "Person 0"


def test_a_number_on_the_do_not_call_list_is_not_imported(files: Files) -> None:
    suppress(files.world, phone(1))
    loaded = files.load(files.write(*rows(3)))
    assert (loaded.imported, loaded.rejected) == (2, 1)
    assert files.rejects()[0]["_code"] == "suppressed"


def suppress(world: World, number: str) -> None:
    world.db.transact(lambda tx: leads.suppress(tx, number, reason="test", call_id=None, now=NOW))


def test_a_number_that_another_campaign_called_lately_is_not_imported(files: Files) -> None:
    called(files.world, phone(1))
    path = files.write(*rows(3))
    loaded = files.load(path, not_called_within=parse("30d"))
    assert (loaded.imported, loaded.rejected) == (2, 1)
    assert files.rejects()[0]["_code"] == "recently_called"


def called(world: World, number: str) -> None:
    """Let another campaign claim, and so begin to call, a number."""
    other = control.create(world, make_spec(), actor="test")
    control.start(world, other, actor="test")
    world.db.transact(lambda tx: make_lead(tx, other, now=NOW, phone=number))
    plan(world)


def parse(text: str) -> Any:
    from dialer.domain.durations import parse_duration

    return parse_duration(text)


def test_a_preview_says_what_the_import_then_does(files: Files) -> None:
    files.load(files.write((phone(1), "Ann", "1", "")))
    suppress(files.world, phone(2))
    path = files.write(
        (phone(1), "", "", ""),
        (phone(2), "", "", ""),
        (phone(3), "", "", ""),
        (phone(3), "", "", ""),
        ("x", "", "", ""),
        name="more.csv",
    )
    order = Order(check_agent=False)
    seen = look_at(files.world, files.campaign_id, path, order=order, limit=None)
    loaded = files.load(path)
    assert [(one["row"], one["reason"]) for one in seen["rejected"]] == [
        (int(one["_row"]), one["_code"]) for one in files.rejects()
    ]
    assert [one["row"] for one in seen["accepted"]] == [4]
    assert seen["counts"]["accepted"] == loaded.imported == 1


def test_leads_of_a_running_campaign_are_due_when_their_window_opens(files: Files) -> None:
    spec = make_spec(window={"days": ["mon"], "opens": "09:00", "closes": "17:00"})
    files.campaign_id = control.create(files.world, spec, actor="test")
    control.start(files.world, files.campaign_id, actor="test")
    files.load(files.write(*rows(1)))
    due_at = files.leads()[0].due_at
    assert due_at is not None
    assert due_at.isoformat() == "2026-03-09T13:00:00+00:00"


def test_a_running_campaign_does_not_finish_while_a_list_is_imported(files: Files) -> None:
    from dialer.actions.ending import finish_campaigns

    control.start(files.world, files.campaign_id, actor="test")
    path = files.write(*rows(30_000))

    def close_what_came(_progress: object) -> None:
        closing = "UPDATE lead SET status = 'CLOSED', due_at = NULL"
        files.world.db.transact(lambda tx: tx.exec_driver_sql(closing))
        finish_campaigns(files.world)

    assert files.load(path, tell=close_what_came).imported == 30_000
    finish_campaigns(files.world)
    assert files.world.db.read(lambda tx: control.find(tx, files.campaign_id)).status == "finished"


def test_a_campaign_that_is_over_takes_no_leads(files: Files) -> None:
    control.stop(files.world, files.campaign_id, actor="test")
    with pytest.raises(RefusedByRule, match="takes no more leads"):
        files.load(files.write(*rows(1)))


class Crash(Exception):
    """The process died here."""


class FailingDatabase(Database):
    """A database whose user dies before or after one of its transactions."""

    left = 0
    after = False

    def transact(self, body: Callable[[Connection], Any]) -> Any:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Crash
        result = super().transact(body)
        if self.left == 0:
            raise Crash
        return result


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_import_that_died_goes_on_with_no_row_twice_and_none_missing(
    files: Files, *, after: bool
) -> None:
    good = rows(11_000)
    bad = [("22", "", "", "") for _ in range(40)]
    path = files.write(*good[:6_000], *bad, *good[6_000:], *good[:20])
    database = FailingDatabase(files.world.db.url)
    dying = replace(files.world, db=database)
    database.after = after
    for dies_at in (2, 2, 3):
        database.left = dies_at
        with pytest.raises(Crash):
            files.load(path, world=dying)
        files.nothing_is_lost()
    database.close()
    loaded = files.load(path)
    assert (loaded.imported, loaded.duplicates, loaded.rejected) == (11_000, 20, 40)
    assert loaded.list_id == 1
    assert Counter(lead.phone for lead in files.leads()).most_common(1)[0][1] == 1
    assert len(files.rejects()) == 60
    files.nothing_is_lost()


def test_a_file_begun_under_other_settings_is_not_begun_twice(files: Files) -> None:
    path = files.write(*rows(3))
    database = FailingDatabase(files.world.db.url)
    database.left = 2
    with pytest.raises(Crash):
        files.load(path, world=replace(files.world, db=database))
    database.close()
    with pytest.raises(RefusedByRule, match="begun as list 1"):
        files.load(path, changed={"country": "CA"})
    assert files.load(path).imported == 3


def test_an_undo_removes_what_was_never_dialed_and_reports_the_rest(files: Files) -> None:
    loaded = files.load(files.write(*rows(30)))
    control.start(files.world, files.campaign_id, actor="test")
    plan(files.world)
    undone = undo(files.world, loaded.list_id, actor="test")
    in_flight = [lead for lead in files.leads() if lead.status is LeadStatus.IN_FLIGHT]
    assert (undone.removed, undone.kept) == (30 - len(in_flight), len(in_flight))
    assert {lead.id for lead in undone.kept_leads} == {lead.id for lead in in_flight}
    assert len(files.leads()) == len(in_flight) > 0
    files.nothing_is_lost()
    again = undo(files.world, loaded.list_id, actor="test")
    assert (again.removed, again.kept) == (undone.removed, undone.kept)


def test_a_list_counts_those_of_its_leads_that_are_still_to_be_called(files: Files) -> None:
    first = files.load(files.write(*rows(5))).list_id
    second = files.load(files.write((phone(90), "Zoë", "90", "Solar"), name="more.csv")).list_id
    empty = files.load(files.write(*rows(4), name="fewer.csv")).list_id

    def body(tx: Connection) -> dict[int, int]:
        one, other, *_ = (lead.id for lead in files.leads())
        leads.change(tx, one, status=LeadStatus.CLOSED, due_at=None)
        leads.change(tx, other, status=LeadStatus.HELD, due_at=None, held_reason="no_consent")
        return lists.callable_leads(tx, lists.page(tx, before=None, most=9))

    assert files.world.db.transact(body) == {first: 3, second: 1, empty: 0}


def test_an_undone_file_can_be_imported_again(files: Files) -> None:
    path = files.write(*rows(3))
    undo(files.world, files.load(path).list_id, actor="test")
    assert files.load(path).imported == 3
    files.nothing_is_lost()


def test_an_import_that_is_undone_stops(files: Files) -> None:
    path = files.write(*rows(30_000))
    with pytest.raises(RefusedByRule, match="undone"):
        files.load(path, tell=lambda progress: undo(files.world, 1, actor="test"))
    assert files.leads() == []
    row = files.world.db.read(lambda tx: lists.get(tx, 1))
    assert row is not None
    assert (row.status, row.undone) == (ListStatus.UNDONE, row.imported)
    files.nothing_is_lost()


def test_a_list_knows_its_leads_though_the_last_ones_before_it_were_taken_out(
    files: Files,
) -> None:
    """SQLite gives the ids of deleted rows again."""
    first = files.load(files.write(*rows(4)[:2]))
    second = files.write(*rows(4)[2:], name="second.csv")
    with pytest.raises(Killed):
        files.load(second, world=killed_after(files.world, 1))
    undo(files.world, first.list_id, actor="test")
    list_id = files.load(second).list_id
    copied = create_with_leads_of_list(files.world, make_spec(name="B"), list_id, actor="test")
    assert copied.leads == 2


def test_there_is_nothing_to_undo_in_a_list_nobody_knows(files: Files) -> None:
    with pytest.raises(NotFound, match="no list 9"):
        undo(files.world, 9, actor="test")


def test_what_was_said_about_columns_is_remembered_for_the_same_headers(files: Files) -> None:
    from dialer.leads.header_words import LeadField

    path = files.folder / "odd.csv"
    path.write_text("Erreichbar,Wer\n+12122000001,Ann\n", encoding="utf-8")
    files.load(path, changed={"overrides": {LeadField.NAME: "Wer"}})
    later = files.folder / "later.csv"
    later.write_text("wer,erreichbar\nBob,+12122000002\n", encoding="utf-8")
    files.load(later)
    assert [lead.name for lead in files.leads()] == ["Ann", "Bob"]
