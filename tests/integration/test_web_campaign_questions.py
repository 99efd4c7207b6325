"""Questions on the page of a campaign: what is wrong with an answer stands where it was typed."""

import re

import httpx
import pytest

from dialer.actions.world import World
from dialer.domain.states import ClosedAs, LeadStatus
from dialer.store import leads

OURS = {"sec-fetch-site": "same-origin"}

pytestmark = pytest.mark.usefixtures("ada")


def dialog_of(page: str, name: str) -> str:
    return re.split(rf'(?=<dialog id="{name}")', page)[1].split("</dialog>")[0]


@pytest.mark.parametrize(
    ("form", "typed", "dialog", "field"),
    [
        ("test-call", {"to": '12" <b>'}, "mine", "to"),
        ("test-call", {"to": ""}, "mine", "to"),
        ("test-call", {"to": "2125552671"}, "mine", "to"),  # the lead itself
        ("schedule", {"at": "2026-02-31T10:00", "zone": "UTC"}, "schedule", "schedule-at"),
        ("schedule", {"at": "2001-01-01T10:00", "zone": "UTC"}, "schedule", "schedule-at"),
        ("schedule", {"zone": "Mars/Base", "at": "2100-01-01T10:00"}, "schedule", "schedule-zone"),
        ("schedule", {"zone": " ", "at": "2100-01-01T10:00"}, "schedule", "schedule-zone"),
    ],
)
def test_what_is_wrong_stands_in_the_dialog_with_what_was_typed(
    web: httpx.Client, form: str, typed: dict[str, str], dialog: str, field: str
) -> None:
    answer = web.post(f"/campaigns/1/{form}", data=typed, headers=OURS)
    assert answer.status_code in (400, 409)
    assert "<h1>Spring</h1>" in answer.text
    asked = dialog_of(answer.text, dialog)
    assert asked.split(">")[0].endswith(" open")
    assert 'id="problem"' in asked
    assert answer.text.count('id="problem"') == 1
    of_field = re.split(rf'(?=<input id="{field}")', asked)[1].split(">")[0]
    assert 'aria-invalid="true"' in of_field
    assert asked.count('aria-invalid="true"') == 1
    assert " autofocus" in of_field
    assert asked.count(" autofocus") == 1
    assert re.search(r'aria-describedby="[^"]*problem"', of_field)
    value = next(iter(typed.values())).replace('"', "&#34;").replace("<", "&lt;")
    assert value.split(">")[0] in of_field
    assert "<b>" not in asked
    assert "http-equiv" not in answer.text  # loading it again would ask for the form's address


def test_a_question_that_was_not_answered_is_closed(web: httpx.Client) -> None:
    page = web.get("/campaigns/1").text
    for name in ("mine", "schedule"):
        asked = dialog_of(page, name)
        assert " open" not in asked.split(">")[0]
        assert "aria-invalid" not in asked


def test_a_test_call_of_a_campaign_that_is_not_there_is_not_found(web: httpx.Client) -> None:
    assert web.post("/campaigns/9/test-call", data={"to": "1"}, headers=OURS).status_code == 404


@pytest.mark.parametrize(
    ("query", "shown", "left_out"),
    [
        (
            "state=retry_later&last=no_answer",
            "retry later",
            [("last=no_answer", "last: no answer")],
        ),
        (
            "last=busy&closed_as=exhausted&held=no_zone",
            "last: busy",
            [("closed_as=exhausted", "closed as exhausted"), ("held=no_zone", "held: no zone")],
        ),
        ("number=2125552671&state=held", "2125552671", [("state=held", "held")]),
    ],
)
def test_a_second_filter_is_told_and_linked_to(
    web: httpx.Client, query: str, shown: str, left_out: list[tuple[str, str]]
) -> None:
    page = web.get(f"/campaigns/1?{query}").text
    assert f"Shown here: {shown}. Not heeded:" in page
    told = page.split("Not heeded:")[1].split("</p>")[0]
    for one, words in left_out:
        assert f'<a href="/campaigns/1?{one}">{words}</a>' in told
    assert told.count("<a ") == len(left_out)


@pytest.mark.parametrize("query", ["", "?state=held", "?last=busy&state=nonsense", "?number=1"])
def test_one_filter_leaves_nothing_out(web: httpx.Client, query: str) -> None:
    assert "Not heeded" not in web.get(f"/campaigns/1{query}").text


def test_nothing_is_done_to_leads_chosen_by_two_things(web: httpx.Client) -> None:
    typed = {"reason": "x", "state": "pending", "last": "busy"}
    answer = web.post("/campaigns/1/leads/skip", data=typed, headers=OURS)
    assert answer.status_code == 400
    assert "one thing at a time" in answer.text


def test_each_step_of_the_funnel_leads_to_its_leads(web: httpx.Client, world: World) -> None:
    closed = {"status": LeadStatus.CLOSED, "closed_as": ClosedAs.EXHAUSTED, "due_at": None}
    world.db.transact(lambda tx: leads.change(tx, 1, tries=1, **closed))
    funnel = web.get("/campaigns/1").text.split('id="funnel"')[1].split("</table>")[0]
    rows = dict(re.findall(r'<th scope="row">([^<]*)</th>.*?<a href="([^"]*)"', funnel))
    assert rows["Called, or over"] == "/campaigns/1?state=begun"
    for url in rows.values():
        assert web.get(url.replace("&amp;", "&")).status_code == 200
    begun = web.get(rows["Called, or over"]).text
    assert '<a href="/leads/1">' in begun
    assert "With all 1 lead (called, or over)" in begun


def test_a_number_that_nobody_can_read_hides_no_filter_that_is_in_force(web: httpx.Client) -> None:
    page = web.get("/campaigns/1?number=abc&state=completed&last=no_answer").text
    assert "Shown here: completed. Not heeded:" in page
    assert "Not heeded" not in web.get("/campaigns/1?number=abc&state=completed").text
