"""Forecasts of campaigns in the database: refused, sampled, played by a worker, written down."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from factories import NOW, FrozenClock, Stage

from dialer.actions import errands
from dialer.actions.errand_hold import ErrandHold
from dialer.domain.errands import ErrandKind, ErrandStatus
from dialer.domain.states import LeadStatus
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.forecast.assumptions import Assumptions
from dialer.forecast.errand import MORE_ERRANDS, Wish, ask, figures_of, play
from dialer.forecast.estimate import calls_per_lead, estimate, seconds_per_call
from dialer.forecast.of_campaign import STEP, forecast_campaign
from dialer.store import campaigns
from dialer.store import errands as errand_rows
from dialer.store.tables import Errand

FEW = Assumptions(lines=4, calls_per_second=5.0)
WISH = Wish(lines=2, calls_per_second=5.0, days=1)


def latest(stage: Stage, campaign: int) -> Errand:
    row = stage.world.db.read(
        lambda tx: errand_rows.latest_about(tx, campaign, ErrandKind.FORECAST)
    )
    assert row is not None
    return row


# -- refusals


@pytest.mark.parametrize(
    "changes",
    [
        {"days": 0},
        {"days": 61},
        {"lines": 0},
        {"lines": 10_001},
        {"calls_per_second": 0.0},
        {"calls_per_second": float("nan")},
        {"answer_rate": -0.1},
        {"answer_rate": 1.1},
        {"talk": timedelta(0)},
        {"talk": timedelta(hours=2)},
    ],
)
def test_what_cannot_be_assumed_is_refused(stage: Stage, changes: dict[str, Any]) -> None:
    campaign = stage.draft()
    wish = Wish(**{"lines": 2, "calls_per_second": 5.0, **changes})
    with pytest.raises(UserError):
        ask(stage.world, campaign, wish, actor="ann")


def test_a_campaign_that_is_not_there_is_not_found(stage: Stage) -> None:
    with pytest.raises(NotFound):
        ask(stage.world, 77, WISH, actor="ann")


def test_a_campaign_that_is_being_played_is_not_played_twice(stage: Stage) -> None:
    campaign = stage.draft()
    stage.lead(campaign)
    ask(stage.world, campaign, WISH, actor="ann")
    with pytest.raises(RefusedByRule, match="being played already"):
        ask(stage.world, campaign, WISH, actor="ann")


def test_a_campaign_in_which_nobody_waits_has_no_forecast(stage: Stage, tmp_path: Path) -> None:
    campaign = stage.draft()
    stage.lead(campaign, status=LeadStatus.HELD, due_at=None, held_reason="no_zone")
    ask(stage.world, campaign, WISH, actor="ann")
    errands.run_due(stage.world, home=tmp_path, more=MORE_ERRANDS)
    row = latest(stage, campaign)
    assert (row.status, row.sentence) == (ErrandStatus.FAILED, "nobody waits in this campaign")


def test_too_many_leads_for_the_lines_are_refused(stage: Stage) -> None:
    campaign = stage.draft()
    stage.leads(9, campaign)
    few: dict[str, Any] = {"days": 1, "assumptions": FEW, "now": NOW, "enough": 1, "most": 2}
    with pytest.raises(UserError, match="9 leads are too many"):
        forecast_campaign(stage.world.db, campaign, **few)


# -- played


class HurryingClock(FrozenClock):
    """A clock on which some of a second passes whenever somebody looks."""

    def now(self) -> datetime:
        self.pass_time(seconds=0.4)
        return self.moment


class Watched(ErrandHold):
    """A hold that keeps what it was told."""

    told: ClassVar[list[float | None]] = []

    def tell(self, rows: int, fraction: float | None, **values: Any) -> None:
        self.told.append(fraction)
        super().tell(rows, fraction, **values)


def test_a_worker_tells_now_and_then_how_far_it_is(stage: Stage, tmp_path: Path) -> None:
    campaign = stage.draft()
    stage.leads(3, campaign)
    ask(stage.world, campaign, WISH, actor="ann")
    Watched.told.clear()
    hurried = replace(stage.world, clock=HurryingClock())

    def play_watched(hold: ErrandHold) -> None:
        play(Watched(hold.world, hold.errand, hold.holder, hold.home))

    more = {ErrandKind.FORECAST: play_watched}
    assert errands.run_due(hurried, home=tmp_path, more=more) == 1
    assert latest(stage, campaign).status is ErrandStatus.DONE
    steps = timedelta(days=1) // STEP
    assert 1 < len(Watched.told) < steps
    assert Watched.told == sorted(Watched.told, key=lambda one: one or 0.0)


def test_a_worker_plays_it_and_writes_down_what_came_of_it(stage: Stage, tmp_path: Path) -> None:
    campaign = stage.draft(window={"days": ["wed"], "opens": "09:00", "closes": "20:00"})
    stage.leads(4, campaign)
    ask(stage.world, campaign, WISH, actor="ann")
    assert errands.run_due(stage.world, home=tmp_path, more=MORE_ERRANDS) == 1
    row = latest(stage, campaign)
    assert row.status is ErrandStatus.DONE
    found = row.found or {}
    assert found["leads"] == 4
    assert found["calls"] >= 4
    assert sum(found["by_day"].values()) == sum(found["by_hour"].values()) == found["calls"]
    assert found["violations"] == []
    assert found["first_at"] == NOW.isoformat()
    assert row.sentence == f"{found['calls']:,} calls"


def test_nothing_of_the_campaign_changes(stage: Stage) -> None:
    campaign = stage.campaign(limits={"calls_per_day": 3}, start_at="2026-03-05T15:00:00+00:00")
    stage.leads(3, campaign)
    before = stage.campaign_row(campaign)
    told: list[float] = []
    played = forecast_campaign(
        stage.world.db, campaign, days=2, assumptions=FEW, now=NOW, tell=told.append
    )
    assert played.forecast.start_at.isoformat() == "2026-03-05T15:00:00+00:00"
    assert told == sorted(told)
    assert stage.campaign_row(campaign) == before
    counts = stage.world.db.read(lambda tx: campaigns.counts(tx, campaign))
    assert counts == {LeadStatus.READY: 3}


def test_a_sample_runs_with_its_part_of_the_lines_and_is_told_for_the_whole(
    stage: Stage,
) -> None:
    limits = {"lines": 3, "calls_per_day": 40, "dollars_per_day": 10.0}
    campaign = stage.draft(limits=limits)
    stage.leads(8, campaign)
    few: dict[str, Any] = {"days": 1, "assumptions": FEW, "now": NOW, "enough": 4}
    played = forecast_campaign(stage.world.db, campaign, **few)
    assert (played.leads, played.nth) == (8, 2)
    assert played.forecast.most_lines == 1  # half of three lines, rounded down
    assert figures_of(played)["calls"] == 2 * played.forecast.calls.calls


# -- estimated


def test_an_estimate_counts_calls_as_long_as_nobody_answers() -> None:
    assert calls_per_lead(0.0, most_attempts=5) == 5
    assert calls_per_lead(1.0, most_attempts=5) == 1
    assert calls_per_lead(0.5, most_attempts=2) == 1.5


def test_an_estimate_is_bound_by_lines_or_by_the_pace() -> None:
    assumed = Assumptions(lines=10, calls_per_second=100.0)
    seconds = seconds_per_call(assumed)
    assert 30 < seconds < 90
    by_lines = estimate(1_000, assumed, most_attempts=1)
    assert by_lines.first_round_hours == pytest.approx(by_lines.hours)
    assert by_lines.hours == pytest.approx(1_000 * seconds / 10 / 3600)
    slow = estimate(1_000, Assumptions(lines=1_000, calls_per_second=0.1), most_attempts=1)
    assert slow.hours == pytest.approx(1_000 / 0.1 / 3600)
