"""Places as people write them: countries, states and postal codes.

What is not understood is not refused: a place says more about a lead's zones, never less.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

import phonenumbers

from dialer.domain.country_names import COUNTRY_NAMES
from dialer.domain.exchanges import NORTH_AMERICA
from dialer.domain.state_zones import (
    AMERICAN_ZIPS,
    AUSTRALIAN_STATES,
    CANADIAN_LETTERS,
    NORTH_AMERICAN_STATES,
)

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
    if zones := states.get(_word(text)):
        return zones
    found = [states[word] for part in _BETWEEN_NAMES.split(text) if (word := _word(part)) in states]
    return found[0] if len(set(found)) == 1 else ()


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
