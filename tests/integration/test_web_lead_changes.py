"""A lead's number and notes, changed on its page, by a program, and by the command line."""

from datetime import timedelta

import httpx
import pytest
from api_peer import ok, problem
from web_peer import sign_in

from dialer.actions.world import World
from dialer.domain.priority import Priority
from dialer.domain.roles import Role
from dialer.store import leads

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


@pytest.mark.parametrize(
    ("form", "typed", "field"),
    [
        ("call-me", {"to": "12"}, '<input id="to"'),
        ("number", {"to": "12"}, '<input id="number-to"'),
        ("retry", {"at": "2026-02-31T10:00"}, '<input id="at"'),
    ],
)
def test_what_is_wrong_stands_on_the_page_of_the_lead_and_what_was_typed_is_kept(
    web: httpx.Client, world: World, form: str, typed: dict[str, str], field: str
) -> None:
    answer = web.post(f"/leads/1/{form}", data=typed, headers=OURS)
    assert answer.status_code in (400, 409)
    page = answer.text
    assert page.count('id="problem"') == 1
    assert page.index("<h1>Ada</h1>") < page.index('id="problem"') < page.index('id="next"')
    ((value),) = typed.values()
    assert f'value="{value}"' in page.split(field)[1].split(">")[0]
    assert ".." not in page.split('id="problem"')[1].split("</p>")[0]
    assert 'data-hx-get="/leads/1"' in page
    assert "http-equiv" not in page  # loading it again would ask for the form's address


@pytest.mark.parametrize("form", ["skip", "do-not-call", "hang-up"])
def test_the_other_forms_do_so_too(web: httpx.Client, world: World, form: str) -> None:
    answer = web.post(f"/leads/1/{form}", data={"reason": " "}, headers=OURS)
    assert answer.status_code in (400, 409)
    assert "<h1>Ada</h1>" in answer.text
    gone = web.post(f"/leads/9/{form}", data={"reason": "x"}, headers=OURS)
    assert gone.status_code == 404


def test_moments_in_why_it_is_called_are_marked(web: httpx.Client, world: World) -> None:
    at = world.clock.now() + timedelta(days=2)
    promised = {"callback_at": at, "due_at": at, "priority": int(Priority.PROMISE)}
    world.db.transact(lambda tx: leads.change(tx, 1, **promised))
    page = web.get("/leads/1").text
    assert f'it asked to be called on <time datetime="{at.isoformat()}"' in page
    assert " in America/New_York</time>" in page


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
