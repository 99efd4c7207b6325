"""From lines to records: a quotation mark that is never closed must not swallow good rows.

Where a record cannot be read as it stands, its first line alone becomes a record, and reading
goes on with the second line.

1. A line without quotation marks is split at the delimiter.
2. Any other record is read strictly. It fails on a quotation mark in the middle of a cell, at
   the end of the file, and after a hundred lines.
3. A record of several lines that does read swallowed a row when it is too narrow while one of
   its lines has the right width, or when a later line has the shape of its first: as wide as the
   table, and numbers in the same columns.
4. The first line alone is read leniently: inner quotation marks that are not doubled are usual.
   It is good when its quotation marks pair up and it has the right width.
"""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import count

from dialer.leads.table import Record

MAX_RECORD_LINES = 100
MAX_RECORD_CHARS = 200 * 8 * 1024
UNCLOSED_MARK = "unclosed"

UNCLOSED = (
    "A quotation mark is opened and never closed, so its columns cannot be told. "
    "Remove the mark or close it."
)
UNPAIRED = (
    "The quotation marks do not pair up, so its columns cannot be told. "
    'A quotation mark inside a cell is written twice: "".'
)

# The limit holds for the whole process; a cell under it is measured by whoever takes the row.
csv.field_size_limit(max(csv.field_size_limit(), MAX_RECORD_CHARS))

_MARKS = re.compile('"++')
_NUMBER_LIKE = re.compile(r'[\s"\'=+(]*\d[\d\s().+/\-]{5,}"?\s*')


class RecordReader:
    """Records, one at a time, from lines that keep their endings.

    With `outer_quotes` each line may be one quoted cell that holds the whole row.
    `line_marks` is where the source of the lines notes what is odd about the line it gave last.
    Whatever was odd about the lines of a record goes to `on_marks` with the row, which may give
    a reason not to trust the cells.
    """

    def __init__(
        self,
        lines: Iterator[str],
        *,
        delimiter: str,
        width: int | None = None,
        outer_quotes: bool = False,
        line_marks: list[str] | None = None,
        on_marks: Callable[[list[str], int], str | None] = lambda marks, row: None,
    ) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._width = width
        self._outer_quotes = outer_quotes
        self._line_marks = line_marks if line_marks is not None else []
        self._on_marks = on_marks
        self._marks: list[str] = []  # of the record being read
        self._again: deque[tuple[str, list[str]]] = deque()
        self._taken: list[tuple[str, list[str]]] = []

    def __iter__(self) -> Iterator[Record]:
        """Number the records from 1; a line that is read again counts when it becomes one."""
        lines, again, delimiter, width = self._lines, self._again, self._delimiter, self._width
        line_marks, marks, new = self._line_marks, self._marks, tuple.__new__
        doubted = width is not None or self._outer_quotes
        spaced_mark = f'{delimiter} "'
        only: deque[str] = deque()
        # Asked for a second line, this raises IndexError: the record has several.
        alone = csv.reader(iter(only.popleft, None), delimiter=delimiter, strict=True)
        for row in count(1):
            if again:
                line, noted = again.popleft()
                marks += noted
            elif (next_line := next(lines, None)) is not None:
                line = next_line
                if line_marks:
                    marks += line_marks
                    line_marks.clear()
            else:
                return
            problem = None
            if '"' not in line:
                text = line.rstrip("\r\n")
                cells = text.split(delimiter) if text else []
            else:
                only.append(line)
                try:
                    cells = next(alone)
                except (csv.Error, IndexError):
                    cells, problem = self._several_lines(line)
                else:
                    if len(cells) != width and doubted:
                        cells = self._read_otherwise(line, cells)
                    elif spaced_mark in line:
                        cells = self._read_spaced(line, cells)
            if marks:
                problem = self._on_marks(marks, row) or problem
                marks.clear()
            # Half the time of calling Record, which counts at a million rows.
            yield new(Record, (row, cells, problem))

    def _several_lines(self, first: str) -> tuple[list[str], str | None]:
        """Read a record that cannot be read from its first line alone."""
        self._taken.clear()
        self._again.appendleft((first, []))
        try:
            cells = next(csv.reader(self._taking(), delimiter=self._delimiter, strict=True))
        except csv.Error:
            return self._first_line_alone()
        if len(self._taken) > 1 and self._swallowed_a_row(cells):
            return self._first_line_alone()
        for _, marks in self._taken:
            self._marks += marks
        return cells, None

    def _taking(self) -> Iterator[str]:
        """Give the lines that a record asks for and hold them, up to the limit."""
        chars = 0
        while len(self._taken) < MAX_RECORD_LINES and chars <= MAX_RECORD_CHARS:
            if self._again:
                self._taken.append(self._again.popleft())
            elif (line := next(self._lines, None)) is not None:
                self._taken.append((line, self._line_marks.copy()))
                self._line_marks.clear()
            else:
                return
            chars += len(self._taken[-1][0])
            yield self._taken[-1][0]

    def _first_line_alone(self) -> tuple[list[str], str | None]:
        (line, _), *others = self._taken
        self._again.extendleft(reversed(others))
        cells, paired = split_leniently(line, delimiter=self._delimiter)
        if not paired:
            self._marks.append(UNCLOSED_MARK)
            return cells, UNCLOSED
        return cells, None if self._width in (None, len(cells)) else UNPAIRED

    def _read_otherwise(self, line: str, cells: list[str]) -> list[str]:
        """Read one line of the wrong width leniently, or as one quoted cell that is a row."""
        lenient, paired = split_leniently(line, delimiter=self._delimiter)
        if paired and len(lenient) == self._width:
            return lenient
        if len(cells) == 1:
            inner, paired = split_leniently(cells[0], delimiter=self._delimiter)
            if paired and (len(inner) == self._width or self._outer_quotes):
                return inner
        return cells

    def _read_spaced(self, line: str, cells: list[str]) -> list[str]:
        """Read one line with spaces before its quotation marks, if they pair up."""
        lenient, paired = split_leniently(line, delimiter=self._delimiter)
        return lenient if paired and self._width in (None, len(lenient)) else cells

    def _swallowed_a_row(self, cells: Sequence[str]) -> bool:
        """Tell whether a record of several lines is more likely several records."""
        width = self._width
        if width is None or width < 2:
            return False
        alone = [split_leniently(line, delimiter=self._delimiter)[0] for line, _ in self._taken]
        if len(cells) < width:
            return any(len(line) == width for line in alone)
        if len(cells) == width == 2:
            return False  # two columns prove nothing: "12 Main St, Springfield" has as many
        first = _number_places(alone[0])
        return (
            len(alone[0]) == width
            and any(first)
            and any(len(line) == width and _number_places(line) == first for line in alone[1:])
        )


