"""The page of a forecast: what it refuses, what it says while a worker plays, what it shows."""

from typing import Any

import httpx
import pytest
from factories import make_lead, make_spec
from test_web_pages import words_of
from web_peer import sign_in

from dialer.actions import control
from dialer.actions.world import World
from dialer.domain.errands import ErrandKind, ErrandStatus
from dialer.domain.roles import Role
from dialer.store import errands
from dialer.store.tables import Errand

OURS = {"sec-fetch-site": "same-origin"}
GIVEN = {"days": "7", "lines": "5", "pace": "1.5", "answer": "25", "talk": "90s"}
FOUND: dict[str, Any] = {
    "leads": 3_000,
    "nth": 3,
    "zone": "UTC",
    "status": "running",
    "held_text": None,
    "first_at": "2026-03-04T15:00:00+00:00",
    "last_at": "2026-03-06T20:00:00+00:00",
    "waiting": 30,
    "closed_as": {"reached": 2_000, "exhausted": 970},
    "dispositions": {"talked": 2_000, "no_answer": 4_000},
    "calls": 6_000,
    "hours": 12.34,
    "busy_share": 0.5,
    "by_day": {"2026-03-04": 4_000, "2026-03-06": 2_000},
    "by_hour": {"9": 4_000, "10": 2_000},
    "zones": [{"zone": "America/New_York", "calls": 6_000, "earliest": "09:00", "latest": "19:54"}],
    "violations": ["a call at night"],
}


@pytest.fixture
def campaign(world: World) -> int:
    campaign_id = control.create(world, make_spec(limits={"lines": 3}), actor="test")
    now = world.clock.now()
    world.db.transact(lambda tx: make_lead(tx, campaign_id, now=now))
    return campaign_id


def send(web: httpx.Client, campaign: int, **changes: str) -> httpx.Response:
    return web.post(f"/campaigns/{campaign}/forecast", data=GIVEN | changes, headers=OURS)


def latest(world: World, campaign: int) -> Errand | None:
    kind = ErrandKind.FORECAST
    return world.db.read(lambda tx: errands.latest_about(tx, campaign, kind))


def finish(world: World, campaign: int, status: ErrandStatus, **values: Any) -> None:
    row = latest(world, campaign)
    assert row is not None
    current = (ErrandStatus.DOING,)
    world.db.transact(lambda tx: errands.move(tx, row.id, current=current, status=status, **values))


# -- refusals


def test_a_campaign_that_is_not_there_has_no_forecast(web: httpx.Client) -> None:
    assert web.get("/campaigns/77/forecast").status_code == 404
    assert send(web, 77).status_code == 404


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("days", "0"),
        ("days", "many"),
        ("lines", ""),
        ("pace", "0"),
        ("pace", "nan"),
        ("answer", "101"),
        ("talk", "2"),
        ("talk", "3h"),
    ],
)
def test_what_cannot_be_assumed_is_told_and_stays_as_it_was_typed(
    web: httpx.Client, world: World, campaign: int, name: str, text: str
) -> None:
    answer = send(web, campaign, **{name: text})
    assert answer.status_code == 400
    assert 'id="problem"' in answer.text
    assert f'name="{name}"' in answer.text
    assert f'value="{text}"' in answer.text
    assert latest(world, campaign) is None


def test_what_is_being_played_is_not_asked_for_twice(web: httpx.Client, campaign: int) -> None:
    send(web, campaign)
    answer = send(web, campaign)
    assert answer.status_code == 409
    assert "It is being played already." in answer.text


def test_viewers_look_and_ask_for_nothing(web: httpx.Client, world: World, campaign: int) -> None:
    sign_in(web, world, Role.VIEWER)
    page = web.get(f"/campaigns/{campaign}/forecast")
    assert page.status_code == 200
    assert "Play it through" not in page.text
    assert send(web, campaign).status_code == 403


# -- asked for, played, shown


def test_what_holds_now_is_assumed_at_first(web: httpx.Client, campaign: int) -> None:
    page = web.get(f"/campaigns/{campaign}/forecast").text
    assert 'name="lines" inputmode="numeric" value="3"' in page
    assert "Nobody has asked for a forecast yet." in page


def test_a_worker_is_asked_and_the_page_waits_for_it(
    web: httpx.Client, world: World, campaign: int
) -> None:
    path = f"/campaigns/{campaign}/forecast"
    assert send(web, campaign).headers["location"] == path
    row = latest(world, campaign)
    assert row is not None
    assert row.asked == {
        "days": 7,
        "lines": 5,
        "calls_per_second": 1.5,
        "answer_rate": 0.25,
        "talk_s": 90.0,
    }
    page = web.get(path).text
    assert "A worker takes it up in a moment." in page
    assert 'data-hx-trigger="every 1s"' in page
    assert 'value="1m 30s"' in page


def test_why_it_could_not_be_played_is_told(web: httpx.Client, world: World, campaign: int) -> None:
    send(web, campaign)
    error = {"error": {"what": "x", "why": None, "fix": "upload a list first"}}
    finish(world, campaign, ErrandStatus.FAILED, sentence="nobody waits", found=error)
    words = words_of(web.get(f"/campaigns/{campaign}/forecast").text)
    assert "It could not be played: nobody waits. Upload a list first." in words


def test_what_came_of_it_is_shown_with_figures_bars_and_tables(
    web: httpx.Client, world: World, campaign: int
) -> None:
    send(web, campaign)
    finish(world, campaign, ErrandStatus.DONE, found=FOUND)
    page = web.get(f"/campaigns/{campaign}/forecast").text
    words = words_of(page)
    assert "calls to 3,000 leads 6,000" in words
    assert "leads that still wait 30" in words
    assert "every 3rd lead" in words
    assert "Wed 04 Mar 4,000 Fri 06 Mar 2,000" in words
    assert "Wed 04 Mar: 4,000" in words  # told by its bar
    assert "highest: 4,000" in words
    assert "Wrong, and to be told to whoever makes the dialer: a call at night" in words
    assert page.count("<svg") == 6
    assert "09:00 4,000 10:00 2,000" in words
