"""Places as people write them: countries, states and postal codes.

What is not understood is not refused: a place says more about a lead's zones, never less.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TypeVar

import phonenumbers

from dialer.domain.country_names import COUNTRY_NAMES
from dialer.domain.exchanges import NORTH_AMERICA
from dialer.domain.state_zones import (
    AMERICAN_ZIPS,
    AUSTRALIAN_STATES,
    CANADIAN_LETTERS,
    CANADIAN_PROVINCES,
    NORTH_AMERICAN_STATES,
    STATES_OF_ZIPS,
    state_codes,
)

T = TypeVar("T")

_BETWEEN_NAMES = re.compile(r"[-–—/|(),:;\[\]]")
# Spreadsheets drop leading zeros and add ".0": "2139" is 02139, "21391234" is 02139-1234.
_ZIP = re.compile(r"([0-9]{3,5})(?:-[0-9]{4}|([0-9]{4}))?(?:\.0+)?")
_CANADIAN = re.compile(r"([A-Z])[0-9][A-Z](?:[ -]?[0-9][A-Z][0-9])?")
_SAMOA = "96799"  # under Hawaii's digits, an hour and a date away


@lru_cache(maxsize=4096)
def parse_country(text: str) -> str | None:
    """Read a country as two letters ("us", "USA", "Estados Unidos"); None if unknown.

    "US - United States" is read too, but only when every part names the same country.
    """
    if code := _country(text):
        return code
    parts = [part for part in _BETWEEN_NAMES.split(text) if part.strip()]
    codes = {_country(part) for part in parts}
    return codes.pop() if len(codes) == 1 else None


@lru_cache(maxsize=4096)
def zones_of_state(text: str, *, country: str) -> tuple[str, ...]:
    """Give every zone of a state or province, sorted; `()` when it is not understood.

    Known are those of the United States, Canada and Australia, by code and by name.
    """
    if country in NORTH_AMERICA:
        states = NORTH_AMERICAN_STATES
    elif country == "AU":
        states = AUSTRALIAN_STATES
    else:
        return ()
    return _named(text, states) or ()


@lru_cache(maxsize=65536)
def zones_of_postal_code(text: str, *, country: str) -> tuple[str, ...]:
    """Give every zone of the state that a postal code of North America is in, sorted.

    `()` for other countries, and when the code is not understood.
    """
    if country not in NORTH_AMERICA:
        return ()
    code = text.strip().upper()
    if match := _ZIP.fullmatch(code):
        area = match[1].zfill(5)
        return ("Pacific/Pago_Pago",) if area == _SAMOA else AMERICAN_ZIPS.get(area[:3], ())
    if match := _CANADIAN.fullmatch(code):
        return CANADIAN_LETTERS.get(match[1], ())
    return ()


@lru_cache(maxsize=65536)
def region_of_place(state: str, postal_code: str, *, country: str) -> str | None:
    """Give the state or province of a lead as a region ("US-FL"); None when it is not sure.

    What is written as a state goes before what a postal code tells, and a postal code tells only
    where its first digits belong to a single state.
    """
    return _region_of_state(state, country=country) or _region_of_code(postal_code, country=country)


def _region_of_state(text: str, *, country: str) -> str | None:
    if country in NORTH_AMERICA:
        return _named(text, {**state_codes("US"), **state_codes("CA")})
    return _named(text, state_codes("AU")) if country == "AU" else None


def _region_of_code(text: str, *, country: str) -> str | None:
    if country not in NORTH_AMERICA:
        return None
    code = text.strip().upper()
    if match := _ZIP.fullmatch(code):
        area = match[1].zfill(5)
        return "US-AS" if area == _SAMOA else STATES_OF_ZIPS.get(area[:3])
    match = _CANADIAN.fullmatch(code)
    return CANADIAN_PROVINCES.get(match[1]) if match else None


def _named(text: str, states: Mapping[str, T]) -> T | None:
    """Give what belongs to a state; "FL - Florida" is read, but not "NY / NJ"."""
    if (found := states.get(_word(text))) is not None:
        return found
    words = (_word(part) for part in _BETWEEN_NAMES.split(text))
    several = {states[word] for word in words if word in states}
    return several.pop() if len(several) == 1 else None


def _country(text: str) -> str | None:
    word = _word(text)
    if word == "uk":  # not its ISO code, yet what everybody writes
        return "GB"
    code = word.upper()
    if code in phonenumbers.SUPPORTED_REGIONS:
        return code
    return _countries().get(word) or _countries().get(word.removeprefix("the"))


@cache
def _countries() -> Mapping[str, str]:
    countries: dict[str, str] = {}
    for line in COUNTRY_NAMES.strip().splitlines():
        code, _, names = line.partition(":")
        countries.update((_word(name), code) for name in names.split(","))
    return countries


def _word(text: str) -> str:
    """Give the letters of a name: no accents, no case, "St." for "Saint"; "" with a digit."""
    plain = unicodedata.normalize("NFKD", text.replace("&", " and ")).casefold()
    if any(char.isdigit() for char in plain):
        return ""
    return "".join(char for char in plain if char.isalpha()).replace("saint", "st")
