"""Texts that a spreadsheet would run as formulas: marked on the way out, and plain again coming in.

The mark is one apostrophe in front. A text that has apostrophes of its own there gets one more,
so that what is read back is always what was written. `="0415"`, which spreadsheets write to keep
a zero, is read as 0415 with or without a mark; where the six characters themselves are meant,
they get two.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

_UNSEEN = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_BLANK = rf"\s\x00{_UNSEEN}"  # whatever an importer may trim before it looks
_START = "=+\\-@\uff1d\uff0b\uff0d\uff20"  # the full-width ones run in East Asian versions
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_RUNS = re.compile(rf"[{_BLANK}]*[{_START}]|[\t\r\n][{_BLANK}]*[^'{_BLANK}]")
_MARKABLE = re.compile(rf"[{_BLANK}']*[{_START}]|'*[\t\r\n]")
_WRAPPED = re.compile(rf"""'?[{_BLANK}]*="((?:[^"]|"")*)\"""")
_LIKE_WRAPPED = re.compile(rf"""[{_BLANK}']*="(?:[^"]|"")*\"""")


def marked(text: str) -> str:
    """Mark a text of ours where a spreadsheet would run it; phones such as +14155550123 are safe.

    `unmarked` gives it back exactly as it was.
    """
    if not text or text[0].isalnum() or not _MARKABLE.match(text) or _E164.fullmatch(text):
        return text
    if text.isspace():
        return text
    return f"''{text}" if _LIKE_WRAPPED.fullmatch(text) else f"'{text}"


def marked_as_read(text: str) -> str:
    """Mark a cell that came out of somebody's file, so that it still means the same when read.

    It may bear a mark already, from an earlier export.
    """
    if not text or text[0].isalnum() or not _RUNS.match(text) or _E164.fullmatch(text):
        return text
    return f"'{text}"


def unmarked(text: str) -> str:
    """Take away the mark, or the `="…"` around a text; other apostrophes stay."""
    if text[:1] not in "'=":
        return text
    if wrapped := _WRAPPED.fullmatch(text):
        return wrapped[1].replace('""', '"')
    if text[:1] == "'" and _MARKABLE.match(text, 1):
        return text[2:] if text[:2] == "''" and _LIKE_WRAPPED.fullmatch(text) else text[1:]
    return text


def marked_in_cell(text: str) -> str:
    """Mark a text of ours in a text cell, which is never run, only where it would be misread."""
    return text if unmarked(text) == text else marked(text)


class Marks(NamedTuple):
    """How texts of one origin are marked."""

    in_line: Callable[[str], str]  # of CSV, where a spreadsheet guesses what a cell is
    in_cell: Callable[[str], str]  # of a workbook, that is a text cell


OURS = Marks(marked, marked_in_cell)
AS_READ = Marks(marked_as_read, str)
