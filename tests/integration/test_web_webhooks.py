"""The webhook receiver on a real socket: what is kept, and what is refused with which word."""

import hashlib
import hmac
import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
import redis
from psycopg import sql
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from web_peer import (
    JSON,
    KEY,
    PATH,
    HintsGiven,
    deliver,
    event_body,
    kept,
    serving,
    settings_for,
    signature_of,
    world_on,
)

from dialer.config import Settings
from dialer.queue import CeleryQueue
from dialer.retell import signature
from dialer.store.database import Database
from dialer.web.app import create_app, make_app

MEBIBYTE = 1024 * 1024


@dataclass
class Site:
    """A web process, its database and its queue."""

    web: httpx.Client
    database: Database
    given: HintsGiven
    settings: Settings

    def metric(self, line: str) -> float:
        text = self.web.get("/metrics").text
        found = [row.rsplit(" ", 1)[1] for row in text.splitlines() if row.startswith(line)]
        return float(found[0]) if found else 0.0


@pytest.fixture
def site(database: Database) -> Iterator[Site]:
    settings = settings_for(database.url, webhook_max_bytes=MEBIBYTE)
    given = HintsGiven()
    with serving(make_app(world_on(database, settings, given), settings)) as web:
        yield Site(web, database, given, settings)


@pytest.fixture
def sqlite_site(sqlite_url: str) -> Iterator[Site]:
    """A site where the kind of database makes no difference."""
    database = Database(sqlite_url)
    settings = settings_for(sqlite_url, webhook_max_bytes=MEBIBYTE)
    given = HintsGiven()
    with serving(make_app(world_on(database, settings, given), settings)) as web:
        yield Site(web, database, given, settings)
    database.close()


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == answer.status_code
    return document


