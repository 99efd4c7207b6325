"""What a column holds, told by some of its cells."""

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import orjson

from dialer.domain.phones import Phone, PhoneReason, parse_phone, split_phones

SAMPLE_ROWS = 400
SAMPLE_CELLS = 200
MOSTLY = 0.6

_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?|\d{1,2}:\d{2}.*")
_INTEGER = re.compile(r"\d{1,18}")
_NUMBER_ALL_THE_SAME = frozenset(
    {PhoneReason.DAMAGED, PhoneReason.PREMIUM_RATE, PhoneReason.FICTIONAL}
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class ColumnSample:
    """The first filled cells of one column."""

    def __init__(self, cells: Sequence[str], *, country: str) -> None:
        self._cells = [cell for cell in cells if cell][:SAMPLE_CELLS]
        self._country = country

    @cached_property
    def is_empty(self) -> bool:
        """Tell whether nothing is known of the column."""
        return not self._cells

    @cached_property
    def phone_share(self) -> float:
        """Give how many of the cells are numbers that exist."""
        return self._share(sum(is_number(cell, country=self._country) for cell in self._cells))

    @property
    def is_phones(self) -> bool:
        """Tell whether most cells are numbers that exist."""
        return self.phone_share >= MOSTLY

    @cached_property
    def has_nothing_like_a_phone(self) -> bool:
        """Tell whether the cells are ids, dates or words; an empty column is not known to be."""
        if self.is_empty:
            return False
        if self.is_counted:
            return self.phone_share == 0
        return not any(is_like_number(cell, country=self._country) for cell in self._cells)

    @cached_property
    def is_counted(self) -> bool:
        """Tell whether the cells count up one by one, as row numbers and ids do."""
        if len(self._cells) < 3 or not all(_INTEGER.fullmatch(cell) for cell in self._cells):
            return False
        numbers = [int(cell) for cell in self._cells]
        steps = {after - before for before, after in pairwise(numbers)}
        return steps in ({1}, {-1})

    @property
    def is_emails(self) -> bool:
        """Tell whether most cells are addresses of e-mail."""
        return self._share(sum(map(bool, map(_EMAIL.fullmatch, self._cells)))) >= MOSTLY

    @property
    def has_json_objects(self) -> bool:
        """Tell whether a cell is a JSON object, or meant to be; an empty column may hold some."""
        return self.is_empty or any(cell.startswith("{") for cell in self._cells)

    def _share(self, count: int) -> float:
        return count / len(self._cells) if self._cells else 0.0


def split_numbers(text: str) -> list[str]:
    """Take apart a cell that holds several numbers; Google writes ":::" between them."""
    return split_phones(text.replace(":::", ";"))


def is_number(text: str, *, country: str) -> bool:
    """Tell whether a cell holds a telephone number that exists, wherever it is."""
    if not _may_be_number(text):
        return False
    return any(
        isinstance(found, Phone) or found.reason in _NUMBER_ALL_THE_SAME
        for found in (
            parse_phone(part, country=country, allow_fictional=True, allowed_countries=None)
            for part in split_numbers(text)
        )
    )


def is_like_number(text: str, *, country: str) -> bool:
    """Tell whether a cell was meant as a telephone number, be it wrong."""
    if is_number(text, country=country):
        return True
    digits = sum(char.isdecimal() for char in text)
    letters = sum(char.isalpha() for char in text)
    return 7 <= digits <= 17 and letters <= 4 and _DATE.fullmatch(text) is None


def json_object(text: str) -> dict[str, object] | None:
    """Read a JSON object; None for anything else."""
    try:
        found = orjson.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _may_be_number(text: str) -> bool:
    digits = sum(char.isdecimal() for char in text)
    return digits >= 5 and len(text) <= 100 and _DATE.fullmatch(text) is None
