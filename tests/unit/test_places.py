"""Places: what people write in the columns country, state and postal code."""

import phonenumbers
import pytest

from dialer.domain.country_names import COUNTRY_NAMES
from dialer.domain.places import parse_country


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
