"""The reject file: what was not imported, in a form that is corrected and uploaded again."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from dialer.leads.exports import write_table
from dialer.leads.outcomes import RejectedRow

REJECT_COLUMNS = ("_row", "_code", "_message")
"""Ours, after the columns of the file; the importer ignores whatever begins with `_`."""


def write_rejects(
    target: Path | TextIO, header: Sequence[str], rejects: Iterable[RejectedRow]
) -> int:
    """Write the rejected rows while they come, and return how many there were.

    The columns that an earlier reject file added are replaced, so that a list may be corrected
    more than once.
    """
    own = [place for place, name in enumerate(header) if name in REJECT_COLUMNS]
    kept = [place for place in range(len(header)) if place not in own]
    return write_table(
        target,
        header=[*(header[place] for place in kept), *REJECT_COLUMNS],
        rows=(_cells(reject, kept=kept, width=len(header)) for reject in rejects),
    )


def _cells(reject: RejectedRow, *, kept: Sequence[int], width: int) -> list[object]:
    """Give the row's own cells, as wide as the header, and ours; what did not fit comes last."""
    cells = list(reject.cells) + [""] * (width - len(reject.cells))
    return [
        *(cells[place] for place in kept),
        reject.row,
        reject.reason.value,
        reject.message,
        *cells[width:],
    ]
