"""A sheet of a workbook (XLSX, XLSB, XLS, ODS) as a table."""

import os
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from dialer.leads.kinds import Kind, damaged, password_protected
from dialer.leads.notices import Notices, WarningCode
from dialer.leads.problems import FileProblem, FileProblemCode
from dialer.leads.table import Limits, Record, too_large

MEMORY_BYTES = 2 * 1024**3
SECONDS = 180

_SPARE_ROWS = 1000  # titles and a header; who counts leads finds more than the limit
_TITLE_LENGTH = 31  # of a sheet, in every spreadsheet


@dataclass(frozen=True, slots=True)
class _Unpacked:
    sheet: str
    sheets: tuple[str, ...]
    filled: tuple[str, ...]  # other sheets that hold something


class WorkbookTable:
    """One sheet, unpacked into a file of our own that `close` removes."""

    encoding = None
    delimiter = None

    def __init__(
        self, path: Path, *, kind: Kind, unpacked: Path, found: _Unpacked, notices: Notices
    ) -> None:
        self.path = path
        self.kind = kind.value
        self.notices = notices
        self.sheet = found.sheet
        self.sheets = found.sheets
        self._unpacked = unpacked
        self._bytes = max(1, unpacked.stat().st_size)
        self._bytes_read = 0
        self._remove = weakref.finalize(self, _remove, unpacked)

    def __getstate__(self) -> dict[str, Any]:
        """Let another process read the rows too; it leaves their removal to this one."""
        return {name: value for name, value in self.__dict__.items() if name != "_remove"}

    def records(self, *, width: int | None = None) -> Iterator[Record]:
        """Give every row from the top of the sheet, blank ones too, at least `width` wide."""
        last = self._bytes_read = 0
        with self._unpacked.open("rb") as lines:
            for line in lines:
                self._bytes_read += len(line)
                row, controls_removed, cells = orjson.loads(line)
                for blank in range(last + 1, row):
                    yield Record(blank, [])
                last = row
                if controls_removed:
                    self.notices.add(
                        WarningCode.CONTROL_CHARS_REMOVED,
                        "Control characters were removed.",
                        row=row,
                    )
                if width is not None and len(cells) < width:
                    cells += [""] * (width - len(cells))
                yield Record(row, cells)

    def fraction_read(self) -> float:
        """Tell how much of the sheet the latest reading has taken, from 0 to 1."""
        return self._bytes_read / self._bytes

    def close(self) -> None:
        """Remove what was unpacked."""
        self._remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_workbook(
    path: Path, *, kind: Kind, limits: Limits, sheet: str | None, notices: Notices
) -> WorkbookTable:
    """Unpack a sheet: the one named or numbered, else the first that holds a table.

    Raises:
        FileProblem: there is no such sheet, nothing is in it, or it cannot be read.
    """
    handle, name = tempfile.mkstemp(prefix="dialer-sheet-", suffix=".jsonl")
    os.close(handle)
    target = Path(name)
    try:
        found = _unpack(path, target, limits=limits, sheet=sheet)
        if not target.stat().st_size:
            raise _empty(path, found.sheet)
    except BaseException:
        _remove(target)
        raise
    if found.filled and sheet is None:
        others = ", ".join(f'"{other}"' for other in found.filled)
        notices.add(
            WarningCode.MULTIPLE_SHEETS,
            f'Only the sheet "{found.sheet}" was read; the workbook also has {others}.',
        )
    return WorkbookTable(path, kind=kind, unpacked=target, found=found, notices=notices)


def _unpack(path: Path, target: Path, *, limits: Limits, sheet: str | None) -> _Unpacked:
    command = [sys.executable, "-m", "dialer.leads.unpacking", str(path), str(target)]
    command += [_argument(sheet), str(limits.max_rows + _SPARE_ROWS)]
    command += [str(limits.max_inflated_bytes), str(MEMORY_BYTES), str(SECONDS)]
    try:
        run = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_slow(path) from error
    # What is told after the sheet is only about the others; if that breaks, the sheet stands.
    told = [orjson.loads(line) for line in run.stdout.splitlines()]
    if not told:
        raise _broken_off(path, exit_code=run.returncode)
    if (problem := told[0].get("problem")) is not None:
        raise _as_problem(problem, path=path, wanted=sheet or "", told=told[0], limits=limits)
    filled = tuple(more["filled"] for more in told[1:])
    return _Unpacked(told[0]["sheet"], tuple(told[0]["sheets"]), filled)


def _as_problem(
    problem: str, *, path: Path, wanted: str, told: dict[str, list[str]], limits: Limits
) -> FileProblem:
    if problem == "password":
        return password_protected(path.name)
    if problem == "memory":
        return _too_much_memory(path)
    if problem == "damaged":
        return damaged(path.name)
    if problem == "too_large":
        return too_large(
            path.name,
            f"Its sheet is longer than {limits.max_inflated_bytes:,} bytes, which is the limit.",
        )
    if problem == "unknown_sheet":
        return FileProblem(
            f'{path.name} has no sheet "{wanted}".',
            code=FileProblemCode.UNKNOWN_SHEET,
            why=f"Its sheets are: {', '.join(told['sheets'])}.",
        )
    return _empty(path, None)


def _broken_off(path: Path, *, exit_code: int) -> FileProblem:
    """Tell why the process ended without a word."""
    if exit_code == -signal.SIGABRT:  # how the library ends when memory runs out
        return _too_much_memory(path)
    if exit_code in (-signal.SIGXCPU, -signal.SIGKILL):
        return _too_slow(path)
    return damaged(path.name)


def _too_much_memory(path: Path) -> FileProblem:
    return too_large(
        path.name,
        f"Unpacking it needs more than {MEMORY_BYTES // 1024**2:,} MB of memory, which is the "
        "limit. A single cell far below or right of the list is enough for that.",
    )


def _too_slow(path: Path) -> FileProblem:
    return too_large(
        path.name, f"Unpacking it takes longer than {SECONDS} seconds, which is the limit."
    )


def _empty(path: Path, sheet: str | None) -> FileProblem:
    return FileProblem(
        f'The sheet "{sheet}" of {path.name} is empty.' if sheet else f"{path.name} is empty.",
        code=FileProblemCode.EMPTY_FILE,
    )


def _argument(sheet: str | None) -> str:
    """Make a sheet's name fit for a command line."""
    if sheet is None:
        return ""
    name = sheet.replace("\x00", "")[: 4 * _TITLE_LENGTH].encode(errors="replace").decode()
    return name or " "


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
