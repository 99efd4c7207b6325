"""Cadence, gates, patience and durations: the rules that need neither clock nor database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dialer.domain import patience
from dialer.domain.cadence import DEFAULT_DELAYS, Cadence, Close, Retry, next_step
from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.durations import format_duration, parse_duration
from dialer.domain.gates import DialFacts, HoldCode, why_not_dial
from dialer.domain.hold import CLOSED_NOW
from dialer.domain.patience import AbsenceFacts, absence_confirmed, next_look_up, replay_due
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


# -- dispositions and cadence


@pytest.mark.parametrize("disposition", Disposition)
def test_every_disposition_has_a_meaning_and_a_wait_or_an_end(disposition: Disposition) -> None:
    meaning = MEANING[disposition]
    assert meaning.sentence.endswith(".")
    assert (meaning.verdict in CLOSING) != (disposition in DEFAULT_DELAYS)
    step = next_step(Cadence(), disposition, times=1, attempts=1, free_tries=1, now=NOW)
    if meaning.verdict in CLOSING:
        assert step == Close(CLOSING[meaning.verdict])
    else:
        assert step == Retry(NOW + DEFAULT_DELAYS[disposition][0])


@pytest.mark.parametrize("disposition", Disposition)
def test_what_costs_the_lead_an_attempt_is_what_rang(disposition: Disposition) -> None:
    meaning = MEANING[disposition]
    assert meaning.rang == (meaning.verdict not in (Verdict.FREE, Verdict.WAIT, Verdict.INVALID))


def step_of(cadence: Cadence, disposition: Disposition, **counts: int) -> Close | Retry:
    given = {"times": 1, "attempts": 1, "free_tries": 0} | counts
    return next_step(cadence, disposition, now=NOW, **given)


def test_the_last_attempt_closes_the_lead() -> None:
    cadence = Cadence(max_attempts=3)
    assert isinstance(step_of(cadence, Disposition.NO_ANSWER, attempts=2), Retry)
    assert step_of(cadence, Disposition.NO_ANSWER, attempts=3) == Close(ClosedAs.EXHAUSTED)


def test_somebody_reached_by_the_last_attempt_was_reached() -> None:
    assert step_of(Cadence(max_attempts=1), Disposition.TALKED) == Close(ClosedAs.REACHED)


def test_free_tries_are_not_free_for_ever() -> None:
    cadence = Cadence(max_free_tries=4)
    free = Disposition.PROVIDER_ERROR
    assert isinstance(step_of(cadence, free, attempts=0, free_tries=3), Retry)
    assert step_of(cadence, free, attempts=0, free_tries=4) == Close(ClosedAs.EXHAUSTED)


def test_a_busy_retell_is_waited_for_as_often_as_it_takes() -> None:
    step = step_of(Cadence(), Disposition.PROVIDER_BUSY, times=500, attempts=99, free_tries=99)
    assert step == Retry(NOW + MINUTE)


@settings(derandomize=True)
@given(
    st.dictionaries(
        st.sampled_from(sorted(DEFAULT_DELAYS)),
        st.lists(st.timedeltas(timedelta(0), timedelta(days=30)), min_size=1, max_size=5),
    ),
    st.sampled_from(sorted(DEFAULT_DELAYS)),
    st.integers(-1, 12),
)
def test_a_wait_is_one_of_those_given_and_the_last_one_repeats(
    delays: dict[Disposition, list[timedelta]], disposition: Disposition, times: int
) -> None:
    cadence = Cadence.model_validate({"delays": delays})
    waits = delays.get(disposition) or list(DEFAULT_DELAYS[disposition])
    expected = waits[-1] if times >= len(waits) else waits[max(times, 1) - 1]
    assert cadence.delay(disposition, times=times) == expected


@settings(derandomize=True)
@given(st.sampled_from(Disposition), st.integers(0, 60), st.integers(0, 120), st.integers(1, 60))
def test_a_retry_lies_in_the_future_and_never_beyond_the_allowed_attempts(
    disposition: Disposition, attempts: int, free_tries: int, times: int
) -> None:
    cadence = Cadence()
    step = step_of(cadence, disposition, attempts=attempts, free_tries=free_tries, times=times)
    if isinstance(step, Retry):
        assert step.due_at > NOW
        if MEANING[disposition].verdict is not Verdict.WAIT:
            assert attempts < cadence.max_attempts
        if MEANING[disposition].verdict is Verdict.FREE:
            assert free_tries < cadence.max_free_tries


def test_delays_are_written_as_one_wait_or_several() -> None:
    cadence = Cadence.model_validate({"delays": {"busy": "20m", "no_answer": ["4h", "1d 12h"]}})
    assert cadence.delay(Disposition.BUSY, times=7) == 20 * MINUTE
    assert cadence.delay(Disposition.NO_ANSWER, times=2) == 36 * HOUR
    assert Cadence.model_validate(cadence.model_dump(mode="json")) == cadence


@pytest.mark.parametrize(
    ("delays", "complaint"),
    [
        ({"talked": "1h"}, "closes the lead"),
        ({"busy": []}, "one wait or more"),
        ({"busy": [timedelta(seconds=-1)]}, "none below zero"),
        ({"busy": "5"}, "not a duration"),
        ({"abducted": "1h"}, "Input should be"),
        ("1h", "valid dictionary"),
    ],
)
def test_delays_that_make_no_sense_are_refused(delays: object, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Cadence.model_validate({"delays": delays})


# -- gates


FREE = DialFacts(
    campaign_status=CampaignStatus.RUNNING,
    lead_status=LeadStatus.READY,
    suppressed=False,
    zones=("America/New_York",),
    regions=frozenset({"US-NY"}),
    window=Window(days=DAYS, opens=540, closes=1200),
)
LATER = NOW + MINUTE
REASONS: list[tuple[HoldCode, dict[str, Any], datetime | None]] = [
    (HoldCode.SUPPRESSED, {"suppressed": True}, None),
    (HoldCode.LEAD_CLOSED, {"lead_status": LeadStatus.CLOSED}, None),
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
    (HoldCode.NOT_RUNNING, {"campaign_status": CampaignStatus.PAUSED}, None),
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
