"""The stage the engine plays on, on both databases; after each test no invariant is broken."""

from collections.abc import Iterator

import pytest
from factories import Stage, make_stage


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    made = make_stage(database_url)
    yield made
    broken = [one for one in made.violations() if one.name not in made.excused]
    made.world.db.close()
    assert not broken
