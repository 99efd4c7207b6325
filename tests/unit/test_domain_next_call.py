"""The next call in words: when and why then, and the one reason why not now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.dispositions import Disposition
from dialer.domain.gates import DialFacts, HoldCode
from dialer.domain.next_call import LastTry, Waiting, why_not_now, why_then
from dialer.domain.person_caps import PersonCaps, PersonFacts
from dialer.domain.regions import Whereabouts
from dialer.domain.states import CampaignStatus, ClosedAs, LeadState, LeadStatus, state_of

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)  # Wednesday, 10:00 in New York
NEXT_MORNING = datetime(2026, 3, 5, 15, 0, tzinfo=UTC)  # 09:00 in Chicago
SPEC = CampaignSpec(name="Spring", from_numbers=("+12125550000",))
HERE = Whereabouts(("America/Chicago", "America/New_York"), frozenset({"US-NY"}))
READY = Waiting(status=LeadStatus.READY, where=HERE, due_at=NOW + timedelta(hours=2))
FACTS = DialFacts(
    campaign_status=CampaignStatus.RUNNING,
    lead_status=LeadStatus.READY,
    suppressed=False,
    zones=HERE.zones,
    regions=HERE.regions,
    window=SPEC.window,
    person=PersonFacts(calls=(), campaign_id=1, caps=PersonCaps(), keeps_promise=False),
)
RUNNING = CampaignStatus.RUNNING


def after(disposition: Disposition, *, times: int = 1, promised_at: datetime | None = None) -> Any:
    return LastTry(disposition, times, promised_at)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, "First call."),
        (
            {"due_at": NEXT_MORNING},
            "First call, moved to the opening in America/Chicago.",
        ),
        (
            {"last": after(Disposition.NO_ANSWER)},
            "Retry after no answer: 4h at another time of day.",
        ),
        (
            {"last": after(Disposition.NO_ANSWER, times=2), "due_at": NEXT_MORNING},
            "Retry after no answer: 1d at another time of day, moved to the opening in "
            "America/Chicago.",
        ),
        (
            {"last": after(Disposition.PROVIDER_ERROR)},
            "Retry after provider error, not counted: 1m.",
        ),
        (
            {"callback_at": NOW + timedelta(hours=2)},
            "Promised: it asked to be called on Wed 2026-03-04 11:00 in America/Chicago.",
        ),
        (
            {
                "callback_at": NOW,
                "last": after(Disposition.NO_ANSWER, promised_at=NOW),
            },
            "Promised: it asked to be called on Wed 2026-03-04 09:00 in America/Chicago; that call "
            "reached nobody, so once more after 15m.",
        ),
        ({"set_by": "cli:ann"}, "At the time that cli:ann set."),
        ({"last": after(Disposition.TALKED)}, "Again after talked."),
        ({"where": Whereabouts((), frozenset())}, "First call."),
        ({"status": LeadStatus.IN_FLIGHT}, "It is being called right now."),
        (
            {"status": LeadStatus.HELD, "held_reason": "no_zone"},
            "Held because nobody knows its local time; give its list a zone or a state.",
        ),
        (
            {"status": LeadStatus.HELD, "held_reason": "odd"},
            "Held because odd.",
        ),
        ({"status": LeadStatus.HELD}, "Held because a person should look at it."),
        (
            {"status": LeadStatus.CLOSED, "closed_as": ClosedAs.REACHED},
            "No further call: somebody talked with the agent.",
        ),
        (
            {
                "status": LeadStatus.CLOSED,
                "closed_as": ClosedAs.STOPPED,
                "held_reason": "skipped",
            },
            "No further call: a person skipped it.",
        ),
        ({"status": LeadStatus.CLOSED}, "No further call: it is closed."),
    ],
)
def test_the_next_call_is_told_with_its_reason(changed: dict[str, Any], sentence: str) -> None:
    assert why_then(replace(READY, **changed), SPEC, campaign_status=RUNNING, now=NOW) == sentence


@pytest.mark.parametrize("closed_as", ClosedAs)
def test_every_end_of_a_lead_has_words(closed_as: ClosedAs) -> None:
    closed = replace(READY, status=LeadStatus.CLOSED, closed_as=closed_as)
    told = why_then(closed, SPEC, campaign_status=RUNNING, now=NOW)
    assert told.startswith("No further call: ")
    assert "it is closed" not in told


def test_a_lead_held_for_its_consent_tells_what_is_missing() -> None:
    held = replace(READY, status=LeadStatus.HELD, held_reason="no_consent")
    told = why_then(held, SPEC, campaign_status=RUNNING, now=NOW)
    assert told.startswith("Held for its consent. Nothing is known of a consent")
    agreed = replace(held, consent={"at": "2026-01-05T12:00:00+00:00", "source": "web"})
    assert "known by now" in why_then(agreed, SPEC, campaign_status=RUNNING, now=NOW)


def test_a_campaign_that_does_not_run_is_told_beside_the_reason() -> None:
    told = why_then(READY, SPEC, campaign_status=CampaignStatus.PAUSED, now=NOW)
    assert told == "First call; not while the campaign is paused."


@pytest.mark.parametrize(
    ("lead", "facts", "code"),
    [
        ({}, {"suppressed": True}, HoldCode.SUPPRESSED),
        ({"status": LeadStatus.HELD}, {"suppressed": True}, HoldCode.SUPPRESSED),
        (
            {"status": LeadStatus.CLOSED},
            {"lead_status": LeadStatus.CLOSED},
            HoldCode.LEAD_CLOSED,
        ),
        ({"status": LeadStatus.IN_FLIGHT}, {}, HoldCode.IN_FLIGHT),
        ({"status": LeadStatus.HELD, "held_reason": "no_zone"}, {}, HoldCode.NO_ZONE),
        ({"status": LeadStatus.HELD, "held_reason": "odd"}, {}, HoldCode.HELD),
        ({}, {"campaign_status": CampaignStatus.PAUSED}, HoldCode.NOT_RUNNING),
        ({}, {}, HoldCode.GAP),
    ],
)
def test_one_reason_is_given_for_not_calling_now(
    lead: dict[str, Any], facts: dict[str, Any], code: HoldCode
) -> None:
    hold = why_not_now(replace(READY, **lead), replace(FACTS, **facts), SPEC, now=NOW)
    assert hold is not None
    assert hold.code is code
    assert hold.sentence.endswith(".")


def test_a_lead_that_is_not_due_tells_until_when_and_why() -> None:
    hold = why_not_now(READY, FACTS, SPEC, now=NOW)
    assert hold is not None
    assert (hold.sentence, hold.until) == ("It is not due yet. First call.", READY.due_at)


def test_nothing_forbids_a_call_to_a_lead_that_is_due() -> None:
    assert why_not_now(replace(READY, due_at=NOW), FACTS, SPEC, now=NOW) is None


@pytest.mark.parametrize(
    ("status", "tries", "closed_as", "state"),
    [
        (LeadStatus.READY, 0, None, LeadState.PENDING),
        (LeadStatus.READY, 1, None, LeadState.RETRY_LATER),
        (LeadStatus.IN_FLIGHT, 1, None, LeadState.IN_FLIGHT),
        (LeadStatus.HELD, 0, None, LeadState.HELD),
        (LeadStatus.CLOSED, 1, ClosedAs.REACHED, LeadState.COMPLETED),
        (LeadStatus.CLOSED, 1, ClosedAs.EXHAUSTED, LeadState.CLOSED),
    ],
)
def test_a_lead_is_in_one_state_of_six(
    status: LeadStatus, tries: int, closed_as: ClosedAs | None, state: LeadState
) -> None:
    assert state_of(status, tries=tries, closed_as=closed_as) is state
