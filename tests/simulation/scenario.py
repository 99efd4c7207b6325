"""What one run is about: campaigns, leads, lines and the day it begins, drawn from its seed."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dialer.domain.campaign_spec import CampaignSpec

NUMBERS = ("+12125550000", "+12125550001", "+12125550002")
ALL_DAY = {
    "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    "opens": "00:00",
    "closes": "24:00",
    "holidays": False,
    "legal_override": "Nobody's phone rings in a simulation.",
}
AREAS = {
    "212": "America/New_York",
    "312": "America/Chicago",
    "303": "America/Denver",
    "602": "America/Phoenix",
    "213": "America/Los_Angeles",
    "808": "Pacific/Honolulu",
}
CHANGES_OF_CLOCKS = (datetime(2026, 3, 7, 20, tzinfo=UTC), datetime(2026, 10, 31, 18, tzinfo=UTC))
DELAYED = (
    "no_answer",
    "voicemail",
    "busy",
    "declined",
    "dial_failed",
    "provider_error",
    "inactive",
    "ivr",
    "quick_hangup",
    "callback",
)
POISON = ("abc", "911", "+1 212 555 01", "1.41556E+10", "", "+44 20 7946 0958", "212-555-2368 x")
MIX = {
    "talk": 30,
    "voicemail": 15,
    "no_answer": 25,
    "busy": 6,
    "declined": 4,
    "dial_failed": 5,
    "bad_number": 3,
    "opt_out": 4,
    "callback": 5,
    "provider_error": 3,
}


@dataclass(frozen=True)
class Person:
    """Somebody on a list."""

    phone: str
    zone: str


@dataclass(frozen=True)
class Scenario:
    """The same for the same seed and number of leads."""

    start_at: datetime
    lines: int
    provider_lines: int
    calls_per_second: float | None
    replay: bool
    workers: tuple[int, ...]  # threads of each
    beats: int
    by_night: bool  # the hours of the campaigns matter
    people: tuple[tuple[Person, ...], ...]  # by campaign
    specs: tuple[CampaignSpec, ...]
    over_limit: str
    imported: bool  # the lists come by the importer
    scheduled: bool
    audited: bool  # invariants are asked from within, too
    trouble_min: int  # how long things go wrong


def draw_scenario(dice: random.Random, *, leads: int) -> Scenario:
    """Draw a scenario of about so many leads."""
    by_night = dice.random() < 0.3
    lines = dice.choice((1, 2, 3, 5, 8))
    start_at = datetime(2026, 5, 6, 15, tzinfo=UTC) + timedelta(days=dice.randrange(60))
    if by_night:
        start_at = dice.choice(CHANGES_OF_CLOCKS) + timedelta(minutes=dice.randrange(600))
    campaigns = dice.choice((1, 1, 2))
    many = max(2, round(leads * dice.choice((0.5, 0.75, 1, 1, 2.5))))
    crowd = _draw_people(dice, many)
    shared = dice.random() < 0.5
    people = tuple(
        tuple(crowd) if shared else tuple(crowd[index::campaigns]) for index in range(campaigns)
    )
    return Scenario(
        start_at=start_at,
        lines=lines,
        provider_lines=dice.choice((lines, lines + 3, max(1, lines - 1))),
        calls_per_second=dice.choice((None, None, 1.0, 5.0)),
        replay=dice.random() < 0.3,
        workers=tuple(dice.choice((2, 4, 6)) for _ in range(dice.choice((1, 2)))),
        beats=dice.choice((1, 1, 2)),
        by_night=by_night,
        people=people,
        specs=tuple(_draw_spec(dice, index, by_night=by_night) for index in range(campaigns)),
        over_limit=dice.choice(("429", "error_call")),
        imported=dice.random() < 0.15,
        scheduled=dice.random() < 0.1,
        audited=dice.random() < 0.3,
        trouble_min=dice.choice((4, 8, 25)),
    )


def _draw_people(dice: random.Random, many: int) -> list[Person]:
    found: dict[str, Person] = {}
    while len(found) < many:
        area = dice.choice(tuple(AREAS))
        phone = f"+1{area}{dice.randrange(200, 999)}{dice.randrange(2000, 9999)}"
        found[phone] = Person(phone, AREAS[area])
    return list(found.values())


def _draw_spec(dice: random.Random, index: int, *, by_night: bool) -> CampaignSpec:
    delay = dice.choice(("20s", "2m", "10m"))
    settings: dict[str, Any] = {
        "name": f"Campaign {index + 1}",
        "from_numbers": list(NUMBERS[: dice.choice((1, 2, 3))]),
        "weight": dice.choice((1.0, 1.0, 3.0)),
        "window": {"holidays": False} if by_night else ALL_DAY,
        "person": _draw_caps(dice),
        "hold": {"failed_share": 1.0, "opted_out_share": 1.0},
        "cadence": {
            "max_attempts": dice.choice((1, 2, 3)),
            "max_free_tries": dice.choice((2, 4)),
            "delays": dict.fromkeys(DELAYED, delay),
            **({"min_gap": "1m"} if dice.random() < 0.5 else {}),
        },
        "caller_id": {"choose": dice.choice(("round robin", "local presence"))},
    }
    if dice.random() < 0.3:
        settings["limits"] = {"lines": dice.choice((1, 2))}
    return CampaignSpec.model_validate(settings)


def _draw_caps(dice: random.Random) -> dict[str, Any]:
    if dice.random() < 0.3:
        return {"gap": "5m", "calls_per_day": 2, "calls_per_week": None, "calls_per_month": None}
    return {"gap": "0s", "calls_per_day": None, "calls_per_week": None, "calls_per_month": None}


def draw_list(dice: random.Random) -> str:
    """Draw a list that somebody brings: a few people, one row twice, and one nobody can use."""
    area = dice.choice(("312", "213"))
    rows = [
        f"+1{area}{dice.randrange(200, 999)}{dice.randrange(2000, 9999)},Ada"
        for _ in range(dice.randrange(2, 6))
    ]
    rows.insert(dice.randrange(len(rows)), f"{dice.choice(POISON)},Bob")
    return "\n".join(["phone,first_name", *rows, rows[0]]) + "\n"
