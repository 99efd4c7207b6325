"""What agents asked for and who called us, on the lead's page and at the command line."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cli_desk import Desk, kept_log
from factories import make_lead, make_spec
from web_peer import HintsGiven, serving, settings_for, sign_in, world_on

from dialer.actions import control
from dialer.actions.announcing import announce
from dialer.actions.answering import answer
from dialer.actions.own_functions import BUILT_IN
from dialer.actions.questions import Question
from dialer.actions.world import World
from dialer.domain.appointments import Offer
from dialer.domain.roles import Role
from dialer.retell.models import Call
from dialer.store import appointments, gate, migrate
from dialer.store.database import Connection, Database
from dialer.web.app import make_app

PHONE = "+12122000777"
NOTE = "Wants the red one; reach her at +12125550042."


@dataclass
class Site:
    web: httpx.Client
    world: World
    lead_id: int


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Give a database that was migrated, as the command line wants it."""
    address = f"sqlite:///{tmp_path / 'own.db'}"
    migrate.upgrade(address)
    return address


@pytest.fixture
def site(url: str) -> Iterator[Site]:
    database = Database(url)
    settings = settings_for(url)
    world = world_on(database, settings, HintsGiven())
    campaign_id = control.create(world, make_spec(), actor="test")
    control.start(world, campaign_id, actor="test")
    now = world.clock.now()
    lead_id = world.db.transact(lambda tx: make_lead(tx, campaign_id, now=now, phone=PHONE))
    with serving(make_app(world, settings)) as web:
        yield Site(web, world, lead_id)
    database.close()


def ask(site: Site, name: str, **args: Any) -> None:
    install = site.world.db.read(gate.install)
    metadata = {"install": install, "lead_id": str(site.lead_id)}
    call = Call.model_validate({"call_id": "call_7", "metadata": metadata})
    answer(site.world, BUILT_IN, Question(name, args, call))


def talk(site: Site) -> None:
    """Leave a note, book a time, and call."""
    start = site.world.clock.now().replace(microsecond=0) + timedelta(days=1)

    def offer(tx: Connection) -> int:
        return appointments.offer(tx, "appointments", [Offer(start, start + timedelta(hours=1))])

    site.world.db.transact(offer)
    ask(site, "transfer_note", note=NOTE)
    ask(site, "book_appointment", when=start.isoformat())
    body = b'{"event": "call_inbound", "call_inbound": {"from_number": "+12122000777"}}'
    announce(site.world, body, now=site.world.clock.now())


def test_the_page_of_a_lead_shows_the_note_the_appointment_and_its_call(site: Site) -> None:
    talk(site)
    sign_in(site.web, site.world)
    page = site.web.get(f"/leads/{site.lead_id}").text
    assert NOTE in page
    assert "Transfer note" in page
    assert "appointments: " in page
    assert "Called us" in page


def test_viewers_see_no_number_in_a_note(site: Site) -> None:
    talk(site)
    sign_in(site.web, site.world, Role.VIEWER)
    page = site.web.get(f"/leads/{site.lead_id}").text
    assert "Wants the red one" in page
    assert "+12125550042" not in page


def test_the_command_line_shows_them_too(
    site: Site,
    url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    talk(site)
    monkeypatch.setenv("DATABASE_URL", url)
    with kept_log():
        shown = Desk(tmp_path, capsys).type("leads", "show", site.lead_id).out
    assert NOTE in shown
    for what in ("transfer note", "appointment", "call to us", "book_appointment"):
        assert f"\t{what}\t" in shown
