"""Telephone numbers: refused first, then read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.domain.phones import (
    Phone,
    PhoneKind,
    PhoneProblem,
    PhoneReason,
    parse_phone,
    split_phones,
)


def parse(
    text: str,
    *,
    country: str = "US",
    allow_fictional: bool = False,
    allowed: frozenset[str] | None = None,
) -> Phone | PhoneProblem:
    return parse_phone(
        text, country=country, allow_fictional=allow_fictional, allowed_countries=allowed
    )


def reason(found: Phone | PhoneProblem) -> PhoneReason | None:
    return found.reason if isinstance(found, PhoneProblem) else None


def e164(found: Phone | PhoneProblem) -> str | None:
    return found.e164 if isinstance(found, Phone) else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", PhoneReason.MISSING),
        ("  \u200b\u00a0 ", PhoneReason.MISSING),
        ("N/A", PhoneReason.MISSING),
        ("—", PhoneReason.MISSING),
        ("NULL", PhoneReason.MISSING),
        ("ask at reception", PhoneReason.UNPARSEABLE),
        ("+", PhoneReason.UNPARSEABLE),
        ("415-555-O123", PhoneReason.UNPARSEABLE),
        ("415-555-26?1", PhoneReason.UNPARSEABLE),
        ("4155552671+4155552672", PhoneReason.UNPARSEABLE),
        ("415 555 2671 / 415 555 2672", PhoneReason.UNPARSEABLE),
        ("fill in the number in E.164 format", PhoneReason.UNPARSEABLE),
        ("555-2671", PhoneReason.INVALID),
        ("(415) 555-01", PhoneReason.INVALID),
        ("442083661177", PhoneReason.INVALID),
        ("123-456-7890", PhoneReason.INVALID),
        ("2024-01-05", PhoneReason.INVALID),
        ("1.41556E+10", PhoneReason.DAMAGED),
        ("4,42084E+11", PhoneReason.DAMAGED),
        ("1.41555526715E+10", PhoneReason.DAMAGED),
        ("4155552671.5", PhoneReason.DAMAGED),
        ("########", PhoneReason.DAMAGED),
        ("#NAME?", PhoneReason.DAMAGED),
        ("-4155552671", PhoneReason.DAMAGED),  # "=1-4155552672" was taken for a formula
        ("-3640", PhoneReason.DAMAGED),  # "+1-415-555-2671" was
        ("1.41555E+10", PhoneReason.DAMAGED),
        ("1.415555261E+10", PhoneReason.DAMAGED),
        ("1111111111", PhoneReason.INVALID),
        ("888-888-8888", PhoneReason.INVALID),
        ("1234567890", PhoneReason.INVALID),
        ("555 2671", PhoneReason.INVALID),
        ("441534123456", PhoneReason.INVALID),
        ("114155552671", PhoneReason.INVALID),
        ("+0415123456", PhoneReason.INVALID),
        ("+4155552671", PhoneReason.INVALID),
        ("05.01.2024", PhoneReason.INVALID),
        ("212 pending", PhoneReason.UNPARSEABLE),
        ("415-555-2671 no", PhoneReason.UNPARSEABLE),
        ("415-555-2671 do not call", PhoneReason.UNPARSEABLE),
        ("fax 415-555-2671", PhoneReason.UNPARSEABLE),
        ("415-555-267x", PhoneReason.UNPARSEABLE),
        ("415-555-2671 / 8", PhoneReason.UNPARSEABLE),
        ("Enter phone number here", PhoneReason.UNPARSEABLE),
        ("415-555-HOME", PhoneReason.SHORT_OR_EMERGENCY),
        ("911", PhoneReason.SHORT_OR_EMERGENCY),
        ("Tel: 911", PhoneReason.SHORT_OR_EMERGENCY),
        ("112", PhoneReason.SHORT_OR_EMERGENCY),
        ("9-1-1", PhoneReason.SHORT_OR_EMERGENCY),
        ("+1 911", PhoneReason.SHORT_OR_EMERGENCY),
        ("0", PhoneReason.SHORT_OR_EMERGENCY),
        ("55501", PhoneReason.SHORT_OR_EMERGENCY),
        ("1-900-345-6789", PhoneReason.PREMIUM_RATE),
        ("900-555-0142", PhoneReason.PREMIUM_RATE),
        ("415-555-0123", PhoneReason.FICTIONAL),
        ("+44 7700 900123", PhoneReason.FICTIONAL),
        ("415-555-1212", PhoneReason.FICTIONAL),
    ],
)
def test_a_text_that_is_no_number_to_dial_says_why(text: str, expected: PhoneReason) -> None:
    found = parse(text)

    assert reason(found) is expected
    assert isinstance(found, PhoneProblem)
    assert found.message.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "4155552671",
        "(415) 555-2671",
        "415.555.2671",
        "1-415-555-2671",
        "+1 415 555 2671",
        "++1 415 555 2671",
        "(+1) 415 555 2671",
        "14155552671.0",
        "14155552671,00",
        "14,155,552,671",
        "1.4155552671E+10",
        "1.41555526710e10",
        '="4155552671"',
        "'+14155552671",
        "0014155552671",
        "01114155552671",
        "tel:+14155552671",
        "tel:+1-415-555-2671",
        "+1 (0)415 555 2671",
        "415_555_2671",
        "415•555•2671",
        "+1.4155552671E+10",
        "4.155552671E9",
        "4,155552671E+09",
        "4.155552671E 09",
        "mob. 415 555 2671",
        "No: 415-555-2671",
        "415–555–2671",
        "Cell: 415-555-2671",
        "415-555-2671 (home)",
        "\u202a+1\u00a0(415)\u200b555‑2671\u202c",
        "+14155552671",
        "١٤١٥٥٥٥٢٦٧١",
    ],
)
def test_one_number_is_read_however_it_is_written(text: str) -> None:
    assert e164(parse(text)) == "+14155552671"


@pytest.mark.parametrize(
    "text",
    [
        "415-555-2671 x12",
        "415-555-2671 ext. 12",
        "415-555-2671 Ext: 12",
        "415-555-2671 (ext 12)",
        "4155552671#12",
        "4155552671;ext=12",
        "4155552671,,12#",
        "4155552671p12",
        "415-555-2671 Durchwahl 12",
        "415-555-2671 Dw 12",
    ],
)
def test_an_extension_is_kept_beside_the_number(text: str) -> None:
    found = parse(text)

    assert isinstance(found, Phone)
    assert (found.e164, found.extension) == ("+14155552671", "12")


def test_an_extension_that_was_left_empty_is_none() -> None:
    found = parse("415-555-2671 ext.")

    assert isinstance(found, Phone)
    assert (found.e164, found.extension) == ("+14155552671", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1-800-FLOWERS", "+18003569377"),
        ("1 800 flowers", "+18003569377"),
        ("1-800-GOT-JUNK", "+18004685865"),
        ("1-800-MOBILE-1", "+18006624531"),
        ("1-800-CONTACTS", "+18002668228"),  # the network ignores the eighth letter
        ("212-MATTRES", "+12126288737"),
    ],
)
def test_letters_on_the_keypad_are_spelled_out(text: str, expected: str) -> None:
    assert e164(parse(text)) == expected


def test_toll_free_numbers_belong_to_every_list_of_north_america() -> None:
    found = parse("1-800-356-9377", country="CA", allowed=frozenset({"CA"}))

    assert isinstance(found, Phone)
    assert (found.country, found.kind) == ("CA", PhoneKind.TOLL_FREE)
    assert reason(parse("212-662-9377", country="CA", allowed=frozenset({"CA"}))) is (
        PhoneReason.COUNTRY_NOT_ALLOWED
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+44 (0)20 8366 1177", "+442083661177"),
        ("+49 (0)30 123456", "+4930123456"),
        ("+34 (0)91 123 4567", "+34911234567"),
        ("+39 (0)6 6988 1234", "+390669881234"),  # in Italy the zero is part of the number
        ("+39 (0)347 1234567", "+393471234567"),  # but not of a mobile's
        ("+011 44 20 8366 1177", "+442083661177"),
        ("+52 1 55 4321 5678", "+525543215678"),
    ],
)
def test_a_zero_or_prefix_that_is_not_dialed_from_abroad_is_dropped(
    text: str, expected: str
) -> None:
    assert e164(parse(text)) == expected


def test_a_prefix_that_may_mean_two_countries_is_refused_or_read_as_at_home() -> None:
    assert e164(parse("0011 44 20 8366 1177", country="AU")) == "+442083661177"
    assert reason(parse("14155552671", country="GB")) is PhoneReason.INVALID
    # Vienna, or the United States through the Brazilian carrier 43.
    assert reason(parse("0043 1 4155552671", country="BR")) is PhoneReason.UNPARSEABLE


def test_a_local_number_is_told_that_its_area_code_is_missing() -> None:
    found = parse("555-2671")

    assert isinstance(found, PhoneProblem)
    assert "area code" in found.message


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("0191 498 0123", "GB"),
        ("029 2018 0123", "GB"),
        ("0491 570 006", "AU"),
        ("02 5550 1234", "AU"),
        ("01 99 00 12 34", "FR"),
        ("030 23125 123", "DE"),
    ],
)
def test_numbers_kept_for_films_are_refused_in_other_countries_too(text: str, country: str) -> None:
    assert reason(parse(text, country=country)) is PhoneReason.FICTIONAL


def test_a_number_without_country_code_belongs_to_the_lists_country() -> None:
    assert e164(parse("0415 123 456", country="AU")) == "+61415123456"
    assert e164(parse("415123456", country="AU")) == "+61415123456"
    assert e164(parse("020 8366 1177", country="GB")) == "+442083661177"


def test_a_double_zero_means_a_plus_in_the_united_states_too() -> None:
    assert e164(parse("0044 20 8366 1177")) == "+442083661177"
    assert e164(parse("011 44 20 8366 1177")) == "+442083661177"


def test_ten_digits_that_ring_in_jamaica_are_refused_for_a_list_of_the_united_states() -> None:
    found = parse("876-555-2734", allowed=frozenset({"US"}))

    assert reason(found) is PhoneReason.COUNTRY_NOT_ALLOWED
    assert e164(parse("876-555-2734", allowed=frozenset({"US", "JM"}))) == "+18765552734"


def test_a_fictional_number_is_accepted_where_the_list_allows_it() -> None:
    us = frozenset({"US"})

    assert e164(parse("(415) 555-0123", allow_fictional=True, allowed=us)) == "+14155550123"
    assert e164(parse("+44 7700 900123", allow_fictional=True)) == "+447700900123"


def test_a_fictional_number_in_an_area_code_nobody_has_is_accepted_too() -> None:
    found = parse("+1 999 555 0123", allow_fictional=True, allowed=frozenset({"US"}))

    assert isinstance(found, Phone)
    assert (found.e164, found.country) == ("+19995550123", "US")


def test_directory_assistance_is_refused_even_where_fiction_is_allowed() -> None:
    assert reason(parse("415-555-1212", allow_fictional=True)) is PhoneReason.FICTIONAL


def test_a_fictional_number_abroad_is_still_abroad() -> None:
    found = parse("+44 7700 900123", allow_fictional=True, allowed=frozenset({"US"}))

    assert reason(found) is PhoneReason.COUNTRY_NOT_ALLOWED


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("4155550123 / 4155550124", ["4155550123 ", " 4155550124"]),
        ("4155550123\n4155550124", ["4155550123", "4155550124"]),
        ("415 555 0123 or 415-555-0199", ["415 555 0123 ", " 415-555-0199"]),
        ("4155550123 4155550124", ["4155550123", "4155550124"]),
        ("030/1234567", ["030/1234567"]),
        ("415-555-0123;ext=4", ["415-555-0123;ext=4"]),
        ("+14155550123/+14165550124", ["+14155550123", "+14165550124"]),
        ("+14155550123+14155550124", ["+14155550123", "+14155550124"]),
        ("4155550123+4155550124", ["4155550123+4155550124"]),
        ("4155550123;4155550124", ["4155550123", "4155550124"]),
        ("(415) 555-0123 (415) 555-0124", ["(415) 555-0123", "(415) 555-0124"]),
        ("+1 415 555 0123 +1 415 555 0124", ["+1 415 555 0123", "+1 415 555 0124"]),
        ("H: 415-555-0123 C: 415-555-0124", ["H: 415-555-0123", "C: 415-555-0124"]),
        ("415-555-0123, 0124", ["415-555-0123, 0124"]),
        ("415-555-0123 ext 1234567", ["415-555-0123 ext 1234567"]),
        ("415-555-0123; 911", ["415-555-0123", " 911"]),
        ("415-555-0123 or 22", ["415-555-0123 ", " 22"]),
        ("", [""]),
    ],
)
def test_a_cell_is_taken_apart_where_one_number_surely_ends(cell: str, parts: list[str]) -> None:
    assert split_phones(cell) == parts


@given(st.text(max_size=40))
def test_any_text_gives_a_number_or_a_problem(text: str) -> None:
    for part in split_phones(text):
        assert isinstance(parse(part), Phone | PhoneProblem)


@given(st.text(alphabet="0123456789+-. ()/x", max_size=25))
def test_a_number_that_was_read_is_read_again_as_itself(text: str) -> None:
    found = parse(text)

    if isinstance(found, Phone):
        assert e164(parse(found.e164)) == found.e164
