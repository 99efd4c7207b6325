"""A program that uses the API, for tests."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from factories import FrozenClock, make_spec, make_world
from web_peer import serving, settings_for

from dialer.actions import api_tokens, control, do_not_call, pushing, schedule
from dialer.actions.dial import dial
from dialer.actions.plan import plan
from dialer.actions.pushing import RequestKey
from dialer.actions.world import World
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.roles import OF_API, Scope
from dialer.domain.schedule_spec import Recipe
from dialer.retell.client import RetellClient
from dialer.simulator.engine import Exchange
from dialer.simulator.in_process import InProcess
from dialer.simulator.settings import SimulatorSettings
from dialer.store import incidents
from dialer.web.api.address import API
from dialer.web.app import make_app


def token_for(world: World, *scopes: Scope, name: str = "crm", **more: Any) -> str:
    """Make a token with these scopes; with all of the API's if none is named."""
    chosen: Collection[Scope] = scopes or OF_API
    now = world.clock.now()
    _, token = api_tokens.create(world.db, name, scopes=chosen, actor="test", now=now, **more)
    return token


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@contextmanager
def asking(world: World, *, name: str = "crm", **settings: Any) -> Iterator[httpx.Client]:
    """Serve the API, and give a program with every scope of it."""
    given = settings_for(world.db.url, print_first_link=False, **settings)
    with (
        serving(make_app(world, given)) as client,
        httpx.Client(
            base_url=f"{client.base_url}{API}",
            headers=bearer(token_for(world, name=name)),
            timeout=30,
        ) as program,
    ):
        yield program


@contextmanager
def browsing(world: World, **settings: Any) -> Iterator[httpx.Client]:
    """Serve the pages, and give a browser in which nobody has signed in."""
    given = settings_for(world.db.url, print_first_link=False, **settings)
    with serving(make_app(world, given)) as browser:
        yield browser


def draft(world: World, **spec: Any) -> int:
    """Make a campaign that was not started."""
    return control.create(world, make_spec(**spec), actor="test")


def ok(answer: httpx.Response, status: int = 200) -> Any:
    """Give the document of an answer that must be of this status."""
    assert answer.status_code == status, answer.text
    return answer.json()


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Give a problem document, which must be one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["type"].startswith(f"{API}/docs#problem-")
    assert document["title"]
    assert document["detail"]
    assert document["instance"].startswith(API)
    return document


@contextmanager
def stocked(template: Path, folder: Path) -> Iterator[World]:
    """Give a world with some of everything in its database."""
    shutil.copy(template, folder / "dialer.db")
    with world_with_retell(f"sqlite:///{folder / 'dialer.db'}") as world:
        stock(world)
        yield world


@contextmanager
def world_with_retell(url: str) -> Iterator[World]:
    """Give a world with a Retell of its own, in this process."""
    clock = FrozenClock()
    exchange = Exchange(SimulatorSettings())
    transport = InProcess(exchange, now_ms=lambda: int(clock.now().timestamp() * 1000))
    client = RetellClient(
        "http://retell.invalid", exchange.settings.api_key, clock=clock, transport=transport
    )
    world = make_world(url, provider=client, clock=clock)
    try:
        yield world
    finally:
        client.close()
        world.db.close()


def stock(world: World) -> None:
    """Put some of everything into a database: campaigns, leads, attempts, lists, schedules."""
    draft(world)
    running = draft(world, name="Running")
    control.start(world, running, actor="test", despite="It is a test.")
    for n, lead in enumerate(({"phone": "2125552671"}, {"phone": "12"}, {"phone": "2125552672"})):
        key = RequestKey(99, f"key {n}", str(n))
        pushing.push(world, running, [lead], key=key, actor="test")
    opt_out = OptOut("asked", OptOutSource.HAND, "test")
    do_not_call.add(world, "+12125552679", opt_out)
    plan(world)
    for attempt_id in world.queue.dialed[:1]:  # type: ignore[attr-defined]
        dial(world, attempt_id)
    recipe = Recipe.model_validate(
        {
            "schedule": {"name": "Mornings", "cron": "0 9 * * *", "zone": "America/New_York"},
            "campaign": make_spec(leads="x.csv").model_dump(mode="json"),
            "lead_file": "/nowhere/x.csv",
        }
    )
    schedule.create(world, recipe, actor="test")
    now = world.clock.now()
    world.db.transact(
        lambda tx: incidents.open_incident(tx, "I1", subject="1", sentence="Odd.", now=now)
    )
