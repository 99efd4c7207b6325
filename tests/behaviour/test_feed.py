"""The feed of results: nothing is left out and nothing told twice, whoever writes then."""

from datetime import timedelta
from functools import partial

import pytest
from factories import Stage, make_stage

from dialer.actions import feed
from dialer.actions.feed import Page
from dialer.domain.states import AttemptStatus
from dialer.errors import NotFound
from dialer.store import attempts
from dialer.store import feed as rows
from dialer.store.database import Database


def read_on(stage: Stage, page: Page | None = None, *, most: int = 100, **asked: object) -> Page:
    """Read on; other tests on the same server are writers that are waited for."""
    given = {"since": None, "campaign_id": None, **asked}
    after = page.place if page is not None else None
    while True:
        found = feed.read_on(stage.world, after=after, most=most, **given)  # type: ignore[arg-type]
        if found.items or not found.more:
            return found


def give_up(stage: Stage, count: int, *, campaign_id: int | None = None) -> list[str]:
    """Claim attempts, and cancel each of them without its lead."""
    stage.excused.add("I1")
    stage.leads(count, campaign_id)
    claimed = stage.claim()
    for attempt_id in claimed:
        cancel(stage.world.db, stage, attempt_id)
    return claimed


def cancel(db: Database, stage: Stage, attempt_id: str) -> None:
    moved = partial(
        attempts.move,
        attempt_id=attempt_id,
        current=AttemptStatus.INTENT,
        target=AttemptStatus.CANCELLED,
        now=stage.clock.now(),
        by="test",
    )
    db.transact(moved)


def told(*pages: Page) -> list[str]:
    return [one["attempt"]["id"] for page in pages for one in page.items]


class TestFeed:
    def test_ends_come_once_in_the_order_in_which_they_were_written(self, stage: Stage) -> None:
        first = give_up(stage, 3)
        pages = [read_on(stage, most=2)]
        assert pages[0].more
        pages.append(read_on(stage, pages[-1], most=2))
        later = give_up(stage, 2)
        pages.append(read_on(stage, pages[-1]))
        pages.append(read_on(stage, pages[-1]))
        assert told(*pages) == [*first, *later]
        assert [len(page.items) for page in pages] == [2, 1, 2, 0]

    def test_what_is_still_open_is_not_told(self, stage: Stage) -> None:
        stage.call()
        assert told(read_on(stage)) == []

    def test_one_campaign_can_be_asked_for(self, stage: Stage) -> None:
        mine, other = stage.campaign(), stage.campaign(name="Other")
        wanted = give_up(stage, 1, campaign_id=mine)
        give_up(stage, 1, campaign_id=other)
        assert told(read_on(stage, campaign_id=mine)) == wanted
        with pytest.raises(NotFound):
            read_on(stage, campaign_id=77)

    def test_it_may_begin_at_a_moment(self, stage: Stage) -> None:
        give_up(stage, 1)
        stage.clock.pass_time(hours=1)
        since = stage.clock.now()
        later = give_up(stage, 1)
        assert told(read_on(stage, since=since)) == later
        assert told(read_on(stage, since=since + timedelta(hours=1))) == []

    def test_a_stretch_without_ends_is_passed_over(self, stage: Stage) -> None:
        mine, other = stage.campaign(), stage.campaign(name="Other")
        give_up(stage, 4, campaign_id=other)
        wanted = give_up(stage, 1, campaign_id=mine)
        seen, place, pages = stage.world.db.read(rows.horizon), 0, []
        while place < seen.newest:
            ask = partial(rows.page, after=place, until=seen.newest, most=9, campaign_id=mine)
            found, place = stage.world.db.read(partial(ask, stretch=3))
            pages.append([one.attempt.id for one in found])
        assert [one for page in pages for one in page] == wanted
        assert pages[0] == []


def test_what_a_slow_writer_commits_later_is_told_then(postgres_url: str) -> None:
    """The slow one has the lower id, and commits after the quick one was seen."""
    stage = make_stage(postgres_url)
    stage.leads(2)
    slow, quick = stage.claim()
    other = Database(postgres_url)
    with other.engine.connect() as tx:
        attempts.move(
            tx,
            slow,
            current=AttemptStatus.INTENT,
            target=AttemptStatus.CANCELLED,
            now=stage.clock.now(),
            by="test",
        )
        cancel(stage.world.db, stage, quick)
        page = feed.read_on(stage.world, after=None, since=None, most=9, campaign_id=None)
        assert (page.items, page.more) == ([], True)
        tx.commit()
    other.close()
    assert told(read_on(stage, page)) == [slow, quick]
    stage.world.db.close()