def split_leniently(line: str, *, delimiter: str) -> tuple[list[str], bool]:
    """Split one line, taking quotation marks inside a cell as text.

    Also tells whether every quotation mark that opens a cell is closed; from one that is not,
    the rest is split as if it were not there.
    """
    text = line.rstrip("\r\n")
    cells: list[str] = []
    start = 0
    while True:
        opening = start
        while text.startswith(" ", opening):
            opening += 1
        if text.startswith('"', opening):
            closing = _closing(text, opening + 1, delimiter=delimiter)
            if closing is None:
                return cells + text[start:].split(delimiter), False
            cell = text[opening + 1 : closing]
            cells.append(cell.replace('""', '"').replace('\\"', '"'))
            end = text.find(delimiter, closing)
        else:
            end = text.find(delimiter, start)
            cells.append(text[start:] if end < 0 else text[start:end])
        if end < 0:
            return cells, True
        start = end + 1


def _closing(text: str, start: int, *, delimiter: str) -> int | None:
    """Find the mark that closes a cell: one at a delimiter that is neither doubled nor escaped.

    Where there is no such mark, the first at a delimiter does.
    """
    doubtful: int | None = None
    at_end = _at_end(delimiter)
    for run in _MARKS.finditer(text, start):
        if not at_end.match(text, run.end()):
            continue
        last = run.end() - 1
        doubled = len(run[0]) % 2 == 0
        escaped = run.start() > start and text[run.start() - 1] == "\\"
        if not doubled and not escaped:
            return last
        if doubtful is None:
            doubtful = last
    return doubtful


@cache
def _at_end(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf" *+(?:{re.escape(delimiter)}|$)")


def _number_places(cells: Sequence[str]) -> list[bool]:
    return [_NUMBER_LIKE.fullmatch(cell) is not None for cell in cells]
