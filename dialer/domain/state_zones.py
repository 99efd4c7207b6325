"""The zones of states and provinces, and the states of postal codes.

A state has every zone that is told in a part of it with people in it. Names that stand for a
single clock in two countries have one line here.
"""

from collections.abc import Mapping
from functools import cache

_ZONES = {
    "E": "America/New_York",
    "C": "America/Chicago",
    "M": "America/Denver",
    "P": "America/Los_Angeles",
}

# Code, zones, names as written without spaces.
_UNITED_STATES = """
AL C alabama ala
AK America/Anchorage,America/Adak alaska
AZ America/Phoenix,M arizona ariz
AR C arkansas ark
CA P california calif cali
CO M colorado colo
CT E connecticut conn
DE E delaware
DC E districtofcolumbia washingtondc
FL E,C florida fla
GA E georgia
HI Pacific/Honolulu hawaii
ID America/Boise,P idaho
IL C illinois ill
IN E,C indiana ind
IA C iowa
KS C,M kansas kans
KY E,C kentucky
LA C louisiana
ME E maine
MD E maryland
MA E massachusetts mass
MI E,C michigan mich
MN C minnesota minn
MS C mississippi miss
MO C missouri
MT M montana mont
NE C,M nebraska nebr
NV P,M nevada nev
NH E newhampshire
NJ E newjersey
NM M newmexico
NY E newyork newyorkstate
NC E northcarolina
ND C,M northdakota
OH E ohio
OK C oklahoma okla
OR P,America/Boise oregon ore
PA E pennsylvania penn penna
RI E rhodeisland
SC E southcarolina
SD C,M southdakota
TN E,C tennessee tenn
TX C,M texas tex
UT M utah
VT E vermont
VA E virginia
WA P washington wash washingtonstate
WV E westvirginia
WI C wisconsin wis wisc
WY M wyoming wyo
PR America/Puerto_Rico puertorico
VI America/Puerto_Rico virginislands usvirginislands
GU Pacific/Guam guam
MP Pacific/Guam northernmarianaislands
AS Pacific/Pago_Pago americansamoa
"""
_CANADA = """
AB America/Edmonton alberta alta
BC America/Vancouver,America/Edmonton britishcolumbia colombiebritannique
MB America/Winnipeg manitoba man
NB America/Halifax newbrunswick nouveaubrunswick
NL America/St_Johns,America/Halifax newfoundlandandlabrador newfoundland labrador nfld nf terreneuve
NS America/Halifax novascotia nouvelleecosse
NT America/Edmonton northwestterritories nwt
NU America/Toronto,America/Winnipeg,America/Edmonton nunavut
ON America/Toronto,America/Winnipeg ontario ont
PE America/Halifax princeedwardisland pei
QC America/Toronto,America/Halifax quebec que pq
SK America/Regina,America/Edmonton saskatchewan sask
YT America/Whitehorse yukon yukonterritory yk
"""
_AUSTRALIA = """
NSW Australia/Sydney,Australia/Broken_Hill newsouthwales
VIC Australia/Melbourne victoria
QLD Australia/Brisbane queensland
SA Australia/Adelaide southaustralia
WA Australia/Perth westernaustralia
TAS Australia/Hobart tasmania
NT Australia/Darwin northernterritory
ACT Australia/Sydney australiancapitalterritory canberra
"""

