"""Playing a cadence tells what really becomes of a lead."""

from datetime import UTC, datetime, timedelta

import pytest
from factories import NOW, Stage, make_spec

from dialer.actions.cadence_trial import MOST_PLAYED, TALKS_FOR, Played, Turn, play
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.states import ClosedAs, LeadStatus

ZONE = "America/New_York"
PHONE = "+12125550142"
REASONS = {"dial_no_answer": "no_answer", "dial_busy": "busy", "voicemail_reached": "voicemail"}


def played(*told: str, spec: CampaignSpec | None = None, **more: str) -> list[Turn]:
    """Play calls as "no_answer@2026-03-04T10:00-05:00"."""
    calls = []
    for one in told:
        word, _, at = one.partition("@")
        calls.append(Played(datetime.fromisoformat(at).astimezone(UTC), Disposition(word)))
    return play(spec or make_spec(), calls, phone=PHONE, zone_name=ZONE)


def test_nothing_played_tells_nothing() -> None:
    assert played() == []


@pytest.mark.parametrize("disposition", list(Disposition))
def test_every_way_a_call_comes_out_is_told(disposition: Disposition) -> None:
    (turn,) = played(f"{disposition.value}@2026-03-04T10:00-05:00")
    again = MEANING[disposition].verdict in (Verdict.RETRY, Verdict.FREE, Verdict.WAIT)
    assert turn.is_over is not again
    assert turn.sentence.endswith(".")


def test_calls_after_the_end_are_not_played() -> None:
    turns = played("talked@2026-03-04T10:00-05:00", "busy@2026-03-04T11:00-05:00")
    assert [turn.outcome.closed_as for turn in turns] == [ClosedAs.REACHED]
    assert turns[0].sentence == "No further call: somebody talked with the agent."


def test_no_more_are_played_than_anybody_looks_at() -> None:
    spec = make_spec(cadence={"max_attempts": 50, "max_days": 366})
    told = [f"busy@2026-03-04T10:{n % 60:02d}-05:00" for n in range(MOST_PLAYED + 9)]
    assert len(played(*told, spec=spec)) <= MOST_PLAYED


def test_a_window_that_never_opens_holds_the_lead() -> None:
    window = {"days": ["mon"], "holidays": False, "blackout": ["2026-01-01/2027-12-31"]}
    (turn,) = played("busy@2026-03-04T10:00-05:00", spec=make_spec(window=window))
    assert turn.is_over
    assert turn.sentence.startswith("Held because")


def test_a_campaign_that_ends_before_the_retry_closes_the_lead() -> None:
    spec = make_spec(ends_at=NOW + timedelta(hours=1))
    (turn,) = played("no_answer@2026-03-04T10:00-05:00", spec=spec)
    assert turn.outcome.closed_as is ClosedAs.EXHAUSTED


@pytest.mark.parametrize(
    "reasons",
    [
        ["dial_no_answer"],
        ["dial_busy", "dial_busy"],
        ["dial_no_answer", "dial_no_answer", "voicemail_reached"],
        ["voicemail_reached", "dial_busy", "dial_no_answer", "dial_busy", "dial_no_answer"],
    ],
)
def test_it_tells_what_becomes_of_a_real_lead(stage: Stage, reasons: list[str]) -> None:
    window = {"days": ["mon", "tue", "wed", "thu", "fri"], "opens": "09:00", "closes": "20:00"}
    spec = make_spec(window=window)
    lead_id = stage.lead(stage.campaign(window=window), zones=ZONE, phone=PHONE)
    stage.excused = {"I4"}  # time passes without a worker
    calls: list[Played] = []
    for reason in reasons:
        row = stage.lead_row(lead_id)
        stage.clock.moment = max(stage.clock.now(), row.due_at or NOW)
        calls.append(Played(stage.clock.now(), Disposition(REASONS[reason])))
        attempt_id = stage.call(lead_id)
        stage.clock.pass_time(seconds=TALKS_FOR.total_seconds())
        stage.deliver(stage.retell.end(attempt_id, reason))
    turns = play(spec, calls, phone=PHONE, zone_name=ZONE)
    row, last = stage.lead_row(lead_id), turns[-1].outcome
    assert len(turns) == len(reasons)
    assert (row.due_at, row.closed_as) == (last.due_at, last.closed_as)
    assert (row.status is LeadStatus.CLOSED) is turns[-1].is_over
