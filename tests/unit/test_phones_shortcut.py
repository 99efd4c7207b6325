"""The shortcut for North American numbers gives what the library gives, for every number.

`make proofs` compares a million numbers, of which every area code with every exchange is the
greater part; by default a sample of them is taken.
"""

import os
import random
import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata, PhoneNumberFormat

from dialer.domain.exchanges import DIVIDED, NORTH_AMERICA, line_of
from dialer.domain.phones import Phone, parse_phone, parse_with_library

pytestmark = pytest.mark.timeout(1200)  # a million numbers on a slow machine

COMPARED = int(os.environ.get("DIALER_COMPARED", "20000"))
EXCHANGES = [f"{area}{office}" for area in range(200, 1000) for office in range(200, 1000)]
AREAS = (800, 833, 844, 855, 866, 877, 888, 900, 500, 521, 533, 600, 622, 710, 911, 555, "000", 123)
KINDS = (
    *("general_desc", "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost"),
    *("voip", "personal_number", "pager", "uan", "voicemail"),
)
FORMS = (
    "+1{}{}{}",
    "{}{}{}",
    "1{}{}{}",
    "({}) {}-{}",
    "({}){}-{}",
    "{}-{}-{}",
    "1-{}-{}-{}",
    "+1 ({}) {}-{}",
    "+1 {} {} {}",
    "+1-{}-{}-{}",
    "1 {} {} {}",
    "{}.{}.{}",
    "{} {} {}",
    "1{}{}{}.0",
    "{}{}{},00",
    "+1.{}.{}.{}",
    "{}) {}-{}",
    "1({}) {}{}",
    "({}-{}-{}",
    "{}--{}{}",
    "{} -{} {}",
)


def answers_agree(text: str, *, country: str, allowed: str, fictional: bool) -> bool:
    options = {
        "country": country,
        "allow_fictional": fictional,
        "allowed_countries": frozenset(allowed.split()) if allowed else None,
    }
    return parse_phone(text, **options) == parse_with_library(text, **options)


def disagreements(texts: Iterator[str], *, chance: random.Random) -> list[str]:
    """Compare under lists of many countries, since a list decides what a bare number means."""
    lists = [
        {"country": country, "allowed": allowed, "fictional": fictional}
        for country in ("US", "US", "US", "CA", "JM", "BB", "PR", "GB", "DE", "AU")
        for allowed in (country, "", "US CA", "GB")
        for fictional in (False, True)
    ]
    return [text for text in texts if not answers_agree(text, **chance.choice(lists))]


def every_exchange(chance: random.Random) -> Iterator[str]:
    for exchange in chance.sample(EXCHANGES, len(EXCHANGES)):
        form = chance.choice(FORMS)
        yield form.format(exchange[:3], exchange[3:], f"{chance.randrange(10_000):04}")


def special_exchanges(chance: random.Random) -> Iterator[str]:
    """Give fiction, the directory, premium and toll-free numbers, and the islands'."""
    islands = [
        metadata.leading_digits
        for region in NORTH_AMERICA
        if (metadata := PhoneMetadata.metadata_for_region(region)) and metadata.leading_digits
    ]
    areas = re.findall(r"\b[2-9]\d\d\b", " ".join(islands))
    areas += [str(area) for area in AREAS]
    divided = sorted(DIVIDED)
    while True:
        area = chance.choice([*areas, str(chance.randrange(200, 1000))])
        office = chance.choice(["555", "911", "976", "000", str(chance.randrange(100, 1000))])
        if chance.random() < 0.1:
            exchange = chance.choice(divided)
            area, office = exchange[:3], exchange[3:]
        rest = chance.choice(["0100", "0199", "1212", "0000", f"{chance.randrange(10_000):04}"])
        yield chance.choice(FORMS).format(area, office, rest)


def numbers_of_all_countries(chance: random.Random) -> Iterator[str]:
    """Give examples of every country in every form, with a digit changed now and then."""
    examples = [
        example
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for number_type in (0, 1, 2, 3, 4)
        if (example := phonenumbers.example_number_for_type(region, number_type))
    ]
    forms = (PhoneNumberFormat.E164, PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL)
    while True:
        text = phonenumbers.format_number(chance.choice(examples), chance.choice(forms))
        if chance.random() < 0.5:
            place = chance.randrange(len(text))
            text = text[:place] + str(chance.randrange(10)) + text[place + 1 :]
        yield text


def noise(chance: random.Random) -> Iterator[str]:
    while True:
        yield "".join(chance.choices("01245689+-. ()", k=chance.randint(7, 16)))


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize(
    ("numbers", "share"),
    [
        (every_exchange, 0.64),
        (special_exchanges, 0.16),
        (numbers_of_all_countries, 0.12),
        (noise, 0.08),
    ],
)
def test_the_shortcut_gives_what_the_library_gives(
    numbers: Callable[[random.Random], Iterator[str]], share: float, part: int
) -> None:
    count = int(COMPARED * share)
    sample = islice(numbers(random.Random(7)), part * count // 4, (part + 1) * count // 4)

    assert disagreements(sample, chance=random.Random(part)) == []


def test_no_pattern_looks_at_the_last_four_digits() -> None:
    """What the shortcut rests upon; new metadata that breaks it would be seen here."""
    for pattern in _patterns():
        for alternative in _alternatives(pattern):
            ending = re.search(r"\\d\{(\d)\}$", alternative)
            assert ending
            if int(ending[1]) < 4:
                assert _exchanges_under(alternative) <= DIVIDED


def test_divided_exchanges_do_not_take_the_shortcut() -> None:
    read = partial(
        parse_phone, country="US", allow_fictional=False, allowed_countries=frozenset({"BB"})
    )

    assert all(line_of(exchange) is None for exchange in DIVIDED)
    assert isinstance(read("246 521 1234"), Phone)
    assert not isinstance(read("246 521 2234"), Phone)


def _patterns() -> set[str]:
    descriptions = [
        getattr(PhoneMetadata.metadata_for_region(region), kind)
        for region in NORTH_AMERICA
        for kind in KINDS
    ]
    return {each.national_number_pattern for each in descriptions if each} - {None}


def _alternatives(pattern: str) -> list[str]:
    """Split a pattern at the bars that stand in no bracket."""
    parts, depth = [""], 0
    for char in pattern:
        depth += (char in "([") - (char in ")]")
        if char == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _exchanges_under(alternative: str) -> set[str]:
    """Give the exchanges that a pattern with fewer than four free digits divides."""
    pattern = re.compile(alternative)
    matched = {
        exchange: sum(pattern.fullmatch(f"{exchange}{digit}000") is not None for digit in range(10))
        for exchange in EXCHANGES
        if exchange[:3] in {"246", "876"} or pattern.fullmatch(exchange + "2000")
    }
    return {exchange for exchange, count in matched.items() if 0 < count < 10}
