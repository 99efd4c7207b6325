"""A lead's number and notes, changed on its page, by a program, and by the command line."""

import httpx
import pytest
from api_peer import ok, problem
from web_peer import sign_in

from dialer.actions.world import World
from dialer.domain.roles import Role

OURS = {"sec-fetch-site": "same-origin"}

pytestmark = pytest.mark.usefixtures("ada")


def test_the_right_number_leads_to_the_lead_that_has_it(web: httpx.Client, world: World) -> None:
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
    answer = web.post("/leads/1/note", data={"text": "Asks for <Mia>."}, headers=OURS)
    assert answer.headers["location"] == "/leads/1"
    assert "Asks for &lt;Mia&gt;." in web.get("/leads/1").text
    assert web.post("/leads/1/note", data={"text": " "}, headers=OURS).status_code == 400


def test_viewers_change_neither(web: httpx.Client, world: World) -> None:
    sign_in(web, world, Role.VIEWER)
    for path in ("/leads/1/number", "/leads/1/note"):
        assert web.post(path, data={"to": "x", "text": "x"}, headers=OURS).status_code == 403


def test_a_program_does_the_same(api: httpx.Client) -> None:
    assert ok(api.post("/leads/1/note", json={"text": "Asks for Mia."}))["lead_id"] == 1
    told = ok(api.post("/leads/1/number", json={"phone": "+13125552679"}), 201)
    assert told == {"lead_id": 1, "new_lead_id": 2}
    assert ok(api.get("/leads/2"))["name"] == "Ada"
    problem(api.post("/leads/1/number", json={"phone": "12"}), 409)
