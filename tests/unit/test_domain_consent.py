"""Consent: it counts when somebody knows when it was given, and where or in which words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from dialer.domain.consent import agreed_at, kept_consent, stored_moment, why_no_consent
from dialer.domain.gates import DialFacts, HoldCode, why_not_dial
from dialer.domain.hold import FOR_A_PERSON
from dialer.domain.person_caps import PersonCaps, PersonFacts
from dialer.domain.states import CampaignStatus, LeadStatus
from dialer.domain.window import Window

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
AT = "2026-01-05T12:00:00+00:00"
FREE = DialFacts(
    campaign_status=CampaignStatus.RUNNING,
    lead_status=LeadStatus.READY,
    suppressed=False,
    zones=("America/New_York",),
    regions=frozenset({"US-NY"}),
    window=Window(),
    person=PersonFacts(calls=(), campaign_id=1, caps=PersonCaps(), keeps_promise=False),
)


@pytest.mark.parametrize(
    ("consent", "missing"),
    [
        (None, "Nothing is known of a consent"),
        ({}, "Nothing is known of a consent"),
        ({"at": None, "source": "web", "text": "yes"}, "Nobody knows when"),
        ({"source": "web"}, "Nobody knows when"),
        ({"at": "soon", "source": "web", "text": None}, "Nobody knows when"),
        ({"at": "2026-01-05T12:00:00", "source": "web", "text": None}, "Nobody knows when"),
        ({"at": "2026-03-04T15:00:01+00:00", "source": "web"}, "dated 2026-03-04, which has not"),
        ({"at": AT, "source": None, "text": None}, "Nobody knows where"),
        ({"at": AT, "source": "", "text": ""}, "Nobody knows where"),
    ],
)
def test_a_consent_that_lacks_something_does_not_count(
    consent: dict[str, str | None] | None, missing: str
) -> None:
    hold = why_no_consent(consent, now=NOW)
    assert hold is not None
    assert hold.code is HoldCode.NO_CONSENT
    assert missing in hold.sentence
    assert "--known update" in hold.sentence
    assert hold.until is None


@pytest.mark.parametrize("beside", [{"source": "web form"}, {"text": "I agree to calls."}])
def test_a_dated_consent_with_a_source_or_a_text_counts(beside: dict[str, str]) -> None:
    assert why_no_consent({"at": AT, **beside}, now=NOW) is None
    assert why_no_consent({"at": stored_moment(NOW), **beside}, now=NOW) is None


def test_a_campaign_that_needs_consent_does_not_dial_without_one() -> None:
    needed = replace(FREE, require_consent=True)
    refused = why_not_dial(needed, now=NOW)
    assert refused is not None
    assert refused.code is HoldCode.NO_CONSENT
    assert refused.code in FOR_A_PERSON
    agreed = replace(needed, consent={"at": AT, "source": "web", "text": None})
    assert why_not_dial(agreed, now=NOW) is None
    assert why_not_dial(FREE, now=NOW) is None


def test_the_do_not_call_list_is_said_before_the_consent() -> None:
    refused = why_not_dial(replace(FREE, require_consent=True, suppressed=True), now=NOW)
    assert refused is not None
    assert refused.code is HoldCode.SUPPRESSED


def test_what_a_list_says_is_kept_and_nothing_is_kept_of_nothing() -> None:
    moment = datetime(2026, 1, 5, 7, 0, 0, 250, tzinfo=timezone(timedelta(hours=-5)))
    assert kept_consent(at=None, source="", text="") is None
    assert kept_consent(at=None, source="web", text="") == {
        "at": None,
        "source": "web",
        "text": None,
    }
    kept = kept_consent(at=moment, source="", text="I agree")
    assert kept == {"at": AT, "source": None, "text": "I agree"}
    assert agreed_at(kept) == datetime(2026, 1, 5, 12, tzinfo=UTC)
