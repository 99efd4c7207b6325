"""Watching: a sight at once, one for each change, and the last one when everything is over."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cli_desk import NOBODY_LISTENS

from dialer.actions import control
from dialer.actions.watch import watch
from dialer.actions.world import World
from dialer.bootstrap import build_desk
from dialer.config import Settings
from dialer.domain.campaign_spec import CampaignSpec
from dialer.errors import NotFound
from dialer.store.database import Database


class Steps:
    """A clock during whose sleeps things happen."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self._steps = iter(steps)

    def now(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC)

    def sleep(self, duration: timedelta) -> None:
        next(self._steps)()


def nothing() -> None:
    """Let time pass."""


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("REDIS_URL", NOBODY_LISTENS)
    return build_desk(Settings.load(), database)


def test_each_change_is_seen_once_until_the_end(world: World) -> None:
    spec = CampaignSpec(name="Spring", from_numbers=("+14155550198",))
    campaign = control.create(world, spec, actor="test")
    clock = Steps(
        lambda: control.start(world, campaign, actor="test"),
        nothing,
        lambda: control.pause(world, campaign, actor="test"),
        nothing,
        lambda: control.stop(world, campaign, actor="test"),
    )
    sights = list(watch(world.db, campaign, clock=clock))
    assert [sight.status for sight in sights] == ["draft", "running", "paused", "stopped"]
    assert [sight.is_over for sight in sights] == [False, False, False, True]


def test_a_campaign_that_is_not_there_cannot_be_watched(world: World) -> None:
    with pytest.raises(NotFound):
        next(watch(world.db, 41, clock=Steps()))
