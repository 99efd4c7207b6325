"""The sentences of the status page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dialer.domain.lines import GateState
from dialer.domain.states import CampaignStatus
from dialer.store.figures import Progress
from dialer.store.tables import Campaign
from dialer.web.status_page import EVERYTHING_PAUSED, SENTENCES, notices, reason

NOW = datetime(2026, 11, 3, 18, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
QUIET = GateState(lines=5)


def campaign(status: CampaignStatus, **values: Any) -> Campaign:
    return Campaign(id=1, name="Spring", status=status, spec={}, created_at=NOW, **values)


@pytest.mark.parametrize("status", list(CampaignStatus))
def test_every_status_has_a_sentence(status: CampaignStatus) -> None:
    assert SENTENCES[status].endswith(".")
    assert reason(campaign(status), Progress(), state=QUIET, now=NOW).endswith(".")


def test_a_scheduled_campaign_says_when_it_starts() -> None:
    row = campaign(CampaignStatus.SCHEDULED, start_at=LATER)
    assert (
        reason(row, Progress(), state=QUIET, now=NOW)
        == "Starts by itself at Tue 03 Nov 2026, 19:00:00 UTC."
    )


def test_a_scheduled_campaign_that_was_refused_says_why() -> None:
    sentence = "It starts once this is mended: the registry is too old."
    row = campaign(CampaignStatus.SCHEDULED, start_at=NOW, held_text=sentence)
    assert reason(row, Progress(), state=QUIET, now=LATER) == sentence


def test_a_draft_whose_leads_are_still_copied_says_so() -> None:
    row = campaign(CampaignStatus.DRAFT, pending_after=1_000)
    assert reason(row, Progress(), state=QUIET, now=NOW) == "Its leads are still being copied."


def test_a_running_campaign_with_nothing_callable_says_until_when_it_waits() -> None:
    row = campaign(CampaignStatus.RUNNING)
    waiting = Progress(retry_later=3, next_due_at=LATER)
    assert "due at Tue 03 Nov 2026, 19:00:00 UTC" in reason(row, waiting, state=QUIET, now=NOW)
    assert "held for a person" in reason(row, Progress(held=2), state=QUIET, now=NOW)


def test_a_running_campaign_with_calls_open_is_not_waiting() -> None:
    row = campaign(CampaignStatus.RUNNING)
    busy = Progress(in_flight=1, retry_later=3, next_due_at=LATER)
    assert reason(row, busy, state=QUIET, now=NOW) == SENTENCES[CampaignStatus.RUNNING]


def test_a_running_campaign_says_that_everything_is_paused_and_others_what_they_say_anyway() -> (
    None
):
    paused = GateState(lines=5, everything_paused=True)
    waiting = Progress(retry_later=3, next_due_at=LATER)
    for first_only in (True, False):
        row = campaign(CampaignStatus.RUNNING, first_only=first_only)
        assert reason(row, waiting, state=paused, now=NOW) == EVERYTHING_PAUSED
    row = campaign(CampaignStatus.PAUSED)
    assert reason(row, waiting, state=paused, now=NOW) == SENTENCES[CampaignStatus.PAUSED]


def test_a_quiet_gate_has_no_notice() -> None:
    past = GateState(lines=5, backing_off_until=NOW, breaker_until=NOW)
    assert notices(past, now=NOW) == []


def test_whatever_stops_all_dialing_is_said() -> None:
    stopped = GateState(
        lines=5, everything_paused=True, backing_off_until=LATER, breaker_until=LATER
    )
    assert len(notices(stopped, now=NOW)) == 3
