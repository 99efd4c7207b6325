"""The site: what the routes of one web process share."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

from starlette.requests import Request

from dialer import bootstrap
from dialer.actions.own_functions import functions_of
from dialer.actions.world import World
from dialer.config import Settings
from dialer.store.database import Database
from dialer.web.hints import Hints
from dialer.web.kept_figures import KeptFigures
from dialer.web.live import LiveChannels
from dialer.web.metrics import Metrics

RECEIVING_THREADS = 8
"""Webhooks are kept by threads of their own: slow pages must not make Retell wait."""
ANSWERING_THREADS = 16
"""The functions of agents have others: a team's own may take their time."""
BODY_WITHIN = timedelta(seconds=10)
"""Retell itself gives up after as long."""


class Site:
    """Settings, metrics, threads, and the world as soon as it can be built."""

    def __init__(
        self,
        settings: Settings,
        *,
        build: Callable[[], World],
        release: Callable[[World], None],
        body_within: timedelta = BODY_WITHIN,
    ) -> None:
        self.settings = settings
        self.body_within = body_within
        self.webhook_keys = tuple(key.get_secret_value() for key in settings.webhook_keys)
        self.receiving = ThreadPoolExecutor(RECEIVING_THREADS, thread_name_prefix="receive")
        self.answering = ThreadPoolExecutor(ANSWERING_THREADS, thread_name_prefix="answer")
        self.functions = functions_of(settings.functions_module)
        self.hints = Hints()
        self.metrics = Metrics(self.world)
        self.figures = KeptFigures()
        # Others wait for neither of these: what Retell says may take long, and every letter that
        # is typed into a form asks for another review.
        self.retell_says = KeptFigures()
        self.reviews = KeptFigures()
        self.live = LiveChannels()
        self._build = build
        self._release = release
        self._building = threading.Lock()
        self._world: World | None = None

    def world(self) -> World:
        """Give the world, built at the first use.

        While the database is away this raises what the database says, and the next use tries
        again: a web process that starts before its database is not lost.
        """
        if self._world is None:
            with self._building:
                if self._world is None:
                    self._world = self._build()
        return self._world

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Give the database even where the world cannot be built on it, to say why."""
        if self._world is not None:
            yield self._world.db
            return
        database = bootstrap.open_database(self.settings)
        try:
            yield database
        finally:
            database.close()

    def close(self) -> None:
        """End the threads; webhooks that have begun are kept first."""
        self.receiving.shutdown()
        self.answering.shutdown()
        self.hints.close()
        for kept in (self.figures, self.retell_says, self.reviews):
            kept.close()
        if self._world is not None:
            self._release(self._world)


def site_of(request: Request) -> Site:
    """Give the site a request came to."""
    site: Site = request.app.state.site
    return site
