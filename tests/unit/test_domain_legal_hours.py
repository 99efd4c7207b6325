"""Legal calling hours, holidays and emergencies: what is refused where, and in which words."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from phonenumbers.geodata import GEOCODE_DATA

from dialer.domain.area_codes import AREA_CODES
from dialer.domain.closed import why_closed
from dialer.domain.hold import CLOSED_NOW, HoldCode
from dialer.domain.legal_hours import LegalTable, legal_days, legal_emergency, legal_table
from dialer.domain.opening import callable_minutes, may_start, next_opening
from dialer.domain.public_holidays import are_known, holiday_on
from dialer.domain.regions import Whereabouts, name_of, regions_of
from dialer.domain.window import DAYS, Window

ALWAYS = Window(days=DAYS, opens=0, closes=1440, holidays=False)
FRIDAY, SATURDAY, SUNDAY = date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 8)
THANKSGIVING = date(2026, 11, 26)
NEW_YORK = "America/New_York"


def hours(region: str, day: date) -> str:
    """Write what the law leaves of a whole day."""
    spans = callable_minutes(ALWAYS, frozenset({region}), day)
    return " ".join(f"{a // 60}:{a % 60:02}-{b // 60}:{b % 60:02}" for a, b in spans)


def at(*moment: int, zone: str = NEW_YORK) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type]


def where(*regions: str, zones: tuple[str, ...] = (NEW_YORK,)) -> Whereabouts:
    return Whereabouts(zones, frozenset(regions))


# -- the table


@pytest.mark.parametrize(
    ("region", "friday", "saturday", "sunday", "holiday"),
    [
        ("US", "8:00-21:00", "8:00-21:00", "8:00-21:00", "8:00-21:00"),
        ("US-NY", "8:00-21:00", "8:00-21:00", "8:00-21:00", "8:00-21:00"),
        ("US-AL", "8:00-20:00", "8:00-20:00", "", ""),
        ("US-LA", "8:00-20:00", "8:00-20:00", "", ""),
        ("US-MS", "8:00-20:00", "8:00-20:00", "", ""),
        ("US-FL", "8:00-20:00", "8:00-20:00", "8:00-20:00", "8:00-20:00"),
        ("US-CT", "9:00-20:00", "9:00-20:00", "9:00-20:00", "9:00-20:00"),
        ("US-KY", "10:00-21:00", "10:00-21:00", "10:00-21:00", "10:00-21:00"),
        ("US-ME", "9:00-17:00", "9:00-17:00", "9:00-17:00", "9:00-17:00"),
        ("US-NM", "9:00-21:00", "9:00-21:00", "9:00-21:00", "9:00-21:00"),
        ("US-NE", "8:00-21:00", "8:00-21:00", "13:00-21:00", "13:00-21:00"),
        ("US-PA", "8:00-21:00", "8:00-12:00", "13:30-21:00", ""),
        ("US-RI", "9:00-18:00", "10:00-17:00", "", ""),
        ("US-SD", "9:00-21:00", "9:00-21:00", "", "9:00-21:00"),
        ("US-TX", "9:00-21:00", "9:00-21:00", "12:00-21:00", "9:00-21:00"),
        ("US-UT", "9:00-20:00", "9:00-20:00", "", ""),
        ("CA-ON", "9:00-21:30", "10:00-18:00", "10:00-18:00", "9:00-21:30"),
        ("AU", "9:00-20:00", "9:00-17:00", "", "9:00-20:00"),
        ("GB", "0:00-24:00", "0:00-24:00", "0:00-24:00", "0:00-24:00"),
    ],
)
def test_the_law_of_a_region_leaves_these_hours(
    region: str, friday: str, saturday: str, sunday: str, holiday: str
) -> None:
    days = (FRIDAY, SATURDAY, SUNDAY, THANKSGIVING)
    assert tuple(hours(region, day) for day in days) == (friday, saturday, sunday, holiday)


def test_national_holidays_of_australia_are_kept_in_its_states() -> None:
    anzac_day = date(2026, 4, 25)
    assert hours("AU", anzac_day) == hours("AU-NSW", anzac_day) == ""


def test_the_law_of_every_place_holds() -> None:
    both = frozenset({"US-ME", "US-KY"})
    assert callable_minutes(ALWAYS, both, FRIDAY) == ((600, 1020),)


def test_a_campaign_can_only_narrow_the_law() -> None:
    early = Window(days=DAYS, opens="06:00", closes="10:30", holidays=False)
    assert callable_minutes(early, frozenset({"US-FL"}), FRIDAY) == ((480, 630),)
    assert callable_minutes(early, frozenset({"US-AL"}), SUNDAY) == ()


def test_a_state_never_allows_more_than_its_country() -> None:
    for rule in legal_table().rules:
        for region in rule.regions:
            for day in (FRIDAY + timedelta(days=number) for number in range(400)):
                allowed = callable_minutes(ALWAYS, frozenset({region}), day)
                country = callable_minutes(ALWAYS, frozenset({region[:2]}), day)
                assert all(any(a <= x and y <= b for a, b in country) for x, y in allowed)


def test_the_table_says_its_version_its_date_and_that_it_is_no_advice() -> None:
    table = legal_table()
    assert table.version.startswith(f"{table.date:%Y-%m}")
    assert "Not legal advice" in table.notice
    assert table.sources


def test_a_table_with_two_rules_for_a_region_is_refused() -> None:
    table = legal_table().model_dump(mode="json")
    table["rules"].append(table["rules"][0])
    with pytest.raises(ValueError, match="more than one rule for US"):
        LegalTable.model_validate(table)


def test_a_region_has_the_rule_of_its_state_and_that_of_its_country() -> None:
    assert [one.region for one in legal_days("US-FL", FRIDAY)] == ["US-FL", "US"]
    assert [one.region for one in legal_days("US-NY", FRIDAY)] == ["US"]
    assert list(legal_days("JM", FRIDAY)) == []
    assert legal_emergency("US-FL", FRIDAY) is None


# -- refusals, each with its rule, its place and its next opening

HURRICANE = {"regions": ["US-FL"], "dates": "2026-03-06/2026-03-07", "reason": "hurricane"}


@pytest.mark.parametrize(
    ("settings", "regions", "now", "code", "sentence", "opening"),
    [
        (
            {"emergencies": [HURRICANE]},
            ["US-FL"],
            at(2026, 3, 6, 12),
            HoldCode.EMERGENCY_BLOCK,
            "No calls to Florida until 2026-03-07 (hurricane);"
            " it is Fri 12:00 in America/New_York.",
            at(2026, 3, 8, 8),
        ),
        (
            {},
            ["US-FL"],
            at(2026, 3, 6, 20, 12),
            HoldCode.LEGAL_HOURS,
            "Florida allows calls until 20:00; it is Fri 20:12 in America/New_York.",
            at(2026, 3, 7, 8),
        ),
        (
            {},
            ["US-FL"],
            at(2026, 3, 6, 19, 57),
            HoldCode.LEGAL_HOURS,
            "Florida allows calls until 20:00; it is Fri 19:57 in America/New_York,"
            " and no call starts in the last five minutes.",
            at(2026, 3, 7, 8),
        ),
        (
            {},
            ["US-NY"],
            at(2026, 3, 6, 7),
            HoldCode.LEGAL_HOURS,
            "The United States allows calls from 08:00 on; it is Fri 07:00 in America/New_York.",
            at(2026, 3, 6, 8),
        ),
        (
            {},
            ["US-AL"],
            at(2026, 3, 8, 12),
            HoldCode.LEGAL_HOURS,
            "Alabama allows no calls on Sundays; it is Sun 12:00 in America/New_York.",
            at(2026, 3, 9, 8),
        ),
        (
            {},
            ["US-PA"],
            at(2026, 11, 26, 12),
            HoldCode.LEGAL_HOURS,
            "Pennsylvania allows no calls on holidays (Thanksgiving Day);"
            " it is Thu 12:00 in America/New_York.",
            at(2026, 11, 28, 8),  # the day after is a holiday there, too
        ),
        (
            {},
            ["US-NE"],
            at(2026, 11, 26, 12),
            HoldCode.LEGAL_HOURS,
            "Nebraska allows calls from 13:00 on; it is Thu 12:00 in America/New_York.",
            at(2026, 11, 26, 13),
        ),
        (
            {"holidays": True},
            ["US-FL"],
            at(2026, 11, 26, 12),
            HoldCode.HOLIDAY,
            "The campaign does not call on holidays, and it is Thanksgiving Day in Florida;"
            " it is Thu 12:00 in America/New_York.",
            at(2026, 11, 28, 8),
        ),
        (
            {"holidays": "GB"},
            ["US-NY"],
            at(2026, 5, 4, 12),
            HoldCode.HOLIDAY,
            "The campaign does not call on holidays, and it is May Day in the United Kingdom;"
            " it is Mon 12:00 in America/New_York.",
            at(2026, 5, 5, 8),
        ),
        (
            {"blackout": ["2026-03-06"]},
            ["US-NY"],
            at(2026, 3, 6, 12),
            HoldCode.BLACKOUT,
            "The campaign does not call on 2026-03-06; it is Fri 12:00 in America/New_York.",
            at(2026, 3, 7, 8),
        ),
        (
            {"opens": "09:00", "closes": "17:00"},
            ["US-FL"],
            at(2026, 3, 6, 18),
            HoldCode.OUTSIDE_WINDOW,
            "The campaign's window allows calls until 17:00; it is Fri 18:00 in America/New_York.",
            at(2026, 3, 7, 9),
        ),
        (
            {"days": ["mon"]},
            ["US-FL"],
            at(2026, 3, 6, 12),
            HoldCode.OUTSIDE_WINDOW,
            "The campaign's window allows no calls on Fridays;"
            " it is Fri 12:00 in America/New_York.",
            at(2026, 3, 9, 8),
        ),
    ],
)
def test_a_refusal_names_the_rule_and_the_place(
    settings: dict[str, object],
    regions: list[str],
    now: datetime,
    code: HoldCode,
    sentence: str,
    opening: datetime,
) -> None:
    window = Window(**{"days": DAYS, "opens": 0, "closes": 1440, "holidays": False} | settings)
    place = where(*regions)
    assert not may_start(window, place, now=now)
    hold = why_closed(window, place, now=now)
    assert (hold.code, hold.sentence) == (code, sentence)
    assert next_opening(window, place, after=now) == opening


def test_between_two_intervals_both_are_named() -> None:
    window = Window(
        holidays=False,
        hours=[
            {"days": DAYS, "opens": "09:00", "closes": "12:00"},
            {"days": DAYS, "opens": "14:00", "closes": "18:00"},
        ],
    )
    hold = why_closed(window, where("US-NY"), now=at(2026, 3, 6, 13))
    assert "calls until 12:00, and again from 14:00 on;" in hold.sentence


def test_the_gravest_of_several_reasons_is_given_wherever_it_is() -> None:
    window = Window(days=["mon"], opens="12:00", closes="13:00", blackout=["2026-11-26"])
    place = where("US-FL", zones=("America/Los_Angeles", NEW_YORK))
    seen = [why_closed(window, place, now=at(2026, 11, 26, hour)).code for hour in (23, 12)]
    assert seen == [HoldCode.LEGAL_HOURS, HoldCode.HOLIDAY]
    assert list(CLOSED_NOW).index(seen[0]) < list(CLOSED_NOW).index(seen[1])
    block = Window(days=["mon"], emergencies=[HURRICANE | {"dates": "2026-11-26"}])
    hold = why_closed(block, place, now=at(2026, 11, 26, 23))
    assert hold.code is HoldCode.EMERGENCY_BLOCK


def test_the_law_may_be_set_aside_but_not_the_campaigns_own_rules() -> None:
    free = {"days": DAYS, "opens": 0, "closes": 1440, "legal_override": "Nobody is called."}
    night = at(2026, 11, 26, 3)
    assert may_start(Window(**free, holidays=False), where("US-AL"), now=night)
    for own in ({}, {"holidays": False, "blackout": ["2026-11-26"]}):
        assert not may_start(Window(**free | own), where("US-AL"), now=night)
    own_block = HURRICANE | {"dates": "2026-11-26", "regions": ["US"]}
    window = Window(**free, holidays=False, emergencies=[own_block])
    assert not may_start(window, where("US-AL"), now=night)
    assert why_closed(window, where("US-AL"), now=night).code is HoldCode.EMERGENCY_BLOCK


# -- holidays


def test_a_holiday_is_the_local_date_of_each_zone() -> None:
    window = Window(days=DAYS, opens=0, closes=1440, legal_override="Nobody is called.")
    eve = datetime(2026, 12, 24, 20, tzinfo=ZoneInfo("America/Los_Angeles"))
    assert may_start(window, where("US", zones=("America/Los_Angeles",)), now=eve)
    assert may_start(window, where("US"), now=eve)  # 23:00 in New York
    assert not may_start(window, where("US"), now=eve + timedelta(hours=1))
    assert may_start(
        window, where("US", zones=("America/Los_Angeles",)), now=eve + timedelta(hours=1)
    )


def test_a_state_has_its_countrys_holidays_and_its_own() -> None:
    assert holiday_on(THANKSGIVING, region="US-LA") == "Thanksgiving Day"
    assert holiday_on(date(2026, 2, 17), region="US-LA") == "Mardi Gras"
    assert holiday_on(date(2026, 2, 17), region="US") is None


def test_where_nobody_knows_the_holidays_none_is_kept() -> None:
    assert not are_known("XX")
    assert not are_known("US-XX")
    assert holiday_on(date(2026, 12, 25), region="XX") is None
    assert holiday_on(date(2026, 12, 25), region="US-XX") == "Christmas Day"


# -- regions


@pytest.mark.parametrize(
    ("phone", "regions"),
    [
        ("+13055552123", {"US-FL"}),
        ("+12035552123", {"US-CT"}),
        ("+19025552123", {"CA-NS", "CA-PE"}),
        ("+18675552123", {"CA-NT", "CA-NU", "CA-YT"}),
        ("+17875552123", {"US-PR"}),
        ("+18765552123", {"JM"}),
        ("+18005552123", {"US", "CA"}),
        ("+442079460000", {"GB"}),
        ("+61412345678", {"AU"}),
        ("+390612345678", {"IT"}),
        ("+35312345678", {"IE"}),
        ("+870123456789", set()),
        ("", set()),
    ],
)
def test_a_number_tells_its_regions_by_its_first_digits(phone: str, regions: set[str]) -> None:
    assert regions_of(phone) == regions_of(phone[:5]) == regions


def test_a_fictional_number_rings_nobody_so_no_law_holds_for_it() -> None:
    assert regions_of("+13055550123") == frozenset()


def test_the_state_that_a_list_names_counts_beside_that_of_the_number() -> None:
    assert regions_of("+13055552123", own="US-NY") == {"US-FL", "US-NY"}


def test_every_area_code_serves_the_state_that_the_library_names() -> None:
    known = {prefix[1:]: names["en"] for prefix, names in GEOCODE_DATA.items() if prefix[:1] == "1"}
    for code, regions in AREA_CODES.items():
        said = known.get(code, "")
        for region in regions if said and code not in ("257",) else ():  # misspelled there
            name = name_of(region).removeprefix("the ").replace("District of Columbia", "D.C.")
            assert name in said or said.endswith(f", {region[3:]}"), (code, said, region)


def test_every_area_code_of_the_two_large_countries_has_a_state() -> None:
    for code in range(200, 1000):
        for exchange in ("200", "456", "555"):
            number = phonenumbers.PhoneNumber(
                country_code=1, national_number=int(f"{code}{exchange}2000")
            )
            region = phonenumbers.region_code_for_number(number)
            if region in ("US", "CA") and phonenumbers.number_type(number) in (
                phonenumbers.PhoneNumberType.FIXED_LINE,
                phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
            ):
                assert str(code) in AREA_CODES


@pytest.mark.parametrize(
    ("region", "name"),
    [("US-FL", "Florida"), ("DE", "Germany"), ("XX", "XX"), ("CA-XX", "CA-XX")],
)
def test_regions_have_names_for_people(region: str, name: str) -> None:
    assert name_of(region) == name
