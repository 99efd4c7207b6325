"""What Retell tells for a page: asked beside, shown as soon as it is there, kept a little while."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from dialer.errors import UserError
from dialer.web.site import Site

T = TypeVar("T")

SOON_S = 0.05
"""So long a page waits; then it says that Retell is asked, and looks again by itself."""


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """An answer of Retell, or why there is none; neither while it is still asked."""

    value: T | None = None
    as_of: datetime | None = None
    error: UserError | None = None

    @property
    def asking(self) -> bool:
        """Whether the answer is still to come."""
        return self.value is None and self.error is None


def told(
    site: Site,
    question: Hashable,
    ask: Callable[[], T],
    *,
    now: datetime,
    within_s: float = SOON_S,
) -> Told[T]:
    """Give what Retell says, without keeping the page waiting for it."""
    try:
        kept = site.retell_says.soon(question, ask, now=now, within_s=within_s)
    except UserError as error:
        return Told(error=error)
    return Told() if kept is None else Told(kept.value, kept.as_of)
