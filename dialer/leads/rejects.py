"""The reject file: what was not imported, in a form that is corrected and uploaded again."""

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from dialer.leads.exports import ExportFormat, Target, open_export
from dialer.leads.formulas import AS_READ
from dialer.leads.outcomes import RejectedRow
from dialer.leads.problems import RejectReason

REJECT_COLUMNS = ("_row", "_code", "_message")
"""Ours, after the columns of the file; the importer ignores whatever begins with `_`."""
MORE = "_more"
"""Of an object: the cells that have no header."""


class RejectFile:
    """A reject file that takes rows one by one; it appears when it is closed in peace.

    The cells stay as they were, but for an apostrophe before what a spreadsheet would run; the
    importer reads them as it read the original. The columns that an earlier reject file added are
    replaced, so that a list may be corrected more than once.
    """

    def __init__(
        self, target: Target, header: Sequence[str], *, form: ExportFormat = ExportFormat.CSV
    ) -> None:
        self.count = 0
        self.warnings: list[str] = []  # complete when the file is closed
        self._width = len(header)
        self._kept = [n for n, name in enumerate(header) if name.strip() not in REJECT_COLUMNS]
        names = [*(header[place] for place in self._kept), *REJECT_COLUMNS]
        self._is_lines = form is ExportFormat.JSON_LINES
        self._opening = open_export(
            target,
            form=form,
            columns=_apart([*names, MORE]) if self._is_lines else names,
            title="rejects",
            marks=AS_READ,
        )

    def add(self, row: int, cells: Sequence[str], reason: RejectReason | str, message: str) -> None:
        """Write one row; the cells that have no header come last."""
        found = list(cells) + [""] * (self._width - len(cells))
        own: list[object] = [found[place] for place in self._kept]
        more: list[object] = [*found[self._width :]]
        self._export.add(
            [*own, row, str(reason), message, *([more or None] if self._is_lines else more)]
        )
        self.count += 1

    def __enter__(self) -> Self:
        self._export = self._opening.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opening.__exit__(kind, error, trace)
        self.warnings = self._export.warnings


def write_rejects(target: Target, header: Sequence[str], rejects: Iterable[RejectedRow]) -> int:
    """Write a reject file while the rows come, and return how many there were."""
    with RejectFile(target, header) as file:
        for one in rejects:
            file.add(one.row, one.cells, one.reason, one.message)
    return file.count


def _apart(names: Sequence[str]) -> list[str]:
    """Give every column a name of its own, as the keys of an object must have."""
    found: list[str] = []
    for place, name in enumerate(names, start=1):
        apart = plain = name or f"column_{place}"
        n = 1
        while apart in found:
            n += 1
            apart = f"{plain}_{n}"
        found.append(apart)
    return found
