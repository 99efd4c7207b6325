"""How an attempt came out, in our words, and what that means for the lead and the engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Disposition(StrEnum):
    """How an attempt came out. Retell's own words are mapped to these in `dialer.retell`."""

    TALKED = "talked"  # a person and the agent talked
    TRANSFERRED = "transferred"  # handed to a person on our side
    CALLBACK = "callback"  # asked to be called at another time
    OPTED_OUT = "opted_out"  # asked not to be called
    VOICEMAIL = "voicemail"  # a machine answered
    IVR = "ivr"  # a phone menu answered
    INACTIVE = "inactive"  # answered, nobody spoke
    QUICK_HANGUP = "quick_hangup"  # answered, and hung up after a few seconds
    NO_ANSWER = "no_answer"  # rang out
    BUSY = "busy"  # line busy
    DECLINED = "declined"  # the person pressed reject
    INVALID_NUMBER = "invalid_number"  # the number does not exist
    BLOCKED = "blocked"  # our number is marked as spam or blocked
    DIAL_FAILED = "dial_failed"  # did not connect, for a reason nobody knows
    PROVIDER_ERROR = "provider_error"  # trouble at Retell or the carrier
    PROVIDER_BUSY = "provider_busy"  # over the lines Retell allows
    ACCOUNT_PROBLEM = "account_problem"  # money, agent or telephony settings
    STOPPED_BY_US = "stopped_by_us"  # somebody on our side ended it
    UNKNOWN = "unknown"  # a word we do not know, or no word ever came


class Verdict(StrEnum):
    """What a disposition means for the lead."""

    REACHED = "reached"  # close: done
    RETRY = "retry"  # the cadence decides
    SUPPRESS = "suppress"  # close: never again
    INVALID = "invalid"  # close: the number is wrong
    FREE = "free"  # again, and the lead loses no attempt; a few times only
    WAIT = "wait"  # again as often as it takes: the lead has no part in it
    REVIEW = "review"  # close: a person should look, never dial again blindly


@dataclass(frozen=True, slots=True)
class Meaning:
    """What follows from a disposition.

    `rang` says that a phone rang or may have rung: only such attempts count against the lead.
    """

    verdict: Verdict
    rang: bool
    sentence: str


MEANING: dict[Disposition, Meaning] = {
    Disposition.TALKED: Meaning(Verdict.REACHED, True, "Talked with the agent."),
    Disposition.TRANSFERRED: Meaning(Verdict.REACHED, True, "Transferred to a person."),
    Disposition.CALLBACK: Meaning(Verdict.RETRY, True, "Asked to be called back."),
    Disposition.OPTED_OUT: Meaning(Verdict.SUPPRESS, True, "Asked not to be called again."),
    Disposition.VOICEMAIL: Meaning(Verdict.RETRY, True, "Reached a voicemail."),
    Disposition.IVR: Meaning(Verdict.RETRY, True, "Reached a phone menu."),
    Disposition.INACTIVE: Meaning(Verdict.RETRY, True, "Answered, but nobody spoke."),
    Disposition.QUICK_HANGUP: Meaning(Verdict.RETRY, True, "Hung up within a few seconds."),
    Disposition.NO_ANSWER: Meaning(Verdict.RETRY, True, "Rang, nobody answered."),
    Disposition.BUSY: Meaning(Verdict.RETRY, True, "The line was busy."),
    Disposition.DECLINED: Meaning(Verdict.RETRY, True, "The call was declined."),
    Disposition.INVALID_NUMBER: Meaning(Verdict.INVALID, False, "The number does not exist."),
    Disposition.BLOCKED: Meaning(Verdict.FREE, False, "The carrier blocked our number."),
    Disposition.DIAL_FAILED: Meaning(Verdict.FREE, False, "The call could not be connected."),
    Disposition.PROVIDER_ERROR: Meaning(Verdict.FREE, False, "Retell or the carrier failed."),
    Disposition.PROVIDER_BUSY: Meaning(Verdict.WAIT, False, "No line was free at Retell."),
    Disposition.ACCOUNT_PROBLEM: Meaning(
        Verdict.WAIT, False, "Retell refused because of the account."
    ),
    Disposition.STOPPED_BY_US: Meaning(Verdict.RETRY, True, "Ended by us."),
    Disposition.UNKNOWN: Meaning(
        Verdict.REVIEW, True, "Nobody knows how it came out; not dialed again."
    ),
}

_MAY_BE_A_MACHINE = (Disposition.TALKED, Disposition.QUICK_HANGUP, Disposition.INACTIVE)


def refine(
    disposition: Disposition,
    *,
    hung_up_after: timedelta | None,
    quick: timedelta,
    in_voicemail: bool | None,
    call_successful: bool | None,
) -> Disposition:
    """Say more exactly how a call came out than its reason alone does.

    The same facts give the same answer in whatever order they came; None is what nobody said.

    1. What the analysis calls a voicemail is one, where the reason leaves it open. Somebody who
       asked for something, or was handed on, is a person whatever the analysis says.
    2. Whoever hung up earlier than `quick` hardly heard who called, unless the analysis calls the
       call a success. `hung_up_after` is None where the other side did not hang up.
    3. A call that was no success was a conversation all the same: nobody is called again for it.
    """
    if in_voicemail and disposition in _MAY_BE_A_MACHINE:
        return Disposition.VOICEMAIL
    if disposition is not Disposition.TALKED or call_successful or hung_up_after is None:
        return disposition
    return Disposition.QUICK_HANGUP if hung_up_after < quick else disposition


def spoken(word: str) -> str:
    """Give the words that people use for one of our stable words."""
    return _SPOKEN.get(word, word.replace("_", " "))


_SPOKEN: Mapping[str, str] = {Disposition.IVR: "phone menu"}
