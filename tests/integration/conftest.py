"""What most tests of the API and of the pages begin with.

| fixture | gives |
|---|---|
| `home` | where the web process keeps its files; nothing is there yet |
| `world` | a world on SQLite with a Retell of its own, at a moment that stands still |
| `ada` | a lead in that world, whose campaign was not started |
| `api` | a program with every scope of the API in that world |
| `web` | an operator's browser in that world |

A module that needs another world defines `world`, and the others follow.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_peer import asking, browsing, draft, world_with_retell
from web_peer import sign_in

from dialer.actions.pushing import RequestKey, push
from dialer.actions.world import World


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with world_with_retell(sqlite_url) as made:
        yield made


@pytest.fixture
def ada(world: World) -> None:
    row = {"phone": "2125552671", "name": "Ada", "variables": {"plan": "Team"}}
    push(world, draft(world), [row], key=RequestKey(1, "a", "a"), actor="test")


@pytest.fixture
def api(world: World) -> Iterator[httpx.Client]:
    with asking(world) as program:
        yield program


@pytest.fixture
def web(world: World, home: Path) -> Iterator[httpx.Client]:
    with browsing(world, home=home) as browser:
        sign_in(browser, world)
        yield browser
