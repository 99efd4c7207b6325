"""Which held campaigns go on by themselves, and which wait for a person."""

import pytest

from dialer.domain.campaign_limits import HoldRules
from dialer.domain.hold_checks import BY_HAND, NUMBER_UNKNOWN, Check, check_for, how_it_goes_on


@pytest.mark.parametrize(
    "reason", [None, "http_402", "http_400", "bad_numbers", "credit_exhausted", "failed_share"]
)
def test_what_no_question_can_tell_waits_for_a_person(reason: str | None) -> None:
    assert check_for(reason, HoldRules()) is None
    assert how_it_goes_on(reason, HoldRules()) == BY_HAND


CHECKED = {
    "http_401": Check.KEY,
    "http_403": Check.KEY,
    "http_404": Check.AGENT,
    "http_422": Check.AGENT,
    NUMBER_UNKNOWN: Check.NUMBER,
}


@pytest.mark.parametrize("reason", CHECKED)
def test_a_campaign_that_wants_a_person_waits_for_one(reason: str) -> None:
    rules = HoldRules(resume="by hand")
    assert check_for(reason, rules) is None
    assert how_it_goes_on(reason, rules) == BY_HAND


@pytest.mark.parametrize(("reason", "check"), CHECKED.items())
def test_what_can_be_asked_without_calling_is_asked(reason: str, check: Check) -> None:
    assert check_for(reason, HoldRules()) is check
    assert how_it_goes_on(reason, HoldRules()).startswith("by itself once")
