"""The functions every agent may ask for, beside booking (`actions/booking`)."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from dialer.actions import do_not_call as opt_outs
from dialer.actions.callbacks import promise_at
from dialer.actions.control import lock_lead
from dialer.actions.deciding import zone_of
from dialer.actions.desk import ACTOR, Desk
from dialer.domain.callbacks import TOLERANCE, read_asked
from dialer.domain.dispositions import MEANING
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.functions import Answer, inside_transaction
from dialer.domain.local_time import local_times
from dialer.domain.spoken_moments import spoken
from dialer.errors import RefusedByRule
from dialer.store import attempts, campaigns, inbound_calls
from dialer.store.tables import Attempt, Lead

NOT_OURS = Answer(
    "I do not have this person in my records, so I cannot do that. Offer to have a colleague"
    " look into it.",
    ok=False,
)
WHEN = Field(description='The day and the time as the person said them: "tomorrow at three"')


@inside_transaction
def do_not_call(
    desk: Desk,
    reason: Annotated[
        str, Field(description="What the person said, in a few words", max_length=500)
    ] = "asked during a call",
) -> Answer:
    """Put the person on the do-not-call list, at once and for good.

    Ask for it as soon as the person does not want to be called again, before you confirm it.
    """
    attempt = desk.attempt
    numbers = {desk.talk.phone, attempt.phone if attempt is not None else None} - {None}
    if not numbers:
        return Answer("I cannot see which number this is. Ask the person for it.", ok=False)
    call_id = desk.talk.call_id
    said = OptOut(reason, OptOutSource.FUNCTION, actor=ACTOR, call_id=call_id)
    for number in sorted(number for number in numbers if number is not None):
        opt_outs.suppress(desk.tx, number, said, now=desk.now)
    return Answer("The number is on the do-not-call list. We will not call it again.")


@inside_transaction
def schedule_callback(desk: Desk, when: Annotated[str, WHEN]) -> Answer:
    """Promise the person a call at a time of their choice.

    Ask for it when the person wants to be called at another time. Say the time back as the answer
    gives it.
    """
    if desk.lead is None:
        return NOT_OURS
    campaign, lead = lock_lead(desk.tx, desk.lead.id)
    spec, zone_name = campaigns.spec_of(campaign), zone_of(lead)
    asked_at = read_asked(spec.callback, when, zone_name=zone_name, said_at=desk.now)
    if asked_at is None:
        return _what_time(when)
    kept = {one.promised_at for one in attempts.of_lead(desk.tx, lead.id)} - {None}
    if len(kept) >= spec.callback.at_most:
        return Answer(
            "We have called back as often as we may. The person is welcome to call us.", ok=False
        )
    try:
        outcome = promise_at(desk.tx, campaign, lead, asked_at, actor=ACTOR, now=desk.now)
    except RefusedByRule as refused:
        text = "I cannot promise a call then. The person is welcome to call us."
        return Answer(text, ok=False, told={"why": refused.what})
    if desk.inbound is not None:
        inbound_calls.change(desk.tx, desk.inbound.id, promised_at=asked_at)
    return _confirmed(lead, asked_at, outcome.due_at or asked_at, now=desk.now)


def _what_time(said: str) -> Answer:
    text = (
        f'I did not understand "{said[:100]}" as a time ahead. Ask: which day, and at what time'
        " of day, may we call you?"
    )
    return Answer(text, ok=False)


def _confirmed(lead: Lead, asked_at: datetime, due_at: datetime, *, now: datetime) -> Answer:
    zone_name = zone_of(lead)
    told = {"callback_at": due_at.isoformat()}
    if abs(due_at - asked_at) <= TOLERANCE:
        when = spoken(asked_at, zone_name=zone_name, now=now)
        return Answer(f"We will call {when}, by the clock where the person is.", told=told)
    when = spoken(due_at, zone_name=zone_name, now=now)
    asked = spoken(asked_at, zone_name=zone_name, now=now)
    text = f"We may not call {asked}. The first time we may is {when}; we will call then."
    return Answer(text, told=told)


@inside_transaction
def lookup_lead(desk: Desk) -> Answer:
    """Look up what is known of the person: name, company, notes, and how the last call went."""
    person, lead = desk.person, desk.lead
    if person is None or lead is None:
        return Answer("I do not have this person in my records.", ok=False)
    company = next((v for k, v in person.variables.items() if k.casefold() == "company"), None)
    known = {
        "name": person.name,
        "company": company,
        "campaign": person.campaign,
        "local_time": local_times([person.zone], now=desk.now)[person.zone],
        "variables": dict(person.variables),
        "last_call": _last_call(desk, lead),
    }
    who = " of ".join(part for part in (person.name, company) if part) or "a person without a name"
    return Answer(f"This is {who}, about {person.campaign}.", told=known)


def _last_call(desk: Desk, lead: Lead) -> dict[str, object] | None:
    earlier = [one for one in attempts.of_lead(desk.tx, lead.id) if _is_over(one, desk)]
    if not earlier:
        return None
    last = earlier[-1]
    assert last.disposition is not None
    at = last.sent_at or last.created_at
    return {
        "when": spoken(at, zone_name=zone_of(lead), now=desk.now),
        "how": MEANING[last.disposition].sentence,
        "summary": last.summary,
    }


def _is_over(one: Attempt, desk: Desk) -> bool:
    this = desk.attempt.id if desk.attempt is not None else None
    return one.id != this and one.disposition is not None


@inside_transaction
def transfer_note(
    desk: Desk,
    note: Annotated[str, Field(description="What the colleague should know, in a few sentences")],
) -> Answer:
    """Leave a note for the colleague who takes over, or who reads about this call later.

    Ask for it right before you transfer the call.
    """
    return Answer("The note is kept. You may transfer the call now.", told={"note": note})
