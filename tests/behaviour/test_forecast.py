"""A campaign in virtual time: every lead comes to its end, nobody is called outside a window."""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog
from lead_lists import ALL_DAYS, numbers_in, write_campaign
from sqlalchemy import event

from dialer.actions import control
from dialer.actions.campaign_file import lead_file_of, read_campaign_file
from dialer.domain.campaign_spec import CampaignSpec
from dialer.errors import NotFound, UserError
from dialer.forecast.assumptions import Assumptions
from dialer.forecast.figures import Forecast
from dialer.forecast.run import (
    Rehearsal,
    forecast,
    pass_days,
    places_by_number,
    put_in,
    rehearsal,
    sum_up,
)
from dialer.forecast.virtual_clock import from_ms, to_ms
from dialer.simulator.calls import Call
from dialer.store import campaigns, leads

NEW_YORK, ST_JOHNS = "America/New_York", "America/St_Johns"
BERLIN, LONDON = "Europe/Berlin", "Europe/London"
SYDNEY, AUCKLAND = "Australia/Sydney", "Pacific/Auckland"
SIX_ZONES = (NEW_YORK, ST_JOHNS, BERLIN, LONDON, SYDNEY, AUCKLAND)

AT_NIGHT = {
    "days": ALL_DAYS,
    "holidays": False,
    "legal_override": "Nobody's phone rings in a forecast.",
}
HURRIED = {
    "max_attempts": 2,
    "max_free_tries": 2,
    "delays": {"no_answer": "10m", "voicemail": "10m", "declined": "10m", "callback": "10m"},
}
FEW_LINES = Assumptions(lines=2, talk=timedelta(minutes=3))
ONE_LINE = replace(FEW_LINES, lines=1)
FIRST_DAY = datetime.fromisoformat("2026-03-07T00:00")  # on the campaign's own clock
WEDNESDAY = datetime(2026, 3, 4, 15, tzinfo=UTC)


