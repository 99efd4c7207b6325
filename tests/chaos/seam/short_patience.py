"""Shortens the dialer's periods of patience, so that what takes minutes is seen in seconds.

Their order stays: a request is refused after the send deadline, an attempt in SENDING is doubted
later than that, and an absence is confirmed much later than a request could still arrive.
"""

import sys
from datetime import timedelta


def shorten() -> None:
    """Shorten everything; must run before anything else of the dialer is imported."""
    from dialer.domain import lines, patience

    patience.INTENT_REMINDER = _s(2)
    patience.INTENT_LIFE = _s(8)
    patience.SEND_DEADLINE = _s(4)
    patience.SENDING_LIFE = _s(9)
    patience.LOOK_UPS = (1, 2, 4)
    patience.LOOK_UP_EVERY = _s(2)
    patience.SILENCE = _s(5)
    patience.ASK_EVERY = _s(3)
    patience.ANALYSIS_WAIT = _s(15)
    patience.EVENT_SWEEP = _s(2)
    patience.ABSENCE_AGE = _s(20)
    patience.ABSENCE_GAP = _s(2)
    patience.ABSENCE_AGE_OLD_CONTROL = _s(30)
    lines.BREAKER_REST = _s(2)
    lines.SHRINK_HOLDS = _s(3)
    lines.RECOVERY_STEP = _s(1)
    lines.BACK_OFF_MOST = _s(4)
    _hurry(sys.orig_argv)


def _hurry(argv: list[str]) -> None:
    """Shorten what belongs to one kind of process, and is imported by no other."""
    if "up" in argv or "chaos" in argv:
        from dialer.embedded import supervisor

        # What is killed every few seconds must not be believed to be broken.
        supervisor.STEADY_AFTER = _s(0)
        supervisor.Supervisor.__init__.__kwdefaults__["first_pause"] = _s(0.2)
    if "beat" in argv:
        from workers import schedule

        schedule.TICKS["run_schedules"]["schedule"] = 1.0
    if "files@%h" in argv:
        from dialer.actions import run_hold, stamping

        run_hold.HELD_FOR = stamping.HELD_FOR = _s(8)
        stamping.MOST_TRIES = 1_000  # its processes die of us, not of the list


def _s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
