"""Whether a campaign that the dialer held goes on by itself, once a check tells that it can.

Only what can be asked without calling anybody is checked. Whether there is money, whether a list
of numbers is any good, and why calls fail, only a person can tell.
"""

from datetime import timedelta
from enum import StrEnum

from dialer.domain.campaign_limits import HoldRules

CHECK_EVERY = timedelta(minutes=1)
RESUMED_LATELY = timedelta(hours=1)
"""A campaign that was resumed by a check and is held again waits for so long: the check cannot
tell what is wrong with it."""

NUMBER_UNKNOWN = "number_unknown"
"""Retell knows none of the numbers that the campaign calls from."""


class Check(StrEnum):
    """What is asked."""

    KEY = "key"  # Retell accepts our key again
    AGENT = "agent"  # Retell knows the agent of the campaign
    NUMBER = "number"  # a number has rested


_CHECKS = {
    "http_401": Check.KEY,
    "http_403": Check.KEY,
    "http_404": Check.AGENT,
    "http_422": Check.AGENT,
    NUMBER_UNKNOWN: Check.NUMBER,
}

_SENTENCES = {
    Check.KEY: "by itself once Retell accepts the key; asked every minute",
    Check.AGENT: "by itself once Retell knows the agent; asked every minute",
    Check.NUMBER: "by itself once one of its numbers has rested",
}
BY_HAND = "only by a person"


def check_for(reason: str | None, rules: HoldRules) -> Check | None:
    """Give what to ask about a campaign held for `reason`; None where only a person resumes it."""
    if rules.resume == "by hand" or reason is None:
        return None
    return _CHECKS.get(reason)


def how_it_goes_on(reason: str | None, rules: HoldRules) -> str:
    """Say how a campaign held for `reason` goes on."""
    check = check_for(reason, rules)
    return BY_HAND if check is None else _SENTENCES[check]
