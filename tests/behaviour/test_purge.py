"""Purge: rejected rows go 90 days after their import; what a list counts stays."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from factories import Stage

from dialer.actions import purge as purging
from dialer.actions.export import export_rejects
from dialer.actions.load import Loaded, Order, load
from dialer.actions.purge import ANSWERS_KEPT, REJECTS_KEPT, purge
from dialer.actions.pushing import RequestKey, push
from dialer.errors import NotFound
from dialer.store import lists

BAD = "Phone,Name\n+12122000001,Ann\n" + "".join(f"911,Bad {n}\n" for n in range(12))


def loaded(stage: Stage, folder: Path, *, name: str = "leads.csv", campaign: int) -> Loaded:
    path = folder / name
    path.write_text(BAD + f"911,{name}\n", encoding="utf-8")
    to = folder / "rejects.csv"
    order = Order(check_agent=False)
    return load(stage.world, campaign, path, actor="test", rejects_to=to, order=order)


def rejects(stage: Stage, list_id: int) -> int:
    return export_rejects(stage.world.db, list_id, BytesIO()).rows


def test_rejected_rows_are_kept_for_ninety_days_after_the_import(
    stage: Stage, tmp_path: Path
) -> None:
    old = loaded(stage, tmp_path, campaign=stage.campaign())
    stage.clock.moment += REJECTS_KEPT
    stage.clock.pass_time(seconds=-1)
    new = loaded(stage, tmp_path, name="new.csv", campaign=stage.campaign())
    assert purge(stage.world) == 0
    stage.clock.pass_time(seconds=2)
    assert purge(stage.world) == 13
    assert purge(stage.world) == 0
    assert rejects(stage, new.list_id) == 13
    row = stage.world.db.read(lambda tx: lists.get(tx, old.list_id))
    assert row is not None
    assert (row.rows, row.imported, row.rejected) == (14, 1, 13)
    with pytest.raises(NotFound, match="were deleted on 2026-06-02"):
        rejects(stage, old.list_id)


def test_a_purge_that_dies_in_the_middle_goes_on_and_breaks_no_count(
    stage: Stage, tmp_path: Path
) -> None:
    one = loaded(stage, tmp_path, campaign=stage.campaign())
    now = stage.clock.now()
    stage.world.db.transact(lambda tx: lists.delete_rejects(tx, one.list_id, most=5, now=now))
    assert not [found for found in stage.violations() if found.name == "I17"]
    stage.clock.moment += REJECTS_KEPT + timedelta(days=1)
    assert purge(stage.world) == 8


def test_a_list_whose_rejected_rows_are_gone_is_recognised_all_the_same(
    stage: Stage, tmp_path: Path
) -> None:
    campaign = stage.campaign()
    one = loaded(stage, tmp_path, campaign=campaign)
    stage.clock.moment += REJECTS_KEPT + timedelta(days=1)
    purge(stage.world)
    again = loaded(stage, tmp_path, campaign=campaign)
    assert (again.list_id, again.already, again.rejects) == (one.list_id, True, None)


def test_an_import_that_was_interrupted_keeps_its_rows(stage: Stage, tmp_path: Path) -> None:
    one = loaded(stage, tmp_path, campaign=stage.campaign())
    stage.world.db.transact(lambda tx: lists.change(tx, one.list_id, finished_at=None))
    stage.clock.moment += 2 * REJECTS_KEPT
    assert purge(stage.world) == 0


def test_many_rows_are_deleted_in_several_transactions(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded(stage, tmp_path, campaign=stage.campaign())
    stage.clock.moment += REJECTS_KEPT + timedelta(days=1)
    monkeypatch.setattr(purging, "AT_ONCE", 5)
    assert purge(stage.world) == 13


def test_answers_to_pushes_are_kept_for_three_days(stage: Stage) -> None:
    campaign_id = stage.campaign()

    def again() -> bool:
        key = RequestKey(1, "one", "body")
        leads = [{"phone": "2125552671"}]
        return push(stage.world, campaign_id, leads, key=key, actor="test").again

    assert not again()
    stage.clock.moment += ANSWERS_KEPT
    purge(stage.world)
    assert again()
    stage.clock.pass_time(seconds=1)
    purge(stage.world)
    assert not again()
