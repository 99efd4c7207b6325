"""Time zones in which a number's owner may be.

People are called only when the window is open in every zone they may be in, so a zone too many
costs some hours and a zone too few may wake somebody up. A North American number therefore
gets every zone of its area code, wherever its exchange once was.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType
from phonenumbers.timezone import time_zones_for_number
from phonenumbers.tzdata import TIMEZONE_DATA

from dialer.domain.places import region_of_place, zones_of_postal_code, zones_of_state
from dialer.domain.zone_names import parse_zone

__all__ = ["LeadZones", "ZoneSource", "parse_zone", "zones_for", "zones_of"]


class ZoneSource(StrEnum):
    """Where a lead's zones come from."""

    GIVEN = "given"  # the list names one; the number's own zones are kept beside it
    PLACE = "place"  # the list names a state or a postal code, kept in the same way
    NUMBER = "number"  # the number's area code or country
    LIST_DEFAULT = "list_default"  # nothing better is known
    NONE = "none"  # unknown: the lead is not dialed until somebody gives one


# An overlay serves the same people as the code beneath it; the library knows only one zone.
_OVERLAYS: Mapping[str, str] = {
    "364": "270",
    "448": "850",
    "458": "541",
    "474": "306",
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


class LeadZones(NamedTuple):
    """The zones a lead may be in: its window must be open in every one."""

    zones: tuple[str, ...]  # sorted; none: not dialed
    source: ZoneSource
    joined: str  # the same with ",", as they are stored
    region: str | None = None  # the state that its list names: "US-FL"


def zones_for(
    phone_e164: str,
    *,
    given: str = "",
    state: str = "",
    postal_code: str = "",
    country: str,
    default: str | None,
) -> LeadZones | None:
    """Give the zones of a lead: all that its list and its number say, taken together.

    A state or postal code that is not understood says nothing; `default` counts only where
    nothing else is known. None means that `given` is no time zone. `country` is where the state
    and the postal code are.
    """
    area = phone_e164[:5] if phone_e164.startswith("+1") and len(phone_e164) == 12 else phone_e164
    if given or state or postal_code:
        return _with_place(area, given, state, postal_code, country, default)
    return _by_number(area, default)


@lru_cache(maxsize=65536)
def _by_number(area: str, default: str | None) -> LeadZones:
    if zones := _of_area(area):
        return _lead_zones(zones, source=ZoneSource.NUMBER)
    if default is not None:
        return _lead_zones((default,), source=ZoneSource.LIST_DEFAULT)
    return _lead_zones((), source=ZoneSource.NONE)


@lru_cache(maxsize=65536)
def _with_place(
    area: str, given: str, state: str, postal_code: str, country: str, default: str | None
) -> LeadZones | None:
    place = {
        *zones_of_state(state, country=country),
        *zones_of_postal_code(postal_code, country=country),
    }
    if given:
        zone = parse_zone(given)
        if zone is None:
            return None
        found = _lead_zones({zone, *place, *_of_area(area)}, source=ZoneSource.GIVEN)
    elif place:
        found = _lead_zones({*place, *_of_area(area)}, source=ZoneSource.PLACE)
    else:
        found = _by_number(area, default)
    region = region_of_place(state, postal_code, country=country)
    return found._replace(region=region) if region else found


def _lead_zones(zones: Iterable[str], *, source: ZoneSource) -> LeadZones:
    names = tuple(sorted(zones))
    return LeadZones(names, source, ",".join(names))


def _of_area(area: str) -> tuple[str, ...]:
    """Give the zones of "+1415", or of a whole number of another country."""
    is_area_code = area.startswith("+1") and len(area) == 5
    return _zones_of_area_code(area[2:]) if is_area_code else zones_of(area)


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
