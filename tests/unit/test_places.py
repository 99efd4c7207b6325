"""Places: what people write in the columns country, state and postal code."""

from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from dialer.domain.country_names import COUNTRY_NAMES
from dialer.domain.places import (
    parse_country,
    region_of_place,
    zones_of_postal_code,
    zones_of_state,
)
from dialer.domain.regions import name_of
from dialer.domain.state_zones import (
    AMERICAN_ZIPS,
    AUSTRALIAN_STATES,
    CANADIAN_LETTERS,
    NORTH_AMERICAN_STATES,
    state_codes,
)

TWO_TIMES = ["FL", "TN", "KY", "IN", "MI", "ND", "SD", "NE", "KS", "TX", "ID", "OR", "AK", "NV"]
TWO_TIMES += ["AZ", "ON", "BC", "QC", "SK", "NU"]
EASTERN, CENTRAL, MOUNTAIN = "America/New_York", "America/Chicago", "America/Denver"


@pytest.mark.parametrize(
    "text", ["", "Mars", "Congo", "1", "+1", "US1", "London, UK", "USA / Canada", "--", "x"]
)
def test_a_text_that_names_no_single_country_is_unknown(text: str) -> None:
    assert parse_country(text) is None


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("us", "US"),
        ("U.S.A.", "US"),
        (" United States ", "US"),
        ("The United States of America", "US"),
        ("US - United States", "US"),
        ("United States (USA)", "US"),
        ("EE. UU.", "US"),
        ("États-Unis", "US"),
        ("Vereinigte Staaten", "US"),
        ("UK", "GB"),
        ("Royaume-Uni", "GB"),
        ("Scotland", "GB"),
        ("Österreich", "AT"),
        ("Oesterreich", "AT"),
        ("España", "ES"),
        ("Alemanha", "DE"),
        ("Svizzera", "CH"),
        ("Côte d'Ivoire", "CI"),
        ("Ivory Coast", "CI"),
        ("Trinidad & Tobago", "TT"),
        ("Saint Lucia", "LC"),
        ("St. Lucia", "LC"),
        ("Korea, Republic of", "KR"),
        ("CAN", "CA"),
        ("aus", "AU"),
        ("The Netherlands", "NL"),
        ("Puerto Rico", "PR"),
        ("Türkiye", "TR"),
        ("Jersey", "JE"),
    ],
)
def test_a_country_is_read_as_people_write_it(text: str, country: str) -> None:
    assert parse_country(text) == country


def test_no_name_means_two_countries_and_every_country_has_telephones() -> None:
    owners: dict[str, str] = {}
    for line in COUNTRY_NAMES.strip().splitlines():
        code, _, names = line.partition(":")
        assert code in phonenumbers.SUPPORTED_REGIONS
        for name in names.split(","):
            assert owners.setdefault(name.strip(), code) == code
            assert parse_country(name) == code


@pytest.mark.parametrize(
    ("text", "country"),
    [("", "US"), ("Atlantis", "US"), ("TX", "DE"), ("NSW", "US"), ("TX / FL", "US"), ("12", "US")],
)
def test_a_state_that_is_not_understood_says_nothing(text: str, country: str) -> None:
    assert zones_of_state(text, country=country) == ()


@pytest.mark.parametrize(
    ("text", "country", "zones"),
    [
        ("TX", "US", {CENTRAL, MOUNTAIN}),
        ("Tex.", "US", {CENTRAL, MOUNTAIN}),
        ("texas", "US", {CENTRAL, MOUNTAIN}),
        ("TX - Texas", "US", {CENTRAL, MOUNTAIN}),
        ("US-NY", "US", {EASTERN}),
        ("N.Y.", "US", {EASTERN}),
        ("New Hampshire", "US", {EASTERN}),
        ("CA", "US", {"America/Los_Angeles"}),
        ("Arizona", "US", {"America/Phoenix", MOUNTAIN}),
        ("ON", "US", {"America/Toronto", "America/Winnipeg"}),
        ("Québec", "CA", {"America/Toronto", "America/Halifax"}),
        ("WA", "US", {"America/Los_Angeles"}),
        ("WA", "AU", {"Australia/Perth"}),
        ("New South Wales", "AU", {"Australia/Sydney", "Australia/Broken_Hill"}),
    ],
)
def test_a_state_has_the_zones_of_all_its_parts(text: str, country: str, zones: set[str]) -> None:
    assert set(zones_of_state(text, country=country)) == zones


