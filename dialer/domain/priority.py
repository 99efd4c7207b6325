"""Priority: which of a campaign's due leads are called first."""

from enum import IntEnum


class Priority(IntEnum):
    """The place of a lead among those that are due; within one the longest due is first."""

    PROMISE = 0  # asked to be called at a time
    RETRY_FIRST = 1  # called before
    FRESH = 2  # never called
    RETRY_LAST = 3  # called before, where the cadence lets fresh leads go first
