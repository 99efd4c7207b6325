"""What a campaign was held for, in words."""

import pytest

from dialer.domain.dispositions import Disposition
from dialer.domain.hold_checks import NUMBER_UNKNOWN
from dialer.domain.hold_words import hold_words, said_of_hold
from dialer.retell.mapping import DISPOSITIONS
from dialer.retell.outcomes import ACCOUNT_STATUSES

OTHER = hold_words("a word of the future")
OF_ACCOUNTS = [
    reason for reason, meant in DISPOSITIONS.items() if meant is Disposition.ACCOUNT_PROBLEM
]
OF_ANSWERS = [f"http_{status}" for status in (400, *sorted(ACCOUNT_STATUSES))]
OURS = ["bad_request", "unwritable_request", NUMBER_UNKNOWN, "bad_numbers", "failing", "opt_outs"]


@pytest.mark.parametrize("reason", [*OF_ACCOUNTS, *OF_ANSWERS, *OURS])
def test_every_reason_has_a_cause_and_what_to_do(reason: str) -> None:
    words = hold_words(reason)
    assert words != OTHER
    assert words.cause.endswith(".")
    assert words.what_to_do.endswith("resume.")


def test_what_nobody_knows_is_said_as_such() -> None:
    assert hold_words(None) == OTHER


def test_what_retell_says_is_said_to_be_retells() -> None:
    assert said_of_hold("http_402", "Pay.") == "Retell says: “Pay”."
    assert said_of_hold(NUMBER_UNKNOWN, "Not found") == "Retell says: “Not found”."
    assert said_of_hold("failing", "9 of 10 failed.") == "9 of 10 failed."
    assert said_of_hold("http_402", None) is None
