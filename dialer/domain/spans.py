"""Spans: half-open stretches, of minutes in a day or of moments, in order and apart."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

Edge = TypeVar("Edge", int, datetime)


def merge(spans: Iterable[tuple[Edge, Edge]]) -> tuple[tuple[Edge, Edge], ...]:
    """Put spans in order, and make one of those that touch or overlap."""
    merged: list[tuple[Edge, Edge]] = []
    for opens, closes in sorted(spans):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        elif opens < closes:
            merged.append((opens, closes))
    return tuple(merged)


def intersect(
    some: Sequence[tuple[Edge, Edge]], others: Sequence[tuple[Edge, Edge]]
) -> tuple[tuple[Edge, Edge], ...]:
    """Give what lies in both; each must be in order and apart, and so is the result."""
    return tuple(
        (max(one[0], other[0]), min(one[1], other[1]))
        for one in some
        for other in others
        if max(one[0], other[0]) < min(one[1], other[1])
    )
