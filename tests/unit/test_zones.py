"""Zones: a number's owner may be in more of them than one thinks."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from phonenumbers.tzdata import TIMEZONE_DATA

from dialer.domain.zone_names import SPOKEN, WINDOWS
from dialer.domain.zones import LeadZones, ZoneSource, parse_zone, zones_for, zones_of

EASTERN, CENTRAL, MOUNTAIN = "America/New_York", "America/Chicago", "America/Denver"


@pytest.mark.parametrize(
    "phone",
    [
        "+18005550123",  # toll-free
        "+15005550123",  # personal numbers
        "+17105550123",  # no place at all
        "+61412345678",  # Australian mobiles are used from Perth to Sydney
        "+79161234567",  # Russian mobiles even more so
        "+448081570123",  # toll-free in the United Kingdom
        "+999",
        "",
    ],
)
def test_nothing_is_known_of_numbers_that_belong_nowhere(phone: str) -> None:
    assert zones_of(phone) == ()


@pytest.mark.parametrize(
    ("phone", "zones"),
    [
        ("+12125550123", (EASTERN,)),
        ("+13125550123", (CENTRAL,)),
        ("+16025550123", ("America/Phoenix",)),
        ("+442083661177", ("Europe/London",)),
        ("+4915112345678", ("Europe/Berlin",)),
        ("+61283661177", ("Australia/Sydney",)),
    ],
)
def test_most_numbers_have_one_zone(phone: str, zones: tuple[str, ...]) -> None:
    assert zones_of(phone) == zones


@pytest.mark.parametrize(
    ("codes", "zones"),
    [
        ("219 270 364 423 729 574 606 812 930 850 448 906", {EASTERN, CENTRAL}),
        ("308 432 605 620 701 785 915", {CENTRAL, MOUNTAIN}),
        ("208 986 775 541 458", {"America/Los_Angeles"}),
        ("250 236 672 778", {"America/Vancouver", "America/Edmonton"}),
        ("928", {MOUNTAIN, "America/Phoenix"}),
    ],
)
def test_an_area_code_that_crosses_a_line_has_the_zones_of_both_sides(
    codes: str, zones: set[str]
) -> None:
    for code in codes.split():
        found = zones_of(f"+1{code}5550123")
        assert zones <= set(found)
        assert len(found) > 1


@pytest.mark.parametrize(
    "code",
    [
        *(208, 219, 270, 308, 423, 541, 574, 605, 606, 620, 701, 775, 785, 812, 850, 906, 907, 928),
        *(986, 364, 448, 930, 458, 915, 432),
    ],
)
def test_an_area_code_known_to_cross_a_line_tells_two_times_at_some_moment(code: int) -> None:
    moments = [datetime(2026, month, 15, 12, tzinfo=UTC) for month in range(1, 13)]
    zones = [ZoneInfo(name) for name in zones_of(f"+1{code}5550123")]

    assert any(len({at.astimezone(zone).utcoffset() for zone in zones}) > 1 for at in moments)


def test_the_exchange_makes_no_difference_inside_an_area_code() -> None:
    assert zones_of("+12198831234") == zones_of("+12195550123")


def test_british_mobiles_have_zones_because_all_of_them_tell_the_same_time() -> None:
    assert "Europe/London" in zones_of("+447400123456")


def test_every_zone_of_every_area_code_exists() -> None:
    codes = {prefix[1:4] for prefix in TIMEZONE_DATA if prefix[:1] == "1" and len(prefix) > 3}

    for code in codes:
        zones = zones_of(f"+1{code}5550123")
        assert zones
        assert list(zones) == sorted(zones)
        assert all(ZoneInfo(zone) for zone in zones)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mars",
        "GMT-5",
        "UTC-5",
        "GMT+1",
        "GMT",
        "-05:00",
        "(UTC-05:00)",
        "Etc/GMT+5",
        "../etc/passwd",
        "Eastern Time (Australia)",
        "West",
        "AEST",
    ],
)
def test_a_zone_that_does_not_say_what_happens_in_summer_is_unknown(text: str) -> None:
    assert parse_zone(text) is None


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("America/New_York", EASTERN),
        (" america/new york ", EASTERN),
        ("EST", EASTERN),
        ("Eastern", EASTERN),
        ("Eastern Standard Time", EASTERN),
        ("(UTC-05:00) Eastern Time (US & Canada)", EASTERN),
        ("CDT", CENTRAL),
        ("MST", MOUNTAIN),
        ("Arizona", "America/Phoenix"),
        ("PT", "America/Los_Angeles"),
        ("US/Pacific", "America/Los_Angeles"),
        ("Hawaii", "Pacific/Honolulu"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("UTC", "UTC"),
        ("Eastern Time (US & Canada)", EASTERN),
        ("Eastern Time (ET)", EASTERN),
        ("(UTC-05:00) Indiana (East)", "America/Indiana/Indianapolis"),
        ("Eastern Standard Time (Mexico)", "America/Cancun"),
        ("US Eastern Standard Time", "America/Indiana/Indianapolis"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("GMT Standard Time", "Europe/London"),
        ("AUS Eastern Standard Time", "Australia/Sydney"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("New York", EASTERN),
        ("CET", "Europe/Berlin"),
    ],
)
def test_a_zone_is_read_as_people_write_it(text: str, zone: str) -> None:
    assert parse_zone(text) == zone


def test_every_name_in_the_tables_is_read_as_its_zone() -> None:
    spoken = SPOKEN.split("\n")
    for line in filter(None, [*spoken, *WINDOWS.split("\n")]):
        zone, _, names = line.partition(": ")
        assert ZoneInfo(zone)
        for name in names.split() if line in spoken else [names]:
            assert parse_zone(name) == zone


def test_a_lead_has_every_zone_of_its_list_and_of_its_number() -> None:
    found = zones_for(
        "+12125552671", given="PT", state="TX", postal_code="96813", country="US", default=None
    )

    zones = (CENTRAL, MOUNTAIN, "America/Los_Angeles", EASTERN, "Pacific/Honolulu")
    joined = ",".join(sorted(zones))
    assert found == LeadZones(tuple(sorted(zones)), ZoneSource.GIVEN, joined, "US-TX")


@pytest.mark.parametrize(
    ("phone", "state", "postal_code", "default", "zones", "source"),
    [
        ("+12125552671", "", "", CENTRAL, {EASTERN}, ZoneSource.NUMBER),
        ("+12125552671", "Florida", "", None, {EASTERN, CENTRAL}, ZoneSource.PLACE),
        ("+12125552671", "", "60601", None, {EASTERN, CENTRAL}, ZoneSource.PLACE),
        ("+12125552671", "Atlantis", "x", None, {EASTERN}, ZoneSource.NUMBER),
        ("+18005552671", "", "", CENTRAL, {CENTRAL}, ZoneSource.LIST_DEFAULT),
        ("+18005552671", "Atlantis", "", CENTRAL, {CENTRAL}, ZoneSource.LIST_DEFAULT),
        ("+18005552671", "IL", "", MOUNTAIN, {CENTRAL}, ZoneSource.PLACE),
        ("+18005552671", "", "", None, set(), ZoneSource.NONE),
        ("+442083661177", "", "", None, {"Europe/London"}, ZoneSource.NUMBER),
    ],
)
def test_the_source_of_the_zones_is_the_best_that_was_understood(
    phone: str,
    state: str,
    postal_code: str,
    default: str | None,
    zones: set[str],
    source: ZoneSource,
) -> None:
    found = zones_for(phone, state=state, postal_code=postal_code, country="US", default=default)

    assert found is not None
    assert (set(found.zones), found.source) == (zones, source)
    assert found.joined == ",".join(found.zones)


def test_a_given_zone_that_cannot_be_read_gives_no_zones_at_all() -> None:
    assert zones_for("+12125552671", given="GMT-5", country="US", default=EASTERN) is None
