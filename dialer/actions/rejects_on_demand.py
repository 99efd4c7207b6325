"""A file of rejected rows that is only made when there is one."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from dialer.leads.outcomes import RejectedRow
from dialer.leads.rejects import RejectFile

FIRST = 5
"""So many rejected rows are told at once; the file has all of them."""


class RejectsOnDemand:
    """Opens the file with the first rejected row; `stack` closes it."""

    def __init__(self, target: Path, header: Sequence[str], stack: ExitStack) -> None:
        self._target = target
        self._header = header
        self._stack = stack
        self._file: RejectFile | None = None
        self.first: list[tuple[int, str]] = []  # rows, and what is wrong with them

    @property
    def path(self) -> Path | None:
        """Where the rows are; None when there is none."""
        return None if self._file is None else self._target

    def add(self, rejected: RejectedRow) -> None:
        """Write one row."""
        if len(self.first) < FIRST:
            self.first.append((rejected.row, rejected.message))
        if self._file is None:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._stack.enter_context(RejectFile(self._target, self._header))
        self._file.add(rejected.row, rejected.cells, rejected.reason, rejected.message)
