"""How a call comes out: forced by the number's last digits, or drawn from the mix."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class CallStatus(StrEnum):
    """Retell's call_status."""

    REGISTERED = "registered"  # accepted, perhaps ringing
    ONGOING = "ongoing"  # picked up
    ENDED = "ended"  # was picked up, is over
    NOT_CONNECTED = "not_connected"  # nobody picked up
    ERROR = "error"  # trouble at Retell


class Outcome(StrEnum):
    """What happens after the number is dialed."""

    TALK = "talk"
    LONG_TALK = "long_talk"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    DECLINED = "declined"
    DIAL_FAILED = "dial_failed"
    BAD_NUMBER = "bad_number"
    OPT_OUT = "opt_out"
    CALLBACK = "callback"
    PROVIDER_ERROR = "provider_error"
    OVER_LIMIT = "over_limit"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call with this outcome ends; `connects` says that somebody or something picks up."""

    status: CallStatus
    reasons: tuple[str, ...]
    connects: bool = False


ENDINGS: Mapping[Outcome, Ending] = {
    Outcome.TALK: Ending(CallStatus.ENDED, ("user_hangup", "agent_hangup"), connects=True),
    Outcome.LONG_TALK: Ending(CallStatus.ENDED, ("agent_hangup",), connects=True),
    Outcome.VOICEMAIL: Ending(CallStatus.ENDED, ("voicemail_reached",), connects=True),
    Outcome.OPT_OUT: Ending(CallStatus.ENDED, ("user_requested_dnc",), connects=True),
    Outcome.CALLBACK: Ending(CallStatus.ENDED, ("user_requested_callback",), connects=True),
    Outcome.NO_ANSWER: Ending(CallStatus.NOT_CONNECTED, ("dial_no_answer",)),
    Outcome.BUSY: Ending(CallStatus.NOT_CONNECTED, ("dial_busy",)),
    Outcome.DECLINED: Ending(CallStatus.NOT_CONNECTED, ("user_declined",)),
    Outcome.DIAL_FAILED: Ending(CallStatus.NOT_CONNECTED, ("dial_failed",)),
    Outcome.BAD_NUMBER: Ending(CallStatus.NOT_CONNECTED, ("invalid_destination",)),
    Outcome.PROVIDER_ERROR: Ending(CallStatus.ERROR, ("error_retell",)),
    Outcome.OVER_LIMIT: Ending(CallStatus.ERROR, ("concurrency_limit_reached",)),
}

MAGIC: Mapping[str, Outcome] = {
    "0100": Outcome.TALK,
    "0101": Outcome.VOICEMAIL,
    "0102": Outcome.NO_ANSWER,
    "0103": Outcome.BUSY,
    "0104": Outcome.BAD_NUMBER,
    "0105": Outcome.OPT_OUT,
    "0106": Outcome.CALLBACK,
    "0107": Outcome.PROVIDER_ERROR,
    "0108": Outcome.LONG_TALK,
    "0109": Outcome.TALK,
    "0110": Outcome.TALK,
}
"""The outcome forced by the last four digits, whatever stands before them."""

EVERY_WEBHOOK_TWICE = "0109"
WEBHOOKS_OUT_OF_ORDER = "0110"

MIX: Mapping[Outcome, float] = {
    Outcome.TALK: 35,
    Outcome.VOICEMAIL: 25,
    Outcome.NO_ANSWER: 30,
    Outcome.BUSY: 5,
    Outcome.DECLINED: 3,
    Outcome.DIAL_FAILED: 2,
}
"""The weights for all other numbers."""


def draw_outcome(number: str, *, mix: Mapping[Outcome, float], dice: random.Random) -> Outcome:
    """Say how a call to `number` comes out."""
    forced = MAGIC.get(number[-4:])
    if forced is not None:
        return forced
    return dice.choices(list(mix), weights=list(mix.values()))[0]
