"""A start over the API: what Retell is asked for it, counted at the wire."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from api_peer import ok, problem
from factories import NOW, OUR_NUMBER, Stage, make_stage

from dialer.actions.world import World
from dialer.store import registries

QUESTION = f"/get-phone-number/{OUR_NUMBER}"


@pytest.fixture
def stage(sqlite_url: str) -> Iterator[Stage]:
    made = make_stage(sqlite_url)
    made.retell.unbound.add(OUR_NUMBER)
    yield made
    made.world.db.close()


@pytest.fixture
def world(stage: Stage) -> World:
    return stage.world


def test_a_start_asks_retell_once_and_tells_what_it_said(stage: Stage, api: httpx.Client) -> None:
    campaign_id = stage.draft()
    stage.lead(campaign_id)
    known = ok(api.get(f"/campaigns/{campaign_id}/findings"))
    stage.retell.asked.clear()
    reason = {"despite": "It is only a rehearsal."}
    started = ok(api.post(f"/campaigns/{campaign_id}/start", json=reason))
    assert stage.retell.asked == [QUESTION]
    assert (started["status"], started["findings"]) == ("running", known)
    assert "number_unbound" in {one["code"] for one in known}


def test_a_start_that_lies_ahead_asks_retell_once_and_tells_what_it_said(
    stage: Stage, api: httpx.Client
) -> None:
    campaign_id = stage.draft(start_at=(NOW + timedelta(hours=1)).isoformat())
    known = ok(api.get(f"/campaigns/{campaign_id}/findings"))
    stage.retell.asked.clear()
    started = ok(api.post(f"/campaigns/{campaign_id}/start"))
    assert stage.retell.asked == [QUESTION]
    assert (started["status"], started["findings"]) == ("scheduled", known)


def test_a_start_that_is_refused_before_retell_is_asked_asks_it_nothing(
    stage: Stage, api: httpx.Client
) -> None:
    campaign_id = stage.draft()
    stage.world.db.transact(lambda tx: registries.open_named(tx, "us", file_name="us.txt", now=NOW))
    problem(api.post(f"/campaigns/{campaign_id}/start"), 409)
    assert stage.retell.asked == []
