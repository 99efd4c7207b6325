"""Reading a file as a table: bytes in, rows of text out, one at a time.

The kind of file is told by its content, never by its name. Rows carry the number a person sees
beside them in a spreadsheet: the header is row 1 and a cell with line breaks is still one row.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

from dialer.leads.problems import FileProblem, FileProblemCode

SAMPLE_BYTES = 64 * 1024
SAMPLE_RECORDS = 100
DELIMITERS = ",;\t|"

_SEP_LINE = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # XLSX and ODS; XLS
_WEB_PAGES = (b"<html", b"<table", b"<!doctype", b"<?xml")
_BINARIES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the table. `problem` says why its cells cannot be trusted."""

    row: int
    cells: list[str]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file that can be read as a table, as often as wanted."""

    path: Path
    encoding: str  # under "utf-8" a line that is not UTF-8 is taken for Windows-1252
    delimiter: str
    has_sep_line: bool = False  # "sep=;" above the header, which no spreadsheet shows

    def records(self) -> Iterator[Record]:
        """Give every row from the top, blank ones too; holds one row in memory."""
        lines = _lines(self.path, encoding=self.encoding)
        if self.has_sep_line:
            next(lines, None)
        reader = csv.reader(lines, delimiter=self.delimiter)
        for row in count(1):
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Record(row, [], f"The row cannot be read ({error}).")
            else:
                yield Record(row, cells)


def open_table(path: Path) -> Table:
    """Find out from its first 64 KiB how a file is to be read.

    Raises:
        FileProblem: the file is empty, or no table of text.
    """
    with path.open("rb") as stream:
        sample = stream.read(SAMPLE_BYTES)
    _refuse_other_formats(sample, name=path.name)
    encoding = _encoding(sample, name=path.name)
    with closing(_lines(path, encoding=encoding)) as lines:
        head = list(islice(lines, SAMPLE_RECORDS))
    if not any(char.isalnum() for line in head for char in line):
        raise FileProblem(f"{path.name} is empty.", code=FileProblemCode.EMPTY_FILE)
    if match := _SEP_LINE.fullmatch(head[0]):
        return Table(path, encoding, match[1], has_sep_line=True)
    return Table(path, encoding, _delimiter(head))


def _lines(path: Path, *, encoding: str) -> Generator[str, None, None]:
    """Give the lines with their endings (CRLF, LF or CR), without control characters."""
    if encoding != "utf-8":
        with path.open(encoding=encoding, errors="replace", newline="") as text:
            for line in text:
                yield _CONTROL.sub("", line)
        return
    with path.open("rb") as binary:
        if binary.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            binary.seek(0)
        for chunk in binary:
            for raw in chunk.splitlines(keepends=True):
                yield _CONTROL.sub("", _decode(raw))


def _decode(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _encoding(sample: bytes, *, name: str) -> str:
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = sample.count(0)
    if zeros > len(sample) * 0.3:
        # Every second byte of Latin text in UTF-16 is zero; which one tells the order.
        return "utf-16-le" if sample[1::2].count(0) > sample[0::2].count(0) else "utf-16-be"
    if zeros > 8 and zeros > len(sample) * 0.02:
        raise _not_text(name)
    return "utf-8"


def _refuse_other_formats(sample: bytes, *, name: str) -> None:
    if sample.startswith(_WORKBOOKS):
        raise FileProblem(
            f"{name} is a workbook, not a text file.",
            code=FileProblemCode.UNSUPPORTED_FORMAT,
            fix='Open it in the spreadsheet and save it as "CSV UTF-8".',
        )
    if sample.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGES):
        raise FileProblem(
            f"{name} is a web page, whatever its name says.",
            code=FileProblemCode.UNSUPPORTED_FORMAT,
            fix='Open it in the spreadsheet and save it as "CSV UTF-8".',
        )
    if sample.startswith(_BINARIES):
        raise _not_text(name)


def _not_text(name: str) -> FileProblem:
    return FileProblem(
        f"{name} is not a text file.",
        code=FileProblemCode.NOT_TEXT,
        fix="Upload the list as CSV.",
    )


def _delimiter(head: list[str]) -> str:
    """Choose the delimiter whose records agree best on a width above one."""
    return max(DELIMITERS, key=lambda delimiter: _consistency(head, delimiter=delimiter))


def _consistency(head: list[str], *, delimiter: str) -> tuple[float, int]:
    widths: Counter[int] = Counter()
    try:
        widths.update(len(cells) for cells in csv.reader(head, delimiter=delimiter) if cells)
    except csv.Error:
        return 0.0, 0
    agreeing = [(seen, width) for width, seen in widths.items() if width > 1]
    if not agreeing:
        return 0.0, 0
    seen, width = max(agreeing)
    return seen / widths.total(), width
