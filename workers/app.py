"""The Celery app, for `celery -A workers.app worker|beat|flower`. Importing connects nowhere."""

from functools import lru_cache

from celery.signals import setup_logging

from dialer import log
from dialer.actions.world import World
from dialer.bootstrap import build_world
from dialer.config import Settings
from dialer.queue import make_app
from workers.schedule import TICKS

settings = Settings.load()
app = make_app(settings)
app.conf.beat_schedule = TICKS
app.conf.include = ["workers.tasks"]


@setup_logging.connect  # type: ignore[untyped-decorator]
def _configure_logging(**_: object) -> None:
    log.configure(settings.log_level, settings.log_format)


@lru_cache(maxsize=1)
def world() -> World:
    """Build this process's world at its first task."""
    return build_world(settings)
