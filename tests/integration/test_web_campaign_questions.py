"""Questions on the page of a campaign: what is wrong with an answer stands where it was typed."""

import re

import httpx
import pytest

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