class TestKeeping:
    def test_a_webhook_signed_by_the_official_sdk_is_kept_and_answered_with_204(
        self, site: Site
    ) -> None:
        body = event_body("call_ended", call_id="call_7")
        answer = deliver(site.web, body)
        assert (answer.status_code, answer.content) == (204, b"")
        (row,) = kept(site.database)
        assert (row.event_id, row.call_id, row.status) == ("call_ended:call_7", "call_7", "NEW")
        assert row.raw == body.decode()
        assert site.given.next_settled() == row.id

    def test_the_bytes_are_verified_as_they_came(self, site: Site) -> None:
        spaced = b'{ "event":"call_started",\n "call" : {"call_id":"call_\xc3\xa9", "n": 1.0} }'
        assert deliver(site.web, spaced).status_code == 204
        assert kept(site.database)[0].raw == spaced.decode()

    def test_a_repeated_webhook_is_answered_alike_and_kept_once(self, site: Site) -> None:
        first, second = deliver(site.web, event_body()), deliver(site.web, event_body())
        assert (first.status_code, second.status_code) == (204, 204)
        assert len(kept(site.database)) == 1
        assert site.metric('dialer_webhooks_total{event="call_ended",result="kept"}') == 1
        assert site.metric('dialer_webhooks_total{event="call_ended",result="repeated"}') == 1

    def test_copies_that_arrive_together_are_kept_once_and_settled_once(self, site: Site) -> None:
        with ThreadPoolExecutor(8) as senders:
            answers = list(senders.map(lambda _: deliver(site.web, event_body()), range(16)))
        assert {answer.status_code for answer in answers} == {204}
        assert site.given.next_settled() == kept(site.database)[0].id
        deliver(site.web, event_body("call_analyzed"))
        assert site.given.next_settled() == kept(site.database)[-1].id
        assert len(kept(site.database)) == 2

    def test_an_event_nobody_knows_is_kept_too(self, site: Site) -> None:
        assert deliver(site.web, event_body("moon_rose")).status_code == 204
        (row,) = kept(site.database)
        assert (row.event_id, row.status) == ("moon_rose:call_1", "NEW")
        assert site.metric('dialer_webhooks_total{event="other",result="kept"}') == 1

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"not json", id="no_json"),
            pytest.param(b'{"event":"call_ended","call":', id="cut_off"),
            pytest.param(b'["call_ended"]', id="list"),
            pytest.param(b'{"event":7}', id="event_is_a_number"),
            pytest.param(b'{"event":"call_ended"}', id="no_call"),
            pytest.param(b'{"event":"call_ended","call":{"call_id":{}}}', id="id_is_an_object"),
            pytest.param(b'{"event":"call_ended","call":{"call_id":"a\x00b"}}', id="nul_byte"),
            pytest.param(b'{"event":"call_ended","call":{"call_id":"a\\u0000b"}}', id="nul"),
            pytest.param(b'{"event":"call_ended\xff\xfe"}', id="not_utf8"),
            pytest.param(b"[" * 100_000, id="deep_and_open"),
            pytest.param(
                b'{"event":"call_ended","call":{"call_id":"c","x":'
                + b"[" * 5_000
                + b"]" * 5_000
                + b"}}",
                id="deep",
            ),
        ],
    )
    def test_a_body_that_is_signed_but_broken_is_kept_as_a_dead_letter(
        self, site: Site, body: bytes
    ) -> None:
        # Retell would send it again and again if it were refused; a person should see it.
        signed = {"x-retell-signature": signature.sign(body, KEY, int(time.time() * 1000))}
        for _ in range(2):
            assert site.web.post(PATH, content=body, headers=JSON | signed).status_code == 204
        (row,) = kept(site.database)
        assert (row.status, row.call_id) == ("DEAD", None)
        assert row.event_id.startswith("broken:")
        assert row.error
        assert site.given.settled.empty()
        assert site.metric('dialer_webhooks_total{event="broken",result="dead"}') == 2

    def test_a_nul_in_a_transcript_does_not_lose_the_event(self, site: Site) -> None:
        body = event_body("call_ended", transcript="a\x00b")
        assert deliver(site.web, body).status_code == 204
        assert kept(site.database)[0].status == "NEW"

    @pytest.mark.parametrize(
        "media_type",
        ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"],
    )
    def test_json_may_name_its_charset(self, sqlite_site: Site, media_type: str) -> None:
        body = event_body()
        headers = {
            "content-type": media_type,
            "x-retell-signature": signature_of(body.decode()),
        }
        answer = sqlite_site.web.post(PATH, content=body, headers=headers)
        assert answer.status_code == 204


def forged(body: bytes) -> dict[str, str | None]:
    text = body.decode()
    fresh = int(time.time() * 1000)
    plain = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    other_time = signature_of(text).partition(",")[2]
    return {
        "missing": None,
        "empty": "",
        "malformed": "sha256=abc",
        "bare_digest": plain,
        "without_the_time": f"v={fresh},d={plain}",
        "another_time": f"v={fresh - 1000},{other_time}",
        "another_body": signature_of(text + " "),
        "wrong_key": signature_of(text, key="key_other"),
        "empty_key": signature_of(text, key=""),
        "stale": signature_of(text, late_ms=301_000),
        "from_the_future": signature_of(text, late_ms=-301_000),
    }


