"""What people and programs call time zones."""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from zoneinfo import available_timezones

# What is left of a name without its "standard time"; letters and digits only.
SPOKEN = """
America/New_York: est edt et eastern eastcoast useastern est5edt
America/Chicago: cst cdt ct central uscentral cst6cdt
America/Denver: mst mdt mt mountain usmountain mst7mdt
America/Los_Angeles: pst pdt pt pacific westcoast uspacific pst8pdt
America/Phoenix: arizona usarizona usmountainstandard
America/Indiana/Indianapolis: indianaeast
America/Anchorage: akst akdt akt alaska alaskan usalaska
America/Adak: aleutian
Pacific/Honolulu: hst hast hawaii hawaiian ushawaii
America/Halifax: atlantic adt
America/St_Johns: nst ndt newfoundland
America/Regina: saskatchewan canadacentral
America/Whitehorse: yukon
America/Sao_Paulo: brt brasilia
Europe/London: bst
Europe/Lisbon: wet
Europe/Berlin: cet cest mez mesz
Europe/Athens: eet eest
Europe/Moscow: msk
Africa/Johannesburg: sast
Asia/Tokyo: jst
Asia/Singapore: sgt
Asia/Hong_Kong: hkt
Asia/Manila: pht
Australia/Perth: awst
Australia/Sydney: aedt
Pacific/Auckland: nzst nzdt
"""
# Windows's own words for zones; each stands for all places that share its clock.
WINDOWS = """
America/Indiana/Indianapolis: us eastern standard time
America/Phoenix: us mountain standard time
America/Tijuana: pacific standard time (mexico)
America/Mazatlan: mountain standard time (mexico)
America/Mexico_City: central standard time (mexico)
America/Cancun: eastern standard time (mexico)
America/Guatemala: central america standard time
America/Regina: canada central standard time
America/Bogota: sa pacific standard time
America/La_Paz: sa western standard time
America/Cayenne: sa eastern standard time
America/Santiago: pacific sa standard time
America/Caracas: venezuela standard time
America/Sao_Paulo: e. south america standard time
America/Argentina/Buenos_Aires: argentina standard time
America/Montevideo: montevideo standard time
America/Asuncion: paraguay standard time
Atlantic/Azores: azores standard time
Atlantic/Reykjavik: greenwich standard time
Europe/London: gmt standard time
Europe/Berlin: w. europe standard time
Europe/Budapest: central europe standard time
Europe/Paris: romance standard time
Europe/Warsaw: central european standard time
Europe/Bucharest: gtb standard time
Europe/Kyiv: fle standard time
Europe/Chisinau: e. europe standard time
Europe/Istanbul: turkey standard time
Europe/Moscow: russian standard time
Europe/Minsk: belarus standard time
Africa/Casablanca: morocco standard time
Africa/Lagos: w. central africa standard time
Africa/Cairo: egypt standard time
Africa/Johannesburg: south africa standard time
Africa/Nairobi: e. africa standard time
Asia/Beirut: middle east standard time
Asia/Jerusalem: israel standard time
Asia/Baghdad: arabic standard time
Asia/Riyadh: arab standard time
Asia/Dubai: arabian standard time
Asia/Tehran: iran standard time
Asia/Karachi: pakistan standard time
Asia/Tashkent: west asia standard time
Asia/Kolkata: india standard time
Asia/Colombo: sri lanka standard time
Asia/Dhaka: bangladesh standard time
Asia/Bangkok: se asia standard time
Asia/Shanghai: china standard time
Asia/Singapore: singapore standard time
Asia/Taipei: taipei standard time
Asia/Tokyo: tokyo standard time
Asia/Seoul: korea standard time
Australia/Perth: w. australia standard time
Australia/Adelaide: cen. australia standard time
Australia/Darwin: aus central standard time
Australia/Brisbane: e. australia standard time
Australia/Sydney: aus eastern standard time
Australia/Hobart: tasmania standard time
Pacific/Auckland: new zealand standard time
"""
_OFFSET = re.compile(r"\((?:utc|gmt)[^)]*\)\s*")
# "Eastern Time (Australia)" is not New York's.
_AMERICAN = re.compile(r"\s*\((?:us|usa|canada|and|&|[,/]|[ecmp][sd]?t|[ecmp]t|\s)+\)")
_CITY_AREAS = frozenset(
    {"Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)
_NO_CITIES = frozenset({"north", "south", "west", "act", "nsw", "lhi", "center"})


@lru_cache(maxsize=4096)
def parse_zone(text: str) -> str | None:
    """Read a zone as people write it: an IANA name, "EST", "Pacific Time". None if unknown.

    Names that Windows uses are known, and the city of an IANA name. An offset such as "GMT-5" is
    unknown on purpose: it does not say what happens in summer.
    """
    plain = " ".join(text.casefold().split())
    plain = _OFFSET.sub("", plain, count=1) if plain.startswith("(") else plain
    if zone := _windows().get(plain):
        return zone
    plain = _AMERICAN.sub("", plain)
    word = "".join(char for char in plain if char.isalnum())
    for ending in ("standardtime", "daylighttime", "time"):
        word = word.removesuffix(ending)
    if word in _spoken():
        return _spoken()[word]
    name = plain.replace(" ", "_")
    # "Amsterdam, Berlin, Bern": Windows lists cities that share a clock.
    return _names().get(name) or _cities().get(name.partition(",")[0])


def check_zone(name: str) -> str:
    """Give `name` when it is a zone of the tz database.

    Raises:
        ValueError: it is none.
    """
    if name not in available_zones():
        raise ValueError(f'{name!r} is not a zone such as "America/Chicago"')
    return name


@cache
def available_zones() -> frozenset[str]:
    """Give the names of all zones."""
    return frozenset(available_timezones())


@cache
def _spoken() -> Mapping[str, str]:
    return {word: zone for zone, words in _lines(SPOKEN) for word in words.split()}


@cache
def _windows() -> Mapping[str, str]:
    return {name: zone for zone, name in _lines(WINDOWS)}


@cache
def _names() -> Mapping[str, str]:
    return {
        name.casefold(): name
        for name in available_timezones()
        if name == "UTC"
        or ("/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/")))
    }


@cache
def _cities() -> Mapping[str, str]:
    """Give zones by the last part of their names; of several the one with the shortest name."""
    cities: dict[str, str] = {}
    for name in sorted(available_timezones(), key=lambda name: (-len(name), name)):
        area, _, city = name.partition("/")
        if area in _CITY_AREAS and city:
            cities[city.rpartition("/")[2].casefold()] = name
    return {city: zone for city, zone in cities.items() if city not in _NO_CITIES}


def _lines(table: str) -> Iterator[tuple[str, str]]:
    for line in table.strip().splitlines():
        zone, _, words = line.partition(": ")
        yield zone, words
