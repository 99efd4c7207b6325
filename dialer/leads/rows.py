"""From a file to leads: every filled row is accepted, or rejected with a reason."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from dialer.errors import NotFound
from dialer.leads.cells import clean_cell
from dialer.leads.columns import ColumnMap, has_phone_column, map_columns
from dialer.leads.outcomes import AcceptedRow, ImportOptions, RejectedRow, read_row, reject
from dialer.leads.problems import FileProblem, FileProblemCode, RejectReason
from dialer.leads.reading import Record, Table, open_table

__all__ = ["AcceptedRow", "ImportOptions", "LeadFile", "RejectedRow", "read_leads"]

HEADER_SEARCH_ROWS = 20


class LeadFile:
    """A file whose columns are understood; iterating gives one outcome per filled row.

    It may be iterated again, from the top; the counts are those of the last time. The only
    thing that grows with the file is the set of numbers seen.

    Iterating raises FileProblem (file_too_large) when the file has more rows than allowed.
    """

    def __init__(
        self, table: Table, *, header_row: int, columns: ColumnMap, options: ImportOptions
    ) -> None:
        self.table = table
        self.header_row = header_row
        self.columns = columns
        self.options = options
        self.accepted = 0
        self.rejected = 0
        self.blank = 0

    @property
    def header(self) -> tuple[str, ...]:
        """The header, for the reject file."""
        return self.columns.headers

    def __iter__(self) -> Iterator[AcceptedRow | RejectedRow]:
        self.accepted = self.rejected = self.blank = 0
        first_rows: dict[int, int] = {}
        for record in islice(self.table.records(), self.header_row, None):
            if _is_blank(record):
                self.blank += 1
                continue
            self._check_length()
            outcome = read_row(record, columns=self.columns, options=self.options)
            if isinstance(outcome, AcceptedRow):
                outcome = _unless_repeated(outcome, record, first_rows=first_rows)
            if isinstance(outcome, AcceptedRow):
                self.accepted += 1
            else:
                self.rejected += 1
            yield outcome

    def _check_length(self) -> None:
        if self.accepted + self.rejected >= self.options.max_rows:
            raise _too_large(
                self.table.path,
                f"It has more than {self.options.max_rows:,} rows, which is the limit.",
            )


def read_leads(path: Path, *, options: ImportOptions) -> LeadFile:
    """Open a lead file and understand its columns, without reading it to the end.

    Title lines above the header are skipped.

    Raises:
        NotFound: there is no such file.
        FileProblem: nothing in it can be imported; the code says why.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    size = path.stat().st_size
    if size > options.max_bytes:
        raise _too_large(path, f"It has {size:,} bytes, the limit is {options.max_bytes:,}.")
    table = open_table(path)
    header = _find_header(table, options=options)
    headers = _headers(header)
    named = sum(1 for name in headers if name)
    if named > options.max_columns:
        raise _too_large(path, f"It has {named:,} columns, the limit is {options.max_columns:,}.")
    columns = map_columns(headers, options.overrides)
    if all(_is_blank(record) for record in islice(table.records(), header.row, None)):
        raise FileProblem(
            f"{path.name} has a header and no rows under it.", code=FileProblemCode.NO_DATA_ROWS
        )
    return LeadFile(table, header_row=header.row, columns=columns, options=options)


def _find_header(table: Table, *, options: ImportOptions) -> Record:
    """Take the first row that names a phone column and holds no number, else the first filled."""
    first: Record | None = None
    for record in islice(table.records(), HEADER_SEARCH_ROWS):
        if _is_blank(record):
            continue
        first = first or record
        headers = _headers(record)
        if has_phone_column(headers, overrides=options.overrides) and not any(
            sum(char.isdecimal() for char in header) >= 7 for header in headers
        ):
            return record
    if first is None:
        raise FileProblem(f"{table.path.name} is empty.", code=FileProblemCode.EMPTY_FILE)
    return first


def _headers(record: Record) -> list[str]:
    return [" ".join(clean_cell(cell).split()) for cell in record.cells]


def _is_blank(record: Record) -> bool:
    return record.problem is None and not any(cell.strip() for cell in record.cells)


def _unless_repeated(
    lead: AcceptedRow, record: Record, *, first_rows: dict[int, int]
) -> AcceptedRow | RejectedRow:
    """Let the first row with a number stand; as an integer a number takes half the memory."""
    first = first_rows.setdefault(int(lead.phone.e164[1:]), lead.row)
    if first == lead.row:
        return lead
    return reject(
        record,
        RejectReason.DUPLICATE_IN_FILE,
        f"{lead.phone.e164} is already in row {first} of this file.",
    )


def _too_large(path: Path, why: str) -> FileProblem:
    return FileProblem(
        f"{path.name} is too large.",
        code=FileProblemCode.FILE_TOO_LARGE,
        why=why,
        fix="Split it, or remove what is not needed.",
    )
