"""Telephone numbers as people write them, and the one form in which they are dialed.

`phonenumbers` is the authority on what exists. Around it stand the checks it does not make:
what a spreadsheet does to numbers, and numbers that exist but must never be dialed. A number is
read or refused; it is never completed by guessing.
"""

import re
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from dialer.domain import phone_problems as problems
from dialer.domain.exchanges import NORTH_AMERICA, line_of
from dialer.domain.phone_kinds import PhoneKind, kind_of
from dialer.domain.phone_problems import PhoneProblem, PhoneReason
from dialer.domain.phone_text import (
    count_digits,
    is_date,
    plain,
    says_nothing,
    split_extension,
    split_phones,
    undo_spreadsheet,
    without_words,
)
from dialer.domain.reserved_numbers import is_directory, is_fictional, is_placeholder

__all__ = ["Phone", "PhoneKind", "PhoneProblem", "PhoneReason", "parse_phone", "split_phones"]


class Phone(NamedTuple):
    """A number that may be dialed. `country` is its own, not that of the list."""

    e164: str
    country: str
    kind: PhoneKind
    extension: str | None = None  # as written; nothing dials it


_as_phone = tuple.__new__  # half the time of Phone(…), a million times per list

# North American numbers in the forms that make up nearly every list.
_SOLID = re.compile(r"(\+?1)?([2-9][0-9]{2}[2-9][0-9]{2})([0-9]{4})(?:[.,]0+)?").fullmatch
_SPACED = re.compile(
    r"(?:(\+?1)[-. ]?)?\(?([2-9][0-9]{2})\)?[-. ]{0,2}([2-9][0-9]{2})[-. ]?([0-9]{4})"
).fullmatch
_RINGING_IN_ONE_COUNTRY = frozenset(
    {PhoneKind.FIXED, PhoneKind.MOBILE, PhoneKind.FIXED_OR_MOBILE}
)  # 800 numbers serve all of North America
_ZERO_IN_BRACKETS = re.compile(r"\(\s*0\s*\)")


def parse_phone(
    text: str,
    *,
    country: str,
    allow_fictional: bool,
    allowed_countries: frozenset[str] | None,
) -> Phone | PhoneProblem:
    """Read one telephone number, or say why it is not dialed.

    `country` (two letters) is where a number without a country code is from;
    `allowed_countries` None allows every country. A plus is never put before bare digits:
    "44 20 7946 0018" in a list of the United States is refused, not taken for London.

    Ordinary North American numbers take a shortcut, whose answers are those of
    `parse_with_library`.
    """
    if match := _SOLID(text):
        prefix, exchange, rest = match.groups()
    elif match := _SPACED(text):
        prefix, area, office, rest = match.groups()
        exchange = area + office
    else:
        exchange = None
    if exchange and (prefix == "+1" or country in NORTH_AMERICA):
        line = line_of(exchange)
        if line is not None and not (exchange.endswith("555") and _is_reserved(rest)):
            number = f"+1{exchange}{rest}"
            region, kind = line
            if allowed_countries is None or region in allowed_countries:
                return _as_phone(Phone, (number, region, kind, None))
            if kind in _RINGING_IN_ONE_COUNTRY:
                return problems.not_allowed(number, region=region)
    return parse_with_library(
        text,
        country=country,
        allow_fictional=allow_fictional,
        allowed_countries=allowed_countries,
    )


def parse_with_library(
    text: str,
    *,
    country: str,
    allow_fictional: bool,
    allowed_countries: frozenset[str] | None,
) -> Phone | PhoneProblem:
    """Read one telephone number of any country and form; what `parse_phone` does, slowly."""
    written = plain(text)
    if says_nothing(written):
        return problems.missing(written)
    repaired = undo_spreadsheet(written)
    if repaired is None:
        return problems.damaged(written)
    number, extension = split_extension(repaired)
    dialable = without_words(number)
    if dialable is None:
        return problems.unparseable(written)
    found = _read(dialable, written=written, country=country)
    if isinstance(found, PhoneProblem):
        return found
    e164, region = found.e164, _region_of(found, default=country)
    if allowed_countries is not None and region not in allowed_countries:
        if country not in allowed_countries or not _serves(found.number, country=country):
            return problems.not_allowed(e164, region=region)
        region = country
    if found.number_type == PhoneNumberType.PREMIUM_RATE:
        return problems.premium(e164)
    if is_directory(e164):
        return problems.directory(e164)
    if not allow_fictional and is_fictional(e164):
        return problems.fictional(e164)
    return Phone(e164, region, kind_of(found.number_type), extension)


