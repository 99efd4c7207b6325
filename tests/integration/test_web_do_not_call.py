"""What is put on the do-not-call list, and taken home, on pages; and a call that is ended there."""

import html
import re
from pathlib import Path

import httpx
import pytest
from api_peer import draft
from web_peer import sign_in

from dialer.actions import do_not_call, errands
from dialer.actions.control import start
from dialer.actions.dial import dial
from dialer.actions.plan import plan
from dialer.actions.pushing import RequestKey, push
from dialer.actions.world import World
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.roles import Role
from dialer.store import attempts, suppressions

OURS = {"sec-fetch-site": "same-origin"}
PASTED = "+12125552671\n(212) 555-2672; 12,\n\n"


def add(web: httpx.Client, numbers: str, **more: str) -> httpx.Response:
    form = {"number": numbers, "reason": "asked", **more}
    return web.post("/do-not-call/add", data=form, headers=OURS)


def text_of(answer: httpx.Response, id_: str) -> str:
    part = answer.text.split(f'id="{id_}"')[1].split("<p>")[1].split("</p>")[0]
    return html.unescape(part)


def test_of_pasted_numbers_the_good_ones_are_on_the_list_and_the_others_named(
    web: httpx.Client, world: World
) -> None:
    answer = add(web, PASTED)
    assert answer.status_code == 400
    told = text_of(answer, "problem")
    assert told == (
        '"12" is an emergency or short number, or most of its digits are missing.'
        " The other 2 are on the list. Correct what is left here, and add it again."
    )
    assert world.db.read(suppressions.count) == 2
    again = add(web, "+12125552671\r\n+12125552673")
    assert again.headers["location"] == "/do-not-call?done=added"
    assert world.db.read(suppressions.count) == 3


def test_the_form_is_there_again_with_what_is_left_to_correct(web: httpx.Client) -> None:
    again = add(web, PASTED, expires="2030-01-31").text
    form = again.split('<dialog id="add"')[1].split("</dialog>")[0]
    assert form.split(">")[0].endswith(" open")
    assert ">12</textarea>" in form
    assert 'value="asked"' in form
    assert 'value="2030-01-31"' in form
    assert again.count('id="problem"') == 1
    several = add(web, "12\n13")
    assert text_of(several, "problem").startswith("“12”, “13” are no numbers. Correct")
    assert ">12\n13</textarea>" in several.text
    for wrong in ({"reason": " "}, {"expires": "soon"}):
        refused = add(web, "+12125552671", **wrong)
        assert refused.status_code == 400
        assert ">+12125552671</textarea>" in refused.text


def test_a_number_that_is_none_is_said_once_where_it_is_looked_up(web: httpx.Client) -> None:
    page = web.get("/do-not-call", params={"number": "12"}).text
    assert page.count("emergency or short number") == 1
    assert ".." not in page.split("<main")[1]


@pytest.mark.parametrize(
    ("numbers", "what"), [(" \n", "there is no number"), ("1\n" * 1_001, "bring them as a file")]
)
def test_nothing_and_too_much_are_refused(web: httpx.Client, numbers: str, what: str) -> None:
    answer = add(web, numbers)
    assert answer.status_code == 400
    assert what in answer.text.lower()


def bring(web: httpx.Client, world: World, home: Path, lines: str, **more: str) -> None:
    """Bring a file, and have it read as a worker does."""
    form = {"kind": "list", "reason": "asked", **more}
    files = {"file": ("stop.csv", lines.encode())}
    answer = web.post("/do-not-call/file", data=form, files=files, headers=OURS)
    assert answer.headers["location"] == "/do-not-call"
    errands.run_due(world, home=home)


@pytest.mark.parametrize("kind", ["list", "registry"])
def test_of_a_file_the_lines_are_named_that_are_no_numbers(
    web: httpx.Client, world: World, home: Path, kind: str
) -> None:
    good = "phone\n+12125552671\n+12125552672\n+12125552673\n"
    bring(web, world, home, f"{good}12\n", kind=kind)
    page = html.unescape(web.get("/do-not-call").text)
    assert "3 numbers, 3 of them new; 1 line rejected; 0 waiting leads closed." in page
    assert "These lines are no numbers; correct them, and bring them again:" in page
    assert '<li>Line 5: "12" ' in page


def test_of_many_such_lines_the_first_are_named(
    web: httpx.Client, world: World, home: Path
) -> None:
    bring(web, world, home, "phone\n+12125552671\n" + "12\n" * 7)
    page = html.unescape(web.get("/do-not-call").text)
    assert "1 number, 1 of them new; 7 lines rejected" in page
    assert "the first of 7;" in page
    assert page.count("<li>Line ") == 5


