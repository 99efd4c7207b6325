"""Writing workbooks (XLSX), a row at a time and never a formula.

Texts are text cells, so that no phone number loses its plus and no reference its zeros; only what
is a number is a number cell. Moments are ISO text as in the other formats, because a date cell
knows no zone. The pages of Excel's limits:
https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3
"""

from collections.abc import Callable, Sequence
from math import isfinite
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from xlsxwriter.workbook import Workbook  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from dialer.errors import UserError
from dialer.leads.exports import plain_cell
from dialer.leads.formulas import marked_in_cell

MAX_ROWS = 1_048_576  # of a sheet, with its header
MAX_COLUMNS = 16_384
MAX_CELL_UNITS = 32_767  # of UTF-16
EXACT_UP_TO = 10**15  # a spreadsheet keeps fifteen digits
_SHOWN_ROWS = 5


class WorkbookSink:
    """Writes a sheet, and as many more as the rows need. What does not fit is said in a warning.

    Holds one row in memory; rows wait in a temporary file until `finish`.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        columns: Sequence[str],
        title: str,
        mark: Callable[[str], str] = marked_in_cell,
        max_rows: int = MAX_ROWS,
    ) -> None:
        if len(columns) > MAX_COLUMNS:
            raise UserError(
                f"a workbook has at most {MAX_COLUMNS:,} columns, these are {len(columns):,}",
                fix="--format csv",
            )
        self._aside = TemporaryDirectory(prefix="dialer-export-")
        options = {"constant_memory": True, "tmpdir": self._aside.name}
        self._workbook: Any = Workbook(stream, options)
        self._columns = columns
        self._mark = mark
        self._title = title
        self._max_rows = max_rows
        self._sheets = 0
        self._cut = 0
        self._cut_rows: list[str] = []
        self._begin_sheet()

    @property
    def warnings(self) -> list[str]:
        """What a person should know about the workbook."""
        found = []
        if self._sheets > 1:
            found.append(
                f"A sheet has at most {self._max_rows:,} rows; there are {self._sheets} sheets."
            )
        if self._cut:
            named = ", ".join(self._cut_rows)
            found.append(
                f"{self._cut:,} cells were longer than the {MAX_CELL_UNITS:,} characters of a "
                f"cell; they end with a mark where they were cut ({named}). CSV has them whole."
            )
        return found

    def add(self, cells: Sequence[object]) -> None:
        if self._row == self._max_rows:
            self._begin_sheet()
        self._write(cells)

    def finish(self) -> None:
        self._workbook.close()

    def close(self) -> None:
        for sheet in self._workbook.worksheets():
            sheet.row_data_fh.close()
        self._aside.cleanup()

    def _begin_sheet(self) -> None:
        self._sheets += 1
        title = self._title if self._sheets == 1 else f"{self._title} {self._sheets}"
        self._sheet: Any = self._workbook.add_worksheet(title, worksheet_class=_PlainSheet)
        self._sheet.freeze_panes(1, 0)
        self._row = 0
        self._write(self._columns)

    def _write(self, cells: Sequence[object]) -> None:
        row, sheet = self._row, self._sheet
        for column, cell in enumerate(cells):
            value = cell if type(cell) is str else plain_cell(cell)
            if value is None or value == "":
                continue
            if isinstance(value, bool):
                sheet.write_boolean(row, column, value)
            elif not isinstance(value, str) and isfinite(value) and abs(value) < EXACT_UP_TO:
                sheet.write_number(row, column, value)
            else:
                sheet.write_string(row, column, self._fitted(self._mark(str(value))))
        self._row += 1

    def _fitted(self, text: str) -> str:
        """Cut a text that no cell holds, and mark where."""
        if 2 * len(text) <= MAX_CELL_UNITS:
            return text
        units = text.encode("utf-16-le")
        if len(units) <= 2 * MAX_CELL_UNITS:
            return text
        self._cut += 1
        if len(self._cut_rows) < _SHOWN_ROWS:
            self._cut_rows.append(f"{self._sheet.get_name()}, row {self._row + 1}")
        mark = f" … [cut here: {len(text):,} characters in all]"
        kept = units[: 2 * (MAX_CELL_UNITS - len(mark))]
        return kept.decode("utf-16-le", errors="ignore") + mark


class _PlainSheet(Worksheet):  # type: ignore[misc]
    """A sheet that takes `<r>…</r>` for what it is: somebody's text, never markup of its own."""

    def _xml_rich_inline_string(self, string: str, attributes: Any) -> None:
        self._xml_inline_string(string, False, attributes)
