"""From a file to leads: every filled row is accepted, or rejected with a reason."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Self

from dialer.errors import NotFound
from dialer.leads.cells import clean_cell
from dialer.leads.column_map import ColumnMap
from dialer.leads.columns import map_bare_columns, map_columns
from dialer.leads.content import SAMPLE_ROWS, ColumnSample
from dialer.leads.header import HEADER_SEARCH_ROWS, clean_headers, find_header, is_blank
from dialer.leads.header_words import LeadField
from dialer.leads.notices import Notices, WarningCode
from dialer.leads.options import ImportOptions, Mapped
from dialer.leads.outcomes import AcceptedRow, RejectedRow
from dialer.leads.problems import FileProblem, FileProblemCode
from dialer.leads.reading import open_table
from dialer.leads.row_reader import RowReader
from dialer.leads.table import Record, Table, too_large

__all__ = ["AcceptedRow", "ImportOptions", "LeadFile", "RejectedRow", "RowReader", "read_leads"]


class LeadFile:
    """A file whose columns are understood; iterating gives one outcome per filled row.

    It may be read again, from the top; the counts are those of the last time. Nothing in here
    grows with the file. `header` holds the words above the columns as they are in the file, and
    names for them where there is no header (`header_row` 0).
    """

    def __init__(
        self,
        table: Table,
        *,
        header: Sequence[str],
        header_row: int,
        columns: ColumnMap,
        options: ImportOptions,
    ) -> None:
        self.table = table
        self.header = tuple(header)
        self.header_row = header_row
        self.columns = columns
        self.options = options
        self.reader = RowReader(columns, options)
        self.accepted = 0
        self.rejected = 0
        self.blank = 0

    @property
    def notices(self) -> Notices:
        """What a person should know about the file; complete once it was read to its end."""
        return self.table.notices

    def records(self) -> Iterator[Record]:
        """Give the filled rows under the header, and count the blank ones.

        Raises:
            FileProblem: the file has more rows than allowed (file_too_large).
        """
        self.blank = filled = 0
        most = self.options.limits.max_rows
        for record in self.table.records(width=len(self.columns.headers)):
            if record.row <= self.header_row:
                continue
            if is_blank(record):
                self.blank += 1
                continue
            filled += 1
            if filled > most:
                raise too_large(
                    self.table.path.name, f"It has more than {most:,} rows, which is the limit."
                )
            yield record

    def __iter__(self) -> Iterator[AcceptedRow | RejectedRow]:
        self.accepted = self.rejected = 0
        read = self.reader.read
        for record in self.records():
            outcome = read(record)
            if isinstance(outcome, RejectedRow):
                self.rejected += 1
            else:
                self.accepted += 1
                self.note_missing(outcome.row, self.reader.missing_in(outcome))
                self.note_unread_consent(outcome)
            yield outcome

    def note_missing(self, row: int, names: Iterable[str]) -> None:
        """Warn of a lead that lacks what the agent's prompt asks for."""
        for name in names:
            self.notices.add(
                WarningCode.MISSING_VARIABLE,
                f"The agent's prompt asks for {{{{{name}}}}}, which some leads do not have.",
                row=row,
            )

    def note_unread_consent(self, lead: AcceptedRow) -> None:
        """Warn of a lead whose consent cannot be read, and is none therefore."""
        consent = self.reader.consent
        if consent is not None and consent.is_unread(lead.variables):
            self.notices.add(
                WarningCode.UNREADABLE_CONSENT,
                f'In some rows "{consent.title}" is no date that has come; their consent is not '
                "known. What stands there was kept as variables.",
                row=lead.row,
            )

    def close(self) -> None:
        """Let the file go; may be called twice."""
        self.table.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


Recall = Callable[[Sequence[str]], Mapping[LeadField, Mapped]]
"""Gives what a person once said about a file with these headers."""


_NO_LEADS = frozenset({FileProblemCode.NO_PHONE_COLUMN, FileProblemCode.NO_DATA_ROWS})


def nothing_recalled(_headers: Sequence[str]) -> Mapping[LeadField, Mapped]:
    """Remember nothing."""
    return {}


