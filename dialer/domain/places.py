"""Places as people write them: countries, states and postal codes."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

import phonenumbers

from dialer.domain.country_names import COUNTRY_NAMES

_BETWEEN_NAMES = re.compile(r"[-–—/|(),:;\[\]]")


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
