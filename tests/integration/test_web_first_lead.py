"""A campaign that calls only its first lead, as the pages tell of it."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from api_peer import draft, world_with_retell
from factories import FrozenClock, make_lead
from web_peer import serving, settings_for, sign_in

from dialer.actions import control
from dialer.actions.plan import plan
from dialer.actions.world import World
from dialer.domain.roles import Role
from dialer.web.app import make_app

WAITS = "The campaign calls only its first lead so far"


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """Make a world whose campaign 1 has called lead 1, and is to call lead 2 later."""
    with world_with_retell(sqlite_url) as made:
        careful = draft(made)
        now = made.clock.now()
        for _ in range(2):
            made.db.transact(lambda tx: make_lead(tx, careful, now=now))
        control.start(made, careful, actor="test", despite="A test.", first_only=True)
        plan(made)
        yield made


@pytest.fixture
def web(world: World) -> Iterator[httpx.Client]:
    with serving(make_app(world, settings_for(world.db.url, print_first_link=False))) as client:
        sign_in(client, world)
        yield client


def test_the_page_of_another_lead_says_so_and_leads_to_the_button(
    web: httpx.Client, world: World
) -> None:
    page = web.get("/leads/2").text
    assert page.count(WAITS) == 2  # why not now, and among the checks
    assert '<a href="/campaigns/1">Call the others, too</a>' in page
    assert "Nothing forbids it" not in page
    assert '<p class="when">Now</p>' not in page
    assert "Call the others, too …" in web.get("/campaigns/1").text
    control.call_all(world, 1, actor="test")
    assert WAITS not in web.get("/leads/2").text


def test_a_viewer_is_told_whom_to_ask(web: httpx.Client, world: World) -> None:
    sign_in(web, world, Role.VIEWER)
    page = web.get("/leads/2").text
    assert "ask an operator to press “Call the others, too”" in page


def test_the_list_calls_no_lead_due_that_is_not_called(web: httpx.Client, world: World) -> None:
    due = '<span class="due">due</span>'
    page = web.get("/campaigns/1").text
    assert "only the first lead is called so far" in page
    assert due not in page
    control.call_all(world, 1, actor="test")
    assert due in web.get("/campaigns/1").text


def test_health_is_well_until_the_others_may_be_called_and_then_names_the_campaign(
    web: httpx.Client, world: World
) -> None:
    assert isinstance(world.clock, FrozenClock)
    world.clock.moment += timedelta(minutes=13)
    assert "No lead of a running campaign is overdue." in web.get("/health").text
    control.call_all(world, 1, actor="test")
    page = web.get("/health").text
    assert "The oldest lead that waits has been due for 13 min." in page
    assert 'It is of <a href="/campaigns/1">Spring</a>.' in page
