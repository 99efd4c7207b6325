"""The functions of agents on a real socket: who may ask, and what is told."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from web_peer import JSON, KEY, HintsGiven, serving, settings_for, signature_of, world_on

from dialer.store import function_calls
from dialer.store.database import Database
from dialer.store.tables import FunctionCall
from dialer.web.app import make_app

OWN = """
import threading

from dialer.domain.functions import Talk, function

begun, go_on = threading.Event(), threading.Event()


@function
def weather(talk: Talk, city: str) -> str:
    "Tell the weather."
    return f"It rains in {city}."


@function
def slow(talk: Talk) -> str:
    "Take long."
    begun.set()
    go_on.wait(30)
    return "Done at last."
"""


@dataclass
class Site:
    web: httpx.Client
    database: Database

    def ask(self, name: str, *, key: str = KEY, late_ms: int = 0, **args: Any) -> httpx.Response:
        """Ask for a function, signed by the official SDK."""
        call = {"call_id": "call_7", "direction": "outbound", "to_number": "+12125550100"}
        body = json.dumps({"name": name, "args": args, "call": call})
        return self.post(name, body, signature=signature_of(body, key=key, late_ms=late_ms))

    def post(self, name: str, body: str, *, signature: str | None) -> httpx.Response:
        signed = {} if signature is None else {"x-retell-signature": signature}
        return self.web.post(f"/functions/{name}", content=body, headers=JSON | signed)

    def kept(self) -> list[FunctionCall]:
        return self.database.read(lambda tx: function_calls.of_call(tx, "call_7"))


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    module = tmp_path / "own_functions_of_a_team.py"
    module.write_text(OWN, encoding="utf-8")
    database = Database(sqlite_url)
    settings = settings_for(
        sqlite_url,
        webhook_keys=f"old-key,{KEY}",
        webhook_max_bytes=64 * 1024,
        functions_module=str(module),
        function_seconds=0.3,
    )
    with serving(make_app(world_on(database, settings, HintsGiven()), settings)) as web:
        yield Site(web, database)
    database.close()


@pytest.mark.parametrize("signature", [None, "", "v=1,d=00", f"v=1,d={'0' * 64}"])
def test_who_does_not_sign_is_refused_and_nothing_is_done(site: Site, signature: str) -> None:
    answer = site.post("do_not_call", '{"call": {"call_id": "call_7"}}', signature=signature)
    assert answer.status_code == 401
    assert site.kept() == []


def test_another_key_and_a_stale_signature_are_refused(site: Site) -> None:
    assert site.ask("do_not_call", key="another").status_code == 401
    assert site.ask("do_not_call", late_ms=301_000).status_code == 401
    assert site.kept() == []


def test_a_key_that_is_being_replaced_still_signs(site: Site) -> None:
    assert site.ask("do_not_call", key="old-key").status_code == 200


def test_a_body_that_was_changed_on_its_way_is_refused(site: Site) -> None:
    body = '{"args": {}, "call": {"call_id": "call_7"}}'
    answer = site.post("do_not_call", body.replace("7", "8"), signature=signature_of(body))
    assert answer.status_code == 401


def test_a_body_is_never_larger_than_a_webhook(site: Site) -> None:
    body = json.dumps({"args": {"note": "x" * 70_000}, "call": {"call_id": "call_7"}})
    answer = site.post("transfer_note", body, signature=signature_of(body))
    assert answer.status_code == 413


def test_what_is_no_json_is_refused(site: Site) -> None:
    assert site.post("transfer_note", "{", signature=signature_of("{")).status_code == 400


def test_an_agent_is_answered_and_a_repeat_alike(site: Site) -> None:
    first, second = site.ask("do_not_call", reason="no"), site.ask("do_not_call", reason="no")
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert first.json()["ok"]
    (row,) = site.kept()
    assert row.took_ms is not None
    figures = site.web.get("/metrics").text
    assert 'dialer_functions_total{function="do_not_call",result="done"} 2.0' in figures


def test_a_function_nobody_knows_is_told_in_words(site: Site) -> None:
    answer = site.ask("fly")
    assert (answer.status_code, answer.json()["ok"]) == (404, False)
    assert "no such function" in answer.json()["answer"]


def test_a_team_brings_its_own(site: Site) -> None:
    assert site.ask("weather", city="Oslo").json() == {"ok": True, "answer": "It rains in Oslo."}
    assert not site.ask("weather").json()["ok"]


def test_one_that_takes_too_long_asks_for_patience_and_tells_when_it_is_done(site: Site) -> None:
    import own_functions_of_a_team as own  # the module the site has loaded

    answer = site.ask("slow")
    assert (answer.status_code, answer.json()["ok"]) == (200, False)
    assert "still working" in answer.json()["answer"]
    assert own.begun.is_set()
    own.go_on.set()
    while not (found := site.ask("slow").json())["ok"]:
        pass
    assert found["answer"] == "Done at last."
