"""Self-hold: a campaign whose calls go wrong holds itself until a person has looked.

Two figures tell: technical failures ring nobody and cost the leads nothing, but mean that a
number, an agent or a trunk is broken; opt-outs mean that people do not want these calls.
"""

from collections.abc import Sequence

from dialer.domain.campaign_limits import HoldRules
from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.hold import SelfHold

FAILED: frozenset[Disposition] = frozenset(
    disposition for disposition, meaning in MEANING.items() if meaning.verdict is Verdict.FREE
)
"""Technical failures: no phone rang, and the lead has no part in it."""

ANSWERED: frozenset[Disposition] = frozenset(
    {
        Disposition.TALKED,
        Disposition.TRANSFERRED,
        Disposition.CALLBACK,
        Disposition.OPTED_OUT,
        Disposition.QUICK_HANGUP,
    }
)
"""A person picked up."""


def too_many_failed(rules: HoldRules, ended: Sequence[Disposition]) -> SelfHold | None:
    """Judge the calls that began within `rules.failed_within` and are over."""
    failed = sum(one in FAILED for one in ended)
    if rules.failed_share is None or len(ended) < rules.failed_among:
        return None
    if failed <= len(ended) * rules.failed_share:
        return None
    minutes = rules.failed_within.total_seconds() / 60
    return SelfHold(
        "failing",
        f"{failed} of the {len(ended)} calls of the last {minutes:g} minutes failed technically;"
        f" the campaign allows {rules.failed_share:.0%}.",
    )


def too_many_opted_out(rules: HoldRules, answered: Sequence[Disposition]) -> SelfHold | None:
    """Judge the latest `rules.opted_out_among` calls that a person answered."""
    opted_out = sum(one is Disposition.OPTED_OUT for one in answered)
    if rules.opted_out_share is None or len(answered) < rules.opted_out_among:
        return None
    if opted_out <= len(answered) * rules.opted_out_share:
        return None
    return SelfHold(
        "opt_outs",
        f"{opted_out} of the last {len(answered)} people who answered asked not to be called"
        f" again; the campaign allows {rules.opted_out_share:.0%}.",
    )
