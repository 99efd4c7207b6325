"""The web process: `uvicorn dialer.web.app:create_app --factory --no-server-header`."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from dialer import log as logs
from dialer.actions.world import World
from dialer.bootstrap import build_world
from dialer.config import Settings
from dialer.errors import UserError
from dialer.web import health, metrics, status_page, webhooks
from dialer.web.headers import ALWAYS, SecurityHeaders
from dialer.web.problems import problem
from dialer.web.site import BODY_WITHIN, Site

log = logs.get_logger(__name__)

STATIC = Path(__file__).parent / "static"
ROUTERS = (webhooks.router, health.router, metrics.router, status_page.router)


def create_app() -> FastAPI:
    """Make the app of a web process; it connects to nothing before it is started."""
    settings = Settings.load()
    logs.configure(settings.log_level, settings.log_format)
    return _app(
        Site(settings, build=lambda: _build(settings), release=lambda world: world.db.close())
    )


def _build(settings: Settings) -> World:
    world = build_world(settings)
    # What is loaded by now stays to the end. Left in, a full collection looks through all of it
    # and holds up every webhook for 100 ms.
    gc.collect()
    gc.freeze()
    return world


def make_app(world: World, settings: Settings, *, body_within: timedelta = BODY_WITHIN) -> FastAPI:
    """Make an app around a world that exists already, and outlives it."""
    return _app(
        Site(settings, build=lambda: world, release=lambda _: None, body_within=body_within)
    )


def _app(site: Site) -> FastAPI:
    # FastAPI's own pages of documentation load scripts from another host.
    app = FastAPI(
        title="dialer", lifespan=_lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.site = site
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _crashed)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    site: Site = app.state.site
    await run_in_threadpool(_warm_up, site)
    yield
    await run_in_threadpool(site.close)


def _warm_up(site: Site) -> None:
    """Build the world, and let the first hint connect to the broker.

    A database that is away is no reason to end: we answer 503 until it is back.
    """
    try:
        world = site.world()
    except UserError:
        raise
    except Exception:  # outermost edge; every request that needs the world tries again
        log.exception("started_without_database")
        return
    site.hints.give(world.queue.plan)


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    return problem(status, headers=error.headers)


def _crashed(_request: Request, _error: Exception) -> Response:
    # Stands outside of the middleware that adds the headers; the server logs the traceback.
    headers = {name.decode(): value.decode() for name, value in ALWAYS}
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, headers=headers)
