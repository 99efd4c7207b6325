"""Writing tables out, row by row: CSV, workbooks and JSON Lines.

The CSV opens in a spreadsheet without being changed or run. A file appears whole or not at all.
"""

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Protocol

import orjson

from dialer.errors import NotFound
from dialer.leads.formulas import OURS, Marks

Target = Path | BinaryIO


class ExportFormat(StrEnum):
    """What a table is written as."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON_LINES = "jsonl"


_ENDINGS = {
    ".xlsx": ExportFormat.XLSX,
    ".jsonl": ExportFormat.JSON_LINES,
    ".ndjson": ExportFormat.JSON_LINES,
}
_WRITTEN_AS_THEY_ARE = frozenset({type(None), int, float})


class Sink(Protocol):
    """What rows are written into."""

    @property
    def warnings(self) -> list[str]:
        """What a person should know about what was written, in sentences."""

    def add(self, cells: Sequence[object]) -> None:
        """Write one row, as wide as the columns."""

    def finish(self) -> None:
        """Write what comes after the last row; the stream stays open."""

    def close(self) -> None:
        """Let go of what was put aside, finished or not."""


class Export:
    """A table that is being written. `warnings` are complete when it is closed."""

    def __init__(self, sink: Sink) -> None:
        self.rows = 0
        self._sink = sink

    @property
    def warnings(self) -> list[str]:
        """What a person should know about the file, in sentences."""
        return self._sink.warnings

    def add(self, cells: Sequence[object]) -> None:
        """Write one row; its cells stand in the order of the columns."""
        self._sink.add(cells)
        self.rows += 1


def format_of(path: Path) -> ExportFormat:
    """Tell the format by how a file's name ends; CSV where it does not tell."""
    return _ENDINGS.get(path.suffix.lower(), ExportFormat.CSV)


@contextmanager
def open_export(
    target: Target,
    *,
    form: ExportFormat,
    columns: Sequence[str],
    title: str,
    marks: Marks = OURS,
) -> Iterator[Export]:
    """Begin a table in a file, or in a stream, which stays open.

    `title` names the sheet of a workbook; `marks` keep texts from running.

    Raises:
        NotFound: there is no such folder.
    """
    with opened(target) as stream:
        sink = _sink(stream, form=form, columns=columns, title=title, marks=marks)
        try:
            yield Export(sink)
            sink.finish()
        finally:
            sink.close()


@contextmanager
def opened(target: Target) -> Iterator[BinaryIO]:
    """Open a file that takes its name only when it is whole; leave a stream open.

    Raises:
        NotFound: there is no such folder.
    """
    if not isinstance(target, Path):
        yield target
        target.flush()
        return
    if target.exists() and not target.is_file():  # a device or a pipe
        with target.open("wb") as stream:
            yield stream
        return
    if not target.parent.is_dir():
        raise NotFound(f"there is no folder {target.parent}", fix="make it first")
    whole = target.resolve()
    # Of this writer alone: an import that was taken for dead may still write the same file.
    part = whole.with_name(f"{whole.name}.{token_hex(4)}.part")
    try:
        with part.open("xb") as stream:
            yield stream
        part.replace(whole)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:  # such as a full disk
            raise OSError(error.errno, error.strerror, str(target)) from error
        raise


class CsvSink:
    """Writes CSV in UTF-8, every text through `mark`."""

    def __init__(
        self, stream: BinaryIO, *, columns: Sequence[str], mark: Callable[[str], str]
    ) -> None:
        self.warnings: list[str] = []
        self._mark = mark
        stream.write(codecs.BOM_UTF8)  # without it Excel breaks names
        self._rows = csv.writer(codecs.getwriter("utf-8")(stream))
        self._rows.writerow([mark(column) for column in columns])

    def add(self, cells: Sequence[object]) -> None:
        mark = self._mark
        self._rows.writerow(
            [
                mark(cell)
                if type(cell) is str
                else (cell if type(cell) in _WRITTEN_AS_THEY_ARE else self._written(cell))
                for cell in cells
            ]
        )

    def finish(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _written(self, cell: object) -> object:
        value = plain_cell(cell)
        if isinstance(value, bool):
            return "true" if value else "false"
        return self._mark(value) if isinstance(value, str) else value


class JsonLinesSink:
    """Writes one JSON object per line, with every column in each; marks nothing."""

    def __init__(self, stream: BinaryIO, *, columns: Sequence[str]) -> None:
        self.warnings: list[str] = []
        self._stream = stream
        self._columns = columns

    def add(self, cells: Sequence[object]) -> None:
        row = dict(zip(self._columns, cells, strict=True))
        self._stream.write(orjson.dumps(row, default=str, option=orjson.OPT_APPEND_NEWLINE))

    def finish(self) -> None:
        pass

    def close(self) -> None:
        pass


def plain_cell(value: object) -> str | int | float | bool | None:
    """Give a value as one cell: moments as ISO text, which keeps their zone, lists with commas."""
    match value:
        case None | bool() | int() | float():
            return value
        case StrEnum():
            return value.value
        case str():
            return value
        case datetime():
            return value.isoformat()
        case list() | tuple() if all(isinstance(one, str) for one in value):
            return ", ".join(value)
        case _:
            return orjson.dumps(value, default=str).decode()


def _sink(
    stream: BinaryIO,
    *,
    form: ExportFormat,
    columns: Sequence[str],
    title: str,
    marks: Marks,
) -> Sink:
    match form:
        case ExportFormat.CSV:
            return CsvSink(stream, columns=columns, mark=marks.in_line)
        case ExportFormat.JSON_LINES:
            return JsonLinesSink(stream, columns=columns)
        case ExportFormat.XLSX:
            from dialer.leads.workbook_sink import WorkbookSink  # slow to import

            return WorkbookSink(stream, columns=columns, title=title, mark=marks.in_cell)
