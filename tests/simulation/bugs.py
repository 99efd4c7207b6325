"""Bugs: the registry of deliberate ones, and the switch for one of them.

Each is switched on alone, from here: production has no seam for it.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

Patches = Iterator[tuple[Any, str, Any]]
MUTANTS: dict[str, Callable[[], Patches]] = {}
"""By name; each gives what it replaces: the owner, the attribute, and the bug."""


def mutant(make: Callable[[], Patches]) -> Callable[[], Patches]:
    """Keep a deliberate bug under its name."""
    MUTANTS[make.__name__] = make
    return make


@contextmanager
def switched_on(name: str | None) -> Iterator[None]:
    """Run with one deliberate bug, or with none."""
    with ExitStack() as stack:
        for owner, attribute, bug in MUTANTS[name]() if name else ():
            if isinstance(owner, dict):
                stack.enter_context(patch.dict(owner, {attribute: bug}))
            else:
                stack.enter_context(patch.object(owner, attribute, bug))
        yield
