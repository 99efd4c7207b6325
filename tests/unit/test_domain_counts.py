"""Counts in sentences."""

import pytest

from dialer.domain.counts import how_many


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 leads"), (1, "1 lead"), (2, "2 leads"), (1204, "1,204 leads")]
)
def test_a_noun_is_in_the_plural_where_there_is_not_exactly_one(count: int, said: str) -> None:
    assert how_many(count, "lead") == said
