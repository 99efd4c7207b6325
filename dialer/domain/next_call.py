"""The next call of a lead: when it comes and why then, and why it is not made now, in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.consent import Kept, why_no_consent
from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.durations import format_duration
from dialer.domain.gates import DialFacts, why_not_dial
from dialer.domain.hold import Hold, HoldCode
from dialer.domain.local_time import clock_in
from dialer.domain.opening import SEARCH_DAYS, may_start
from dialer.domain.regions import Whereabouts
from dialer.domain.states import CampaignStatus, ClosedAs, LeadStatus
from dialer.domain.window import Window

SKIPPED = "skipped"
"""Why a lead was closed without a call: a person did."""
HANDED_OVER = "handed_over"
"""Why a lead was closed without a call: somebody else calls it, from a file of ours."""
REPLACED = "replaced"
"""Why a lead is not called, however it closed: another one has its place, with the right number."""
_MINUTE = timedelta(minutes=1)
_CLOSED = {
    ClosedAs.REACHED: "somebody talked with the agent",
    ClosedAs.EXHAUSTED: "no attempt is left",
    ClosedAs.SUPPRESSED: "the number is not to be called",
    ClosedAs.INVALID_NUMBER: "the number cannot be called",
    ClosedAs.STOPPED: "the campaign was stopped",
    ClosedAs.PASSED_OVER: "its schedule leaves out whom earlier runs called",
}
_HELD = {
    HoldCode.NO_ZONE: "nobody knows its local time; give its list a zone or a state",
    HoldCode.NEVER_OPEN: f"window, law and zones leave no hour in the next {SEARCH_DAYS} days",
}


@dataclass(frozen=True, slots=True)
class LastTry:
    """How the latest attempt came out; `times` of the lead's attempts came out so."""

    disposition: Disposition
    times: int
    promised_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is known of a lead, as far as its next call depends on it."""

    status: LeadStatus
    where: Whereabouts
    due_at: datetime | None = None
    callback_at: datetime | None = None
    held_reason: str | None = None
    closed_as: ClosedAs | None = None
    consent: Kept | None = None
    last: LastTry | None = None
    set_by: str | None = None  # the person who set when it is due, after its latest attempt


def why_then(
    lead: Waiting, spec: CampaignSpec, *, campaign_status: CampaignStatus, now: datetime
) -> str:
    """Say in one sentence when and why a lead is called next, or why it is not called any more."""
    if lead.status is LeadStatus.CLOSED:
        return f"No further call: {_why_closed(lead)}."
    if lead.status is LeadStatus.IN_FLIGHT:
        return "It is being called right now."
    if lead.status is LeadStatus.HELD:
        return why_held(lead, now=now)
    sentence = _why_due(lead, spec)
    if lead.due_at is not None and (name := _moved_to(spec.window, lead.where, lead.due_at)):
        sentence += f", moved to the opening in {name}"
    if campaign_status is not CampaignStatus.RUNNING:
        sentence += f"; not while the campaign is {campaign_status}"
    return f"{sentence}."


def why_not_now(
    lead: Waiting, facts: DialFacts, spec: CampaignSpec, *, now: datetime
) -> Hold | None:
    """Give the one reason why a lead is not called now, all that is known considered.

    None means that it is called as soon as a line is free.
    """
    hold = why_not_dial(facts, now=now)
    if hold is not None and hold.code in (HoldCode.SUPPRESSED, HoldCode.LEAD_CLOSED):
        return hold
    if lead.status is LeadStatus.IN_FLIGHT:
        return Hold(HoldCode.IN_FLIGHT, "It is being called right now.")
    if lead.status is LeadStatus.HELD:
        return Hold(_code_of(lead), why_held(lead, now=now))
    if hold is not None:
        return hold
    if lead.due_at is not None and lead.due_at > now:
        why = why_then(lead, spec, campaign_status=facts.campaign_status, now=now)
        return Hold(HoldCode.GAP, f"It is not due yet. {why}", until=lead.due_at)
    return None


def why_held(lead: Waiting, *, now: datetime) -> str:
    """Say what a held lead waits for."""
    if lead.held_reason == HoldCode.NO_CONSENT:
        missing = why_no_consent(lead.consent, now=now)
        if missing is not None:
            return f"Held for its consent. {missing.sentence}"
        return "Held for its consent, which is known by now: call it again to let it go."
    known = {code.value: words for code, words in _HELD.items()}
    reason = lead.held_reason or "a person should look at it"
    return f"Held because {known.get(reason, reason)}."


def _code_of(lead: Waiting) -> HoldCode:
    known = {code.value: code for code in HoldCode}
    return known.get(lead.held_reason or "", HoldCode.HELD)


def _why_closed(lead: Waiting) -> str:
    if lead.held_reason == SKIPPED:
        return "a person skipped it"
    if lead.held_reason == HANDED_OVER:
        return "it was handed over to a batch of Retell's dashboard"
    if lead.held_reason == REPLACED:
        return "its number was corrected: another lead has its place"
    return _CLOSED[lead.closed_as] if lead.closed_as is not None else "it is closed"


def _why_due(lead: Waiting, spec: CampaignSpec) -> str:
    """Give the rule that made a lead due, without what the window did to it."""
    if lead.callback_at is not None:
        return _why_promised(lead, lead.callback_at, spec)
    if lead.set_by is not None:
        return f"At the time that {lead.set_by} set"
    last = lead.last
    if last is None:
        return "First call"
    meaning = MEANING[last.disposition]
    name = str(last.disposition).replace("_", " ")
    if meaning.verdict not in (Verdict.RETRY, Verdict.FREE, Verdict.WAIT):
        return f"Again after {name}"
    wait = spec.cadence.wait(last.disposition, times=last.times)
    free = "" if spec.cadence.is_counted(last.disposition, rang=meaning.rang) else ", not counted"
    return f"Retry after {name}{free}: {wait}"


def _why_promised(lead: Waiting, asked_at: datetime, spec: CampaignSpec) -> str:
    name = next(iter(lead.where.zones), "UTC")
    promise = f"Promised: it asked to be called on {clock_in(asked_at, name)}"
    last = lead.last
    if last is not None and last.promised_at == asked_at:
        again = format_duration(spec.callback.again_after)
        return f"{promise}; that call reached nobody, so once more after {again}"
    return promise


def _moved_to(window: Window, where: Whereabouts, due_at: datetime) -> str | None:
    """Name the zone for whose opening a moment waits; None when it lies within open hours."""
    before = due_at - _MINUTE
    if not where.zones or not may_start(window, where, now=due_at):
        return None
    for name in where.zones:
        if not may_start(window, Whereabouts((name,), where.regions), now=before):
            return name
    return None
