"""Files of people who are not to be called: the numbers of every row, whatever else it holds."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from phonenumbers import SUPPORTED_REGIONS

from dialer.leads.cells import clean_cell, is_marked
from dialer.leads.header_words import LeadField
from dialer.leads.options import ImportOptions
from dialer.leads.outcomes import RejectedRow
from dialer.leads.phone_cells import PhoneCells
from dialer.leads.problems import RejectReason, UnusableRow
from dialer.leads.rows import LeadFile, read_leads
from dialer.leads.table import Record


class UnmarkedRow(NamedTuple):
    """A row that its own do-not-call column does not mark."""

    row: int


class NumbersOfRow(NamedTuple):
    """All numbers of one row."""

    row: int
    phones: tuple[str, ...]


def open_opt_outs(path: Path, *, options: ImportOptions) -> LeadFile:
    """Open a file as `read_leads` does, for numbers of every country, fictional ones too.

    Raises:
        NotFound: there is no such file.
        FileProblem: nothing in it can be read.
    """
    wide = replace(options, allow_fictional=True, allowed_countries=frozenset(SUPPORTED_REGIONS))
    return read_leads(path, options=wide)


def opt_outs_in(file: LeadFile) -> Iterator[NumbersOfRow | UnmarkedRow | RejectedRow]:
    """Give what becomes of each filled row.

    Where the file has a do-not-call column, only the rows that it marks are opt-outs.
    """
    phones = PhoneCells(file.columns, file.options)
    mark = file.columns.fields.get(LeadField.DO_NOT_CALL)
    width = len(file.columns.headers)
    for record in file.records():
        cells = [clean_cell(cell) for cell in record.cells]
        cells += [""] * (width - len(cells))
        if mark is not None and not is_marked(cells[mark]):
            yield UnmarkedRow(record.row)
        else:
            yield _numbers(record, cells, phones=phones)


def _numbers(record: Record, cells: list[str], *, phones: PhoneCells) -> NumbersOfRow | RejectedRow:
    if record.problem is not None:
        return RejectedRow(record.row, record.cells, RejectReason.BAD_ROW, record.problem)
    try:
        first, _, others = phones.read(cells, raw=record.cells)
    except UnusableRow as unusable:
        return RejectedRow(record.row, record.cells, unusable.reason, unusable.message)
    return NumbersOfRow(record.row, (first, *others))
