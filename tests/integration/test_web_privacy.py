"""Privacy on pages: what is kept how long, and a question before what was said is deleted."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from factories import Stage, make_stage
from web_peer import serving, settings_for, sign_in

from dialer.actions import retention
from dialer.domain.roles import Role
from dialer.web.app import make_app

PATH = "/settings/privacy"


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    made = make_stage(database_url)
    yield made
    made.world.db.close()


@pytest.fixture
def web(stage: Stage, tmp_path: Path) -> Iterator[httpx.Client]:
    settings = settings_for(stage.world.db.url, home=tmp_path)
    with serving(make_app(stage.world, settings)) as client:
        yield client


def talk(stage: Stage) -> str:
    attempt_id = stage.call(stage.lead())
    said = "Agent: Good morning.\nUser: My name is Ada."
    stage.deliver(
        stage.retell.answer(attempt_id),
        stage.retell.end(attempt_id, duration_ms=30_000, transcript=said),
    )
    return attempt_id


def test_words_are_kept_until_an_admin_says_how_long(stage: Stage, web: httpx.Client) -> None:
    sign_in(web, stage.world, Role.ADMIN)
    assert "until somebody deletes it" in web.get(PATH).text
    answer = web.post(PATH, data={"days": "90"}, follow_redirects=True)
    assert 'value="90"' in answer.text
    assert retention.kept_days(stage.world.db) == 90
    assert "90 days" in web.get(PATH).text
    web.post(PATH, data={"days": " "})
    assert retention.kept_days(stage.world.db) is None
    assert "Keep words" in web.get("/activity?subject=privacy").text


def test_before_something_is_deleted_it_is_asked_and_named(stage: Stage, web: httpx.Client) -> None:
    attempt_id = talk(stage)
    stage.clock.pass_time(days=40)
    sign_in(web, stage.world, Role.ADMIN)
    asked = web.post(PATH, data={"days": "30"})
    assert "Delete what was said in 1 call?" in asked.text
    assert retention.kept_days(stage.world.db) is None
    web.post(PATH, data={"days": "30", "sure": "yes"})
    assert retention.delete_old(stage.world) == 1
    lead = web.get(f"/leads/{stage.attempt_row(attempt_id).lead_id}").text
    assert "My name is Ada" not in lead
    assert "being as old as it may be" in lead
    assert "What it said was deleted." in lead


@pytest.mark.parametrize("days", ["many", "0", "9999", "-1", "²", "1.5"])
def test_days_that_are_not_fit_are_told_and_nothing_changes(
    stage: Stage, web: httpx.Client, days: str
) -> None:
    sign_in(web, stage.world, Role.ADMIN)
    answer = web.post(PATH, data={"days": days})
    assert answer.status_code == 400
    assert 'href="#days"' in answer.text
    assert retention.kept_days(stage.world.db) is None


def test_an_operator_only_looks(stage: Stage, web: httpx.Client) -> None:
    sign_in(web, stage.world, Role.OPERATOR)
    assert "An admin changes that." in web.get(PATH).text
    assert web.post(PATH, data={"days": "30"}).status_code == 403
