"""A lead's number and notes, changed on its page, by a program, and by the command line."""

from collections.abc import Iterator

import httpx
import pytest
from api_peer import bearer, draft, ok, problem, token_for, world_with_retell
from web_peer import serving, settings_for, sign_in

from dialer.actions.pushing import RequestKey, push
from dialer.actions.world import World
from dialer.domain.roles import Role
from dialer.web.app import make_app

OURS = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with world_with_retell(sqlite_url) as made:
        row = {"phone": "2125552671", "name": "Ada", "variables": {"plan": "Team"}}
        push(made, draft(made), [row], key=RequestKey(1, "a", "a"), actor="test")
        yield made


@pytest.fixture
def web(world: World) -> Iterator[httpx.Client]:
    with serving(make_app(world, settings_for(world.db.url, print_first_link=False))) as client:
        yield client


def test_the_right_number_leads_to_the_lead_that_has_it(web: httpx.Client, world: World) -> None:
    sign_in(web, world)
    assert "Correct the number" in web.get("/leads/1").text
    answer = web.post("/leads/1/number", data={"to": "(312) 555-2679"}, headers=OURS)
    assert answer.headers["location"] == "/leads/2"
    shown = web.get("/leads/2").text
    assert "+13125552679" in shown
    assert "instead of: 1" in shown
    assert "new lead: 2" in web.get("/leads/1").text
    wrong = web.post("/leads/2/number", data={"to": "12"}, headers=OURS)
    assert (wrong.status_code, "cannot take its place" in wrong.text) == (409, True)


def test_a_note_stands_in_what_happened(web: httpx.Client, world: World) -> None:
    sign_in(web, world)
    answer = web.post("/leads/1/note", data={"text": "Asks for <Mia>."}, headers=OURS)
    assert answer.headers["location"] == "/leads/1"
    assert "Asks for &lt;Mia&gt;." in web.get("/leads/1").text
    assert web.post("/leads/1/note", data={"text": " "}, headers=OURS).status_code == 400


def test_viewers_change_neither(web: httpx.Client, world: World) -> None:
    sign_in(web, world, Role.VIEWER)
    for path in ("/leads/1/number", "/leads/1/note"):
        assert web.post(path, data={"to": "x", "text": "x"}, headers=OURS).status_code == 403


def test_a_program_does_the_same(web: httpx.Client, world: World) -> None:
    program = {"headers": bearer(token_for(world))}
    noted = web.post("/api/v1/leads/1/note", json={"text": "Asks for Mia."}, **program)
    assert ok(noted)["lead_id"] == 1
    told = ok(web.post("/api/v1/leads/1/number", json={"phone": "+13125552679"}, **program), 201)
    assert told == {"lead_id": 1, "new_lead_id": 2}
    assert ok(web.get("/api/v1/leads/2", **program))["name"] == "Ada"
    problem(web.post("/api/v1/leads/1/number", json={"phone": "12"}, **program), 409)
