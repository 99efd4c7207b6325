"""A text file as a table: CSV and its relatives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, dropwhile, islice
from pathlib import Path
from types import TracebackType
from typing import Self

from dialer.leads.decoding import MAX_LINE_BYTES, Mark, TextLines
from dialer.leads.delimiters import (
    find_delimiter,
    sep_line_delimiter,
    told_delimiter,
    without_outer_quotes,
)
from dialer.leads.encodings import find_encoding, shown_encoding, told_encoding
from dialer.leads.notices import SHOWN_ROWS, Notices, WarningCode
from dialer.leads.problems import FileProblem, FileProblemCode
from dialer.leads.quotes import UNCLOSED_MARK, RecordReader
from dialer.leads.table import Record

SAMPLE_LINES = 400
_TOO_LONG = (
    f"The row has a line of more than {MAX_LINE_BYTES:,} bytes, which is the limit; "
    "only its start was read."
)
_WARNINGS: Mapping[str, tuple[WarningCode, str]] = {
    UNCLOSED_MARK: (
        WarningCode.UNCLOSED_QUOTE,
        "A quotation mark is opened and never closed; only its own row is rejected.",
    ),
    Mark.CONTROL: (WarningCode.CONTROL_CHARS_REMOVED, "Control characters were removed."),
    Mark.UNDECODABLE: (
        WarningCode.UNDECODABLE,
        "Some characters are lost and show as \ufffd. Export the list again as UTF-8.",
    ),
    Mark.ENCODED_TWICE: (
        WarningCode.SUSPICIOUS_ENCODING,
        'Some text was encoded twice and reads like "JosÃ©". It is kept as it is; '
        "export the list again as UTF-8.",
    ),
    Mark.TWO_ENCODINGS: (
        WarningCode.MIXED_ENCODING,
        "The file mixes UTF-8 and Windows-1252. Each line was read as what it is; "
        "look at the names in these rows.",
    ),
}


@dataclass(slots=True)
class TextTable:
    """A text file whose encoding and delimiter are known."""

    path: Path
    encoding: str  # as a person calls it
    decoded_as: str  # as `TextLines` does
    delimiter: str
    notices: Notices
    has_sep_line: bool = False  # "sep=;" above the header, which no spreadsheet shows
    has_outer_quotes: bool = False  # each line is one quoted cell that holds a row
    sheet: None = None
    sheets: tuple[str, ...] = ()
    _latest: TextLines | None = None

    @property
    def kind(self) -> str:
        return "tsv" if self.delimiter == "\t" else "csv"

    def records(self, *, width: int | None = None) -> Iterator[Record]:
        """Give every row from the top, blank ones too; holds one block of the file."""
        lines = self._latest = TextLines(self.path, encoding=self.decoded_as)
        source = iter(lines)
        if self.has_sep_line:
            next(source, None)
            lines.marks.clear()
        oddities = _Oddities()
        try:
            yield from RecordReader(
                source,
                delimiter=self.delimiter,
                width=width,
                outer_quotes=self.has_outer_quotes,
                line_marks=lines.marks,
                on_marks=oddities.add,
            )
        finally:
            oddities.tell(self.notices, has_utf8=lines.has_utf8)

    def fraction_read(self) -> float:
        """Tell how much of the file the latest reading has taken, from 0 to 1."""
        read = self._latest.bytes_read if self._latest else 0
        return min(1.0, read / max(1, self.path.stat().st_size))

    def close(self) -> None:
        """Do nothing: the file is open only while records are read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_text(
    path: Path, *, sample: bytes, encoding: str | None, delimiter: str | None, notices: Notices
) -> TextTable:
    """Find out what is not told: encoding and delimiter.

    Raises:
        FileProblem: the file is empty, or what is told cannot be.
    """
    found = told_encoding(encoding) if encoding is not None else find_encoding(sample)
    given = told_delimiter(delimiter) if delimiter is not None else None
    lines = iter(TextLines(path, encoding=found))
    first = next(lines, "")
    head = list(islice(dropwhile(_is_bare, chain([first], lines)), SAMPLE_LINES))
    if not head:
        raise FileProblem(f"{path.name} is empty.", code=FileProblemCode.EMPTY_FILE)
    shown = shown_encoding(found, sample)
    named = sep_line_delimiter(first)
    if named is not None:
        if all(map(_is_bare, head[1:])):
            raise FileProblem(f"{path.name} is empty.", code=FileProblemCode.EMPTY_FILE)
        told = named if any(named in line for line in head[1:]) else find_delimiter(head[1:])
        return TextTable(path, shown, found, given or told, notices, has_sep_line=True)
    inner = without_outer_quotes(head)
    best = given or find_delimiter(inner or head)
    quoted = inner is not None and any(best in line for line in inner)
    return TextTable(path, shown, found, best, notices, has_outer_quotes=quoted)


def _is_bare(line: str) -> bool:
    return not any(char.isalnum() for char in line)


@dataclass(slots=True)
class _Oddities:
    """How many rows bore each mark in one reading, and the first few."""

    counts: dict[str, int] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)

    def add(self, marks: list[str], row: int) -> str | None:
        """Count a row, and tell where its cells cannot be trusted."""
        for mark in set(marks):
            self.counts[mark] = self.counts.get(mark, 0) + 1
            shown = self.rows.setdefault(mark, [])
            if len(shown) < SHOWN_ROWS:
                shown.append(row)
        return _TOO_LONG if Mark.TOO_LONG in marks else None

    def tell(self, notices: Notices, *, has_utf8: bool) -> None:
        """Turn marks into warnings; Windows-1252 alone is none."""
        if has_utf8:
            self._count_as(Mark.TWO_ENCODINGS, Mark.WINDOWS_1252)
        for mark, (code, message) in _WARNINGS.items():
            if mark in self.counts:
                notices.count_rows(
                    code, message, rows_count=self.counts[mark], rows=self.rows[mark]
                )

    def _count_as(self, mark: str, other: str) -> None:
        if other in self.counts:
            self.counts[mark] = self.counts.get(mark, 0) + self.counts.pop(other)
            self.rows[mark] = sorted(self.rows.get(mark, []) + self.rows.pop(other))
