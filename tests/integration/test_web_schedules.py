"""Schedules on pages: who may do what, and what a form says of what was typed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from factories import make_spec
from web_peer import HintsGiven, serving, settings_for, sign_in, world_on

from dialer.actions import control, schedule
from dialer.actions.world import World
from dialer.domain.roles import Role
from dialer.store import schedule_runs, schedules
from dialer.store.database import Database
from dialer.web.app import make_app

NO_SUCH_TIME = {"at": "2030-03-10T02:30", "at_zone": "America/New_York"}


@dataclass
class Site:
    """A web process, and the world it shows."""

    web: httpx.Client
    world: World
    home: Path

    def form(self, **changes: str) -> dict[str, str]:
        typed = {
            "name": "Mornings",
            "how": "cron",
            "cron": "0 9 * * mon-fri",
            "zone": "America/New_York",
            "like": "1",
            "list": "leads.csv",
            "leads": "new leads only",
            "missed": "skip",
            "late_by": "15m",
            "seen": "cron 0 9 * * mon-fri America/New_York",
        }
        return typed | changes

    def make(self, **changes: str) -> httpx.Response:
        return self.web.post("/schedules/new", data=self.form(**changes))


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    settings = settings_for(database.url, home=tmp_path)
    world = world_on(database, settings, HintsGiven())
    control.create(world, make_spec(name="Spring"), actor="test")
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "leads.csv").write_text("phone\n+12125550111\n", encoding="utf-8")
    with serving(make_app(world, settings)) as web:
        sign_in(web, world)
        yield Site(web, world, tmp_path)


@pytest.mark.parametrize(
    ("typed", "told", "field"),
    [
        ({"cron": "9 * *"}, "five fields", "cron"),
        ({"cron": "0 9 31 2 *"}, "write minute, hour, day", "cron"),
        ({"zone": "Mars"}, "is not a zone", "zone"),
        ({"zone": ""}, "needs a zone", "cron"),
        ({"name": ""}, "the name", "name"),
        ({"late_by": "soon"}, "is not a duration", "late_by"),
        ({"like": ""}, "no campaign was chosen", "like"),
        ({"list": ""}, "no list was chosen", "list"),
        ({"list": "../secret.csv"}, "there is no list", "list"),
        ({"how": "at", "at": ""}, "there is no moment", "at"),
        ({**NO_SUCH_TIME, "how": "at"}, "set forward", "at"),
        ({"how": "watch", "folder": "../x"}, "a plain name", "folder"),
        ({"leads": "nobody"}, "whom each run calls", "leads"),
    ],
)  # fmt: skip
def test_what_is_not_fit_is_told_with_a_way_to_its_field(
    site: Site, typed: dict[str, str], told: str, field: str
) -> None:
    answer = site.make(**typed)
    assert answer.status_code in (400, 404)
    assert told.lower() in answer.text.lower()
    assert f'<a href="#{field}">' in answer.text
    assert f'id="{field}"' in answer.text
    assert site.world.db.read(schedules.every) == []


def test_all_that_is_not_fit_is_told_at_once(site: Site) -> None:
    shown = site.make(cron="9 * *", zone="Mars").text
    summary = shown[shown.index('id="problem"') : shown.index('<form id="schedule"')]
    assert '<a href="#cron">' in summary
    assert '<a href="#zone">' in summary
    assert re.search(r'<input id="zone"[^>]* aria-invalid="true"', shown)
    assert re.search(r'<input id="cron"[^>]* aria-invalid="true"', shown)


def test_a_moment_that_is_past_is_refused(site: Site) -> None:
    seen = "at 2020-01-01T09:00 UTC"
    answer = site.make(how="at", at="2020-01-01T09:00", at_zone="UTC", seen=seen)
    assert answer.status_code == 409
    assert "would never run" in answer.text


def test_nothing_is_made_before_its_moments_were_seen(site: Site) -> None:
    answer = site.make(seen="")
    assert answer.status_code == 200
    assert "At 09:00, Monday to Friday" in answer.text
    assert answer.text.count("09:00 E") == 5
    assert site.world.db.read(schedules.every) == []


def test_a_schedule_is_made_as_it_was_typed(site: Site) -> None:
    answer = site.make()
    assert (answer.status_code, answer.headers["location"]) == (303, "/schedules/1")
    (row,) = site.world.db.read(schedules.every)
    recipe = schedules.recipe_of(row)
    assert recipe.lead_file == str(site.home / "lists" / "leads.csv")
    assert recipe.campaign.name == "Spring"
    assert (recipe.schedule.leads.value, row.enabled) == ("new leads only", True)


def test_a_schedule_for_once_and_one_for_a_folder_are_made(site: Site) -> None:
    once = {"at": "2050-07-01T09:00", "at_zone": "Europe/Berlin"}
    site.make(name="Once", how="at", **once, seen="at 2050-07-01T09:00 Europe/Berlin")
    site.make(name="Files", how="watch", folder="crm", seen="watch crm")
    files, only = map(schedules.recipe_of, site.world.db.read(schedules.every))
    assert only.schedule.at is not None
    assert only.schedule.at.isoformat() == "2050-07-01T09:00:00+02:00"
    assert files.schedule.watch == str(site.home / "inbox" / "crm" / "*")
    assert files.lead_file is None


def test_an_edit_keeps_the_campaign_and_the_list_unless_others_are_chosen(site: Site) -> None:
    site.make()
    shown = site.web.get("/schedules/1/edit").text
    assert 'value="Mornings"' in shown
    seen = "cron 0 12 * * * America/New_York"
    typed = site.form(like="", name="Noon", cron="0 12 * * *", seen=seen)
    assert site.web.post("/schedules/1/edit", data=typed).status_code == 303
    (row,) = site.world.db.read(schedules.every)
    assert (row.name, schedules.recipe_of(row).campaign.name) == ("Noon", "Spring")


def test_it_is_disabled_enabled_run_and_deleted(site: Site) -> None:
    site.make()
    for verb in ("disable", "enable", "run"):
        assert site.web.post(f"/schedules/1/{verb}").status_code == 303
    assert site.world.db.read(schedule_runs.open_ids) == [1]
    assert site.web.post("/schedules/1/delete").status_code == 409
    assert "A run is under way" in site.web.get("/schedules/1").text
    schedule.run_due(site.world, rejects_in=site.home / "rejects")
    (run,) = site.world.db.read(lambda tx: schedule_runs.of_schedule(tx, 1, most=2))
    page = site.web.get("/schedules/1").text
    assert run.rejected == 1
    assert '<a href="/lists/1">1<' in page
    assert '<a href="#runs">1 campaign</a>' in page
    assert site.web.post("/schedules/1/delete").status_code == 303
    assert "There is no schedule yet" in site.web.get("/schedules").text
    assert "It was deleted" in site.web.get("/schedules/1").text


def test_a_file_is_brought_and_chosen(site: Site) -> None:
    shown = site.web.post("/schedules/file", files={"file": ("new.csv", b"phone\n", "text/csv")})
    assert "<option selected>new.csv</option>" in shown.text
    assert (site.home / "lists" / "new.csv").read_bytes() == b"phone\n"
    assert list((site.home / "uploads").iterdir()) == []


def test_a_schedule_is_made_on_the_page_that_follows_a_brought_list(site: Site) -> None:
    files = {"file": ("new.csv", b"phone\n", "text/csv")}
    shown = site.web.post("/schedules/file", data=site.form(name="Evenings"), files=files).text
    assert 'value="Evenings"' in shown
    assert 'value="America/New_York"' in shown
    (action,) = re.findall(r'<form id="schedule" method="post" action="([^"]*)"', shown)
    answer = site.web.post(action, data=site.form(name="Evenings", list="new.csv"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/schedules/1")


def test_what_is_typed_stays_where_no_file_was_chosen(site: Site) -> None:
    files = {"file": ("", b"")}
    answer = site.web.post("/schedules/file", data=site.form(name="Evenings"), files=files)
    assert answer.status_code == 400
    assert 'value="Evenings"' in answer.text
    assert '<a href="#file">No file was chosen.</a>' in answer.text


def test_the_form_says_which_lists_a_schedule_can_read(site: Site) -> None:
    shown = site.web.get("/schedules/new").text
    assert f"Files in <code>{site.home / 'lists'}</code>" in shown
    assert "lists that were uploaded into a campaign are not among them" in shown


def test_a_preview_says_when_it_would_run_or_what_is_wrong(site: Site) -> None:
    asked: dict[str, Any] = {"how": "cron", "cron": "30 8 * * sat", "zone": "Asia/Kolkata"}
    found = site.web.get("/schedules/preview", params=asked).text
    assert "At 08:30, Saturday, Asia/Kolkata time" in found
    assert 'value="cron 30 8 * * sat Asia/Kolkata"' in found
    assert "five fields" in site.web.get("/schedules/preview", params=asked | {"cron": "1"}).text
    late = {"how": "at", "at": "9999-12-31T23:59", "at_zone": "America/New_York"}
    assert "There is no moment" in site.web.get("/schedules/preview", params=late).text


def test_a_week_is_shown_for_whatever_address(site: Site) -> None:
    site.make()
    shown = site.web.get("/schedules/week?week=2050-07-06&zone=Europe/Berlin").text
    assert "04 Jul to 10 Jul 2050" in shown
    assert "Mon 04 Jul 2050, 15:00 CEST" in shown
    for query in ("week=nonsense", "week=0001-01-01", "week=9999-12-31", "zone=Mars", "zone=../x"):
        answer = site.web.get(f"/schedules/week?{query}")
        assert answer.status_code == 200
        assert 'role="alert"' in answer.text


def test_a_viewer_looks_and_changes_nothing(site: Site) -> None:
    site.make(name="Call +1 212 555 0142")
    sign_in(site.web, site.world, Role.VIEWER)
    for path in ("/schedules", "/schedules/1", "/schedules/week"):
        shown = site.web.get(path)
        assert shown.status_code == 200
        assert "555 0142" not in shown.text
        assert "<form method=" not in shown.text.split("<main")[1].replace(
            '<form method="get" action="/schedules/week"', ""
        )
    for path in ("/schedules/new", "/schedules/1/edit", "/schedules/preview"):
        assert site.web.get(path).status_code == 403
    for verb in ("run", "disable", "enable", "delete", "edit"):
        assert site.web.post(f"/schedules/1/{verb}").status_code == 403
