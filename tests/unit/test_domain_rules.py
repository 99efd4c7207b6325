"""Cadence, gates, patience and durations: the rules that need neither clock nor database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.domain import patience
from dialer.domain.dispositions import Verdict
from dialer.domain.durations import format_duration, parse_duration
from dialer.domain.gates import DialFacts, HoldCode, why_not_dial
from dialer.domain.hold import CLOSED_NOW
from dialer.domain.patience import AbsenceFacts, absence_confirmed, next_look_up, replay_due
from dialer.domain.person_caps import PersonCall, PersonCaps, PersonFacts
from dialer.domain.states import CampaignStatus, ClosedAs, LeadStatus
from dialer.domain.window import DAYS, Window

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)  # Wednesday, 10:00 in New York
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAY = timedelta(days=1)
CLOSING = {
    Verdict.REACHED: ClosedAs.REACHED,
    Verdict.SUPPRESS: ClosedAs.SUPPRESSED,
    Verdict.INVALID: ClosedAs.INVALID_NUMBER,
    Verdict.REVIEW: ClosedAs.EXHAUSTED,
}


# -- gates


FREE = DialFacts(
    campaign_status=CampaignStatus.RUNNING,
    lead_status=LeadStatus.READY,
    suppressed=False,
    zones=("America/New_York",),
    regions=frozenset({"US-NY"}),
    window=Window(days=DAYS, opens=540, closes=1200),
    person=PersonFacts(calls=(), campaign_id=1, caps=PersonCaps(), keeps_promise=False),
)


def called(*hours_ago: int, campaign_id: int | None = 1) -> dict[str, Any]:
    """Change the facts: the person had calls so many hours ago."""
    calls = [PersonCall(NOW - ago * HOUR, campaign_id) for ago in hours_ago]
    return {"person": replace(FREE.person, calls=calls)}


LATER = NOW + MINUTE
REASONS: list[tuple[HoldCode, dict[str, Any], datetime | None]] = [
    (HoldCode.SUPPRESSED, {"suppressed": True}, None),
    (HoldCode.LEAD_CLOSED, {"lead_status": LeadStatus.CLOSED}, None),
    (HoldCode.CAMPAIGN_ENDED, {"ends_at": NOW}, None),
    (HoldCode.NO_ZONE, {"zones": ()}, None),
    (
        HoldCode.NEVER_OPEN,
        {
            "zones": ("America/New_York", "Asia/Kolkata"),
            "window": Window(days=DAYS, opens=720, closes=780),
        },
        None,
    ),
    (
        HoldCode.EMERGENCY_BLOCK,
        {
            "window": Window(
                days=DAYS,
                emergencies=[{"regions": ["US"], "dates": "2026-03-04", "reason": "blizzard"}],
            )
        },
        NOW + 23 * HOUR,
    ),
    (HoldCode.LEGAL_HOURS, {"zones": ("America/Los_Angeles",)}, NOW + 2 * HOUR),
    (
        HoldCode.HOLIDAY,
        {"window": Window(days=DAYS, holidays="IN")},  # Holi
        NOW + 23 * HOUR,
    ),
    (
        HoldCode.BLACKOUT,
        {"window": Window(days=DAYS, blackout=["2026-03-01/2026-03-04"])},
        NOW + 23 * HOUR,
    ),
    (
        HoldCode.OUTSIDE_WINDOW,
        {"window": Window(days=DAYS, opens=660, closes=720)},
        NOW + HOUR,
    ),
    # The calls are old enough at night, and the window opens at 9:00.
    (HoldCode.LEGAL_MAXIMUM, called(3, 4, 12), NOW + 23 * HOUR),
    (HoldCode.CALLED_OFTEN, called(3, 4), NOW + 23 * HOUR),
    (HoldCode.CALLED_LATELY, called(2, campaign_id=2), NOW + HOUR),
    (HoldCode.NOT_RUNNING, {"campaign_status": CampaignStatus.PAUSED}, None),
    (HoldCode.DATABASE_DOUBTED, {"database_doubted": True}, None),
    (HoldCode.EVERYTHING_PAUSED, {"everything_paused": True}, None),
    (HoldCode.BACKING_OFF, {"backing_off_until": LATER}, LATER),
]
"""All reasons, the gravest first."""


def test_without_a_reason_a_lead_is_dialed() -> None:
    assert why_not_dial(FREE, now=NOW) is None
    assert why_not_dial(replace(FREE, backing_off_until=NOW), now=NOW) is None


@pytest.mark.parametrize(("code", "change", "until"), REASONS)
def test_each_reason_alone_is_enough(
    code: HoldCode, change: dict[str, Any], until: datetime | None
) -> None:
    hold = why_not_dial(replace(FREE, **change), now=NOW)
    assert hold is not None
    assert (hold.code, hold.until) == (code, until)
    assert hold.sentence.endswith(".")


def test_of_several_reasons_the_gravest_is_given() -> None:
    for place, (code, change, _) in enumerate(REASONS):
        facts = replace(FREE, **change)
        for _, other, _ in REASONS[place + 1 :]:
            new = {name: value for name, value in other.items() if name not in change}
            hold = why_not_dial(replace(facts, **new), now=NOW)
            assert hold is not None
            assert hold.code in (code, HoldCode.NEVER_OPEN, *CLOSED_NOW)


@pytest.mark.parametrize("status", sorted(set(CampaignStatus) - {CampaignStatus.RUNNING}))
def test_only_a_running_campaign_dials(status: CampaignStatus) -> None:
    hold = why_not_dial(replace(FREE, campaign_status=status), now=NOW)
    assert hold is not None
    assert hold.code is HoldCode.NOT_RUNNING


def test_no_call_starts_in_the_last_five_minutes() -> None:
    facts = replace(FREE, window=Window(days=DAYS, opens=540, closes=605))
    assert why_not_dial(facts, now=NOW - timedelta(seconds=1)) is None
    hold = why_not_dial(facts, now=NOW)
    assert hold is not None
    assert (hold.code, hold.until) == (HoldCode.OUTSIDE_WINDOW, NOW + 23 * HOUR)
    assert hold.sentence == (
        "The campaign's window allows calls until 10:05; it is Wed 10:00 in America/New_York,"
        " and no call starts in the last five minutes."
    )


# -- patience


def facts(**changes: object) -> AbsenceFacts:
    given: dict[str, object] = {
        "send_started_at": NOW - 15 * MINUTE,
        "complete_answers": 3,
        "calls_to_number": 0,
        "newer_call_visible": True,
        "any_call_visible": True,
    }
    return AbsenceFacts(**(given | changes))  # type: ignore[arg-type]


def test_an_absence_with_every_proof_is_confirmed() -> None:
    assert absence_confirmed(facts(), now=NOW)
    assert absence_confirmed(
        facts(newer_call_visible=False, send_started_at=NOW - 60 * MINUTE), now=NOW
    )


@pytest.mark.parametrize(
    "missing",
    [
        {"send_started_at": NOW - 15 * MINUTE + timedelta(seconds=1)},
        {"complete_answers": 2},
        {"calls_to_number": 1},
        {"newer_call_visible": False},
        {
            "newer_call_visible": False,
            "any_call_visible": False,
            "send_started_at": NOW - 100 * HOUR,
        },
        {"newer_call_visible": False, "send_started_at": NOW - 59 * MINUTE},
    ],
)
def test_without_any_one_of_the_proofs_it_is_not(missing: dict[str, object]) -> None:
    assert not absence_confirmed(facts(**missing), now=NOW)


@settings(derandomize=True)
@given(st.integers(0, 20_000))
def test_the_next_look_up_lies_ahead_and_never_more_than_a_minute(seconds: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    ahead = next_look_up(send_started_at=NOW, now=now) - now
    assert timedelta(0) < ahead <= MINUTE


@pytest.mark.parametrize(
    ("minutes", "replays", "due"),
    [
        (2.9, 0, False),
        (3, 0, True),
        (9, 1, False),
        (10, 1, True),
        (25, 2, True),
        (40, 3, True),
        (44, 0, True),
        (45, 3, True),
        (45.1, 3, False),
        (41, 4, False),
        (600, 0, False),
    ],
)
def test_a_repetition_is_due_at_four_moments_and_never_late(
    minutes: float, replays: int, due: bool
) -> None:
    now = NOW + timedelta(minutes=minutes)
    assert replay_due(send_started_at=NOW, replays=replays, now=now) is due


def test_the_periods_fit_into_each_other() -> None:
    longest_request = timedelta(seconds=5 + 5 + 10 + 120)
    assert longest_request + patience.SEND_DEADLINE <= patience.SENDING_LIFE
    assert patience.INTENT_REMINDER < patience.INTENT_LIFE
    assert timedelta(minutes=patience.REPLAYS[-1]) < patience.REPLAY_LAST < HOUR
    assert patience.ABSENCE_AGE < patience.ABSENCE_AGE_OLD_CONTROL < patience.UNRESOLVED_AGE
    assert patience.UNRESOLVED_AGE > 2 * HOUR


# -- durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("20m", 1200),
        ("4h", 14_400),
        ("1d", 86_400),
        ("1d 12h", 129_600),
        ("1D12H", 129_600),
        ("0.5h", 1800),
        ("0s", 0),
        (timedelta(seconds=7), 7),
    ],
)
def test_a_duration_is_read(text: object, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", 5, "h", "4 hours", "-4h", "1h and 2m", "4h!", None])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@settings(derandomize=True)
@given(st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_duration_is_written_as_it_is_read(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration
