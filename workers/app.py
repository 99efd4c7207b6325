"""The Celery app, for `celery -A workers.app worker|beat|flower`. Importing connects nowhere."""

import threading
from functools import cache

from celery.signals import setup_logging

from dialer import log
from dialer.actions.world import World
from dialer.bootstrap import build_world, open_sender
from dialer.config import Settings
from dialer.queue import make_app
from dialer.results.sender import ResultSender
from workers.schedule import TICKS

settings = Settings.load()
app = make_app(settings)
app.conf.beat_schedule = TICKS
app.conf.include = ["workers.tasks"]


@setup_logging.connect  # type: ignore[untyped-decorator]
def _configure_logging(**_: object) -> None:
    log.configure(settings.log_level, settings.log_format)


_building = threading.Lock()


def world() -> World:
    """Give this process's world; the first task builds it."""
    with _building:
        return _world()


@cache
def _world() -> World:
    return build_world(settings)


@cache
def sender() -> ResultSender:
    """Give what sends results to other systems."""
    return open_sender(settings)
