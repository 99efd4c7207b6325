"""Shortens the dialer's periods of patience in the processes of a crash test.

Python runs a module of this name at its start when its folder is on PYTHONPATH.
"""

from datetime import timedelta

from dialer.domain import patience

patience.INTENT_REMINDER = timedelta(seconds=3)
patience.INTENT_LIFE = timedelta(seconds=8)
patience.SENDING_LIFE = timedelta(seconds=10)
patience.LOOK_UPS = (1, 2, 4)
patience.LOOK_UP_EVERY = timedelta(seconds=2)
patience.SILENCE = timedelta(seconds=6)
patience.ASK_EVERY = timedelta(seconds=3)
patience.EVENT_SWEEP = timedelta(seconds=2)
patience.ABSENCE_AGE = timedelta(seconds=12)
patience.ABSENCE_GAP = timedelta(seconds=2)
patience.ABSENCE_AGE_OLD_CONTROL = timedelta(seconds=20)
