"""Time zones in which a number's owner may be.

People are called only when the window is open in every zone they may be in, so a zone too many
costs some hours and a zone too few may wake somebody up. A North American number therefore
gets every zone of its area code, wherever its exchange once was.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType
from phonenumbers.timezone import time_zones_for_number
from phonenumbers.tzdata import TIMEZONE_DATA


class ZoneSource(StrEnum):
    """Where a lead's zones come from."""

    GIVEN = "given"  # the list names one; the number's own zones are kept beside it
    NUMBER = "number"  # the number's area code or country
    LIST_DEFAULT = "list_default"  # nothing better is known
    NONE = "none"  # unknown: the lead is not dialed until somebody gives one


# An overlay serves the same people as the code beneath it; the library knows only one zone.
_OVERLAYS: Mapping[str, str] = {
    "364": "270",
    "448": "850",
    "458": "541",
    "729": "423",
    "930": "812",
    "986": "208",
    "236": "250",
    "257": "250",
    "672": "250",
    "778": "250",
    "367": "418",
    "581": "418",
    "879": "709",
}
# Codes that cross a line the library does not draw.
_ALSO: Mapping[str, tuple[str, ...]] = {
    "270": ("America/Chicago",),
    "423": ("America/Chicago",),
    "432": ("America/Denver",),
    "541": ("America/Boise",),
    "605": ("America/Chicago",),
    "701": ("America/Chicago",),
    "850": ("America/Chicago",),
    "915": ("America/Chicago",),
}
_EVERYWHERE = frozenset(
    {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.UNKNOWN,
    }
)
# Winter and summer on both halves of the earth; two zones that agree on both are one here.
_SEASONS = (datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC))

_SPOKEN: Mapping[str, str] = {
    word: zone
    for zone, words in {
        "America/New_York": "est edt et eastern eastcoast useastern est5edt",
        "America/Chicago": "cst cdt ct central uscentral cst6cdt",
        "America/Denver": "mst mdt mt mountain usmountain mst7mdt",
        "America/Los_Angeles": "pst pdt pt pacific westcoast uspacific pst8pdt",
        "America/Phoenix": "arizona usarizona usmountainstandard",
        "America/Anchorage": "akst akdt akt alaska alaskan usalaska",
        "Pacific/Honolulu": "hst hast hawaii hawaiian ushawaii",
        "America/Halifax": "atlantic adt",
        "America/St_Johns": "nst ndt newfoundland",
    }.items()
    for word in words.split()
}


def zones_of(phone_e164: str) -> tuple[str, ...]:
    """Give every zone the owner of a number may be in by the number alone, sorted.

    `()` means that nothing reasonable is known: toll-free numbers, and numbers that are used
    all over a country with several zones, as Australian mobiles are.
    """
    if phone_e164.startswith("+1") and len(phone_e164) == 12:
        return _zones_of_area_code(phone_e164[2:5])
    try:
        number = phonenumbers.parse(phone_e164)
    except NumberParseException:
        return ()
    kind = phonenumbers.number_type(number)
    if kind in _EVERYWHERE:
        return ()
    zones = _known(tuple(time_zones_for_number(number)))
    if kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE):
        return zones
    return zones if _tell_the_same_time(zones) else ()


def parse_zone(text: str) -> str | None:
    """Read a zone as people write it: an IANA name, "EST", "Pacific Time". None if unknown.

    An offset such as "GMT-5" is unknown on purpose: it does not say what happens in summer.
    """
    plain = text.strip()
    if plain.startswith("("):  # "(UTC-05:00) Eastern Time (US & Canada)"
        plain = plain.partition(")")[2]
    plain = plain.partition("(")[0].strip().casefold()
    word = "".join(char for char in plain if char.isalnum())
    for ending in ("standardtime", "daylighttime", "time"):
        word = word.removesuffix(ending)
    if word in _SPOKEN:
        return _SPOKEN[word]
    return _zone_names().get(plain.replace(" ", "_"))


@cache
def _zone_names() -> Mapping[str, str]:
    return {
        name.casefold(): name
        for name in available_timezones()
        if name == "UTC"
        or ("/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/")))
    }


@cache
def _zones_of_area_code(code: str) -> tuple[str, ...]:
    """Give every zone the library knows under an area code, and those it does not know."""
    codes = {code, _OVERLAYS.get(code, code)}
    zones = {
        zone
        for prefix, named in TIMEZONE_DATA.items()
        if prefix[:1] == "1" and prefix[1:4] in codes
        for zone in named
    }
    zones.update(zone for each in codes for zone in _ALSO.get(each, ()))
    return _known(tuple(zones))


@cache
def _known(zones: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(zone for zone in zones if zone in available_timezones()))


@cache
def _tell_the_same_time(zones: tuple[str, ...]) -> bool:
    clocks = {
        tuple(moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in _SEASONS)
        for zone in zones
    }
    return len(clocks) == 1
