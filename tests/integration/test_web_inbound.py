"""The inbound webhook on a real socket: who may announce calls, and what is answered."""

import json
from collections.abc import Iterator

import httpx
import pytest
from factories import make_lead, make_spec
from web_peer import JSON, HintsGiven, kept, serving, settings_for, signature_of, world_on

from dialer.actions import control
from dialer.store.database import Database
from dialer.web.app import make_app

PHONE = "+12122000777"
CALL = {"from_number": PHONE, "to_number": "+12125550000", "call_id": "in_1"}


@pytest.fixture
def database_of(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def web(database_of: Database, sqlite_url: str) -> Iterator[httpx.Client]:
    settings = settings_for(sqlite_url)
    world = world_on(database_of, settings, HintsGiven())
    campaign_id = control.create(world, make_spec(), actor="test")
    control.start(world, campaign_id, actor="test")
    now = world.clock.now()
    world.db.transact(lambda tx: make_lead(tx, campaign_id, now=now, phone=PHONE))
    with serving(make_app(world, settings)) as client:
        yield client


def announced(web: httpx.Client, body: str, *, path: str = "/inbound") -> httpx.Response:
    signed = {"x-retell-signature": signature_of(body)}
    return web.post(f"/webhooks/retell{path}", content=body, headers=JSON | signed)


@pytest.mark.parametrize("path", ["/inbound", ""])
def test_retell_is_told_whom_the_agent_talks_with_at_either_address(
    web: httpx.Client, database_of: Database, path: str
) -> None:
    body = json.dumps({"event": "call_inbound", "call_inbound": CALL})
    answer = announced(web, body, path=path)
    assert answer.status_code == 200
    told = answer.json()["call_inbound"]
    assert told["dynamic_variables"]["first_name"] == "Ada"
    assert told["metadata"]["inbound"]
    assert kept(database_of) == []


def test_who_does_not_sign_learns_nothing_of_a_lead(web: httpx.Client) -> None:
    body = json.dumps({"event": "call_inbound", "call_inbound": CALL})
    answer = web.post("/webhooks/retell/inbound", content=body, headers=JSON)
    assert answer.status_code == 401
    assert "Ada" not in answer.text


@pytest.mark.parametrize("body", ["{", "[]", '{"event": "chat_inbound", "chat_inbound": {}}'])
def test_chats_and_what_cannot_be_read_are_answered_with_nothing(
    web: httpx.Client, database_of: Database, body: str
) -> None:
    answer = announced(web, body)
    assert (answer.status_code, answer.content) == (204, b"")
    assert kept(database_of) == []


def test_a_chat_is_no_dead_letter_at_the_address_of_webhooks(
    web: httpx.Client, database_of: Database
) -> None:
    body = '{"event": "chat_ended", "chat": {"chat_id": "chat_1"}}'
    assert announced(web, body, path="").status_code == 204
    assert [one.status for one in kept(database_of)] == ["NEW"]


def test_a_webhook_that_only_speaks_of_announcements_is_kept(
    web: httpx.Client, database_of: Database
) -> None:
    call = {"metadata": {"call_inbound": "yes"}, "call_id": "call_7"}
    assert announced(web, json.dumps({"event": "call_ended", "call": call}), path="").status_code
    assert [one.event_id for one in kept(database_of)] == ["call_ended:call_7"]
