"""Patience: when the engine looks at an open attempt again, and when it gives up.

All periods of the protocol stand here, so that they can be read against each other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

INTENT_REMINDER = timedelta(seconds=10)
"""An attempt claimed this long ago and not sent is put into the queue once more."""
INTENT_LIFE = timedelta(seconds=60)
"""An attempt claimed this long ago and never sent is cancelled."""
SEND_DEADLINE = timedelta(seconds=10)
"""A request is not written later than this after the send gate."""
SENDING_LIFE = timedelta(seconds=150)
"""Longer than every timeout of the request; after it the outcome is unknown."""
LOOK_UPS = (5, 15, 30, 60)
"""Seconds after the send at which an unknown call is looked up; then every minute."""
LOOK_UP_EVERY = timedelta(seconds=60)
SILENCE = timedelta(minutes=3)
"""A placed call without news for this long is asked for."""
ASK_EVERY = timedelta(minutes=1)
ANALYSIS_WAIT = timedelta(minutes=10)
EVENT_SWEEP = timedelta(seconds=5)
"""A webhook event that nobody settled within this time is settled by `reconcile`."""

ABSENCE_AGE = timedelta(minutes=15)
ABSENCE_ANSWERS = 3
ABSENCE_GAP = timedelta(seconds=60)
ABSENCE_AGE_OLD_CONTROL = timedelta(minutes=60)
UNRESOLVED_AGE = timedelta(hours=2, minutes=30)
"""Longer than the longest call; an unknown that old is closed without another call."""

REPLAYS = (3, 10, 25, 40)
"""Minutes after the send at which the same request with the same key may be sent again."""
REPLAY_LAST = timedelta(minutes=45)
"""Retell forgets a key after an hour; never replay later than this."""


def next_look_up(*, send_started_at: datetime, now: datetime) -> datetime:
    """Give the next moment at which an unknown call is looked up."""
    for seconds in LOOK_UPS:
        moment = send_started_at + timedelta(seconds=seconds)
        if moment > now:
            return moment
    return now + LOOK_UP_EVERY


def replay_due(*, send_started_at: datetime, replays: int, now: datetime) -> bool:
    """Tell whether the same request may now be sent once more."""
    age = now - send_started_at
    return (
        replays < len(REPLAYS) and age >= timedelta(minutes=REPLAYS[replays]) and age <= REPLAY_LAST
    )


@dataclass(frozen=True, slots=True)
class AbsenceFacts:
    """What the look-ups of an unknown call have shown so far."""

    send_started_at: datetime
    complete_answers: int  # whole list answers without the call, a minute or more apart
    calls_to_number: int  # calls under the number since the send that nobody accounts for
    newer_call_visible: bool  # a call of ours sent later is in the list: the index is not behind
    any_call_visible: bool  # some call of ours is in the list


def absence_confirmed(facts: AbsenceFacts, *, now: datetime) -> bool:
    """Tell whether the call surely does not exist.

    Without a newer call of ours to compare with, an older one has to do after an hour: the list
    answers, and nothing lags that long. With neither, this never becomes True.
    """
    age = now - facts.send_started_at
    if age < ABSENCE_AGE or facts.complete_answers < ABSENCE_ANSWERS or facts.calls_to_number:
        return False
    if facts.newer_call_visible:
        return True
    return facts.any_call_visible and age >= ABSENCE_AGE_OLD_CONTROL
