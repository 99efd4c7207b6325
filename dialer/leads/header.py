"""Where the header of a table is, if it has one."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dialer.leads.cells import clean_cell
from dialer.leads.column_map import is_ours
from dialer.leads.content import is_number
from dialer.leads.header_words import Likeness, header_key, is_known_word, phone_likeness
from dialer.leads.options import ImportOptions
from dialer.leads.table import Record

HEADER_SEARCH_ROWS = 20
# Years are names of columns.
_VALUE = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|(?!(?:19|20)\d\d$)\+?[\d\s().-]{3,}")


class _Seen(NamedTuple):
    """What one of the first rows looks like."""

    record: Record
    filled: int
    words: int  # known ones, each once
    has_phone_word: bool
    has_number: bool
    has_value: bool  # a cell that names no column: an address, or digits alone

    @property
    def is_surely_header(self) -> bool:
        """Tell whether words alone, and enough of them, say that these are names of columns."""
        return self.has_phone_word and self.words > 1 and not (self.has_number or self.has_value)


def clean_headers(record: Record) -> list[str]:
    """Give the cells of a header as names of columns; a quotation mark left open is not of them."""
    return [_name(" ".join(clean_cell(cell).split())) for cell in record.cells]


def _name(text: str) -> str:
    return text.strip('"') if text.count('"') == 1 else text


def is_blank(record: Record) -> bool:
    """Tell whether a row holds nothing anybody could see."""
    if record.problem is not None:
        return False
    text = "".join(record.cells).strip()
    return not text or (not text.isascii() and not clean_cell(text))


def find_header(records: Iterable[Record], *, options: ImportOptions) -> Record | None:
    """Take the first row that reads like a header; None where the first row is a lead already.

    `records` are the filled ones among the first rows. Words decide; where no word is known, the
    first row that is as wide as the others is the header, unless it holds what only a lead does.
    A row whose quotation marks do not pair up is the header only where its words leave no doubt.
    """
    seen = [_look_at(record, options=options) for record in records]
    seen = [row for row in seen if row.record.problem is None or row.is_surely_header]
    until = next((n for n, row in enumerate(seen) if row.has_number), len(seen))
    above = [row for row in seen[:until] if row.words]
    if above:
        return max(above, key=lambda row: (row.has_phone_word, min(row.words, 2))).record
    if until > 0:
        widest = max(row.filled for row in seen[: until + 1])
        first = next((row for row in seen[:until] if row.filled == widest), seen[until - 1])
        return None if first.has_value else first.record
    return _under_a_title(seen)


def _under_a_title(seen: Sequence[_Seen]) -> Record | None:
    """Find the header under a line such as "Questions?, 415-555-2671"."""
    for row in seen[1:]:
        if row.has_phone_word and row.words > 1 and row.filled > seen[0].filled:
            return None if row.has_number else row.record
    return None


def _look_at(record: Record, *, options: ImportOptions) -> _Seen:
    cells = [cell for cell in clean_headers(record) if cell]
    wanted = set(map(header_key, _named(options)))
    words = {header_key(cell) for cell in cells if is_known_word(cell)}
    words |= wanted & set(map(header_key, cells))
    return _Seen(
        record,
        filled=len(cells),
        words=len(words),
        has_phone_word=any(_is_phone_word(cell, wanted=wanted) for cell in cells),
        has_number=any(
            is_number(cell, country=options.country) for cell in cells if not is_ours(cell)
        ),
        has_value=any(map(_VALUE.fullmatch, cells)),
    )


def _is_phone_word(cell: str, *, wanted: set[str]) -> bool:
    return phone_likeness(cell) is Likeness.SURE or header_key(cell) in wanted


def _named(options: ImportOptions) -> Iterable[str]:
    for wanted in (*options.overrides.values(), *options.remembered.values()):
        yield from [wanted] if isinstance(wanted, str) else wanted
