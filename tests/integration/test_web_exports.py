"""Exports on pages: who may ask for them, what is listed, and who has the files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from factories import make_spec
from web_peer import HintsGiven, serving, settings_for, sign_in, world_on

from dialer.actions import control, errands
from dialer.actions.world import World
from dialer.domain.roles import Role
from dialer.store.database import Database
from dialer.web.app import make_app
from dialer.web.export_page import KINDS


@dataclass
class Site:
    """A web process, and the world it shows."""

    web: httpx.Client
    world: World
    home: Path

    def ask(
        self, what: str = "results", *, campaign: str = "1", form: str = "csv"
    ) -> httpx.Response:
        typed = {"campaign": campaign, "what": what, "form": form}
        return self.web.post("/exports", data=typed)

    def work(self) -> None:
        errands.run_due(self.world, home=self.home)


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    settings = settings_for(database.url, home=tmp_path)
    world = world_on(database, settings, HintsGiven())
    control.create(world, make_spec(name="Call +1 212 555 0142"), actor="test")
    with serving(make_app(world, settings)) as web:
        sign_in(web, world)
        yield Site(web, world, tmp_path)


@pytest.mark.parametrize(
    ("typed", "status", "told"),
    [
        ({"what": "everything"}, 400, "Nobody said what is wanted"),
        ({"what": "results", "form": "pdf"}, 400, "Nobody said what is wanted"),
        ({"campaign": ""}, 400, "No campaign was chosen"),
        ({"campaign": "9"}, 404, "There is no campaign 9"),
        ({"what": "batch", "form": "xlsx"}, 400, "a CSV file only"),
    ],
)
def test_what_cannot_be_exported_is_told(
    site: Site, typed: dict[str, str], status: int, told: str
) -> None:
    answer = site.ask(**typed)
    assert answer.status_code == status
    assert told in answer.text


@pytest.mark.parametrize("what", KINDS)
def test_every_kind_is_written_and_downloaded(site: Site, what: str) -> None:
    assert site.ask(what).status_code == 303
    assert "is written" in site.web.get("/exports").text
    site.work()
    answer = site.web.get("/exports/1/file")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content


def test_a_campaign_shows_its_exports_and_they_are_deleted(site: Site) -> None:
    site.ask()
    site.work()
    shown = site.web.get("/campaigns/1").text
    assert 'href="/exports/1/file"' in shown
    assert site.web.post("/exports/1/delete").status_code == 303
    shown = site.web.get("/exports").text
    assert "deleted <time" in shown
    assert "/exports/1/file" not in shown
    assert site.web.get("/exports/1/file").status_code == 404
    for number in (7, "x"):
        assert site.web.get(f"/exports/{number}/file").status_code == 404


def test_a_long_list_of_exports_has_pages(site: Site) -> None:
    for _ in range(31):
        site.ask()
    first = site.web.get("/exports").text
    assert 'href="/exports?before=2"' in first
    assert site.web.get("/exports?before=2").text.count("Results") >= 1
    assert site.web.get("/exports?campaign=9").status_code == 404
    assert site.web.get("/exports?campaign=x").status_code == 200


def test_a_viewer_sees_that_there_are_exports_and_no_number(site: Site) -> None:
    site.ask()
    site.work()
    sign_in(site.web, site.world, Role.VIEWER)
    for path in ("/exports", "/campaigns/1"):
        shown = site.web.get(path).text
        assert "/exports/1/file" not in shown
        assert 'action="/exports"' not in shown
    assert "555 0142" not in site.web.get("/exports").text
    assert site.web.get("/exports/1/file").status_code == 403
    assert site.ask().status_code == 403


@pytest.mark.parametrize("text", ["²", "9" * 30])
def test_what_is_no_id_is_told_to_whoever_sends_it(site: Site, text: str) -> None:
    ours, file = {"sec-fetch-site": "same-origin"}, {"file": ("march.csv", b"phone\n")}
    new = {"into": "new", "name": "March", "like": text}
    copied = {"who": "campaign", "name": "March", "source": text}
    export = {"campaign": text, "what": "results", "form": "csv"}
    asked = (
        site.web.get("/exports", params={"campaign": text}),
        site.web.get("/settings/cadence", params={"campaign": text}),
        site.web.post("/exports", data=export),
        site.web.post("/schedules/new", data={"name": "Daily", "like": text}),
        site.web.post("/do-not-call/remove", data={"number": "+12125552671", "campaign_id": text}),
        site.web.post("/upload", data={"campaign": text}, files=file, headers=ours),
        site.web.post("/upload", data=new, files=file, headers=ours),
        site.web.post("/campaigns/new", data=copied, files=file, headers=ours),
    )
    assert [one.url.path for one in asked if one.is_server_error] == []
