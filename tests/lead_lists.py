"""Lead files and campaign files for forecasts: as many numbers of a place as a test wants."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

NUMBERS = {
    "America/New_York": "+1212{:07d}",
    "America/St_Johns": "+1709{:07d}",  # Labrador too, so that Halifax must agree
    "Europe/Berlin": "+4930{:08d}",
    "Europe/London": "+4420{:08d}",
    "Australia/Sydney": "+612{:08d}",
    "Pacific/Auckland": "+649{:07d}",
}
FIRST = {
    "America/New_York": 2_000_211,
    "America/St_Johns": 7_220_211,
    "Europe/Berlin": 20_000_211,
    "Europe/London": 70_000_211,
    "Australia/Sydney": 80_000_211,
    "Pacific/Auckland": 3_000_211,
}
COUNTRIES = ["US", "CA", "DE", "GB", "AU", "NZ"]
ALL_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def numbers_in(zone: str, count: int) -> Iterator[str]:
    """Give numbers of a zone; none ends in the digits that force an outcome."""
    for index in range(count):
        yield NUMBERS[zone].format(FIRST[zone] + index // 9_000 * 10_000 + index % 9_000)


def write_campaign(
    folder: Path,
    *,
    people: Mapping[str, int],
    window: Mapping[str, Any] | None = None,
    cadence: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Path:
    """Write a campaign file and a list of so many people in each zone; gives the campaign file."""
    with (folder / "people.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["phone", "name"])
        for zone, count in people.items():
            writer.writerows([number, f"Ada of {zone}"] for number in numbers_in(zone, count))
    values = {
        "name": "Forecast",
        "leads": "people.csv",
        "from_numbers": ["+14155550198"],
        "allowed_countries": COUNTRIES,
        **settings,
    }
    lines = [f"{name} = {_toml(value)}" for name, value in values.items()]
    lines += [f"window = {_toml(window)}"] if window else []
    lines += [f"cadence = {_toml(cadence)}"] if cadence else []
    path = folder / "campaign.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
