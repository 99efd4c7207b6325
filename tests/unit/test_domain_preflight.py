"""What is found about a campaign before it starts."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from dialer.domain.caller import CallerSpec
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.preflight import (
    Finding,
    FindingCode,
    LeadFacts,
    RegistryDay,
    caller_findings,
    lead_findings,
    number_findings,
    registry_findings,
)

TODAY = date(2026, 3, 4)
NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
SOON, LATER = NOW + timedelta(hours=1), NOW + timedelta(hours=5)
COMPLETE = {
    "legal_name": "Acme Insurance, Inc.",
    "callback_number": "+14155550198",
    "opt_out_words": "Say stop at any time.",
    "discloses_ai": True,
    "announces_recording": True,
}


def spec(**changes: Any) -> CampaignSpec:
    return CampaignSpec.model_validate(
        {"name": "Spring", "from_numbers": ["+12125550000"], **changes}
    )


def told(found: list[Finding]) -> list[tuple[FindingCode, bool]]:
    return [(one.code, one.forbids) for one in found]


@pytest.mark.parametrize(
    ("dated", "code"),
    [
        (date(2026, 1, 31), FindingCode.REGISTRY_TOO_OLD),
        (date(2020, 1, 1), FindingCode.REGISTRY_TOO_OLD),
        (None, FindingCode.REGISTRY_UNDATED),
    ],
)
def test_a_registry_that_is_too_old_forbids_the_start_of_a_campaign_that_sells(
    dated: date | None, code: FindingCode
) -> None:
    held = [RegistryDay("us-national", dated), RegistryDay("fresh", TODAY)]
    (found,) = registry_findings(spec(), held, today=TODAY)
    assert (found.code, found.forbids) == (code, True)
    assert "us-national" in found.sentence
    assert found.fix == "dialer dnc import FILE --registry --name us-national --dated DAY"
    assert told(registry_findings(spec(purpose="other"), held, today=TODAY)) == [(code, False)]


def test_the_age_of_a_registry_is_told_in_days() -> None:
    (found,) = registry_findings(spec(), [RegistryDay("us", date(2026, 1, 31))], today=TODAY)
    assert found.sentence == (
        "the do-not-call registry us is of 2026-01-31, 32 days old; 31 are allowed"
    )


@pytest.mark.parametrize("dated", [date(2026, 2, 1), TODAY])
def test_a_registry_of_up_to_31_days_is_fresh(dated: date) -> None:
    assert registry_findings(spec(), [RegistryDay("us", dated)], today=TODAY) == []


def test_without_a_registry_only_those_who_sell_are_warned() -> None:
    assert told(registry_findings(spec(), [], today=TODAY)) == [(FindingCode.NO_REGISTRY, False)]
    assert registry_findings(spec(purpose="other"), [], today=TODAY) == []


def test_what_nobody_wrote_down_of_the_caller_is_told_with_its_key() -> None:
    found = caller_findings(CallerSpec())
    assert told(found) == [
        (FindingCode.CALLER_UNNAMED, False),
        (FindingCode.NO_CALLBACK_NUMBER, False),
        (FindingCode.NO_OPT_OUT_WORDS, False),
        (FindingCode.AI_NOT_DISCLOSED, False),
        (FindingCode.RECORDING_NOT_ANNOUNCED, False),
    ]
    for one, key in zip(found, COMPLETE, strict=True):
        assert one.fix.startswith(f"write under [caller]: {key} = ")
        left = CallerSpec.model_validate({name: COMPLETE[name] for name in COMPLETE if name != key})
        assert told(caller_findings(left)) == [(one.code, False)]


def test_a_caller_that_is_complete_is_not_told_of() -> None:
    assert caller_findings(CallerSpec.model_validate(COMPLETE)) == []


def test_a_number_to_call_back_is_written_in_full() -> None:
    with pytest.raises(ValidationError, match="international number"):
        CallerSpec(callback_number="(415) 555-0198")


def test_leads_that_will_not_be_called_are_counted_with_the_reason() -> None:
    facts = LeadFacts(10_000, 8_140, {"Alabama": 1_204, "other places": 3}, 12)
    assert told(lead_findings(facts)) == [
        (FindingCode.NO_CONSENT, False),
        (FindingCode.NEVER_OPEN, False),
        (FindingCode.NO_ZONE, False),
    ]
    consent, never, zone = (one.sentence for one in lead_findings(facts))
    assert consent == "8,140 of 10,000 leads have consent; 1,860 will not be called"
    assert never.endswith("leave no hour to call some leads: 1,204 in Alabama; 3 in other places")
    assert zone == "the time zone of 12 leads is not known; they will not be called"


@pytest.mark.parametrize("facts", [LeadFacts(0), LeadFacts(5, 5, {}), LeadFacts(5, None, {}, 0)])
def test_leads_that_can_all_be_called_are_not_told_of(facts: LeadFacts) -> None:
    assert lead_findings(facts) == []


def test_numbers_that_all_rest_are_told_with_the_first_moment_one_is_back() -> None:
    resting = {"+11": LATER, "+12": SOON, "+13": LATER}
    (found,) = number_findings(["+11", "+12"], resting, now=NOW)
    assert (found.code, found.forbids) == (FindingCode.NUMBERS_REST, False)
    assert found.sentence == "all numbers to call from rest until 2026-03-04 16:00 UTC"


@pytest.mark.parametrize("resting", [{}, {"+11": LATER}, {"+11": LATER, "+12": NOW}])
def test_one_number_that_does_not_rest_is_enough(resting: dict[str, datetime]) -> None:
    assert number_findings(["+11", "+12"], resting, now=NOW) == []
