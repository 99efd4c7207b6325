"""Lead files as they really come, with what must become of each row."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ANN, BOB, CAT, DAN = "+14155552671", "+12125552368", "+13125552942", "+16175552831"


@dataclass(frozen=True)
class Accepted:
    """A row that becomes a lead; `data` and `zone` are compared when they are given."""

    row: int
    phone: str
    name: str | None = None
    email: str | None = None
    alt_phones: tuple[str, ...] = ()
    data: dict[str, Any] | None = None
    zone: str | None = None


@dataclass(frozen=True)
class NastyFile:
    """One file, the arguments it is read with, and everything expected of it."""

    name: str
    content: bytes | Callable[[], bytes]
    accepted: tuple[Accepted, ...] = ()
    rejected: tuple[tuple[int, str], ...] = ()
    blank: int = 0
    error: str | None = None
    warnings: frozenset[str] = field(default_factory=frozenset)
    file_name: str = "leads.csv"
    arguments: tuple[str, ...] = ()

    @property
    def bytes(self) -> bytes:
        """Make the file's bytes."""
        return self.content if isinstance(self.content, bytes) else self.content()


def nasty(
    name: str,
    content: str | bytes | Callable[[], bytes],
    *expected: Accepted | tuple[int, str],
    blank: int = 0,
    error: str | None = None,
    warnings: str = "",
    file_name: str = "leads.csv",
    arguments: str = "",
) -> NastyFile:
    """Describe a file; `expected` are its accepted rows and (row, reason) of the rejected."""
    return NastyFile(
        name=name,
        content=content.encode() if isinstance(content, str) else content,
        accepted=tuple(row for row in expected if isinstance(row, Accepted)),
        rejected=tuple(row for row in expected if not isinstance(row, Accepted)),
        blank=blank,
        error=error,
        warnings=frozenset(warnings.split()),
        file_name=file_name,
        arguments=tuple(arguments.split()),
    )
