"""The web process: `uvicorn dialer.web.app:create_app --factory --no-server-header`."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware

from dialer import log as logs
from dialer.actions.world import World
from dialer.bootstrap import build_world
from dialer.config import Settings
from dialer.errors import UserError
from dialer.web import (
    activity_page,
    agents_page,
    assets,
    cadence_page,
    campaign_actions,
    campaign_changes,
    campaign_form_page,
    campaign_page,
    do_not_call_page,
    error_pages,
    export_page,
    forecast_page,
    functions,
    health,
    health_page,
    home_page,
    inbound,
    lead_actions,
    lead_page,
    list_page,
    numbers_page,
    people_page,
    privacy_page,
    problems_page,
    recordings,
    schedule_edit,
    schedule_page,
    scrape,
    settings_page,
    sign_in,
    talk_page,
    upload_page,
    webhooks,
    week_page,
)
from dialer.web.access import GuardedRouter
from dialer.web.api.app import ApiMount, make_api
from dialer.web.bodies import SmallBodies
from dialer.web.cross_site import CrossSiteRefused
from dialer.web.headers import SecurityHeaders
from dialer.web.site import BODY_WITHIN, Site
from dialer.web.welcome import print_first_link

log = logs.get_logger(__name__)

ROUTERS: tuple[GuardedRouter, ...] = (
    *(
        webhooks.router,
        inbound.router,
        functions.router,
        health.router,
        scrape.router,
        assets.router,
    ),
    *(sign_in.public, sign_in.account),
    *(home_page.router, campaign_form_page.router, campaign_page.router),
    *(campaign_actions.router, campaign_changes.router),
    *(forecast_page.viewing, forecast_page.changing),
    *(lead_page.router, lead_actions.router, recordings.router),
    talk_page.router,
    *(list_page.viewing, list_page.changing, upload_page.router),
    *(
        do_not_call_page.viewing,
        do_not_call_page.changing,
        activity_page.viewing,
        activity_page.exporting,
    ),
    *(week_page.router, schedule_edit.router, schedule_page.viewing, schedule_page.changing),
    *(export_page.viewing, export_page.changing),
    *(settings_page.viewing, settings_page.changing, cadence_page.router),
    *(numbers_page.viewing, numbers_page.changing, agents_page.viewing, agents_page.changing),
    *(privacy_page.viewing, privacy_page.changing),
    *(people_page.viewing, people_page.changing),
    *(problems_page.viewing, problems_page.changing, health_page.viewing, health_page.changing),
)


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
    # The last one added is the first one asked. GZip leaves event streams alone.
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    app.add_middleware(SmallBodies)
    app.add_middleware(CrossSiteRefused)
    app.add_middleware(SecurityHeaders)
    error_pages.install(app)
    # As they are: FastAPI would build each route once more, with the first requests.
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    app.router.routes.append(ApiMount(make_api(site)))
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
    try:
        print_first_link(world, site.settings)
    except Exception as error:  # noqa: BLE001  # tables may be missing; webhooks come all the same
        log.warning("no_first_link", error=type(error).__name__)
