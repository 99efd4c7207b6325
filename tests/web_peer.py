"""A web process on a real socket, and the one that sends it webhooks."""

import json
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import uvicorn
from retell.lib.webhook_auth import symmetric
from starlette.types import ASGIApp

from dialer.actions.secrets import hash_token, new_token
from dialer.actions.world import World
from dialer.bootstrap import apply_limits, open_provider
from dialer.clock import SystemClock
from dialer.config import Settings
from dialer.domain.roles import Role
from dialer.simulator.server import base_url, bind
from dialer.simulator.settings import SimulatorSettings
from dialer.store import people, sessions, webhooks
from dialer.store.database import Connection, Database
from dialer.store.tables import WebhookEvent
from dialer.web.access import COOKIE

KEY = "key_5b1d"
PATH = "/webhooks/retell"
JSON = {"content-type": "application/json"}


class HintsGiven:
    """A queue that keeps what it was told; `on_settle` runs inside of each settle."""

    def __init__(self) -> None:
        self.settled: queue.Queue[int] = queue.Queue()
        self.on_settle: Callable[[int], None] = lambda row: None

    def dial(self, attempt_id: str, *, label: str) -> None: ...

    def plan(self) -> None: ...

    def run_errands(self) -> None: ...

    def settle(self, event_row: int) -> None:
        self.on_settle(event_row)
        self.settled.put(event_row)

    def next_settled(self) -> int:
        return self.settled.get(timeout=10)


def settings_for(url: str, **flags: Any) -> Settings:
    return Settings.load(database_url=url, webhook_keys=flags.pop("webhook_keys", KEY), **flags)


def world_on(database: Database, settings: Settings, given: HintsGiven) -> World:
    apply_limits(database, settings)
    return world_without_tables(database, settings, given)


def world_without_tables(database: Database, settings: Settings, given: HintsGiven) -> World:
    provider = open_provider(settings)
    return World(db=database, provider=provider, queue=given, clock=SystemClock())


@contextmanager
def serving(app: ASGIApp, *, listener: socket.socket | None = None) -> Iterator[httpx.Client]:
    """Serve `app` on a free port; give a client whose paths are relative to it."""
    server = uvicorn.Server(
        uvicorn.Config(app, ws="none", log_config=None, access_log=False, server_header=False)
    )
    listener = listener or bind(SimulatorSettings(port=0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        with httpx.Client(base_url=base_url(listener), timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def sign_in(web: httpx.Client, world: World, role: Role = Role.OPERATOR) -> None:
    """Make a person and a session, and have the client ask for pages as that person's browser."""
    token, now = new_token(), world.clock.now()

    def body(tx: Connection) -> None:
        row = people.add(tx, role.value, password_hash="none", role=role.value, now=now)
        expires_at = now + timedelta(days=1)
        sessions.add(tx, hash_token(token), user_id=row, now=now, expires_at=expires_at)

    world.db.transact(body)
    web.cookies.set(COOKIE, token)
    web.headers["accept"] = "text/html"


def event_body(event: str = "call_ended", *, call_id: str = "call_1", **extra: Any) -> bytes:
    call = {"call_id": call_id, "call_status": "ended", "disconnection_reason": "user_hangup"}
    return json.dumps({"event": event, "call": call, **extra}).encode()


def signature_of(text: str, *, key: str = KEY, late_ms: int = 0) -> str:
    """Sign as the official SDK does; `late_ms` ago."""
    header: str = symmetric["sign"](text, key, int(time.time() * 1000) - late_ms)
    return header


def deliver(client: httpx.Client, body: bytes, *, key: str = KEY) -> httpx.Response:
    """Send a webhook that the SDK signed."""
    signed = {"x-retell-signature": signature_of(body.decode(), key=key)}
    return client.post(PATH, content=body, headers=JSON | signed)


def kept(database: Database) -> list[WebhookEvent]:
    """Read the whole inbox in the order of arrival."""

    def body(tx: Connection) -> list[WebhookEvent]:
        newest = tx.exec_driver_sql("SELECT coalesce(max(id), 0) FROM webhook_event").scalar_one()
        rows = [webhooks.get(tx, row_id) for row_id in range(1, newest + 1)]
        return [row for row in rows if row is not None]

    return database.read(body)