def read_leads(
    path: Path, *, options: ImportOptions, recall: Recall = nothing_recalled
) -> LeadFile:
    """Open a lead file and understand its columns, without reading it to the end.

    Title lines above the header are skipped. What `recall` gives stands unless the options say
    otherwise.

    Raises:
        NotFound: there is no such file.
        FileProblem: nothing in it can be imported; the code says why.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    table = open_table(
        path,
        limits=options.limits,
        encoding=options.encoding,
        delimiter=options.delimiter,
        sheet=options.sheet,
    )
    with ExitStack() as on_failure:
        on_failure.callback(table.close)
        try:
            leads = _understood(table, options=options, recall=recall)
        except FileProblem as problem:
            if options.sheet is not None or problem.code not in _NO_LEADS:
                raise
            found = _on_another_sheet(table, options=options, recall=recall)
            if found is None:
                raise
            return found
        on_failure.pop_all()
    return leads


def _on_another_sheet(table: Table, *, options: ImportOptions, recall: Recall) -> LeadFile | None:
    """Read the first sheet with leads, where the one that was opened is something else."""
    for name in table.sheets:
        if name == table.sheet:
            continue
        try:
            leads = read_leads(table.path, options=replace(options, sheet=name), recall=recall)
        except FileProblem:
            continue
        leads.notices.add(
            WarningCode.MULTIPLE_SHEETS,
            f'Only the sheet "{name}" was read; "{table.sheet}" holds no leads.',
        )
        return leads
    return None


def _understood(table: Table, *, options: ImportOptions, recall: Recall) -> LeadFile:
    head = list(islice(table.records(), HEADER_SEARCH_ROWS + SAMPLE_ROWS))
    filled = [record for record in head if not is_blank(record)]
    if not filled:
        raise FileProblem(f"{table.path.name} is empty.", code=FileProblemCode.EMPTY_FILE)
    record = _header(table, filled, options=options)
    below = [one for one in filled if record is None or one.row > record.row]
    if record is None:
        samples = _samples(below, width=max(len(one.cells) for one in below), options=options)
        _check_width(table, columns=len(samples), options=options)
        columns = map_bare_columns(options.overrides, samples=samples)
        table.notices.add(
            WarningCode.NO_HEADER,
            "The first row is already a lead; the columns are named column_1, column_2 and so on.",
        )
        return LeadFile(
            table, header=_made_up(columns), header_row=0, columns=columns, options=options
        )
    headers = clean_headers(record)
    _check_width(table, columns=sum(map(bool, headers)), options=options)
    samples = _samples(below, width=len(headers), options=options)
    options = replace(options, remembered={**recall(headers), **options.remembered})
    columns = map_columns(
        headers, options.overrides, remembered=options.remembered, samples=samples
    )
    leads = LeadFile(
        table, header=record.cells, header_row=record.row, columns=columns, options=options
    )
    _warn_of_header(leads, first=filled[0])
    if not below and next(leads.records(), None) is None:
        raise FileProblem(
            f"{table.path.name} has a header and no rows under it.",
            code=FileProblemCode.NO_DATA_ROWS,
        )
    return leads


def _header(table: Table, filled: Sequence[Record], *, options: ImportOptions) -> Record | None:
    if options.header_row == 0:
        return None
    if options.header_row is None:
        near = [one for one in filled if one.row <= filled[0].row + HEADER_SEARCH_ROWS]
        return find_header(near, options=options)
    for record in table.records():
        if record.row == options.header_row:
            return record
    raise FileProblem(
        f"{table.path.name} has no row {options.header_row} to be the header.",
        code=FileProblemCode.NO_DATA_ROWS,
    )


def _samples(
    records: Sequence[Record], *, width: int, options: ImportOptions
) -> list[ColumnSample]:
    columns: list[list[str]] = [[] for _ in range(width)]
    for record in records:
        if record.problem is None:
            for column, cell in zip(columns, record.cells, strict=False):
                column.append(clean_cell(cell))
    return [ColumnSample(column, country=options.country) for column in columns]


def _made_up(columns: ColumnMap) -> list[str]:
    """Name the columns of a file without a header so that its reject file can be read again."""
    header = list(columns.headers)
    for one, place in columns.fields.items():
        header[place] = one.value
    for n, place in enumerate(columns.phones, start=1):
        header[place] = "phone" if n == 1 else f"phone_{n}"
    return header


def _check_width(table: Table, *, columns: int, options: ImportOptions) -> None:
    if columns > options.limits.max_columns:
        raise too_large(
            table.path.name,
            f"It has {columns:,} columns, the limit is {options.limits.max_columns:,}.",
        )


def _warn_of_header(leads: LeadFile, *, first: Record) -> None:
    if first.row < leads.header_row:
        leads.notices.add(
            WarningCode.TITLE_ROWS_SKIPPED,
            f"The header is row {leads.header_row}; what stands above it is no lead.",
        )
    headers = [header for header in leads.columns.headers if header]
    repeated = list(dict.fromkeys(one for one in headers if headers.count(one) > 1))
    if repeated:
        leads.notices.add(
            WarningCode.DUPLICATE_HEADER,
            f"Several columns have the same name: {', '.join(repeated[:5])}. The second is the "
            f"variable {repeated[0]}_2, and so on.",
        )
    for name, safe in leads.columns.renamed.items():
        leads.notices.add(
            WarningCode.RENAMED_VARIABLE,
            f'Retell itself fills {{{{{name}}}}}; the column "{name}" is {{{{{safe}}}}}.',
        )