def _serves(number: PhoneNumber, *, country: str) -> bool:
    """Tell whether a number of another country is this country's as well, as 800 numbers are."""
    return phonenumbers.is_valid_number_for_region(number, country)


def _is_reserved(rest: str) -> bool:
    """Tell whether NPA-555-`rest` is kept for fiction or the directory."""
    return rest.startswith("01") or rest == "1212"


class _Reading(NamedTuple):
    number: PhoneNumber
    e164: str
    number_type: int


def _read(dialable: str, *, written: str, country: str) -> _Reading | PhoneProblem:
    """Give the one number that exists and could be meant, fictional ones included."""
    if is_placeholder(re.sub(r"[^0-9]", "", dialable)):
        return problems.placeholder(written)
    if is_date(dialable):
        return problems.invalid(written, country=country)
    readings = _readings(dialable, country=country)
    readable = not readings
    existing: _Reading | None = None
    for reading in readings:
        try:
            number = phonenumbers.parse(reading, country)
        except NumberParseException:
            continue
        readable = True
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        number_type = phonenumbers.number_type(number)
        if number_type == PhoneNumberType.UNKNOWN and not is_fictional(e164):
            continue
        if existing is not None and existing.e164 != e164:
            return problems.ambiguous(written)
        existing = _Reading(number, e164, number_type)
    if existing is None:
        return _why_not(dialable, written=written, country=country, readable=readable)
    if is_placeholder(str(existing.number.national_number)):
        return problems.placeholder(written)
    return existing


def _readings(text: str, *, country: str) -> list[str]:
    """Give the ways to read a number, with the prefixes of an international call as a plus.

    "(0)" after a country code is a zero that is dialed at home only, but for the countries where
    it is part of the number; Australia dials 0011 where others dial 00.
    """
    digits = re.sub(r"[^0-9+]", "", text)
    bare = digits.lstrip("+")
    if bare.startswith("11") and len(bare) > 11 and (digits != bare or country in NORTH_AMERICA):
        return []  # no country has 11; the library would drop a digit
    if digits.startswith("+521") and len(digits) == 14:
        return ["+52" + digits[4:]]  # Mexican mobiles had a 1 here until 2019
    if bare.startswith("011") and country in NORTH_AMERICA:
        readings = ["+" + bare[3:]]
    elif bare.startswith("0011"):
        readings = [text]
    elif bare.startswith("00"):
        readings = ["+" + bare[2:]] if digits.startswith("+") else ["+" + bare[2:], text]
    elif digits.startswith("+"):
        readings = ["+" + bare]  # "(+1) 415…", "++1415…"
    else:
        return [text]
    if _ZERO_IN_BRACKETS.search(text):
        readings += _readings(_ZERO_IN_BRACKETS.sub("", text), country=country)
    return readings


def _region_of(found: _Reading, *, default: str) -> str:
    """Give the country of a number; of a fictional one in no area code, that of its list."""
    region = phonenumbers.region_code_for_number(found.number)
    if region is not None:
        return region
    code = found.number.country_code or 0
    if phonenumbers.country_code_for_region(default) == code:
        return default
    return phonenumbers.region_code_for_country_code(code)


def _why_not(dialable: str, *, written: str, country: str, readable: bool) -> PhoneProblem:
    digits = count_digits(dialable)
    if 1 <= digits <= 6:
        return problems.short(written)
    if digits == 7 and country in NORTH_AMERICA and "+" not in dialable:
        return problems.without_area_code(written)
    if dialable.startswith("+0"):
        return problems.no_country_code(written)
    if not readable:
        return problems.unparseable(written)
    if dialable.startswith("+"):
        return problems.nowhere(written)
    return problems.invalid(written, country=country)
