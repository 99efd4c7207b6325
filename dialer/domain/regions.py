"""Regions: the countries, states and provinces whose rules hold for a lead.

A region is a country ("GB") or a part of one ("US-FL"). A lead is taken to be in the regions of
its number and in the one its list names, and the rules of all of them hold: Florida and Oklahoma
presume that whoever has one of their area codes lives there.
"""

import re
from functools import lru_cache
from typing import Annotated, NamedTuple

import phonenumbers
from pydantic import AfterValidator

from dialer.domain.area_codes import AREA_CODES
from dialer.domain.country_names import COUNTRY_NAMES

_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
START = 5
"""How many characters of an international number tell its regions: "+1305", "+4420"."""
_NOWHERE_IN_NORTH_AMERICA = frozenset({"US", "CA"})  # toll-free codes, and those yet unknown

_NAMES = """
US-AL Alabama, US-AK Alaska, US-AZ Arizona, US-AR Arkansas, US-CA California, US-CO Colorado,
US-CT Connecticut, US-DE Delaware, US-DC the District of Columbia, US-FL Florida, US-GA Georgia,
US-HI Hawaii, US-ID Idaho, US-IL Illinois, US-IN Indiana, US-IA Iowa, US-KS Kansas,
US-KY Kentucky, US-LA Louisiana, US-ME Maine, US-MD Maryland, US-MA Massachusetts,
US-MI Michigan, US-MN Minnesota, US-MS Mississippi, US-MO Missouri, US-MT Montana,
US-NE Nebraska, US-NV Nevada, US-NH New Hampshire, US-NJ New Jersey, US-NM New Mexico,
US-NY New York, US-NC North Carolina, US-ND North Dakota, US-OH Ohio, US-OK Oklahoma,
US-OR Oregon, US-PA Pennsylvania, US-RI Rhode Island, US-SC South Carolina, US-SD South Dakota,
US-TN Tennessee, US-TX Texas, US-UT Utah, US-VT Vermont, US-VA Virginia, US-WA Washington,
US-WV West Virginia, US-WI Wisconsin, US-WY Wyoming, US-PR Puerto Rico,
US-VI the U.S. Virgin Islands, US-GU Guam, US-MP the Northern Mariana Islands,
US-AS American Samoa, CA-AB Alberta, CA-BC British Columbia, CA-MB Manitoba,
CA-NB New Brunswick, CA-NL Newfoundland and Labrador, CA-NS Nova Scotia,
CA-NT the Northwest Territories, CA-NU Nunavut, CA-ON Ontario, CA-PE Prince Edward Island,
CA-QC Quebec, CA-SK Saskatchewan, CA-YT Yukon, US the United States, GB the United Kingdom
"""
_OWN_NAMES = dict(entry.strip().split(" ", 1) for entry in _NAMES.split(","))


def _check_region(value: str) -> str:
    code = value.strip().upper()
    if not _REGION.fullmatch(code):
        raise ValueError(f'{value!r} is not a region; write for example "US", "US-FL" or "GB"')
    return code


Region = Annotated[str, AfterValidator(_check_region)]


class Whereabouts(NamedTuple):
    """Everywhere a lead may be: the law and the clock of each place hold for it."""

    zones: tuple[str, ...]
    regions: frozenset[str]


def rings_nobody(phone: str) -> bool:
    """Tell whether a number is one of North America's fictional ones, where no law holds."""
    return phone[5:10] == "55501" and len(phone) == 12 and phone.startswith("+1")


def regions_of(phone: str, *, own: str | None = None) -> frozenset[str]:
    """Give the regions of a number, of which its first five characters are enough, and its `own`.

    `own` is the region that a list names. A number of several countries under one code counts as
    one of the largest ("+44" is GB). Empty for codes of no country, such as those of satellites,
    and for North America's fictional numbers, which ring nobody in a rehearsal.
    """
    if rings_nobody(phone):
        return frozenset()
    regions = _of_number(phone[:START])
    return regions | {own} if own else regions


@lru_cache(maxsize=65536)
def _of_number(start: str) -> frozenset[str]:
    if start.startswith("+1"):
        return AREA_CODES.get(start[2:]) or _of_north_america(start[2:])
    for length in (1, 2, 3):
        code = start[1 : 1 + length]
        countries = (
            phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()) if code.isdigit() else ()
        )
        if countries:
            return frozenset({countries[0]} - {"001"})  # "001" is no country
    return frozenset()


def _of_north_america(code: str) -> frozenset[str]:
    """Find the island that has an area code of its own."""
    for country in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]:
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(country)
        leading = metadata.leading_digits if metadata is not None else None
        if leading and re.match(leading, code):
            return frozenset({country})
    return _NOWHERE_IN_NORTH_AMERICA


def country_of(region: str) -> str:
    """Give the country of a region: "US" for "US-FL"."""
    return region[:2]


@lru_cache(maxsize=1024)
def name_of(region: str) -> str:
    """Name a region for people: "Florida"; its code when nobody gave it a name."""
    if region in _OWN_NAMES:
        return _OWN_NAMES[region]
    for line in COUNTRY_NAMES.strip().splitlines():
        code, _, names = line.partition(":")
        if code == region:
            return names.split(",")[1].strip().title()
    return region
