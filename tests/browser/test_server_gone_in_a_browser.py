"""The web process is killed with -9 under an open page, and another one takes its port."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from factories import make_stage
from looks import PASSWORD, Place, sign_in
from playwright.sync_api import Page, expect

from dialer.actions import people
from dialer.domain.roles import Role
from dialer.embedded.broker import free_port
from dialer.store import migrate

pytestmark = pytest.mark.processes

RETRIES = 8
"""Of a connection that is refused; each waits twice as long as the one before."""


@contextmanager
def web_process(port: int, *, home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a web process as the dialer runs it, until it is killed or no longer needed."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": f"sqlite:///{home / 'dialer.db'}",
        "DIALER_ENV_FILE": os.devnull,
        "DIALER_HOME": str(home),
        "DIALER_PRINT_FIRST_LINK": "false",
    }
    web = (sys.executable, "-m", "uvicorn", "dialer.web.app:create_app", "--factory")
    process = subprocess.Popen([*web, "--port", str(port)], env=environment)
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=RETRIES)) as client:
            answer = client.get(f"http://127.0.0.1:{port}/readyz")
        assert answer.status_code == 200, answer.text
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_page_says_that_the_server_is_gone_and_goes_on_when_it_is_back(
    page: Page, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'dialer.db'}"
    migrate.upgrade(url)
    stage = make_stage(url)
    db, now = stage.world.db, stage.clock.now()
    role = Role.OPERATOR
    people.add(db, role.value, password=PASSWORD, role=role, actor="test", now=now)
    campaign = stage.draft()
    stage.leads(5, campaign)
    port = free_port()
    place = Place(f"http://127.0.0.1:{port}", stage, tmp_path, None)  # type: ignore[arg-type]
    with web_process(port, home=tmp_path) as web:
        sign_in(page, place)
        page.goto(f"{place.url}/campaigns/{campaign}")
        expect(page.get_by_text("of 5 leads finished")).to_be_visible()
        expect(page.locator("#stale")).to_be_hidden()
        web.send_signal(signal.SIGKILL)
        expect(page.locator("#stale")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("of 5 leads finished")).to_be_visible()
    stage.lead(campaign)
    with web_process(port, home=tmp_path):
        expect(page.get_by_text("of 6 leads finished")).to_be_visible(timeout=60_000)
        expect(page.locator("#stale")).to_be_hidden()
    db.close()