def test_whoever_watched_a_file_is_given_the_numbers_that_are_new(
    web: httpx.Client, world: World, home: Path
) -> None:
    watching = {"hx-request": "true"}
    newer = ' data-hx-swap-oob="true"'
    sent = {"file": ("numbers.csv", "phone\n+12125552671\n")}
    web.post("/do-not-call/file", data={"kind": "list", "reason": "x"}, files=sent, headers=OURS)
    page = web.get("/do-not-call?number=212+555+2671").text
    assert 'data-hx-get="/do-not-call?number=212+555+2671"' in page
    assert newer not in web.get("/do-not-call", headers=watching).text  # a dialog may be open
    errands.run_due(world, home=home)
    shown = web.get("/do-not-call", headers=watching).text
    for part in ("entries-now", "removals", "registries-now"):
        assert f'<div id="{part}"{newer}>' in shown
    assert newer not in web.get("/do-not-call").text


def test_viewers_see_no_number_among_the_lines_either(
    web: httpx.Client, world: World, home: Path
) -> None:
    bring(web, world, home, "phone\n+12125552671\n+1212555267100000000\n")
    assert "1212555267100000000" in web.get("/do-not-call").text
    sign_in(web, world, Role.VIEWER)
    assert "1212555267100000000" not in web.get("/do-not-call").text


def test_entries_are_told_in_words_and_lead_to_their_calls(web: httpx.Client, world: World) -> None:
    campaign_id = draft(world)
    key = RequestKey(1, "a", "a")
    push(world, campaign_id, [{"phone": "2125552671"}], key=key, actor="test")
    start(world, campaign_id, actor="test", despite="It is only a rehearsal.")
    plan(world)
    (attempt_id,) = world.queue.dialed  # type: ignore[attr-defined]
    dial(world, attempt_id)
    attempt = world.db.read(lambda tx: attempts.get(tx, attempt_id))
    assert attempt is not None
    said = OptOut("user_requested_dnc", OptOutSource.CALL, "settle", call_id=attempt.call_id)
    do_not_call.add(world, "+12125552671", said)
    for phone, reason in (("2", "analysis: wants_no_calls"), ("3", "moved away")):
        opt_out = OptOut(reason, OptOutSource.ANALYSIS, "settle", call_id="of nobody")
        do_not_call.add(world, f"+1212555267{phone}", opt_out)
    page = web.get("/do-not-call").text
    assert "<bdi>Asked not to be called</bdi>" in page
    assert '<a href="/leads/1">said in a call</a>' in page
    assert "<bdi>Asked not to be called (wants no calls)</bdi>" in page
    assert "<bdi>moved away</bdi>" in page
    assert "user_requested_dnc" not in page + web.get("/leads/1").text.split("raw")[0]
    assert "settle" not in page


@pytest.mark.parametrize("source", list(OptOutSource))
def test_every_source_has_words(source: OptOutSource, web: httpx.Client, world: World) -> None:
    do_not_call.add(world, "+12125552671", OptOut("asked", source, "maria"))
    (cell,) = re.findall(
        r'<td class="wraps">([^<]+)</td>\s*<td><time', web.get("/do-not-call").text
    )
    assert cell != source.value
    assert ("maria" in cell) == (source in (OptOutSource.HAND, OptOutSource.FILE))


def test_a_number_that_is_looked_up_is_told_to_be_on_the_list_or_not(
    web: httpx.Client, world: World
) -> None:
    def told(number: str) -> str:
        page = web.get("/do-not-call", params={"number": number}).text
        part = page.split('<p role="status">')[1].split("</p>")[0]
        return " ".join(re.sub("<[^>]+>", "", part).split())

    campaign_id = draft(world)
    assert told("2125552671") == "It is not on the list."
    only = OptOut("asked", OptOutSource.HAND, "maria", campaign_id=campaign_id)
    do_not_call.add(world, "+12125552671", only)
    assert told("2125552671") == "Not to be called in Spring; elsewhere it is not on the list."
    do_not_call.add(world, "+12125552671", OptOut("asked", OptOutSource.HAND, "maria"))
    assert told("2125552671") == "Not to be called."


def test_the_list_and_the_log_are_taken_home(web: httpx.Client, world: World) -> None:
    add(web, "+12125552671")
    listed = web.get("/do-not-call/export")
    assert "attachment" in listed.headers["content-disposition"]
    assert "+12125552671" in listed.text
    log = web.get("/activity/export", params={"subject": "phone:+12125552671"}).text
    (head, entry) = log.strip().splitlines()
    assert head == "\ufeffat,actor,action,subject,before,after"
    assert "phone:+12125552671" in entry


def test_viewers_take_nothing_home(web: httpx.Client, world: World) -> None:
    sign_in(web, world, Role.VIEWER)
    for path in ("/do-not-call/export", "/activity/export"):
        assert web.get(path).status_code == 403


def test_a_call_is_ended_from_the_page_of_its_lead(web: httpx.Client, world: World) -> None:
    campaign_id = draft(world)
    key = RequestKey(1, "a", "a")
    push(world, campaign_id, [{"phone": "2125552671"}], key=key, actor="test")
    assert web.post("/leads/1/hang-up", headers=OURS).status_code == 409
    start(world, campaign_id, actor="test", despite="It is only a rehearsal.")
    plan(world)
    (attempt_id,) = world.queue.dialed  # type: ignore[attr-defined]
    dial(world, attempt_id)
    assert "Hang up …" in web.get("/leads/1").text
    assert web.post("/leads/1/hang-up", headers=OURS).headers["location"] == "/leads/1"
