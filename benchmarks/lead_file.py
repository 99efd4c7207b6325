"""A lead file as large as wanted: written once, kept beside the other temporary files."""

import csv
import os
import random
import tempfile
from itertools import islice
from pathlib import Path

import phonenumbers

HEADER = ("Mobile Phone", "Full Name", "E-mail", "Company", "Product", "City", "Plan", "Notes")
HEADER += ("Last Contact",)
FORMS = (
    "{0}{1}{2}",
    "({0}) {1}-{2}",
    "{0}-{1}-{2}",
    "{0}.{1}.{2}",
    "+1 {0} {1} {2}",
    "+1{0}{1}{2}",
    "1-{0}-{1}-{2}",
    "1{0}{1}{2}.0",
)
BAD = ("", "n/a", "12345", "911", "1.41556E+10", "900-555-1234", "(415) 555-01", "call her")
FIRST = ("Ada", "Ben", "Cleo", "Dan", "Elif", "Finn", "Grace", "Hugo", "Inés", "Jürgen", "Zoë")
LAST = ("Adams", "Brown", "Castillo", "Dvořák", "Evans", "Fischer", "Gonzalez", "Null", "O'Brien")
CITIES = ("New York", "San Francisco", "Chicago", "Houston", "Phoenix", "Boise", "Portland")
PRODUCTS = ("Solar roof 8 kW", "Heat pump", "Wallbox 11 kW", 'Battery "Home" 10', "Insulation")
NOTES = (
    "Asked for an offer in spring",
    "Spoke to Maria at the fair",
    "Roof of 2019, by another firm",
    "Prefers short calls after work",
    "",
)
REPEATED = 0.04
REJECTED = 0.012


def lead_file(rows: int) -> Path:
    """Give a file of so many rows under a header, about 130 bytes each."""
    path = Path(tempfile.gettempdir()) / f"dialer-bench-leads-{rows}.csv"
    if path.exists():
        return path
    chance = random.Random(7)
    exchanges = _exchanges(chance)
    phones: list[tuple[str, str, str]] = []
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with unfinished.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        for row in range(rows):
            writer.writerow((_phone(chance, exchanges, phones), *_others(chance, row)))
    unfinished.rename(path)
    return path


def phones_of(path: Path, *, most: int) -> list[str]:
    """Give the phone cells of the first rows."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [cells[0] for cells in islice(csv.reader(stream), 1, most + 1)]


def _exchanges(chance: random.Random) -> list[tuple[str, str]]:
    """Give some thousands of area codes and offices that exist."""
    found = []
    while len(found) < 5_000:
        area, office = str(chance.randint(201, 989)), str(chance.randint(200, 999))
        number = phonenumbers.parse(f"+1{area}{office}2000")
        if office != "555" and phonenumbers.region_code_for_number(number) == "US":
            found.append((area, office))
    return found


def _phone(
    chance: random.Random,
    exchanges: list[tuple[str, str]],
    phones: list[tuple[str, str, str]],
) -> str:
    drawn = chance.random()
    if drawn < REJECTED:
        return chance.choice(BAD)
    if drawn < REJECTED + REPEATED and phones:
        parts = chance.choice(phones)
    else:
        parts = (*chance.choice(exchanges), f"{chance.randrange(10_000):04}")
        phones.append(parts)
    return chance.choice(FORMS).format(*parts)


def _others(chance: random.Random, row: int) -> tuple[str, ...]:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    return (
        f"{first} {last}",
        f"{first}.{last}.{row}@example.com".lower().replace("'", ""),
        f"{last} & Sons {row % 9973}",
        chance.choice(PRODUCTS),
        chance.choice(CITIES),
        f"plan-{row % 17}",
        chance.choice(NOTES),
        f"2026-{row % 12 + 1:02}-{row % 28 + 1:02}",
    )
