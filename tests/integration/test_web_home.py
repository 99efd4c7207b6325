"""The first page: which campaigns it shows, what it tells of each, and what is done from there."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from factories import make_lead, make_spec
from test_web_pages import words_of
from web_peer import sign_in

from dialer.actions import appointment, control
from dialer.actions.world import World
from dialer.domain.roles import Role
from dialer.domain.states import CampaignStatus, ClosedAs, LeadStatus
from dialer.store import campaigns, gate
from dialer.store.tables import Campaign
from dialer.web.home_page import PAGE, SHOWN

OURS = {"sec-fetch-site": "same-origin"}


def draft(world: World, *, number_of_leads: int = 1, **spec: Any) -> int:
    campaign_id = control.create(world, make_spec(**spec), actor="test")
    now = world.clock.now()
    for _ in range(number_of_leads):
        world.db.transact(lambda tx: make_lead(tx, campaign_id, now=now))
    return campaign_id


def running(world: World, **spec: Any) -> int:
    campaign_id = draft(world, **spec)
    control.start(world, campaign_id, actor="test")
    return campaign_id


def over(world: World, **spec: Any) -> int:
    campaign_id = running(world, **spec)
    control.stop(world, campaign_id, actor="test")
    return campaign_id


def row_of(world: World, campaign_id: int) -> Campaign:
    found = world.db.read(lambda tx: campaigns.get(tx, campaign_id))
    assert found is not None
    return found


def send(web: httpx.Client, path: str, **fields: str) -> httpx.Response:
    return web.post(path, data=fields, headers=OURS)


def newest(world: World) -> int:
    return max(row.id for row in world.db.read(campaigns.every))


# -- refusals


@pytest.mark.parametrize("verb", ["duplicate", "redial", "archive", "unschedule", "schedule"])
def test_a_campaign_that_is_not_there_is_not_found(web: httpx.Client, verb: str) -> None:
    answer = send(web, f"/campaigns/77/{verb}", at="2100-01-01T09:00", zone="UTC")
    assert answer.status_code == 404
    assert "There is no campaign 77" in answer.text


def test_a_campaign_that_runs_is_not_archived(web: httpx.Client, world: World) -> None:
    campaign = running(world)
    assert send(web, f"/campaigns/{campaign}/archive").status_code == 409
    assert row_of(world, campaign).status is CampaignStatus.RUNNING


def test_a_campaign_without_anybody_left_is_not_redialed(web: httpx.Client, world: World) -> None:
    answer = send(web, f"/campaigns/{running(world)}/redial")
    assert answer.status_code == 409
    assert "has nobody to redial" in answer.text


@pytest.mark.parametrize(
    ("at", "zone", "status"),
    [
        ("", "UTC", 400),
        ("soon", "UTC", 400),
        ("2100-01-01T09:00", "", 400),
        ("2100-01-01T09:00", "Nowhere", 400),
        ("2100-03-14T02:30", "America/New_York", 400),
        ("2020-01-01T09:00", "UTC", 409),
    ],
)
def test_a_start_at_no_moment_to_come_is_refused(
    web: httpx.Client, world: World, at: str, zone: str, status: int
) -> None:
    campaign = draft(world)
    answer = send(web, f"/campaigns/{campaign}/schedule", at=at, zone=zone)
    assert answer.status_code == status
    assert row_of(world, campaign).status is CampaignStatus.DRAFT


def test_a_way_back_to_another_host_is_not_taken(web: httpx.Client, world: World) -> None:
    campaign = running(world)
    answer = send(web, f"/campaigns/{campaign}/pause", back="//evil.example.com")
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("before", ["x", "0", "-1", "9" * 30])
def test_a_page_before_nothing_is_refused(web: httpx.Client, before: str) -> None:
    assert web.get(f"/?before={before}").status_code == 400


def test_viewers_see_no_button(web: httpx.Client, world: World) -> None:
    running(world)
    sign_in(web, world, Role.VIEWER)
    page = web.get("/").text
    assert page.count("<form") == 1  # signing out
    assert "<dialog" not in page
    assert "/campaigns/new" not in page


# -- what is shown


def test_every_state_of_a_campaign_is_on_one_tab() -> None:
    shown = [status for statuses in SHOWN.values() for status in statuses]
    assert sorted(shown) == sorted(CampaignStatus)


def test_campaigns_are_on_their_tabs_which_count_them(web: httpx.Client, world: World) -> None:
    running(world, name="Runs")
    over(world, name="Over")
    put_away = over(world, name="Away")
    control.archive(world, put_away, actor="test")
    later = draft(world, name="Later")
    moment = world.clock.now() + timedelta(days=1)
    appointment.start_at(world, later, moment, actor="test")
    for tab, name in (("", "Runs"), ("scheduled", "Later"), ("finished", "Over")):
        page = words_of(web.get(f"/?tab={tab}").text)
        assert "Active 1 Scheduled 1 Finished 1 Archived 1" in page
        others = {"Runs", "Later", "Over", "Away"} - {name}
        assert f" {name} " in page
        assert not [one for one in others if f" {one} " in page]
    assert " Away " in words_of(web.get("/?tab=archived").text)
    assert " Runs " in words_of(web.get("/?tab=nonsense").text)


def test_more_campaigns_than_a_page_holds_are_on_the_next(web: httpx.Client, world: World) -> None:
    made = [draft(world, number_of_leads=0) for _ in range(PAGE + 2)]
    first = web.get("/").text
    assert f'href="/?before={made[2]}"' in first
    assert f'id="campaign-{made[1]}"' not in first
    second = web.get(f"/?before={made[2]}").text
    assert f'id="campaign-{made[1]}"' in second
    assert f'id="campaign-{made[2]}"' not in second


def test_before_the_first_campaign_there_is_a_list_of_steps(web: httpx.Client) -> None:
    page = words_of(web.get("/").text)
    assert "the first one in five steps" in page
    assert "Rehearse first" in page


# -- what is done


def test_everything_is_paused_by_one_click_and_goes_on_after_a_question(
    web: httpx.Client, world: World
) -> None:
    running(world)
    assert send(web, "/pause-everything").headers["location"] == "/"
    assert world.db.read(gate.peek).everything_paused
    page = web.get("/").text
    assert 'commandfor="go-on"' in page
    assert "/pause-everything" not in page
    assert send(web, "/resume-everything").headers["location"] == "/"
    assert not world.db.read(gate.peek).everything_paused


def test_a_campaign_is_paused_from_the_first_page_and_stays_there(
    web: httpx.Client, world: World
) -> None:
    campaign = running(world)
    answer = send(web, f"/campaigns/{campaign}/pause", back="/?tab=active")
    assert answer.headers["location"] == "/?tab=active"
    assert row_of(world, campaign).status is CampaignStatus.PAUSED


def test_a_campaign_is_scheduled_by_the_clock_of_a_zone_and_taken_back(
    web: httpx.Client, world: World
) -> None:
    campaign = draft(world)
    path = f"/campaigns/{campaign}"
    send(web, f"{path}/schedule", at="2100-07-01T09:00", zone="America/New_York")
    row = row_of(world, campaign)
    assert row.status is CampaignStatus.SCHEDULED
    assert row.start_at is not None
    assert row.start_at.isoformat() == "2100-07-01T13:00:00+00:00"
    assert "Do not start by itself" in web.get(path).text
    for page in ("/?tab=scheduled", path):
        marked = 'Starts by itself at <time datetime="2100-07-01T13:00:00+00:00"'
        assert marked in web.get(page).text
    send(web, f"{path}/unschedule")
    assert row_of(world, campaign).status is CampaignStatus.DRAFT


@pytest.mark.parametrize(("with_leads", "number"), [("", 0), ("yes", 3)])
def test_a_copy_is_a_draft_with_or_without_the_leads(
    web: httpx.Client, world: World, with_leads: str, number: int
) -> None:
    campaign = over(world, number_of_leads=3)
    answer = send(web, f"/campaigns/{campaign}/duplicate", with_leads=with_leads)
    copy = newest(world)
    assert answer.headers["location"] == f"/campaigns/{copy}"
    assert row_of(world, copy).status is CampaignStatus.DRAFT
    assert sum(world.db.read(lambda tx: campaigns.counts(tx, copy)).values()) == number


def test_those_not_reached_are_redialed_and_those_a_stop_left_where_asked_for(
    web: httpx.Client, world: World
) -> None:
    campaign = running(world, number_of_leads=3)
    now = world.clock.now()
    closed = {"status": LeadStatus.CLOSED, "due_at": None, "closed_at": now}
    world.db.transact(
        lambda tx: make_lead(tx, campaign, now=now, closed_as=ClosedAs.EXHAUSTED, **closed)
    )
    control.stop(world, campaign, actor="test")
    assert "Redial those not reached" in web.get(f"/campaigns/{campaign}").text
    send(web, f"/campaigns/{campaign}/redial")
    assert sum(world.db.read(lambda tx: campaigns.counts(tx, newest(world))).values()) == 1


def test_a_campaign_that_is_over_is_put_away(web: httpx.Client, world: World) -> None:
    campaign = over(world)
    assert "Archive …" in web.get("/?tab=finished").text
    send(web, f"/campaigns/{campaign}/archive")
    assert row_of(world, campaign).status is CampaignStatus.ARCHIVED
