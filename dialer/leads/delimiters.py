"""Which character separates the columns of a text file."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

from dialer.leads.problems import FileProblem, FileProblemCode
from dialer.leads.quotes import RecordReader

DELIMITERS = ",;\t|"
SAMPLE_RECORDS = 100

_NAMES = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|"}
_SEP_LINE = re.compile(r'"?sep=(?P<delimiter>[^\w\s"]|\t|\\t)"?[,;\t|]*[\r\n]*', re.IGNORECASE)
_ALLOWED = re.compile(r'[^\w\s"]|\t')
_PHONE_LIKE = re.compile(r"[+(]?\d[\d().\-/ ]{5,18}\d")
_ONE_QUOTED_CELL = re.compile(r'\s*"(?:[^"]|"")*+"\s*')
_FEW = 0.1


def sep_line_delimiter(line: str) -> str | None:
    """Give the delimiter that a line such as "sep=;" above the header names, if it is one."""
    match = _SEP_LINE.fullmatch(line)
    if match is None:
        return None
    named = match["delimiter"]
    return _NAMES.get(named, named)


def told_delimiter(named: str) -> str:
    """Check the delimiter that a person gave: one character, or its name.

    Raises:
        FileProblem: it is a letter, a digit, a space or a quotation mark, or longer.
    """
    delimiter = _NAMES.get(named.casefold(), named)
    if not _ALLOWED.fullmatch(delimiter):
        raise FileProblem(
            f'"{named}" cannot separate columns.',
            code=FileProblemCode.UNKNOWN_DELIMITER,
            fix="Choose one such as comma, semicolon, tab or pipe, or leave it out.",
        )
    return delimiter


def find_delimiter(lines: Sequence[str]) -> str:
    """Choose the delimiter whose records agree best on a width above one.

    Where two agree as well, the one that leaves whole phone numbers, then the wider. Of a file
    with one column the delimiter is one that does not occur, where there is one.
    """
    scores = {delimiter: _score(lines, delimiter=delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    if scores[best][1] >= _FEW:
        return best
    return next((unused for unused in DELIMITERS if not scores[unused][1]), best)


def without_outer_quotes(lines: Sequence[str]) -> list[str] | None:
    """Take the quotation marks off lines that are each one quoted cell; None where some are not.

    A spreadsheet that took a whole line for one cell writes such files.
    """
    filled = [line.rstrip("\r\n") for line in lines if line.strip()]
    if not all(map(_ONE_QUOTED_CELL.fullmatch, filled)):
        return None
    return [line.strip()[1:-1].replace('""', '"') for line in filled]


def _score(lines: Sequence[str], *, delimiter: str) -> tuple[float, float, int]:
    """Give what is best, then the share of records of the usual width, then that width."""
    reader = islice(RecordReader(iter(lines), delimiter=delimiter), SAMPLE_RECORDS)
    records = [record.cells for record in reader if any(map(str.strip, record.cells))]
    widths = Counter(len(cells) for cells in records if len(cells) > 1)
    if not widths:
        return 0.0, 0.0, 0
    width = max(widths, key=lambda width: (widths[width], width))
    agreeing = [cells for cells in records if len(cells) == width]
    if len(records[0]) == 1 and _phones_alone(records) >= len(agreeing):
        return 0.0, _FEW / 2, 0  # one column of numbers, of which some cells hold two
    share = len(agreeing) / len(records)
    return share + _share_with_phones(agreeing) * share, share, width


def _phones_alone(records: Sequence[Sequence[str]]) -> int:
    single = (cells[0].strip() for cells in records if len(cells) == 1)
    return sum(_PHONE_LIKE.fullmatch(cell) is not None for cell in single)


def _share_with_phones(records: Sequence[Sequence[str]]) -> float:
    holding = sum(any(_PHONE_LIKE.fullmatch(cell.strip()) for cell in cells) for cells in records)
    return holding / len(records)