class TestSignatures:
    @pytest.mark.parametrize("kind", list(forged(b"{}")))
    def test_what_is_not_proven_to_be_retells_is_refused_and_not_kept(
        self, sqlite_site: Site, kind: str
    ) -> None:
        body = event_body()
        header = forged(body)[kind]
        signed = {} if header is None else {"x-retell-signature": header}
        answer = sqlite_site.web.post(PATH, content=body, headers=JSON | signed)
        assert answer.status_code == 401
        assert problem_of(answer) == {
            "type": "about:blank",
            "title": "Unauthorized",
            "status": 401,
            # One text for all, so that a forger learns nothing.
            "detail": "The request is not signed as Retell's webhooks are.",
        }
        assert kept(sqlite_site.database) == []
        assert sqlite_site.given.settled.empty()

    def test_each_refusal_is_counted_by_its_reason(self, sqlite_site: Site) -> None:
        for kind in ("missing", "stale", "wrong_key"):
            header = forged(event_body())[kind]
            signed = {} if header is None else {"x-retell-signature": header}
            sqlite_site.web.post(PATH, content=event_body(), headers=JSON | signed)
        for reason in ("missing", "stale", "mismatch"):
            line = f'dialer_webhooks_refused_total{{reason="signature_{reason}"}}'
            assert sqlite_site.metric(line) == 1

    def test_a_signature_four_minutes_old_is_accepted(self, sqlite_site: Site) -> None:
        signed = {"x-retell-signature": signature_of(event_body().decode(), late_ms=240_000)}
        answer = sqlite_site.web.post(PATH, content=event_body(), headers=JSON | signed)
        assert answer.status_code == 204

    def test_while_a_key_is_rotated_both_keys_are_accepted(self, database: Database) -> None:
        settings = settings_for(database.url, webhook_keys="key_old,key_new")
        world = world_on(database, settings, HintsGiven())
        with serving(make_app(world, settings)) as web:
            assert deliver(web, event_body(call_id="a"), key="key_old").status_code == 204
            assert deliver(web, event_body(call_id="b"), key="key_new").status_code == 204
            assert deliver(web, event_body(call_id="c"), key="key_older").status_code == 401
        assert [row.call_id for row in kept(database)] == ["a", "b"]

    @pytest.mark.parametrize("keys", [(), ("",), (" ",)])
    def test_without_a_key_nobody_is_believed(self, sqlite_url: str, keys: Any) -> None:
        database = Database(sqlite_url)
        settings = settings_for(sqlite_url, webhook_keys=keys)
        with serving(make_app(world_on(database, settings, HintsGiven()), settings)) as web:
            assert deliver(web, event_body(), key=keys[0] if keys else "").status_code == 401
        assert kept(database) == []
        database.close()


