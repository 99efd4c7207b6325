"""Health: what the page sees, the audit run by hand, and a webhook that we send to ourselves."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import httpx
import pytest
from api_peer import bearer, ok, token_for
from web_peer import JSON, HintsGiven, serving, settings_for, sign_in, world_on

from dialer.actions.own_webhook import send_to_ourselves
from dialer.actions.world import World
from dialer.domain.roles import Role
from dialer.simulator.server import base_url, bind
from dialer.simulator.settings import SimulatorSettings
from dialer.store import gate, incidents, ledger, webhooks
from dialer.store.database import Connection, Database
from dialer.store.tables import WebhookEvent
from dialer.web.app import make_app

OURS = {"sec-fetch-site": "same-origin"}


@dataclass
class Place:
    """A web process that knows its own address."""

    web: httpx.Client
    world: World
    queue: HintsGiven

    def signs(self) -> str:
        return self.web.get("/health").text


@pytest.fixture
def place(database_url: str) -> Iterator[Place]:
    database = Database(database_url)
    listener = bind(SimulatorSettings(port=0))
    flags = {"print_first_link": False, "public_url": base_url(listener)}
    settings = settings_for(database_url, **flags)
    given = HintsGiven()
    world = world_on(database, settings, given)
    with serving(make_app(world, settings), listener=listener) as web:
        yield Place(web, world, given)
    database.close()


def test_every_sign_that_a_person_asks_for_is_there(place: Place) -> None:
    sign_in(place.web, place.world, Role.VIEWER)
    found = place.signs()
    for name in (
        *("Database", "Clock", "Broker", "Workers", "Beat", "Audit of what is open"),
        *("Incidents", "Dialing", "Webhooks", "Webhooks refused", "Retell", "Disk", "Version"),
    ):
        assert f'<th scope="row">{name}</th>' in found, name
    assert "Try it" not in found  # a viewer looks


def test_what_is_wrong_stands_first(place: Place) -> None:
    sign_in(place.web, place.world)
    now = place.world.clock.now()
    place.world.db.transact(
        lambda tx: incidents.open_incident(tx, "I1", subject="1", sentence="Odd.", now=now)
    )
    assert "1 wait for somebody to look at them." in place.signs()
    rows = place.signs().partition("<tbody>")[2]
    assert rows.index("Incidents") < rows.index(">Database<")


def test_webhooks_that_were_refused_are_told_with_the_reason(place: Place) -> None:
    sign_in(place.web, place.world)
    place.web.post("/webhooks/retell", content=b"{}", headers=JSON)
    assert "since this process was started: 1 missing." in place.signs()


def test_it_is_told_when_retell_last_answered_and_not_only_when_it_was_asked(place: Place) -> None:
    sign_in(place.web, place.world)
    now, long_ago = place.world.clock.now(), place.world.clock.now() - timedelta(minutes=10)
    ask = partial(gate.claim_asking, now=now, not_after=now)
    assert place.world.db.transact(ask)
    assert "No answer is known; last asked" in place.signs()
    answer = partial(gate.set_provider, lines=20, foreign_calls=0)
    place.world.db.transact(partial(answer, now=long_ago))
    assert "Last answered 10 min ago; last asked" in place.signs()
    place.world.db.transact(partial(answer, now=now))
    assert re.search(r"Last answered \d+ s ago: it allows 20 outbound calls", place.signs())


def test_a_webhook_to_ourselves_arrives_and_is_of_no_call(place: Place) -> None:
    sign_in(place.web, place.world)
    answer = place.web.post("/health/webhook", headers=OURS)
    assert "Test webhook: It arrived and was kept" in answer.text
    row = place.world.db.read(lambda tx: event(tx, place.queue.next_settled()))
    assert row.event_id.startswith("webhook_test:test_")
    (noted,) = place.world.db.read(
        lambda tx: ledger.page(tx, before=None, most=5, subject="webhooks", actor=None)
    )
    assert (noted.action, (noted.after or {})["kept"]) == ("test_webhook", True)


def event(tx: Connection, row_id: int) -> WebhookEvent:
    row = webhooks.get(tx, row_id)
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("key", "path", "told"),
    [
        ("key_of_somebody_else", "/webhooks/retell", "it verifies with other keys"),
        ("key_5b1d", "/nothing", "answered 404"),
        ("key_5b1d", "/healthz", "answered 405"),
    ],
)
def test_one_that_does_not_arrive_says_why(place: Place, key: str, path: str, told: str) -> None:
    address = f"{place.web.base_url}".rstrip("/") + path
    echo = send_to_ourselves(place.world, address=address, keys=(key,), actor="test")
    assert not echo.kept
    assert told in echo.sentence


def test_one_to_nobody_says_so(place: Place) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/webhooks/retell"
    echo = send_to_ourselves(place.world, address=address, keys=("x",), actor="test")
    assert (echo.status, echo.kept) == (None, False)
    assert echo.sentence.startswith(f"Nothing answers at {address}")


def test_the_audit_runs_when_a_person_asks(place: Place) -> None:
    sign_in(place.web, place.world)
    answer = place.web.post("/health/audit", headers=OURS, follow_redirects=True)
    assert "The audit ran again: nothing is broken." in answer.text
    assert "It has not run yet" in answer.text  # the hourly ones
    program = bearer(token_for(place.world))
    assert ok(place.web.post("/api/v1/audit", headers=program)) == {"broken": {}}
    assert ok(place.web.post("/api/v1/webhooks/test", headers=program))["kept"]


def test_a_viewer_tries_nothing(place: Place) -> None:
    sign_in(place.web, place.world, Role.VIEWER)
    for path in ("/health/audit", "/health/webhook"):
        assert place.web.post(path, headers=OURS).status_code == 403