# The first three digits of American postal codes.
_ZIP = """
AL 350-369, AK 995-999, AZ 850-865, AR 716-729, CA 900-961, CO 800-816, CT 060-069, DE 197-199,
DC 200-200 202-205 569-569, FL 320-339 341-349, GA 300-319 398-399, HI 967-968, ID 832-838,
IL 600-629, IN 460-479, IA 500-528, KS 660-679, KY 400-427, LA 700-714, ME 039-049, MD 206-219,
MA 010-027 055-055, MI 480-499, MN 550-567, MS 386-397, MO 630-658, MT 590-599, NE 680-693,
NV 889-898, NH 030-038, NJ 070-089, NM 870-884, NY 005-005 063-063 100-149, NC 270-289,
ND 580-588, OH 430-459, OK 730-732 734-749, OR 970-979, PA 150-196, RI 028-029, SC 290-299,
SD 570-577, TN 370-385, TX 733-733 750-799 885-885, UT 840-847, VT 050-054 056-059,
VA 201-201 220-246, WA 980-994, WV 247-268, WI 530-549, WY 820-831 834-834, PR 006-007 009-009,
VI 008-008, GU 969-969
"""
# The first letter of Canadian ones: finer than the province in Quebec and Ontario.
CANADIAN_LETTERS: Mapping[str, tuple[str, ...]] = {
    "A": ("America/Halifax", "America/St_Johns"),
    "B": ("America/Halifax",),
    "C": ("America/Halifax",),
    "E": ("America/Halifax",),
    "G": ("America/Halifax", "America/Toronto"),
    **dict.fromkeys("HJKLMN", ("America/Toronto",)),
    "P": ("America/Toronto", "America/Winnipeg"),
    "R": ("America/Winnipeg",),
    "S": ("America/Edmonton", "America/Regina"),
    "T": ("America/Edmonton",),
    "V": ("America/Edmonton", "America/Vancouver"),
    "X": ("America/Edmonton", "America/Toronto", "America/Winnipeg"),
    "Y": ("America/Whitehorse",),
}

# Two provinces share the letter X.
CANADIAN_PROVINCES: Mapping[str, str] = {
    "A": "CA-NL",
    "B": "CA-NS",
    "C": "CA-PE",
    "E": "CA-NB",
    **dict.fromkeys("GHJ", "CA-QC"),
    **dict.fromkeys("KLMNP", "CA-ON"),
    "R": "CA-MB",
    "S": "CA-SK",
    "T": "CA-AB",
    "V": "CA-BC",
    "Y": "CA-YT",
}
_MANY_ISLANDS = "969"  # Guam, the Marianas, and countries of their own


def _by_name(*tables: str) -> dict[str, tuple[str, ...]]:
    """Give the zones of states by code and name, in small letters."""
    states: dict[str, tuple[str, ...]] = {}
    for line in "".join(tables).split("\n"):
        code, *rest = line.split(" ") or [""]
        if not rest:
            continue
        zones = tuple(sorted(_ZONES.get(zone, zone) for zone in rest[0].split(",")))
        states.update((name, zones) for name in (code.casefold(), *rest[1:]))
    return states


@cache
def state_codes(country: str) -> Mapping[str, str]:
    """Give the regions of a country's states by code and name, in small letters."""
    table = {"US": _UNITED_STATES, "CA": _CANADA, "AU": _AUSTRALIA}[country]
    codes: dict[str, str] = {}
    for line in table.strip().splitlines():
        code, _, *names = line.split(" ")
        codes.update((word, f"{country}-{code}") for word in (code.casefold(), *names))
    return codes


def _states_by_zip() -> dict[str, list[str]]:
    """Give the states of American postal codes by their first three digits."""
    areas: dict[str, list[str]] = {}
    for entry in _ZIP.split(","):
        code, *ranges = entry.split()
        for each in ranges:
            first, last = each.split("-")
            for number in range(int(first), int(last) + 1):
                areas.setdefault(f"{number:03}", []).append(code)
    return areas


def _by_zip() -> dict[str, tuple[str, ...]]:
    """Give the zones of American postal codes by their first three digits."""
    return {
        area: tuple(sorted({zone for code in codes for zone in _STATES[code.casefold()]}))
        for area, codes in _states_by_zip().items()
    }


# No code or name is used by both countries.
_STATES = _by_name(_UNITED_STATES, _CANADA)
NORTH_AMERICAN_STATES: Mapping[str, tuple[str, ...]] = _STATES
AUSTRALIAN_STATES: Mapping[str, tuple[str, ...]] = _by_name(_AUSTRALIA)
AMERICAN_ZIPS: Mapping[str, tuple[str, ...]] = _by_zip()
STATES_OF_ZIPS: Mapping[str, str] = {
    area: f"US-{codes[0]}"
    for area, codes in _states_by_zip().items()
    if len(codes) == 1 and area != _MANY_ISLANDS
}
"""Only those that belong to a single state."""
