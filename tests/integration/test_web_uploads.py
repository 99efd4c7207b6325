"""Files over the web: streamed to disk, bounded, named harmlessly, and for operators only."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_peer import browsing
from factories import make_lead, make_spec
from web_peer import serving, settings_for, sign_in

from dialer.actions import control, errands
from dialer.actions.correcting import NOT_TO_MEND
from dialer.actions.plan import plan
from dialer.actions.uploads import folder
from dialer.actions.world import World
from dialer.domain.roles import Role
from dialer.store import errands as rows
from dialer.store import leads, ledger, lists
from dialer.web.app import make_app
from dialer.web.file_form import safe_name

OURS = {"sec-fetch-site": "same-origin"}
NEW = {"into": "new", "name": "March", "numbers": "+12125550000"}
FICTIONAL = b"phone\n+12125550111\n+12125550112\n"
GOOD = b"phone,first_name\n+12125552000,Ada\n"


@pytest.fixture
def web(world: World, home: Path) -> Iterator[httpx.Client]:
    with browsing(world, home=home, import_max_bytes=100_000) as stranger:
        yield stranger


def send(
    web: httpx.Client, content: bytes = GOOD, *, called: str = "list.csv", **fields: str
) -> httpx.Response:
    return web.post("/upload", data=NEW | fields, files={"file": (called, content)}, headers=OURS)


def kept(home: Path) -> list[Path]:
    return [path for path in folder(home).rglob("*") if path.is_file()]


def test_a_file_lies_on_disk_as_it_was_sent(web: httpx.Client, world: World, home: Path) -> None:
    sign_in(web, world)
    content = GOOD + b"\r\n--" + bytes(range(256)) * 200
    assert send(web, content).headers["location"] == "/upload/1"
    (path,) = kept(home)
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0


def test_a_file_that_is_too_large_is_refused_and_not_kept(
    web: httpx.Client, world: World, home: Path
) -> None:
    sign_in(web, world)
    answer = send(web, b"x" * 200_000)
    assert answer.status_code == 400
    assert "too large" in answer.text
    assert kept(home) == []


@pytest.mark.parametrize("role", [None, Role.VIEWER])
def test_strangers_and_viewers_leave_nothing_behind(
    web: httpx.Client, world: World, home: Path, role: Role | None
) -> None:
    if role is not None:
        sign_in(web, world, role)
    assert send(web).status_code in (401, 403)
    assert not folder(home).exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"numbers": "", "like": ""}, "numbers to call from"),
        ({"name": " "}, "name of the campaign"),
        ({"into": "old", "campaign": ""}, "no campaign was chosen"),
        ({"into": "old", "campaign": "77"}, "there is no campaign 77"),
    ],
)
def test_what_is_wrong_is_told_on_the_form_and_the_file_is_gone(
    web: httpx.Client, world: World, home: Path, fields: dict[str, str], sentence: str
) -> None:
    sign_in(web, world)
    answer = send(web, **fields)
    assert answer.status_code in (400, 404, 409) or "problem" in answer.text
    assert sentence in answer.text.lower()
    assert kept(home) == []


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text/plain", b"hello"),
        ("multipart/form-data", b"hello"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data; boundary=x", b'--x\r\ncontent-disposition: form-data; name="a"'),
    ],
)
def test_a_form_that_is_none_is_refused(
    web: httpx.Client, world: World, home: Path, kind: str, content: bytes
) -> None:
    sign_in(web, world)
    answer = web.post("/upload", content=content, headers=OURS | {"content-type": kind})
    assert answer.status_code == 400
    assert kept(home) == []


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("list.csv", "list.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\lists\\March 3.xlsx", "March 3.xlsx"),
        (".hidden", "hidden"),
        ("..", "leads"),
        ("", "leads"),
        ("a\x00b\n.csv", "a_b_.csv"),
        ("<script>.csv", "<script>.csv"),
    ],
)
def test_a_name_is_the_name_of_a_file_and_nothing_else(given: str, safe: str) -> None:
    assert safe_name(given) == safe


def test_the_longest_name_fits_a_disk() -> None:
    assert len(safe_name("ü" * 500 + ".csv").encode()) <= 200
    assert safe_name("x" * 500 + ".csv").endswith(".csv")


def test_the_stream_of_an_upload_ends_when_a_person_is_needed(
    web: httpx.Client, world: World, home: Path
) -> None:
    sign_in(web, world)
    send(web)
    errands.run_due(world, home=home)
    with web.stream("GET", "/upload/1/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        text = answer.read().decode()
    assert "What would happen" in text
    assert text.endswith("event: over\ndata: \n\n")


def test_a_second_import_is_refused_on_the_page(
    web: httpx.Client, world: World, home: Path
) -> None:
    sign_in(web, world)
    send(web)
    errands.run_due(world, home=home)
    assert web.post("/upload/1/import", headers=OURS).status_code == 303
    assert web.post("/upload/1/import", headers=OURS).status_code == 409
    errands.run_due(world, home=home)
    row = world.db.read(lambda tx: rows.get(tx, 1))
    assert row is not None
    assert (row.found or {})["loaded"]["imported"] == 1


def checked(web: httpx.Client, world: World, home: Path, content: bytes, **fields: str) -> str:
    send(web, content, **fields)
    errands.run_due(world, home=home)
    return web.get("/upload/1").text


def test_a_rehearsal_may_call_fictional_numbers_once_somebody_says_so(
    web: httpx.Client, world: World, home: Path
) -> None:
    sign_in(web, world)
    control.create(world, make_spec(allow_fictional=False), actor="test")
    shown = checked(web, world, home, FICTIONAL, into="old", campaign="1")
    assert "2 rows have 555-01xx numbers" in shown
    assert "Allow 555-01xx numbers in this campaign and check again" in shown
    assert web.post("/upload/1/rehearse", headers=OURS).headers["location"] == "/upload/1"
    errands.run_due(world, home=home)
    assert "Import 2 leads" in web.get("/upload/1").text
    logged = world.db.read(lambda tx: ledger.of_subject(tx, "campaign:1"))
    assert logged[-1].after == {"allow_fictional": True}


def test_a_new_campaign_of_a_rehearsal_may_call_them_too(
    web: httpx.Client, world: World, home: Path
) -> None:
    sign_in(web, world)
    assert 'name="fictional" value="yes" checked' in web.get("/upload").text
    assert "Import 2 leads" not in checked(web, world, home, FICTIONAL)
    web.post("/upload/1/rehearse", headers=OURS)
    errands.run_due(world, home=home)
    assert "Import 2 leads" in web.get("/upload/1").text


def test_a_campaign_that_was_started_keeps_whom_it_may_call(
    web: httpx.Client, world: World, home: Path
) -> None:
    sign_in(web, world)
    control.create(world, make_spec(allow_fictional=False), actor="test")
    world.db.transact(lambda tx: make_lead(tx, 1, now=world.clock.now()))
    control.start(world, 1, actor="test")
    shown = checked(web, world, home, FICTIONAL, into="old", campaign="1")
    assert "Allow 555-01xx" not in shown
    answer = web.post("/upload/1/rehearse", headers=OURS)
    assert answer.status_code == 409
    assert "can be changed only while it is a draft" in answer.text


def test_what_is_live_offers_no_rehearsal(world: World, home: Path) -> None:
    flags = {"print_first_link": False, "home": home, "mode": "live", "retell_api_key": "key_x"}
    with serving(make_app(world, settings_for(world.db.url, **flags))) as web:
        sign_in(web, world)
        assert "Allow 555-01xx" not in checked(web, world, home, FICTIONAL)
        assert web.post("/upload/1/rehearse", headers=OURS).status_code == 409


def test_where_no_row_is_a_lead_no_import_is_offered_and_nothing_is_asked_twice(
    web: httpx.Client, world: World, home: Path
) -> None:
    sign_in(web, world)
    bad = b"phone\n" + b"".join(b"%d\n" % n for n in range(40))
    shown = checked(web, world, home, bad)
    assert "No row is a lead." in shown
    assert shown.count("Is this the right file") == 1
    assert "all the same" not in shown
    assert "<button>Import" not in shown


def test_a_file_that_waits_for_somebody_is_told_on_its_campaigns_page(
    web: httpx.Client, world: World, home: Path
) -> None:
    sign_in(web, world)
    control.create(world, make_spec(), actor="test")
    checked(web, world, home, GOOD, into="old", campaign="1")
    shown = web.get("/campaigns/1").text
    assert 'list.csv waits for you: <a href="/upload/1">look at it' in shown
    assert "Upload a list" not in shown
    sign_in(web, world, Role.VIEWER)
    assert "/upload" not in web.get("/campaigns/1").text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "list.csv is a picture."),
        (b"", "list.csv is empty."),
        (b"\n\n,,\n", "list.csv is empty."),
    ],
)
def test_a_file_that_cannot_be_read_waits_for_nobody_and_is_left_by_two_ways(
    web: httpx.Client, world: World, home: Path, content: bytes, told: str
) -> None:
    sign_in(web, world)
    control.create(world, make_spec(), actor="test")
    shown = checked(web, world, home, content, into="old", campaign="1")
    assert told in shown
    assert '<a class="button" href="/upload?campaign=1">Choose another file</a>' in shown
    assert "waits for you" not in web.get("/lists").text
    assert "waits for you" not in web.get("/campaigns/1").text
    web.post("/upload/1/drop", headers=OURS)
    assert kept(home) == []


def test_an_empty_file_has_0_kb(web: httpx.Client, world: World, home: Path) -> None:
    sign_in(web, world)
    assert "0 KB" in checked(web, world, home, b"")


def test_of_a_header_alone_it_is_said_that_there_are_no_rows(
    web: httpx.Client, world: World, home: Path
) -> None:
    sign_in(web, world)
    shown = checked(web, world, home, b"phone,first_name\n")
    assert "list.csv has a header and no rows under it." in shown
    assert "Say below" not in shown
    assert "Choose another file" in shown
    assert "Forget it" in shown


def tiles(shown: str) -> dict[str, int]:
    found = re.findall(r"<div><dt>([^<]*)</dt><dd[^>]*>([\d,]+)</dd></div>", shown)
    return {words: int(count) for words, count in found}


def rows_on(page: str) -> int:
    """Count the rows of a list that a page shows, to be corrected or to be read."""
    return len(re.findall(r'<legend>Row |<th scope="row" class="num">', page))


@pytest.fixture
def with_called(web: httpx.Client, world: World, home: Path) -> httpx.Client:
    """A list of which one number was called lately, one is on do-not-call, and one is bad."""
    sign_in(web, world)
    control.create(world, make_spec(), actor="test")
    other = control.create(world, make_spec(name="Other"), actor="test")
    now = world.clock.now()
    world.db.transact(lambda tx: make_lead(tx, other, now=now, phone="+12125552000"))
    control.start(world, other, actor="test", despite="A test.")
    plan(world)
    number = "+12125552001"
    world.db.transact(lambda tx: leads.suppress(tx, number, reason="test", call_id=None, now=now))
    content = GOOD + b"+12125552001,Ben\n+12125552002,Cy\n+12125552002,Cy\n12,Bob\n"
    checked(web, world, home, content, into="old", campaign="1")
    typed = {"column": ["phone", "first_name"], "not_called_within": "30d"}
    web.post("/upload/1/check", data=typed, headers=OURS)
    errands.run_due(world, home=home)
    return web


def test_a_number_that_was_called_lately_is_told_apart_from_what_cannot_be_dialed(
    with_called: httpx.Client, world: World, home: Path
) -> None:
    web = with_called
    told = {"called lately": 1, "on do-not-call": 1, "cannot be dialed": 1}
    assert tiles(web.get("/upload/1").text).items() >= {**told, "repeated": 1}.items()
    web.post("/upload/1/import", data={"sure": "yes"}, headers=OURS)
    errands.run_due(world, home=home)
    done = web.get("/upload/1").text
    for words, query in (
        ("called lately", "?reason=recently_called"),
        ("on do-not-call", "?reason=suppressed"),
        ("cannot be dialed", ""),
    ):
        tile = done.split(f"<dt>{words}</dt>")[1].split("</div>")[0]
        assert f'<a href="/lists/1/correct{query}">1</a>' in tile
        assert rows_on(web.get(f"/lists/1/correct{query}").text) == 1
    assert "Correct 1 row here" in done


@pytest.mark.parametrize("reason", [one.value for one in NOT_TO_MEND])
def test_rows_that_are_no_mistakes_can_be_read_and_not_sent(
    with_called: httpx.Client, world: World, home: Path, reason: str
) -> None:
    web, address = with_called, f"/lists/1/correct?reason={reason}"
    web.post("/upload/1/import", data={"sure": "yes"}, headers=OURS)
    errands.run_due(world, home=home)
    page = web.get(address).text
    reasons = dict(world.db.read(lambda tx: lists.reject_reasons(tx, 1)))
    assert rows_on(page) == reasons.get(reason, 0)
    main = page.split("<main")[1].split("</main>")[0]
    assert "<form" not in main
    assert "<input" not in main
    cells = {f"r{row}c1": "Somebody" for row in range(2, 8)}
    answer = web.post(address, data=cells, headers=OURS)
    assert answer.status_code == 409
    assert "are no mistakes" in answer.text
    assert world.db.read(lambda tx: rows.get(tx, 2)) is None


def test_where_nothing_can_be_corrected_nothing_is_offered(
    web: httpx.Client, world: World, home: Path
) -> None:
    sign_in(web, world)
    control.create(world, make_spec(), actor="test")
    now, number = world.clock.now(), "+12125552001"
    world.db.transact(lambda tx: leads.suppress(tx, number, reason="test", call_id=None, now=now))
    checked(web, world, home, GOOD + b"+12125552001,Ben\n", into="old", campaign="1")
    web.post("/upload/1/import", headers=OURS)
    errands.run_due(world, home=home)
    done = web.get("/upload/1").text
    assert "1 lead imported" in done
    assert "Correct" not in done


def test_a_file_that_was_imported_before_says_so_and_calls_no_lead_bad(
    web: httpx.Client, world: World, home: Path
) -> None:
    sign_in(web, world)
    control.create(world, make_spec(), actor="test")
    now = world.clock.now()
    number = "+12125552001"
    world.db.transact(lambda tx: leads.suppress(tx, number, reason="test", call_id=None, now=now))
    content = GOOD + b"+12125552001,Ben\n+12125552002,Cy\n12,Bob\n13,Eve\n14,Al\n15,Di\n"
    checked(web, world, home, content, into="old", campaign="1")
    web.post("/upload/1/import", headers=OURS)
    errands.run_due(world, home=home)
    done = web.get("/upload/1").text
    assert ">rejected<" not in done
    for words, url, count in (
        ("on do-not-call", "/lists/1/correct?reason=suppressed", 1),
        ("cannot be dialed", "/lists/1/correct", 4),
    ):
        tile = done.split(f"<dt>{words}</dt>")[1].split("</div>")[0]
        assert f'<a href="{url}">{count}</a>' in tile
    assert "Rows that became no leads" in done
    kinds = re.findall(r'href="(/lists/1/correct[?]reason=\w+)">(\d+)<span', done)
    assert sum(int(count) for _, count in kinds) == 5
    for url, count in kinds:
        assert rows_on(web.get(url).text) == int(count)
    checked(web, world, home, content, into="old", campaign="1")
    shown = web.get("/upload/2").text
    counts = {"new leads": 0, "repeated": 2, "on do-not-call": 1, "cannot be dialed": 4, "blank": 0}
    assert tiles(shown) == counts
    assert "This file was imported before" in shown
    assert '<a href="/lists/1">what came of it</a>' in shown
    assert shown.count("<li>Row ") == 2 + 1 + 3


def test_an_upload_can_be_forgotten(web: httpx.Client, world: World, home: Path) -> None:
    sign_in(web, world)
    send(web)
    errands.run_due(world, home=home)
    assert web.post("/upload/1/drop", headers=OURS).headers["location"] == "/lists"
    assert kept(home) == []
