"""Reading a file as a table: bytes in, rows of text out, one at a time.

The kind of file is told by its content, never by its name. Rows carry the number a person sees
beside them in a spreadsheet: the header is row 1 and a cell with line breaks is still one row.
"""

from pathlib import Path

from dialer.leads.kinds import Kind, find_kind
from dialer.leads.notices import Notices
from dialer.leads.table import Limits, Record, Table, too_large
from dialer.leads.text_tables import open_text
from dialer.leads.workbooks import open_workbook

__all__ = ["Limits", "Record", "Table", "open_table"]

SAMPLE_BYTES = 64 * 1024


def open_table(
    path: Path,
    *,
    limits: Limits | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    notices: Notices | None = None,
) -> Table:
    """Find out how a file is to be read; whatever is told is not looked for.

    `delimiter` is one character or comma, semicolon, tab, pipe; `sheet` a name or a number from
    1. What does not concern this kind of file is ignored. `notices` collects what is odd, most
    of it only while records are read.

    Raises:
        FileProblem: the file is empty, too large, or no table.
    """
    limits = limits if limits is not None else Limits()
    notices = notices if notices is not None else Notices()
    size = path.stat().st_size
    if size > limits.max_bytes:
        raise too_large(path.name, f"It has {size:,} bytes, the limit is {limits.max_bytes:,}.")
    with path.open("rb") as stream:
        sample = stream.read(SAMPLE_BYTES)
    kind = find_kind(path, sample=sample, limits=limits)
    if kind is Kind.TEXT:
        return open_text(
            path, sample=sample, encoding=encoding, delimiter=delimiter, notices=notices
        )
    return open_workbook(path, kind=kind, limits=limits, sheet=sheet, notices=notices)
