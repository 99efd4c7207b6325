"""Who is left out of an upload: asked for on its page, heeded by the check and by the import."""

import re
from pathlib import Path

import httpx
import pytest
from factories import make_lead, make_spec

from dialer.actions import control, errands
from dialer.actions.plan import plan
from dialer.actions.world import World
from dialer.store import errands as rows
from dialer.store import figures

OURS = {"sec-fetch-site": "same-origin"}
FILE = b"phone,first_name\n+12125552000,Ada\n+442071838750,Bob\n+14165552000,Cy\n"
COLUMNS = ["phone", "first_name"]


@pytest.fixture
def upload(web: httpx.Client, world: World, home: Path) -> httpx.Client:
    control.create(world, make_spec(), actor="test")
    fields = {"into": "old", "campaign": "1"}
    web.post("/upload", data=fields, files={"file": ("list.csv", FILE)}, headers=OURS)
    errands.run_due(world, home=home)
    return web


def check(web: httpx.Client, **typed: str) -> httpx.Response:
    return web.post("/upload/1/check", data={"column": COLUMNS, **typed}, headers=OURS)


def field(page: str, name: str) -> str:
    return re.split(rf'(?=<(?:input|select) id="{name}")', page)[1].split(">")[0]


def accepted(world: World) -> int:
    row = world.db.read(lambda tx: rows.get(tx, 1))
    assert row is not None
    return int((row.found or {})["counts"]["accepted"])


@pytest.mark.parametrize(
    ("typed", "name", "told"),
    [
        ({"not_called_within": "soon"}, "not_called_within", "is not a duration"),
        ({"missing": "default"}, "missing_text", "There is no text"),
        ({"allow_country": "US, Atlantis"}, "allow_country", "Atlantis is not a country"),
        ({"country": "Atlantis"}, "country", "Atlantis is not a country"),
        ({"header_row": "two"}, "header_row", "The header row is a number"),
        ({"header_row": "²"}, "header_row", "The header row is a number"),
    ],
)
def test_what_is_not_fit_is_told_at_its_field_and_everything_typed_is_kept(
    upload: httpx.Client, typed: dict[str, str], name: str, told: str
) -> None:
    others = {"delimiter": ";", "allow_country": "US"} | typed
    sent = {"column": ["phone", "company"], **others}
    answer = upload.post("/upload/1/check", data=sent, headers=OURS)
    assert answer.status_code == 400
    page = answer.text
    assert f'<a href="#{name}">' in page
    assert told in page.split(f'<a href="#{name}">')[1].split("</a>")[0]
    assert 'aria-invalid="true"' in field(page, name)
    for other, value in others.items():
        if other != "missing":
            assert f'value="{value}"' in field(page, other)
    assert '<option value="company" selected>' in page


def test_countries_that_may_be_called_are_heeded_to_the_end(
    upload: httpx.Client, world: World, home: Path
) -> None:
    assert accepted(world) == 1
    assert check(upload, allow_country="US, gb , Canada").status_code == 303
    errands.run_due(world, home=home)
    assert accepted(world) == 3
    assert 'value="CA, GB, US"' in field(upload.get("/upload/1").text, "allow_country")
    upload.post("/upload/1/import", headers=OURS)
    errands.run_due(world, home=home)
    assert world.db.read(lambda tx: figures.progress(tx, [1]))[1].leads == 3


def test_whom_another_campaign_called_lately_is_left_out(
    upload: httpx.Client, world: World, home: Path
) -> None:
    other = control.create(world, make_spec(name="Other"), actor="test")
    now = world.clock.now()
    world.db.transact(lambda tx: make_lead(tx, other, now=now, phone="+12125552000"))
    control.start(world, other, actor="test", despite="A test.")
    plan(world)
    check(upload, not_called_within="30d")
    errands.run_due(world, home=home)
    assert accepted(world) == 0
    page = upload.get("/upload/1").text
    assert "Another campaign called it lately." in page
    assert 'value="30d"' in field(page, "not_called_within")
    check(upload)
    errands.run_due(world, home=home)
    assert accepted(world) == 1


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"missing": "reject"}, "reject"),
        ({"missing": "default", "missing_text": "there"}, "default=there"),
        ({"missing": "nonsense"}, "allow"),
        ({}, "allow"),
    ],
)
def test_what_becomes_of_leads_that_lack_something_is_kept(
    upload: httpx.Client, world: World, typed: dict[str, str], kept: str
) -> None:
    check(upload, **typed)
    row = world.db.read(lambda tx: rows.get(tx, 1))
    assert row is not None
    assert row.asked["missing_variable"] == kept
