"""Preflight: what is found about a campaign before it starts.

A finding forbids the start, or warns of what people should know before they say yes. Those that
forbid come first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from dialer.domain.caller import CallerSpec
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.counts import how_many

REGISTRY_HOLDS = timedelta(days=31)
"""So old the numbers of a registry may be: 16 CFR 310.4(b)(3)(iv)."""


class FindingCode(StrEnum):
    """What was found; a stable word for scripts and the activity log."""

    REGISTRY_TOO_OLD = "registry_too_old"  # its numbers are of a day too long ago
    REGISTRY_UNDATED = "registry_undated"  # nobody said of which day its numbers are
    NO_REGISTRY = "no_registry"  # something is sold, and no registry was loaded
    CALLER_UNNAMED = "caller_unnamed"  # nobody wrote down who calls
    NO_CALLBACK_NUMBER = "no_callback_number"  # nor where to call back
    NO_OPT_OUT_WORDS = "no_opt_out_words"  # nor how the agent offers to call no more
    AI_NOT_DISCLOSED = "ai_not_disclosed"  # nor that the agent says what it is
    RECORDING_NOT_ANNOUNCED = "recording_not_announced"  # nor that it says it records
    NO_CONSENT = "no_consent"  # leads without a consent that the campaign needs
    NEVER_OPEN = "never_open"  # leads that window and law leave no hour
    NO_ZONE = "no_zone"  # leads of whose clock nothing is known
    NUMBERS_REST = "numbers_rest"  # there is no number to call from now
    NUMBER_UNKNOWN = "number_unknown"  # Retell does not know a number to call from
    NUMBER_UNBOUND = "number_unbound"  # no agent would talk in calls from a number
    NUMBER_COUNTRIES = "number_countries"  # a number may not call where the leads are
    NUMBERS_NOT_ASKED = "numbers_not_asked"  # Retell did not tell anything of them


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that people should know before a campaign starts, and what to do about it."""

    code: FindingCode
    sentence: str
    fix: str
    forbids: bool = False  # the start is refused; else it is only told


class RegistryDay(NamedTuple):
    """A do-not-call registry, and the day its numbers are of; None when nobody said."""

    name: str
    dated: date | None


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What is known of the leads that wait for a start."""

    waiting: int
    agreed: int | None = None  # of these have consent; None where the campaign needs none
    never_open: Mapping[str, int] | None = None  # where they are, and how many are there
    no_zone: int = 0


def registry_findings(
    spec: CampaignSpec, registries: Sequence[RegistryDay], *, today: date
) -> list[Finding]:
    """Say which registries are too old to call by. They forbid a start only to those who sell."""
    sells = spec.purpose == "telemarketing"
    if not registries:
        sentence = "no do-not-call registry is loaded, and this campaign sells something"
        fix = 'dialer dnc import FILE --registry --dated DAY, or purpose = "other"'
        return [Finding(FindingCode.NO_REGISTRY, sentence, fix)] if sells else []
    found = []
    for name, dated in registries:
        fix = f"dialer dnc import FILE --registry --name {name} --dated DAY"
        if dated is None:
            code = FindingCode.REGISTRY_UNDATED
            sentence = f"nobody said of which day the do-not-call registry {name} is"
        elif today - dated > REGISTRY_HOLDS:
            code = FindingCode.REGISTRY_TOO_OLD
            sentence = (
                f"the do-not-call registry {name} is of {dated}, {(today - dated).days} days old;"
                f" {REGISTRY_HOLDS.days} are allowed"
            )
        else:
            continue
        found.append(Finding(code, sentence, fix, forbids=sells))
    return found


def caller_findings(caller: CallerSpec) -> list[Finding]:
    """Say what of the caller was not written down."""
    missing = (
        (
            caller.legal_name,
            FindingCode.CALLER_UNNAMED,
            "nobody wrote down in whose name the agent calls",
            'legal_name = "…"',
        ),
        (
            caller.callback_number,
            FindingCode.NO_CALLBACK_NUMBER,
            "no number is named for people who want to call back",
            'callback_number = "+1…"',
        ),
        (
            caller.opt_out_words,
            FindingCode.NO_OPT_OUT_WORDS,
            "nobody wrote down how the agent offers not to call again",
            'opt_out_words = "…"',
        ),
        (
            caller.discloses_ai,
            FindingCode.AI_NOT_DISCLOSED,
            "nobody confirmed that the agent says it is an AI",
            "discloses_ai = true, once its prompt does",
        ),
        (
            caller.announces_recording,
            FindingCode.RECORDING_NOT_ANNOUNCED,
            "nobody confirmed that the agent says the call is recorded",
            "announces_recording = true, once its prompt does",
        ),
    )
    return [
        Finding(code, sentence, f"write under [caller]: {fix}")
        for value, code, sentence, fix in missing
        if not value
    ]


def lead_findings(facts: LeadFacts) -> list[Finding]:
    """Say which leads will not be called, and why."""
    found = []
    if facts.agreed is not None and facts.agreed < facts.waiting:
        sentence = consent_sentence(waiting=facts.waiting, agreed=facts.agreed)
        fix = "import a list with consent columns, or leave it so"
        found.append(Finding(FindingCode.NO_CONSENT, sentence, fix))
    if facts.never_open:
        where = "; ".join(f"{count:,} in {place}" for place, count in facts.never_open.items())
        sentence = f"window and law leave no hour to call some leads: {where}"
        fix = "widen [window], or leave it so; these leads are held"
        found.append(Finding(FindingCode.NEVER_OPEN, sentence, fix))
    if facts.no_zone:
        whom = "it" if facts.no_zone == 1 else "they"
        sentence = (
            f"the time zone of {how_many(facts.no_zone, 'lead')} is not known;"
            f" {whom} will not be called"
        )
        fix = 'default_zone = "America/New_York", or a column with the zone'
        found.append(Finding(FindingCode.NO_ZONE, sentence, fix))
    return found


def number_findings(
    numbers: Sequence[str], resting: Mapping[str, datetime], *, now: datetime
) -> list[Finding]:
    """Say that there is no number to call from yet."""
    until = [resting[number] for number in numbers if resting.get(number, now) > now]
    if len(until) < len(numbers):
        return []
    sentence = f"all numbers to call from rest until {min(until):%Y-%m-%d %H:%M} UTC"
    return [Finding(FindingCode.NUMBERS_REST, sentence, "wait, or add one to from_numbers")]


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def consent_sentence(*, waiting: int, agreed: int) -> str:
    """Say how many leads have consent."""
    have = f"{agreed:,} of {how_many(waiting, 'lead')} {_have(agreed)} consent"
    return f"{have}; {waiting - agreed:,} will not be called"
