"""Numbers before a start: from which of a campaign's numbers could no call be made?

One such number is enough to hold a campaign later, in the middle of its hours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.preflight import Finding, FindingCode

MOST_NAMED = 5
"""So many numbers are named in a sentence."""


@dataclass(frozen=True, slots=True)
class NumberAtRetell:
    """What Retell says of a number that a campaign calls from."""

    number: str
    known: bool
    has_agent: bool = False  # one that makes outgoing calls
    countries: tuple[str, ...] = ()  # it may call these only; empty: all


def workspace_findings(spec: CampaignSpec, asked: Sequence[NumberAtRetell]) -> list[Finding]:
    """Say from which numbers no call would be made, and why."""
    unknown = [one.number for one in asked if not one.known]
    unbound = [one.number for one in asked if one.known and not one.has_agent]
    closed = [one for one in asked if one.countries and not spec.countries <= {*one.countries}]
    found = []
    if unknown:
        sentence = f"Retell does not know {_named(unknown)}"
        it = "it" if len(unknown) == 1 else "them"
        fix = f"dialer numbers buy or import, or take {it} out of from_numbers"
        found.append(Finding(FindingCode.NUMBER_UNKNOWN, sentence, fix, forbids=True))
    if unbound and spec.agent_id is None:
        sentence = f"no agent calls from {_named(unbound)}, and the campaign names none"
        fix = f'dialer numbers update {unbound[0]} --outbound AGENT_ID, or agent_id = "…"'
        found.append(Finding(FindingCode.NUMBER_UNBOUND, sentence, fix, forbids=True))
    if closed:
        missing = sorted(spec.countries - {*closed[0].countries})
        numbers = _named([one.number for one in closed])
        sentence = f"calls to {', '.join(missing)} are not allowed from {numbers}"
        fix = f"dialer numbers update {closed[0].number} --to-country {missing[0]} …"
        found.append(Finding(FindingCode.NUMBER_COUNTRIES, sentence, fix))
    return found


def not_asked(why: str) -> Finding:
    """Say that nobody knows whether the numbers can be called from."""
    sentence = f"whether its numbers can be called from is not known: {why}"
    fix = "dialer numbers list, once Retell answers"
    return Finding(FindingCode.NUMBERS_NOT_ASKED, sentence, fix)


def _named(numbers: Sequence[str]) -> str:
    more = f" and {len(numbers) - MOST_NAMED} more" if len(numbers) > MOST_NAMED else ""
    return ", ".join(numbers[:MOST_NAMED]) + more
