"""Trying a cadence: play how calls come out, and see when the next one would be due and why.

What decides is what decides for a real lead (`deciding.by_cadence`), on a lead that is nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialer.actions.deciding import Outcome, by_cadence, within_end
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.evidence import CallEvidence
from dialer.domain.next_call import LastTry, Waiting, why_then
from dialer.domain.regions import Whereabouts, regions_of
from dialer.domain.states import AttemptStatus, CampaignStatus, LeadStatus
from dialer.store.attempts import Ended
from dialer.store.tables import Lead

MOST_PLAYED = 60
A_MINUTE = timedelta(minutes=1)
TALKS_FOR = timedelta(seconds=30)
"""So long after its beginning a call that is played is over."""


@dataclass(frozen=True, slots=True)
class Played:
    """A call that somebody imagines: when it begins, and how it comes out."""

    at: datetime
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class Turn:
    """A call that was played, and what would become of the lead."""

    played: Played
    outcome: Outcome
    attempts: int  # that count by then
    sentence: str

    @property
    def is_over(self) -> bool:
        """Whether no further call is made."""
        return self.outcome.due_at is None


def play(spec: CampaignSpec, calls: Sequence[Played], *, phone: str, zone_name: str) -> list[Turn]:
    """Play calls to one lead, one after the other, until it closes."""
    lead = Lead(
        id=0, campaign_id=0, phone=phone, zones=zone_name, attempts=0, free_tries=0, tries=0,
        variables={}, status=LeadStatus.READY,
    )  # fmt: skip
    turns: list[Turn] = []
    ended: list[Ended] = []
    for number, call in enumerate(calls[:MOST_PLAYED], start=1):
        meaning = MEANING[call.disposition]
        lead.attempts += meaning.rang
        lead.free_tries += meaning.verdict is Verdict.FREE
        lead.tries = number
        ended.append(Ended(call.disposition, meaning.rang, call.at, None))
        outcome = within_end(spec, _decide(spec, lead, ended, number=number))
        sentence = _why(spec, lead, ended, outcome)
        counted = sum(spec.cadence.is_counted(one.disposition, rang=one.rang) for one in ended)
        turns.append(Turn(call, outcome, counted, sentence))
        if turns[-1].is_over:
            break
    return turns


def _decide(spec: CampaignSpec, lead: Lead, ended: Sequence[Ended], *, number: int) -> Outcome:
    this = ended[-1]
    evidence = CallEvidence("", AttemptStatus.ENDED, disposition=this.disposition)
    return by_cadence(
        spec,
        lead,
        evidence,
        ended,
        counted={"attempts": lead.attempts, "free_tries": lead.free_tries},
        now=over_at(this),
        seed=f"trial {number}",  # the same game gives the same answer
    )


def over_at(call: Ended) -> datetime:
    """Give when a call that was played is over: those that rang take a moment."""
    return call.send_started_at + (TALKS_FOR if call.rang else timedelta(0))


def _why(spec: CampaignSpec, lead: Lead, ended: Sequence[Ended], outcome: Outcome) -> str:
    this = ended[-1]
    status = LeadStatus.READY
    if outcome.closed_as is not None:
        status = LeadStatus.CLOSED
    elif outcome.due_at is None:
        status = LeadStatus.HELD
    waiting = Waiting(
        status=status,
        where=Whereabouts((lead.zones,), regions_of(lead.phone)),
        due_at=outcome.due_at,
        held_reason="never_open" if status is LeadStatus.HELD else None,
        closed_as=outcome.closed_as,
        last=LastTry(
            this.disposition,
            sum(one.disposition is this.disposition for one in ended),
            None,
        ),
    )
    now = over_at(this)
    return why_then(waiting, spec, campaign_status=CampaignStatus.RUNNING, now=now)
