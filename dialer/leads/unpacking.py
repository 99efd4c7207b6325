"""Unpack one sheet of a workbook into lines of JSON, in a process of its own.

The library that reads workbooks ends the process when memory runs out, and a small file may ask
for any amount. Here that costs one file. Run as

    python -m dialer.leads.unpacking SOURCE TARGET SHEET MAX_ROWS MAX_BYTES MEMORY SECONDS

with an empty SHEET for the first one that holds a table. TARGET gets `[row, removed, cells]` for
each row that is not blank, `removed` telling that control characters were taken out. One JSON
object per line on the standard output tells the rest. Imports little, because each workbook waits
for it.
"""

import datetime as dt
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import orjson
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PLAIN_UP_TO = 10**15


def main(arguments: list[str]) -> None:
    """Unpack one sheet, then tell which other sheets hold something."""
    source, target, wanted, *limits = arguments
    max_rows, max_bytes, memory_bytes, seconds = map(int, limits)
    _limit_this_process(memory_bytes, seconds=seconds)
    try:
        with Path(source).open("rb") as stream:
            workbook = CalamineWorkbook.from_filelike(stream)
        sheets = _sheet_names(workbook)
        name, sheet = _choose(workbook, sheets, wanted=wanted)
        if sheet is None:
            _tell(problem="unknown_sheet" if wanted else "empty", sheets=sheets)
            return
        with Path(target).open("wb") as stream:
            room = max_bytes
            for line in _lines(sheet, max_rows=max_rows):
                room -= len(line)
                if room < 0:
                    _tell(problem="too_large")
                    return
                stream.write(line)
        del sheet
        _tell(sheet=name, sheets=sheets)
        for other in sheets:
            if other != name and workbook.get_sheet_by_name(other).start is not None:
                _tell(filled=other)
    except PasswordError:
        _tell(problem="password")
    except MemoryError:
        _tell(problem="memory")
    except CalamineError:
        _tell(problem="damaged")


def cell_text(value: object) -> str:
    """Write a cell as the person saw it, as far as the file tells.

    Numbers come without exponent, and without ".0" where they are whole: a phone number is one.
    """
    write = _WRITERS.get(type(value))
    return write(value) if write is not None else str(value)


def _float(value: float) -> str:
    if value.is_integer() and abs(value) < _PLAIN_UP_TO:
        return str(int(value))
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")


def _moment(value: dt.datetime) -> str:
    value = _to_second(value)
    return value.isoformat(sep=" ", timespec="seconds" if value.second else "minutes")


def _time(value: dt.time) -> str:
    value = _to_second(dt.datetime.combine(dt.date(2000, 1, 1), value)).time()
    return value.isoformat(timespec="seconds" if value.second else "minutes")


def _duration(value: dt.timedelta) -> str:
    seconds = round(value.total_seconds())
    sign = "-" if seconds < 0 else ""
    minutes, seconds = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")


def _to_second(value: dt.datetime) -> dt.datetime:
    """Round: a spreadsheet keeps moments as fractions of a day."""
    up = value.microsecond >= 500_000 and value.year < dt.MAXYEAR
    return value.replace(microsecond=0) + dt.timedelta(seconds=up)


_WRITERS: dict[type, Callable[..., str]] = {
    str: str,
    int: str,
    float: _float,
    bool: lambda value: "TRUE" if value else "FALSE",
    dt.datetime: _moment,
    dt.date: dt.date.isoformat,
    dt.time: _time,
    dt.timedelta: _duration,
}


def _lines(sheet: CalamineSheet, *, max_rows: int) -> Iterator[bytes]:
    """Write the rows that are not blank; their numbers count from the top of the sheet."""
    written = 0
    for row, values in enumerate(sheet.iter_rows(), 1):
        cells = _cells(values)
        if not cells:
            continue
        if written >= max_rows:
            return
        written += 1
        # Most rows are printable, which is asked much faster than the pattern.
        text = "".join(cells)
        removed = not text.isprintable() and _CONTROL.search(text) is not None
        if removed:
            cells = [_CONTROL.sub("", cell) for cell in cells]
        yield orjson.dumps([row, removed, cells]) + b"\n"


def _cells(values: Iterable[object]) -> list[str]:
    """Give the cells up to the last filled one."""
    cells = [value if isinstance(value, str) else cell_text(value) for value in values]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _sheet_names(workbook: CalamineWorkbook) -> list[str]:
    """Give the sheets that can hold rows, those that are shown first."""
    tables = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    tables.sort(key=lambda sheet: sheet.visible != SheetVisibleEnum.Visible)
    return [sheet.name for sheet in tables]


def _choose(
    workbook: CalamineWorkbook, sheets: list[str], *, wanted: str
) -> tuple[str, CalamineSheet | None]:
    """Take the sheet of that name or number, else the first with two rows, else with one."""
    if wanted:
        name = _named(workbook, sheets, wanted=wanted)
        return name, workbook.get_sheet_by_name(name) if name else None
    single: tuple[str, CalamineSheet] | None = None
    for name in sheets:
        sheet = workbook.get_sheet_by_name(name)
        if sheet.start is None:
            continue
        if sheet.height > 1:
            return name, sheet
        single = single or (name, sheet)
    return single or ("", None)


def _named(workbook: CalamineWorkbook, sheets: list[str], *, wanted: str) -> str:
    """Find a sheet: by its name, in any case, or by its number in the order of the workbook."""
    for name in sheets:
        if name == wanted:
            return name
    for name in sheets:
        if name.strip().casefold() == wanted.strip().casefold():
            return name
    ordered = [name for name in workbook.sheet_names if name in sheets]
    if wanted.strip().isdecimal() and 1 <= int(wanted) <= len(ordered):
        return ordered[int(wanted) - 1]
    return ""


def _tell(**facts: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(facts) + b"\n")
    sys.stdout.buffer.flush()


def _limit_this_process(memory_bytes: int, *, seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows, where only the time is limited, by who waits for us
        return
    for what, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, seconds)):
        _, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, hard))


if __name__ == "__main__":
    main(sys.argv[1:])
