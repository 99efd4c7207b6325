"""What every kind of lead file is to whoever reads it: numbered rows of text."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from dialer.leads.notices import Notices
from dialer.leads.problems import FileProblem, FileProblemCode


class Record(NamedTuple):
    """One row of a table; a plain tuple, because a file has a million.

    `row` is the number a person sees beside it in a spreadsheet. `cells` are as they were in the
    file, without control characters. `problem` says why they cannot be trusted.
    """

    row: int
    cells: list[str]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read at most."""

    max_bytes: int = 200_000_000
    max_rows: int = 2_000_000
    max_columns: int = 200
    max_cell_bytes: int = 8 * 1024
    max_workbook_bytes: int = 50_000_000
    max_inflated_bytes: int = 500_000_000  # what a workbook unpacks to


class Table(Protocol):
    """A file that can be read as a table, as often as wanted.

    `kind` is csv, tsv, xlsx, xlsb, xls or ods. `encoding` and `delimiter` are None for a
    workbook; `sheet` is None for a text file, and `sheets` empty.
    """

    @property
    def path(self) -> Path: ...
    @property
    def kind(self) -> str: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def encoding(self) -> str | None: ...
    @property
    def delimiter(self) -> str | None: ...
    @property
    def sheet(self) -> str | None: ...
    @property
    def sheets(self) -> tuple[str, ...]: ...

    def records(self, *, width: int | None = None) -> Iterator[Record]:
        """Give every row from the top, blank ones too.

        `width`, the number of columns where it is known, helps to tell a cell with line breaks
        from a quotation mark that was never closed.
        """

    def fraction_read(self) -> float:
        """Tell how much of the file the latest reading has taken, from 0 to 1."""

    def close(self) -> None:
        """Remove what was put aside for reading; may be called twice."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def too_large(name: str, why: str) -> FileProblem:
    """Make the problem of a file over a limit; `why` states both figures."""
    return FileProblem(
        f"{name} is too large.",
        code=FileProblemCode.FILE_TOO_LARGE,
        why=why,
        fix="Split it, or remove what is not needed.",
    )
