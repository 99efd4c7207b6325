"""The app of the API."""

import re

from fastapi import FastAPI
from starlette.routing import Mount
from starlette.types import ASGIApp

from dialer.web.api import (
    agents,
    calls,
    campaign_changes,
    campaigns,
    dead_letters,
    deliveries,
    do_not_call,
    do_not_call_files,
    document,
    exports,
    forecasts,
    functions,
    health,
    lead_changes,
    leads,
    lists,
    numbers,
    problems,
    pushes,
    results,
    schedules,
    uploads,
)
from dialer.web.api.access import ScopedRouter
from dialer.web.api.address import API
from dialer.web.api.in_flight import InFlight
from dialer.web.site import Site

ROUTERS: tuple[ScopedRouter, ...] = (
    *(campaigns.reading, exports.router, campaign_changes.router),
    *(forecasts.reading, forecasts.writing),
    *(leads.router, pushes.router, lead_changes.router, lead_changes.never),
    *(do_not_call.reading, do_not_call.writing),
    *(do_not_call_files.sending, do_not_call_files.reading),
    *(results.router, deliveries.reading, deliveries.writing),
    *(schedules.reading, schedules.writing),
    *(lists.reading, lists.writing, exports.of_lists),
    *(uploads.sending, uploads.reading, uploads.deciding),
    *(health.reading, health.writing),
    *(dead_letters.listing, dead_letters.showing, dead_letters.writing),
    *(functions.reading, functions.trying, functions.writing),
    *(calls.reading, calls.writing),
    *(numbers.reading, numbers.writing, agents.reading, agents.writing),
    document.router,
)


class ApiMount(Mount):
    """Where the API begins. Takes every address beneath, also one with a line break in it."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(API, app=app, name="api")
        self.path_regex = re.compile(f"^{API}/(?P<path>.*)$", re.DOTALL)


def make_api(site: Site) -> FastAPI:
    """Make the app that is mounted at `/api/v1`."""
    app = FastAPI(
        title=document.TITLE,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.site = site
    app.state.in_flight = InFlight()
    problems.install(app)
    document.install(app)
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    return app