def night(opens: str, closes: str) -> dict[str, Any]:
    return {**AT_NIGHT, "opens": opens, "closes": closes}


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Let thousands of calls not be told one by one."""
    usual = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.configure(wrapper_class=usual)


@pytest.fixture
def stage() -> Iterator[Rehearsal]:
    with rehearsal(FEW_LINES, start_at=WEDNESDAY) as opened:
        yield opened


def play(stage: Rehearsal, path: Path, *, days: int = 5) -> tuple[CampaignSpec, Forecast]:
    """Let a campaign run on a stage, where its calls can be looked at."""
    spec = read_campaign_file(path)
    lead_file = lead_file_of(spec, path)
    assert lead_file is not None
    campaign_id = put_in(stage.world, spec, lead_file)
    places = places_by_number(stage.world)
    start_at = stage.clock.now()
    control.start(stage.world, campaign_id, actor="test")
    pass_days(stage, campaign_id, days=days, tell=lambda moment, sight: None)
    return spec, sum_up(stage, campaign_id, spec, places=places, start_at=start_at)


def calls_of(stage: Rehearsal) -> list[Call]:
    return list(stage.exchange.calls)


def is_whole(found: Forecast, *, leads: int) -> bool:
    """Tell whether every lead was imported and came to its end."""
    ended = sum(found.progress.by_closed_as.values())
    return (leads, leads, 0) == (found.progress.leads, ended, found.waiting)


# -- when clocks change

CHANGES = [
    pytest.param((NEW_YORK, ST_JOHNS), "2026-03-07T12:00", id="spring in North America"),
    pytest.param((BERLIN, LONDON), "2026-03-28T12:00", id="spring in Europe"),
    pytest.param((SYDNEY, AUCKLAND), "2026-04-04T12:00", id="autumn in the south"),
    pytest.param((AUCKLAND,), "2026-09-26T12:00", id="spring in Auckland"),
    pytest.param((SYDNEY,), "2026-10-03T12:00", id="spring in Sydney"),
    pytest.param((BERLIN, LONDON), "2026-10-24T12:00", id="autumn in Europe"),
    pytest.param((NEW_YORK, ST_JOHNS), "2026-10-31T12:00", id="autumn in North America"),
]
NIGHTS = [
    pytest.param("01:30", "03:30", id="open around the change"),
    pytest.param("02:30", "05:00", id="opens inside the changed hour"),
    pytest.param("00:30", "02:30", id="closes inside the changed hour"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("opens", "closes"), NIGHTS)
@pytest.mark.parametrize(("zones", "eve"), CHANGES)
def test_nobody_is_called_outside_a_window_when_clocks_change(
    tmp_path: Path, zones: tuple[str, ...], eve: str, opens: str, closes: str
) -> None:
    path = write_campaign(
        tmp_path,
        people=dict.fromkeys(zones, 12),
        window=night(opens, closes),
        cadence=HURRIED,
        default_zone=zones[0],
    )
    noon = datetime.fromisoformat(eve)
    found = forecast(path, start=noon, days=3, assumptions=ONE_LINE)
    assert found.violations == []
    assert is_whole(found, leads=12 * len(zones))
    for one in found.calls.zones:
        assert opens <= one.earliest <= one.latest < closes, one
    first = found.calls.first_at
    assert first is not None
    assert first - found.start_at < timedelta(days=1)  # it is the night of the change


def test_an_hour_that_comes_twice_is_called_in_twice(stage: Rehearsal, tmp_path: Path) -> None:
    stage.clock.jump_to(to_ms(datetime(2026, 10, 31, 16, tzinfo=UTC)))
    path = write_campaign(
        tmp_path, people={NEW_YORK: 60}, window=night("01:00", "02:00"), cadence=HURRIED
    )
    _, found = play(stage, path, days=1)
    assert found.violations == []
    shown = [from_ms(call.created_ms).astimezone(ZoneInfo(NEW_YORK)) for call in calls_of(stage)]
    hours = Counter((at.date().isoformat(), at.hour, at.fold) for at in shown)
    assert set(hours) == {("2026-11-01", 1, 0), ("2026-11-01", 1, 1)}


def test_an_hour_that_does_not_come_is_not_called_in(tmp_path: Path) -> None:
    path = write_campaign(
        tmp_path,
        people={NEW_YORK: 5},
        window=night("02:00", "03:00"),
        cadence=HURRIED,
        default_zone=NEW_YORK,
    )
    found = forecast(path, start=FIRST_DAY + timedelta(hours=12), days=3, assumptions=FEW_LINES)
    assert [str(day) for day in found.calls.by_day] == ["2026-03-09"]
    assert found.violations == []


# -- six zones at once


@pytest.mark.slow
def test_a_list_of_six_zones_is_called_in_the_hours_of_each(tmp_path: Path) -> None:
    path = write_campaign(tmp_path, people=dict.fromkeys(SIX_ZONES, 20))
    assumptions = Assumptions(lines=3)
    found = forecast(path, start=FIRST_DAY, days=5, assumptions=assumptions)
    assert found.violations == []
    assert found.progress.leads == 120
    assert found.most_lines == 3
    assert {one.zone for one in found.calls.zones} == {*SIX_ZONES, "America/Halifax"}
    for one in found.calls.zones:
        assert "09:00" <= one.earliest <= one.latest < "19:55", one
    assert sum(found.calls.by_day.values()) == found.calls.calls
    assert sum(found.calls.by_hour.values()) == found.calls.calls


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_thousand_leads_over_five_days_and_a_change_of_clocks(tmp_path: Path) -> None:
    people = dict.fromkeys(SIX_ZONES, 1_667)
    path = write_campaign(tmp_path, people=people)
    assumptions = Assumptions(lines=60, calls_per_second=5)
    found = forecast(path, start=FIRST_DAY, days=5, assumptions=assumptions)
    assert found.violations == []
    assert found.progress.leads == 10_002
    assert found.calls.calls > 15_000
    assert found.most_lines == 60
    for one in found.calls.zones:
        assert "09:00" <= one.earliest <= one.latest < "19:55", one


# -- what it takes for granted


@pytest.mark.slow
def test_the_same_seed_gives_the_same_forecast(tmp_path: Path) -> None:
    path = write_campaign(tmp_path, people={NEW_YORK: 6, BERLIN: 6})

    def with_seed(seed: int) -> Forecast:
        return forecast(path, start=WEDNESDAY, days=1, assumptions=replace(FEW_LINES, seed=seed))

    assert with_seed(1) == with_seed(1)
    assert with_seed(1).progress != with_seed(2).progress


def test_calls_keep_to_lines_and_pace(tmp_path: Path) -> None:
    assumptions = Assumptions(lines=3, calls_per_second=0.1)
    path = write_campaign(tmp_path, people={NEW_YORK: 15})
    with rehearsal(assumptions, start_at=WEDNESDAY) as stage:
        _, found = play(stage, path, days=1)
        moments = sorted(call.created_ms for call in calls_of(stage))
    assert found.violations == []
    assert found.most_lines <= 3
    assert all(after - before >= 10_000 for before, after in pairwise(moments))


def test_with_lines_to_spare_the_pace_decides(tmp_path: Path) -> None:
    assumptions = Assumptions(lines=100, calls_per_second=2)
    path = write_campaign(tmp_path, people={NEW_YORK: 40}, cadence={"max_attempts": 1})
    with rehearsal(assumptions, start_at=WEDNESDAY) as stage:
        play(stage, path, days=1)
        moments = sorted(call.created_ms for call in calls_of(stage))[:40]
    assert 39 * 500 <= moments[-1] - moments[0] <= 41 * 500


def test_while_leads_wait_no_line_stands_idle(stage: Rehearsal, tmp_path: Path) -> None:
    path = write_campaign(tmp_path, people={NEW_YORK: 40}, cadence={"max_attempts": 1})
    _, found = play(stage, path)
    assert found.calls.busy_share > 0.95


def test_people_answer_as_often_as_assumed(tmp_path: Path) -> None:
    path = write_campaign(tmp_path, people={NEW_YORK: 20})

    def with_rate(rate: float) -> Forecast:
        assumptions = replace(FEW_LINES, answer_rate=rate)
        return forecast(path, start=WEDNESDAY, days=1, assumptions=assumptions)

    never, always = with_rate(0.0).progress, with_rate(1.0).progress
    assert "talked" not in never.dispositions
    assert set(always.dispositions) <= {"talked", "callback", "opted_out"}


def test_a_wait_of_weeks_takes_no_steps(stage: Rehearsal, tmp_path: Path) -> None:
    path = write_campaign(tmp_path, people={NEW_YORK: 1}, start_at="2026-04-30T15:00:00Z")
    spec = read_campaign_file(path)
    campaign_id = put_in(stage.world, spec, tmp_path / "people.csv")
    control.start(stage.world, campaign_id, actor="test")
    statements: list[str] = []
    event.listen(
        stage.world.db.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2])
    )
    stage.lapse.run(until=WEDNESDAY + timedelta(days=50))
    assert len(statements) < 50
    stage.lapse.run(until=WEDNESDAY + timedelta(days=60))
    (call, *_) = calls_of(stage)
    assert from_ms(call.created_ms) >= datetime(2026, 4, 30, 15, tzinfo=UTC)


def test_leads_that_wait_at_the_end_are_told(tmp_path: Path) -> None:
    path = write_campaign(tmp_path, people={NEW_YORK: 5, BERLIN: 5})
    found = forecast(path, start=WEDNESDAY, days=1, assumptions=FEW_LINES)
    assert found.status == "running"
    assert 0 < found.waiting < 10
    assert found.ended_at == WEDNESDAY + timedelta(days=1)


def test_a_campaign_that_is_over_ends_its_forecast(tmp_path: Path) -> None:
    path = write_campaign(
        tmp_path, people={NEW_YORK: 3}, cadence={"max_attempts": 1, "max_free_tries": 1}
    )
    found = forecast(path, start=WEDNESDAY, days=365, assumptions=FEW_LINES)
    assert (found.status, found.waiting) == ("finished", 0)
    assert found.ended_at < WEDNESDAY + timedelta(days=2)


def test_a_held_campaign_waits_out_its_days(stage: Rehearsal, tmp_path: Path) -> None:
    path = write_campaign(tmp_path, people={NEW_YORK: 3})
    campaign_id = put_in(stage.world, read_campaign_file(path), tmp_path / "people.csv")
    control.start(stage.world, campaign_id, actor="test")
    stage.world.db.transact(
        lambda tx: campaigns.hold(
            tx, campaign_id, reason="test", sentence="For a test.", now=WEDNESDAY
        )
    )
    assert stage.lapse.run(until=WEDNESDAY + timedelta(hours=2))
    assert calls_of(stage) == []
    control.resume(stage.world, campaign_id, actor="test")
    stage.lapse.run(until=WEDNESDAY + timedelta(hours=3))
    assert len(calls_of(stage)) >= 3


def test_a_forecast_without_leads_is_refused(tmp_path: Path) -> None:
    path = write_campaign(tmp_path, people={})
    path.write_text(path.read_text().replace('leads = "people.csv"', ""))
    with pytest.raises(UserError, match="names no leads"):
        forecast(path, start=WEDNESDAY, days=1, assumptions=FEW_LINES)
    with pytest.raises(NotFound):
        forecast(tmp_path / "no.toml", start=WEDNESDAY, days=1, assumptions=FEW_LINES)


# -- what must be found


def test_an_engine_that_is_told_a_wrong_zone_is_found(stage: Rehearsal, tmp_path: Path) -> None:
    path = write_campaign(tmp_path, people={NEW_YORK: 4}, window=night("18:00", "20:00"))
    spec = read_campaign_file(path)
    campaign_id = put_in(stage.world, spec, tmp_path / "people.csv")
    places = places_by_number(stage.world)
    told = leads.lead.update().values(zones="Pacific/Honolulu")
    stage.world.db.transact(lambda tx: tx.execute(told))
    control.start(stage.world, campaign_id, actor="test")
    pass_days(stage, campaign_id, days=1, tell=lambda moment, sight: None)
    found = sum_up(stage, campaign_id, spec, places=places, start_at=WEDNESDAY)
    assert len(calls_of(stage)) >= 4
    for call in calls_of(stage):
        (line,) = [one for one in found.violations if call.request.to_number in one][:1]
        assert "the window is closed, and it is" in line


def test_a_call_to_a_stranger_is_found(stage: Rehearsal, tmp_path: Path) -> None:
    path = write_campaign(tmp_path, people={NEW_YORK: 1})
    spec = read_campaign_file(path)
    campaign_id = put_in(stage.world, spec, tmp_path / "people.csv")
    places = places_by_number(stage.world)
    (stranger,) = numbers_in(BERLIN, 1)
    body = {"from_number": "+14155550198", "to_number": stranger}
    stage.exchange.create_call(body, now_ms=stage.clock.now_ms())
    found = sum_up(stage, campaign_id, spec, places=places, start_at=WEDNESDAY)
    assert [line for line in found.violations if f"{stranger} is no lead" in line]
