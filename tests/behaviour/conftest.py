"""The stage the engine plays on, on both databases; after each test no invariant is broken."""

from collections.abc import Iterator

import pytest
import structlog
from factories import Stage, make_stage, make_world

from dialer.actions.world import World


@pytest.fixture(autouse=True, scope="session")
def plain_tracebacks() -> Iterator[None]:
    """Write tracebacks as Python does; the pretty ones take seconds each."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    usual = structlog.get_config()["processors"]
    structlog.configure(processors=[*usual[:-1], plain])
    yield
    structlog.configure(processors=usual)


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    made = make_stage(database_url)
    try:
        yield made
        assert not [one for one in made.violations() if one.name not in made.excused]
    finally:
        made.world.db.close()


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A world for tests that need no stage."""
    made = make_world(database_url)
    yield made
    made.db.close()