@pytest.mark.parametrize("code", TWO_TIMES)
def test_a_state_with_two_times_gives_both(code: str) -> None:
    assert len(zones_of_state(code, country="US")) > 1


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("", "US"),
        ("10115", "DE"),
        ("12", "US"),
        ("1234567890", "US"),
        ("D1A 1A1", "CA"),
        ("SW1A", "US"),
    ],
)
def test_a_postal_code_that_is_not_understood_says_nothing(text: str, country: str) -> None:
    assert zones_of_postal_code(text, country=country) == ()


@pytest.mark.parametrize(
    ("text", "zones"),
    [
        ("02139", {EASTERN}),
        ("2139", {EASTERN}),
        ("2139.0", {EASTERN}),
        ("02139-1234", {EASTERN}),
        ("21391234", {EASTERN}),
        ("501", {EASTERN}),
        ("60601", {CENTRAL}),
        ("79901", {CENTRAL, MOUNTAIN}),
        ("73301", {CENTRAL, MOUNTAIN}),
        ("96813", {"Pacific/Honolulu"}),
        ("96799", {"Pacific/Pago_Pago"}),
        ("00901", {"America/Puerto_Rico"}),
        ("m5v 2t6", {"America/Toronto"}),
        ("P7B5E1", {"America/Toronto", "America/Winnipeg"}),
        ("V6B", {"America/Vancouver", "America/Edmonton"}),
    ],
)
def test_a_postal_code_has_the_zones_of_its_state(text: str, zones: set[str]) -> None:
    assert set(zones_of_postal_code(text, country="US")) == zones


def test_every_zone_of_every_place_exists() -> None:
    tables = (NORTH_AMERICAN_STATES, AUSTRALIAN_STATES, AMERICAN_ZIPS, CANADIAN_LETTERS)

    assert all(ZoneInfo(zone) for table in tables for zones in table.values() for zone in zones)


def test_every_state_has_its_own_code_and_names() -> None:
    assert len([name for name in NORTH_AMERICAN_STATES if len(name) == 2]) >= 51 + 5 + 13
    assert len([name for name in AUSTRALIAN_STATES if len(name) <= 3]) == 8


@pytest.mark.parametrize(
    ("state", "postal_code", "country"),
    [
        ("", "", "US"),
        ("Atlantis", "", "US"),
        ("NY / NJ", "", "US"),
        ("", "06390", "US"),  # a zip of New York among those of Connecticut
        ("", "83414", "US"),  # Idaho's and Wyoming's
        ("", "96941", "US"),  # an island that is a country of its own
        ("", "X0A 0H0", "CA"),  # Nunavut's and the Northwest Territories'
        ("", "10115", "DE"),
        ("Bayern", "", "DE"),
        ("", "K", "CA"),
    ],
)
def test_a_place_in_more_than_one_state_names_no_region(
    state: str, postal_code: str, country: str
) -> None:
    assert region_of_place(state, postal_code, country=country) is None


@pytest.mark.parametrize(
    ("state", "postal_code", "country", "region"),
    [
        ("FL", "", "US", "US-FL"),
        ("Florida", "", "US", "US-FL"),
        ("FL - Florida", "", "US", "US-FL"),
        ("FL", "10001", "US", "US-FL"),
        ("Atlantis", "33101", "US", "US-FL"),
        ("", "2139", "US", "US-MA"),
        ("", "96799", "US", "US-AS"),
        ("", "96813", "US", "US-HI"),
        ("Québec", "", "US", "CA-QC"),
        ("", "m5v 2t6", "CA", "CA-ON"),
        ("WA", "", "US", "US-WA"),
        ("WA", "", "AU", "AU-WA"),
    ],
)
def test_a_state_or_the_postal_code_of_one_names_the_region(
    state: str, postal_code: str, country: str, region: str
) -> None:
    assert region_of_place(state, postal_code, country=country) == region


@pytest.mark.parametrize("country", ["US", "CA"])
def test_every_state_of_a_list_is_a_region_with_a_name(country: str) -> None:
    regions = set(state_codes(country).values())

    assert [region for region in regions if name_of(region) == region] == []
    assert set(state_codes(country)) <= set(NORTH_AMERICAN_STATES)
