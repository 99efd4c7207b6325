"""A dialer with a past, its web process, and a real Chromium that looks at it.

The browser is Debian's, found by its path; without one the tests are skipped loudly, and fail
when CI=true. One server and one browser serve all tests; each test signs in anew.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import make_stage
from files_worker import working
from looks import BROWSERS, LOOKS, PASSWORD, Place
from past import with_a_past, workspace
from playwright.sync_api import expect
from servers import server_missing
from web_peer import serving, settings_for

from dialer.actions import people
from dialer.domain.roles import Role
from dialer.simulator.testing import running_simulator
from dialer.web.app import make_app

expect.set_options(timeout=20_000)  # a machine that does other things as well takes its time


NOBODY_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""The browser finds no machine but this one."""


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Have pytest-playwright start the system's Chromium."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        server_missing("CHROMIUM", f"none of {', '.join(BROWSERS)} is installed")
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": found, "args": [NOBODY_ELSE, *as_root]}


@pytest.fixture(scope="session")
def base_url() -> None:
    """Replace the plugin's own, which the newest pytest warns of."""


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Place]:
    path = tmp_path_factory.mktemp("browser") / "dialer.db"
    shutil.copy(sqlite_template, path)
    stage = make_stage(f"sqlite:///{path}")
    db, now = stage.world.db, stage.clock.now()
    for role in Role:
        people.add(db, role.value, password=PASSWORD, role=role, actor="test", now=now)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DIALER_ENV_FILE", os.devnull)
        environment.setenv("DIALER_PRINT_FIRST_LINK", "false")
        settings = settings_for(stage.world.db.url, home=path.parent)
    home = settings.create_home()
    with (
        serving(make_app(stage.world, settings)) as web,
        working(stage.world, home=home) as resting,
        running_simulator(workspace()) as simulator,
    ):
        place = with_a_past(Place(str(web.base_url).rstrip("/"), stage, home, resting))
        stage.retell.workspace = simulator
        yield place
    db.close()


@pytest.fixture(params=LOOKS)
def look(request: pytest.FixtureRequest) -> str:
    """Give the name of one way to look at a page."""
    name: str = request.param
    return name
