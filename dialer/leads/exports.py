"""Writing tables that a spreadsheet opens without changing them, and without running them."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def escape_cell(value: object) -> object:
    """Keep a spreadsheet from running a text as a formula.

    An apostrophe goes in front, which the importer takes away again. Numbers, and phones such as
    +14155550123, stay as they are.
    """
    if isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, str) or not value.startswith(_FORMULA) or _E164.fullmatch(value):
        return value
    return f"'{value}"


def write_results(
    target: Path | TextIO, rows: Iterable[Mapping[str, object]], columns: Sequence[str]
) -> int:
    """Write rows as CSV while they come, and return how many there were.

    A column that a row lacks stays empty; None is empty too. The byte order mark makes Excel read
    UTF-8; a stream is expected to be open with `newline=""`.
    """
    return write_table(
        target,
        header=columns,
        rows=([row.get(column) for column in columns] for row in rows),
    )


def write_results_as_json_lines(
    target: Path | TextIO, rows: Iterable[Mapping[str, object]], columns: Sequence[str]
) -> int:
    """Write one JSON object per line while rows come, and return how many there were."""
    written = 0
    with _opened(target) as stream:
        for row in rows:
            chosen = {column: row.get(column) for column in columns}
            stream.write(json.dumps(chosen, ensure_ascii=False, default=_as_json) + "\n")
            written += 1
    return written


def write_table(
    target: Path | TextIO, *, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> int:
    """Write a CSV with escaped cells and a byte order mark; return the number of rows."""
    written = 0
    with _opened(target) as stream:
        stream.write("\ufeff")
        writer = csv.writer(stream)
        writer.writerow([escape_cell(cell) for cell in header])
        for row in rows:
            writer.writerow([escape_cell(cell) for cell in row])
            written += 1
    return written


@contextmanager
def _opened(target: Path | TextIO) -> Iterator[TextIO]:
    """Open a path and close it again; leave a stream open."""
    if not isinstance(target, Path):
        yield target
        return
    with target.open("w", encoding="utf-8", newline="") as stream:
        yield stream


def _as_json(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