class TestRefusals:
    @pytest.mark.parametrize(
        "media_type", [None, "text/plain", "application/x-www-form-urlencoded", "text/json"]
    )
    def test_what_is_not_json_is_415(self, sqlite_site: Site, media_type: str | None) -> None:
        headers = {"x-retell-signature": signature_of(event_body().decode())}
        if media_type is not None:
            headers["content-type"] = media_type
        answer = sqlite_site.web.post(PATH, content=event_body(), headers=headers)
        assert answer.status_code == 415
        problem_of(answer)
        assert kept(sqlite_site.database) == []

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
    def test_only_post_is_for_webhooks(self, sqlite_site: Site, method: str) -> None:
        answer = sqlite_site.web.request(method, PATH)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")

    def test_a_body_that_says_it_is_too_large_is_not_read(self, sqlite_site: Site) -> None:
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {MEBIBYTE + 1}\r\n\r\n"
        assert raw_answer(sqlite_site.web, head.encode()).startswith(b"HTTP/1.1 413 ")

    def test_a_body_at_the_limit_is_kept(self, sqlite_site: Site) -> None:
        room = MEBIBYTE - len(event_body(padding=""))
        body = event_body(padding="x" * room)
        assert len(body) == MEBIBYTE
        assert deliver(sqlite_site.web, body).status_code == 204

    def test_fifty_megabytes_of_unsaid_length_are_413_and_fill_no_memory(
        self, sqlite_site: Site
    ) -> None:
        chunk = b"x" * 65536
        sent = (chunk for _ in range(50 * MEBIBYTE // len(chunk)))
        tracemalloc.start()
        try:
            answer = sqlite_site.web.post(PATH, content=sent, headers=JSON)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert answer.status_code == 413
        problem_of(answer)
        assert peak < 4 * MEBIBYTE
        assert sqlite_site.metric('dialer_webhooks_refused_total{reason="too_large"}') == 1

    def test_bytes_beyond_the_said_length_are_not_part_of_the_webhook(
        self, sqlite_site: Site
    ) -> None:
        body = event_body()
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\n"
        head += f"X-Retell-Signature: {signature_of(body.decode())}\r\n\r\n"
        answer = raw_answer(sqlite_site.web, head.encode() + body + b"\x00" * 10_000)
        assert answer.startswith(b"HTTP/1.1 204 ")
        assert kept(sqlite_site.database)[0].raw == body.decode()

    def test_a_webhook_whose_sender_goes_away_in_the_middle_is_not_kept(
        self, sqlite_site: Site
    ) -> None:
        body = event_body()
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        head += f"X-Retell-Signature: {signature_of(body.decode())}\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        raw_answer(sqlite_site.web, head.encode() + body[:-1], half_close=True)
        assert kept(sqlite_site.database) == []
        assert deliver(sqlite_site.web, body).status_code == 204

    def test_a_body_that_does_not_come_in_time_is_408_and_the_connection_ends(
        self, database: Database
    ) -> None:
        settings = settings_for(database.url)
        world = world_on(database, settings, HintsGiven())
        app = make_app(world, settings, body_within=EYE_BLINK)
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        head += "Content-Length: 1000\r\n\r\n{"
        with serving(app) as web:
            answer = raw_answer(web, head.encode())
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close" in answer.lower()


EYE_BLINK = timedelta(milliseconds=50)


def raw_answer(web: httpx.Client, request: bytes, *, half_close: bool = False) -> bytes:
    """Write bytes to the server's socket and read one answer, or what comes until the end."""
    address = (web.base_url.host, web.base_url.port)
    assert address[1] is not None
    with socket.create_connection((address[0], address[1]), timeout=10) as connection:
        connection.sendall(request)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while b"\r\n\r\n" not in received and (chunk := connection.recv(65536)):
            received += chunk
        return received


class Wiretap:
    """Writes down when an answer to a webhook was handed to the socket."""

    def __init__(self, app: ASGIApp, notes: list[str]) -> None:
        self._app = app
        self._notes = notes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body" and scope["path"] == PATH:
                self._notes.append("answered")

        await self._app(scope, receive, noting)


class TestOrder:
    def test_the_event_is_committed_then_answered_then_handed_to_a_worker(
        self, database: Database
    ) -> None:
        settings, given = settings_for(database.url), HintsGiven()
        notes: list[str] = []
        committed: list[int] = []

        def look(row: int) -> None:
            committed.extend(event.id for event in kept(database) if event.id == row)
            notes.append("enqueued")

        given.on_settle = look
        app = make_app(world_on(database, settings, given), settings)
        with serving(Wiretap(app, notes)) as web:
            deliver(web, event_body())
            row = given.next_settled()
        assert notes == ["answered", "enqueued"]
        assert committed == [row]

    def test_a_broker_that_hangs_delays_no_answer(self, site: Site) -> None:
        stuck = threading.Event()
        site.given.on_settle = lambda row: stuck.wait(30) and None
        try:
            for n in range(20):
                answer = deliver(site.web, event_body(call_id=f"call_{n}"))
                assert answer.status_code == 204
            assert site.given.settled.empty()
        finally:
            stuck.set()
        assert {site.given.next_settled() for _ in range(20)} == {
            row.id for row in kept(site.database)
        }

    def test_a_hint_that_fails_fails_nothing_else(self, site: Site) -> None:
        failed = threading.Semaphore(0)

        def fail(row: int) -> None:
            failed.release()
            raise ConnectionError("no broker")

        site.given.on_settle = fail
        for n in range(10):
            assert deliver(site.web, event_body(call_id=f"call_{n}")).status_code == 204
        assert all(failed.acquire(timeout=10) for _ in range(10))
        site.given.on_settle = lambda row: None
        assert deliver(site.web, event_body(call_id="last")).status_code == 204
        assert site.given.next_settled() == kept(site.database)[-1].id

    def test_the_worker_finds_the_row_in_the_queue_for_events(
        self, database: Database, valkey_url: str
    ) -> None:
        settings = settings_for(database.url, redis_url=valkey_url)
        world = replace(world_on(database, settings, HintsGiven()), queue=CeleryQueue(settings))
        with redis.Redis.from_url(valkey_url) as broker:
            with serving(make_app(world, settings)) as web:
                deliver(web, event_body())
                popped: Any = broker.brpop(["events"], timeout=10)
            message = json.loads(popped[1])
        assert message["headers"]["task"] == "settle"
        assert message["headers"]["argsrepr"] == f"[{kept(database)[0].id}]"


class TestDatabaseDown:
    def test_while_postgresql_refuses_us_retell_is_asked_to_come_again(
        self, bare_postgres_url: str, postgres_admin: psycopg.Connection
    ) -> None:
        database, given = Database(bare_postgres_url), HintsGiven()
        database.create_all()
        settings = settings_for(database.url)
        name = urlsplit(database.url).path.removeprefix("/")
        with serving(make_app(world_on(database, settings, given), settings)) as web:
            assert deliver(web, event_body(call_id="before")).status_code == 204
            close_to_all(postgres_admin, name)
            for _ in range(3):
                refused_for_now(deliver(web, event_body(call_id="during")))
            open_to_all(postgres_admin, name)
            assert deliver(web, event_body(call_id="during")).status_code == 204
        assert [row.call_id for row in kept(database)] == ["before", "during"]
        database.close()

    def test_while_the_sqlite_file_cannot_be_opened_retell_is_asked_to_come_again(
        self, sqlite_url: str, tmp_path: Path
    ) -> None:
        database, given = Database(sqlite_url), HintsGiven()
        settings = settings_for(sqlite_url)
        file, aside = tmp_path / "dialer.db", tmp_path / "aside.db"
        with serving(make_app(world_on(database, settings, given), settings)) as web:
            database.engine.dispose()  # open files stay usable whatever happens to their names
            file.rename(aside)
            file.mkdir()
            refused_for_now(deliver(web, event_body()))
            file.rmdir()
            aside.rename(file)
            assert deliver(web, event_body()).status_code == 204
        assert [row.call_id for row in kept(database)] == ["call_1"]
        database.close()

    def test_a_web_process_that_starts_before_its_database_serves_once_it_is_there(
        self, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file, aside = tmp_path / "dialer.db", tmp_path / "aside.db"
        file.rename(aside)
        file.mkdir()
        monkeypatch.setenv("DATABASE_URL", sqlite_url)
        monkeypatch.setenv("REDIS_URL", "unix:///nowhere")  # given up at once
        monkeypatch.setenv("DIALER_WEBHOOK_KEYS", KEY)
        with serving(create_app()) as web:
            refused_for_now(deliver(web, event_body()))
            file.rmdir()
            aside.rename(file)
            assert deliver(web, event_body()).status_code == 204

    def test_a_fault_of_our_own_is_500_without_details(self, bare_postgres_url: str) -> None:
        database = Database(bare_postgres_url)
        database.create_all()
        settings = settings_for(database.url)
        world = world_on(database, settings, HintsGiven())
        database.transact(lambda tx: tx.exec_driver_sql("DROP TABLE webhook_event"))
        with serving(make_app(world, settings)) as web:
            answer = deliver(web, event_body())
        assert answer.status_code == 500
        assert problem_of(answer)["title"] == "Internal Server Error"
        assert b"webhook_event" not in answer.content
        assert "content-security-policy" in answer.headers
        database.close()


def refused_for_now(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert problem_of(answer)["detail"] == "The database does not answer."


def close_to_all(admin: psycopg.Connection, name: str) -> None:
    admin.execute(
        sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").format(sql.Identifier(name))
    )
    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
    )


def open_to_all(admin: psycopg.Connection, name: str) -> None:
    admin.execute(
        sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true").format(sql.Identifier(name))
    )
