"""The telephone numbers of one row: which is dialed, and which are kept beside it."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

import phonenumbers

from dialer.domain.phones import Phone, PhoneProblem, PhoneReason, parse_phone
from dialer.domain.places import parse_country
from dialer.leads.cells import shown
from dialer.leads.column_map import ColumnMap
from dialer.leads.content import split_numbers
from dialer.leads.header_words import LeadField
from dialer.leads.options import ImportOptions
from dialer.leads.problems import RejectReason, UnusableRow

_ONE_NUMBER = re.compile(r"[0-9().+ -]{0,20}")  # two of ten digits and a space need 21
_CALLING_CODE = re.compile(r"\+?(?:00)?([1-9]\d{0,2})")
_MISSING = PhoneProblem(PhoneReason.MISSING, "The phone cell is empty.")


class PhoneCells:
    """Reads the numbers of rows whose columns are known."""

    def __init__(self, columns: ColumnMap, options: ImportOptions) -> None:
        self._places = columns.phones
        self._country_place = columns.fields.get(LeadField.COUNTRY)
        self._country = options.country
        self._allowed = options.countries
        self._allow_fictional = options.allow_fictional

    def read(self, cells: Sequence[str], *, raw: Sequence[str]) -> tuple[str, str, tuple[str, ...]]:
        """Give the number to dial, its country, and the other numbers of the row.

        `cells` are clean; `raw` are the same as they were, because an error of a spreadsheet
        is empty when it is clean, and tells of a damaged number when it is not.

        Raises:
            UnusableRow: there is no number that may be dialed.
        """
        country = self._country
        place = self._country_place
        if place is not None and cells[place]:
            country = self._country_of(cells[place], cells=cells)
        if len(self._places) == 1:
            text = cells[self._places[0]]
            if _ONE_NUMBER.fullmatch(text):
                found = self._parse(text or _raw(raw, self._places[0]), country=country)
                if isinstance(found, Phone):
                    return found.e164, found.country, ()
                raise UnusableRow(RejectReason(found.reason.value), found.message)
        texts = [cells[place] or _raw(raw, place) for place in self._places]
        return self._first_valid(texts, country=country)

    def _first_valid(
        self, texts: Sequence[str], *, country: str
    ) -> tuple[str, str, tuple[str, ...]]:
        phones: dict[str, Phone] = {}
        worst = _MISSING
        for part in chain.from_iterable(map(split_numbers, filter(str.strip, texts))):
            found = self._parse(part, country=country)
            if isinstance(found, Phone):
                phones.setdefault(found.e164, found)
            elif worst.reason is PhoneReason.MISSING:
                worst = found
        if not phones:
            raise UnusableRow(RejectReason(worst.reason.value), worst.message)
        first, *others = phones.values()
        return first.e164, first.country, tuple(other.e164 for other in others)

    def _parse(self, text: str, *, country: str) -> Phone | PhoneProblem:
        return parse_phone(
            text,
            country=country,
            allow_fictional=self._allow_fictional,
            allowed_countries=self._allowed,
        )

    def _country_of(self, text: str, *, cells: Sequence[str]) -> str:
        """Give the country of the row's bare numbers."""
        if country := read_country(text, self._country):
            return country
        if any(cells[place].startswith("+") for place in self._places):
            return self._country
        raise UnusableRow(
            RejectReason.BAD_ROW,
            f'"{shown(text)}" is not a country. Write two letters, such as {self._country}.',
        )


def _raw(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


@lru_cache(maxsize=4096)
def read_country(text: str, default: str) -> str | None:
    """Read a country, also by its calling code; which of several with one code is all the same."""
    if match := _CALLING_CODE.fullmatch(text.removesuffix(".0")):
        code = int(match[1])
        if phonenumbers.country_code_for_region(default) == code:
            return default
        region = phonenumbers.region_code_for_country_code(code)
        return region if region in phonenumbers.SUPPORTED_REGIONS else None
    return parse_country(text)
