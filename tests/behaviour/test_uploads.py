"""A lead file on its way from a page into a campaign: checked, decided about, imported."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from factories import Stage, make_spec

from dialer.actions import errands, uploads
from dialer.actions.campaign_live import standing
from dialer.actions.correcting import bad_rows, import_corrected
from dialer.actions.errand_hold import HELD_FOR
from dialer.domain.errands import ErrandKind, ErrandStatus
from dialer.domain.states import CampaignStatus, ListStatus
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.store import errands as rows
from dialer.store import leads, lists
from dialer.store.tables import Errand
from dialer.web.upload_rules import import_rules

GOOD = "phone,first_name\n" + "".join(f"+1212555{n:04},Ada {n}\n" for n in range(2000, 2003))
WITH_BAD = GOOD + "12,Bob\n,Carl\n+12125552000,Again\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def put(home: Path, text: str, name: str = "list.csv") -> str:
    folder = uploads.folder(home) / "some-token"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return f"some-token/{name}"


def upload(stage: Stage, home: Path, text: str = GOOD, *, new: bool = False, **asked: Any) -> int:
    file = put(home, text)
    spec = make_spec(name="New", allow_fictional=True).model_dump(mode="json")
    return uploads.receive(
        stage.world,
        file=file,
        size=len(text),
        campaign_id=None if new else stage.draft(),
        asked={"spec": spec if new else None, **asked},
        actor="ann",
    )


def row_of(stage: Stage, errand_id: int) -> Errand:
    row = stage.world.db.read(lambda tx: rows.get(tx, errand_id))
    assert row is not None
    return row


def found_in(stage: Stage, errand_id: int) -> dict[str, Any]:
    return row_of(stage, errand_id).found or {}


def do_all(stage: Stage, home: Path) -> int:
    return errands.run_due(stage.world, home=home)


class TestChecking:
    def test_a_worker_tells_what_would_happen_and_stores_nothing(
        self, stage: Stage, home: Path
    ) -> None:
        errand_id = upload(stage, home, WITH_BAD)
        assert do_all(stage, home) == 1
        found = found_in(stage, errand_id)
        assert row_of(stage, errand_id).status is ErrandStatus.CHECKED
        assert found["counts"] == {"accepted": 3, "rejected": 3, "blank": 0}
        assert found["reasons"] == {
            "short_or_emergency": 1,
            "missing_phone": 1,
            "duplicate_in_file": 1,
        }
        assert [one["taken"] for one in found["head"]] == ["phone", "first_name"]
        assert found["head"][1]["examples"] == ["Ada 2000", "Ada 2001", "Ada 2002"]
        assert stage.world.db.read(lists.every) == []

    def test_a_file_that_waits_since_yesterday_is_still_told_of_its_campaign(
        self, stage: Stage, home: Path
    ) -> None:
        errand_id = upload(stage, home)
        do_all(stage, home)
        stage.clock.pass_time(seconds=timedelta(hours=30).total_seconds())
        campaign_id = row_of(stage, errand_id).campaign_id
        assert campaign_id is not None
        found = standing(stage.world.db, campaign_id, now=stage.clock.now())
        assert [one.id for one in found.errands] == [errand_id]

    def test_numbers_on_the_do_not_call_list_are_told(self, stage: Stage, home: Path) -> None:
        stage.suppress("+12125552000")
        errand_id = upload(stage, home)
        do_all(stage, home)
        assert found_in(stage, errand_id)["reasons"] == {"suppressed": 1}

    def test_a_new_campaign_is_not_made_before_the_import(self, stage: Stage, home: Path) -> None:
        stage.suppress("+12125552001")
        errand_id = upload(stage, home, new=True)
        do_all(stage, home)
        assert found_in(stage, errand_id)["counts"]["accepted"] == 2
        assert row_of(stage, errand_id).campaign_id is None

    def test_a_file_without_phones_says_so_and_shows_its_columns(
        self, stage: Stage, home: Path
    ) -> None:
        errand_id = upload(stage, home, "colour,shape\nred,round\nblue,flat\n")
        do_all(stage, home)
        found = found_in(stage, errand_id)
        assert found["file_error"] == "no_phone_column"
        assert [one["title"] for one in found["head"]] == ["colour", "shape"]
        with pytest.raises(RefusedByRule, match="nothing to import"):
            uploads.confirm(stage.world, errand_id, sure=True, actor="ann")

    def test_a_person_says_what_a_column_is(self, stage: Stage, home: Path) -> None:
        text = "phone,mobile\n+12125552000,+12125552001\n"
        errand_id = upload(stage, home, text)
        do_all(stage, home)
        uploads.check_again(stage.world, errand_id, asked={"map": {"phone": ["mobile"]}})
        do_all(stage, home)
        assert found_in(stage, errand_id)["accepted"][0]["phone"] == "+12125552001"

    def test_a_file_that_is_not_there_is_told(self, stage: Stage, home: Path) -> None:
        errand_id = upload(stage, home)
        (uploads.folder(home) / "some-token" / "list.csv").unlink()
        do_all(stage, home)
        row = row_of(stage, errand_id)
        assert row.status is ErrandStatus.FAILED
        assert "DIALER_HOME" in (row.found or {})["error"]["why"]

    def test_a_campaign_that_is_over_takes_no_file(self, stage: Stage, home: Path) -> None:
        campaign_id = stage.draft()
        stage.force_campaign(campaign_id, CampaignStatus.STOPPED)
        with pytest.raises(RefusedByRule, match="takes no more leads"):
            uploads.receive(
                stage.world, file=put(home, GOOD), size=1, campaign_id=campaign_id, asked={},
                actor="ann",
            )  # fmt: skip


class TestImporting:
    def test_the_leads_are_there_and_the_file_is_gone(self, stage: Stage, home: Path) -> None:
        errand_id = upload(stage, home, WITH_BAD)
        do_all(stage, home)
        uploads.confirm(stage.world, errand_id, sure=False, actor="ben")
        do_all(stage, home)
        row = row_of(stage, errand_id)
        assert row.status is ErrandStatus.DONE
        assert (row.found or {})["loaded"]["imported"] == 3
        (lead_list,) = stage.world.db.read(lists.every)
        assert (lead_list.file_name, lead_list.rejected) == ("list.csv", 2)
        assert row.list_id == lead_list.id
        assert not (uploads.folder(home) / "some-token").exists()
        assert stage.violations() == []

    def test_a_new_campaign_is_made_with_it(self, stage: Stage, home: Path) -> None:
        errand_id = upload(stage, home, new=True)
        do_all(stage, home)
        uploads.confirm(stage.world, errand_id, sure=False, actor="ann")
        do_all(stage, home)
        campaign_id = row_of(stage, errand_id).campaign_id
        assert campaign_id is not None
        assert stage.campaign_row(campaign_id).name == "New"
        assert stage.campaign_row(campaign_id).status is CampaignStatus.DRAFT

    def test_a_mostly_bad_file_is_imported_only_by_somebody_who_is_sure(
        self, stage: Stage, home: Path
    ) -> None:
        text = GOOD + "".join(f"{n},Bob\n" for n in range(30))
        errand_id = upload(stage, home, text)
        do_all(stage, home)
        assert found_in(stage, errand_id)["doubtful"]
        with pytest.raises(RefusedByRule, match="wrong file"):
            uploads.confirm(stage.world, errand_id, sure=False, actor="ann")
        uploads.confirm(stage.world, errand_id, sure=True, actor="ann")
        do_all(stage, home)
        assert found_in(stage, errand_id)["loaded"]["imported"] == 3

    def test_nothing_is_imported_twice_by_a_second_click(self, stage: Stage, home: Path) -> None:
        errand_id = upload(stage, home)
        do_all(stage, home)
        uploads.confirm(stage.world, errand_id, sure=False, actor="ann")
        with pytest.raises(RefusedByRule):
            uploads.confirm(stage.world, errand_id, sure=False, actor="ann")
        with pytest.raises(RefusedByRule):
            uploads.check_again(stage.world, errand_id, asked={})

    def test_what_a_dead_worker_held_is_taken_up_after_a_while(
        self, stage: Stage, home: Path
    ) -> None:
        errand_id = upload(stage, home)
        now = stage.clock.now()
        stage.world.db.transact(
            lambda tx: rows.take(tx, errand_id, holder="dead", until=now + HELD_FOR, now=now)
        )
        assert do_all(stage, home) == 0
        stage.clock.pass_time(seconds=HELD_FOR.total_seconds() + 1)
        assert do_all(stage, home) == 1
        assert row_of(stage, errand_id).status is ErrandStatus.CHECKED

    def test_uploads_leave_a_worker_free_for_everything_else(
        self, stage: Stage, home: Path
    ) -> None:
        first, second, third = (upload(stage, home) for _ in range(errands.AT_ONCE + 1))
        now = stage.clock.now()
        for under_way in (first, second):
            stage.world.db.transact(
                partial(
                    rows.take, errand_id=under_way, holder="busy", until=now + HELD_FOR, now=now
                )
            )
        assert do_all(stage, home) == 0
        stage.world.db.transact(partial(rows.keep, errand_id=first, held_by="busy", held_until=now))
        stage.clock.pass_time(seconds=1)
        assert do_all(stage, home) == 1
        assert row_of(stage, third).status is ErrandStatus.CHECKING

    def test_what_kills_its_worker_again_and_again_is_given_up(
        self, stage: Stage, home: Path
    ) -> None:
        errand_id = upload(stage, home)
        for _ in range(errands.MOST_TRIES):
            now = stage.clock.now()
            stage.world.db.transact(
                lambda tx, now=now: rows.take(tx, errand_id, holder="dead", until=now, now=now)
            )
            stage.clock.pass_time(seconds=1)
        do_all(stage, home)
        assert row_of(stage, errand_id).status is ErrandStatus.FAILED

    def test_a_worker_that_was_taken_over_changes_nothing_more(
        self, stage: Stage, home: Path
    ) -> None:
        errand_id = upload(stage, home)
        taken = stage.world.db.transact(
            lambda tx: rows.keep(tx, errand_id, held_by="somebody else", rows=7)
        )
        assert not taken

    def test_a_forgotten_file_is_deleted(self, stage: Stage, home: Path) -> None:
        errand_id = upload(stage, home)
        do_all(stage, home)
        stage.clock.pass_time(days=3)
        do_all(stage, home)
        assert row_of(stage, errand_id).status is ErrandStatus.DROPPED
        assert not (uploads.folder(home) / "some-token").exists()
        assert not errands.drop(stage.world, errand_id, home=home)

    def test_who_does_not_exist_is_not_found(self, stage: Stage) -> None:
        with pytest.raises(NotFound, match="no upload 7"):
            uploads.check_again(stage.world, 7, asked={})


def imported(stage: Stage, home: Path, text: str = WITH_BAD, **asked: Any) -> int:
    """Import a file with bad rows, and give its list."""
    errand_id = upload(stage, home, text, **asked)
    do_all(stage, home)
    uploads.confirm(stage.world, errand_id, sure=True, actor="ann")
    do_all(stage, home)
    list_id = row_of(stage, errand_id).list_id
    assert list_id is not None
    return list_id


class TestCorrecting:
    def test_only_rows_that_a_person_can_mend_are_shown(self, stage: Stage, home: Path) -> None:
        found = bad_rows(stage.world.db, imported(stage, home), after=0)
        assert [one.cells for one in found.rows] == [["12", "Bob"], ["", "Carl"]]
        assert found.next_after is None

    def test_a_corrected_row_becomes_a_lead(self, stage: Stage, home: Path) -> None:
        list_id = imported(stage, home)
        first = bad_rows(stage.world.db, list_id, after=0).rows[0]
        cells = {first.row: ["+1 212 555 2999", "Bob"]}
        errand_id = import_corrected(stage.world, list_id, cells, home=home, actor="ann")
        do_all(stage, home)
        row = row_of(stage, errand_id)
        assert (row.found or {})["loaded"]["imported"] == 1
        newest = stage.world.db.read(lists.every)[0]
        assert (newest.file_name, newest.rows) == ("list-corrected.csv", 1)
        (lead,) = stage.world.db.read(lambda tx: lists.leads_of(tx, newest, most=5))
        assert (lead.phone, lead.name) == ("+12125552999", "Bob")

    @pytest.mark.parametrize("again", [1, 2])
    def test_a_corrected_row_is_held_to_the_rules_of_its_upload(
        self, stage: Stage, home: Path, again: int
    ) -> None:
        called = "+13125552671"
        stage.call(stage.lead(stage.campaign(name="Other"), phone=called))
        rules = {
            "not_called_within": "30d",
            "missing_variable": "default=there",
            "allowed_countries": ["GB", "US"],
            "country": "GB",
            "known": "update",
        }
        list_id = imported(stage, home, **rules)
        for _ in range(again):  # rows that were corrected wrongly are corrected once more
            (row, *_) = bad_rows(stage.world.db, list_id, after=0).rows
            cells = {row.row: ["12", "Bob"], row.row + 1: [called, "Carl"]}
            errand_id = import_corrected(stage.world, list_id, cells, home=home, actor="bob")
            do_all(stage, home)
            errand = row_of(stage, errand_id)
            assert errand.list_id is not None
            list_id = errand.list_id
            assert errand.asked.items() >= rules.items()
        why = stage.world.db.read(lambda tx: lists.reject_reasons(tx, list_id))
        assert sorted(why) == [("recently_called", 1), ("short_or_emergency", 1)]

    def test_the_rules_are_those_that_brought_the_list_and_not_those_of_a_repetition(
        self, stage: Stage, home: Path
    ) -> None:
        list_id = imported(stage, home, not_called_within="30d")
        stage.world.db.transact(
            lambda tx: rows.add(
                tx,
                ErrandKind.LEADS,
                now=stage.clock.now(),
                status=ErrandStatus.DONE,
                actor="ann",
                list_id=list_id,
                asked={"not_called_within": "1d"},
            )
        )
        cells = {5: ["+1 212 555 2999", "Bob"]}
        errand_id = import_corrected(stage.world, list_id, cells, home=home, actor="bob")
        assert row_of(stage, errand_id).asked["not_called_within"] == "30d"

    def test_a_list_that_no_upload_brought_is_corrected_as_its_campaign_says(
        self, stage: Stage, home: Path
    ) -> None:
        list_id = imported(stage, home, not_called_within="30d")
        forget = partial(rows.move, errand_id=1, current=[ErrandStatus.DONE], list_id=None)
        assert stage.world.db.transact(forget)
        cells = {5: ["+1 212 555 2999", "Bob"]}
        errand_id = import_corrected(stage.world, list_id, cells, home=home, actor="bob")
        asked = row_of(stage, errand_id).asked
        assert sorted(asked) == ["corrects", "file", "map", "sure"]
        do_all(stage, home)
        assert found_in(stage, errand_id)["loaded"]["imported"] == 1

    def test_a_list_on_its_way_is_not_corrected_yet(self, stage: Stage, home: Path) -> None:
        list_id = imported(stage, home)
        begun = partial(lists.change, list_id=list_id, status=ListStatus.IMPORTING)
        stage.world.db.transact(begun)
        with pytest.raises(RefusedByRule, match="not imported to its end"):
            import_corrected(stage.world, list_id, {5: ["13", "Bob"]}, home=home, actor="ann")

    def test_each_rule_that_can_be_said_is_kept(self) -> None:
        said = import_rules("30d", "reject", "", "US") | {"country": "US", "known": "skip"}
        assert set(uploads.RULES) == set(said)

    def test_nothing_changed_imports_nothing(self, stage: Stage, home: Path) -> None:
        list_id = imported(stage, home)
        with pytest.raises(UserError, match="no cell was changed"):
            import_corrected(stage.world, list_id, {}, home=home, actor="ann")


class TestUndoing:
    def test_a_worker_takes_the_leads_out_again(self, stage: Stage, home: Path) -> None:
        list_id = imported(stage, home)
        campaign_id = stage.world.db.read(lists.every)[0].campaign_id
        uploads.ask_undo(stage.world, list_id, campaign_id=campaign_id, actor="ann")
        do_all(stage, home)
        undone = stage.world.db.read(lambda tx: lists.get(tx, list_id))
        assert undone is not None
        assert undone.undone == 3
        assert stage.world.db.read(lambda tx: leads.get(tx, 1)) is None
