"""Which lists have rejected rows that somebody may still correct."""

from datetime import timedelta
from functools import partial
from typing import Any

from factories import NOW, Stage

from dialer.domain.states import CampaignStatus
from dialer.store import lists

DRAFTS = (CampaignStatus.DRAFT,)


def add(stage: Stage, campaign: int, *, rejected: int, **more: Any) -> int:
    """Make a list, as of now, of which so many rows were rejected; none of them is kept."""
    stage.excused |= {"I17"}
    told = {"file_name": "a.csv", "sha256": "a", "fingerprint": "a", "mapping": {}}
    made = partial(lists.add, campaign_id=campaign, now=stage.clock.now(), **told)
    list_id = stage.world.db.transact(made)
    values = {"rejected": rejected, **more}
    stage.world.db.transact(lambda tx: lists.change(tx, list_id, **values))
    return list_id


def found(stage: Stage, *, since: timedelta = timedelta(days=7)) -> list[int]:
    ask = partial(lists.lately_rejecting, statuses=DRAFTS, since=NOW - since, most=2)
    return [row.id for row, _ in stage.world.db.read(ask)]


def test_the_latest_stand_first_and_only_so_many_are_read(stage: Stage) -> None:
    campaign = stage.draft()
    made = [add(stage, campaign, rejected=n) for n in (1, 2, 3)]
    assert found(stage) == [made[2], made[1]]


def test_whole_old_forgotten_and_begun_ones_are_left_out(stage: Stage) -> None:
    campaign = stage.draft()
    add(stage, campaign, rejected=0)
    add(stage, campaign, rejected=1, purged_at=NOW)
    add(stage, campaign, rejected=1, created_at=NOW - timedelta(days=8))
    add(stage, stage.campaign(), rejected=1)
    assert found(stage) == []
    assert len(found(stage, since=timedelta(days=9))) == 1
