"""North American exchanges: what the first six digits of a number tell about all ten.

Whether a number exists depends on its area code and exchange only (the exceptions are below), so
the library is asked once for each of them and one byte remembers its answer.
"""

import re
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberType

from dialer.domain.phone_kinds import PhoneKind, kind_of

NORTH_AMERICA = frozenset(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1])
# The library divides these by their seventh digit; a test finds them in its patterns.
DIVIDED = frozenset({"246521", "246522", "876606"})


class Line(NamedTuple):
    """Where a valid number rings, and on what."""

    country: str
    kind: PhoneKind


_UNASKED, _NO_LINE = 0, 1
_answers = bytearray(1_000_000)  # by the six digits: a place in `_lines`, or one of the above
_lines: list[Line | None] = [None, None]
_places: dict[Line | None, int] = {None: _NO_LINE}


def line_of(exchange: str) -> Line | None:
    """Give the line behind every number of an exchange (six digits).

    None means that the whole number must be looked at: the exchange does not exist, is divided,
    costs its callers money, or is one digit repeated.
    """
    answer = _answers[int(exchange)]
    return _lines[answer] if answer else _remember(exchange)


def _remember(exchange: str) -> Line | None:
    line = None if exchange in DIVIDED or len(set(exchange)) == 1 else _ask(exchange)
    place = _places.setdefault(line, len(_lines))
    if place == len(_lines):
        _lines.append(line)
    _answers[int(exchange)] = place
    return line


def _ask(exchange: str) -> Line | None:
    """Ask the library; in the two large countries by its pattern, in a tenth of the time."""
    digits = exchange + "2000"
    for country in ("US", "CA"):
        if _geographic(country).fullmatch(digits):
            return Line(country, PhoneKind.FIXED_OR_MOBILE)
    number = PhoneNumber(country_code=1, national_number=int(digits))
    number_type = phonenumbers.number_type(number)
    region = phonenumbers.region_code_for_number(number)
    if region is None or number_type in (PhoneNumberType.UNKNOWN, PhoneNumberType.PREMIUM_RATE):
        return None
    return Line(region, kind_of(number_type))


@cache
def _geographic(country: str) -> re.Pattern[str]:
    """Give the pattern of a country's ordinary numbers, for people at home and with a mobile."""
    metadata = PhoneMetadata.metadata_for_region(country)
    ordinary = metadata and metadata.fixed_line and metadata.fixed_line.national_number_pattern
    return re.compile(ordinary or r"(?!)")
