"""docs/api.md: the requests in it do what it says."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_peer import asking, draft, ok, problem, world_with_retell

from dialer.actions.purge import ANSWERS_KEPT
from dialer.actions.pushing import MOST_LEADS
from dialer.actions.world import World
from dialer.domain.roles import OF_API
from dialer.web.api.cursors import MOST

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
REQUESTS = [text for kind, text in BLOCKS if kind == "bash"]
ANSWERS = [json.loads(text) for kind, text in BLOCKS if kind == "json"]


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with world_with_retell(sqlite_url) as made:
        yield made


@pytest.fixture
def api(world: World) -> Iterator[httpx.Client]:
    with asking(world) as client:
        yield client


def run(api: httpx.Client, command: str, *, campaign_id: int) -> httpx.Response:
    """Do what curl would do."""
    named = {"$DIALER/api/v1": "", "$CAMPAIGN": str(campaign_id)}
    for name, value in named.items():
        command = command.replace(name, value)
    program, *words = shlex.split(command.replace("\\\n", " "))
    assert program == "curl"
    (path,) = [word for word in words if word.startswith("/")]
    headers = dict(words[n + 1].split(": ", 1) for n, word in enumerate(words) if word == "-H")
    assert headers.pop("Authorization") == "Bearer $TOKEN"
    if "-d" not in words:
        return api.get(path, headers=headers)
    return api.post(path, content=words[words.index("-d") + 1], headers=headers)


def test_the_push_is_answered_as_it_says(api: httpx.Client, world: World) -> None:
    campaign_id = draft(world)
    assert ok(run(api, REQUESTS[0], campaign_id=campaign_id)) == ANSWERS[0]
    again = run(api, REQUESTS[0], campaign_id=campaign_id)
    assert (ok(again), again.headers["idempotent-replayed"]) == (ANSWERS[0], "true")


def test_results_are_answered_as_it_says(api: httpx.Client) -> None:
    told: dict[str, Any] = ok(run(api, REQUESTS[1], campaign_id=1))
    assert {"items", "next_cursor", "more"} == set(told)


def test_an_error_looks_as_it_says(api: httpx.Client, world: World) -> None:
    path = f"/campaigns/{draft(world)}/leads"
    answer = api.post(path, json={"leads": [{"name": "x"}]}, headers={"idempotency-key": "k"})
    assert problem(answer, 422) == ANSWERS[1]


def test_its_table_of_scopes_is_complete() -> None:
    assert set(re.findall(r"`(\w+:(?:read|write))`", TEXT)) == OF_API


def test_its_figures_are_those_of_the_code() -> None:
    assert f"up to {MOST_LEADS:,}" in TEXT
    assert f"`limit` ({MOST} at most)" in TEXT
    assert ANSWERS_KEPT.days == 3
    assert "kept for three days" in TEXT
