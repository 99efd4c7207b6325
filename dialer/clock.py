"""The clock. Read once per task or request, at the edge, and passed on as an argument."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the moment comes from; replaced by a virtual one in simulations."""

    def now(self) -> datetime:
        """Give the current moment as an aware UTC datetime."""
        ...

    def sleep(self, duration: timedelta) -> None:
        """Let `duration` pass; returns at once when it is not positive."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, duration: timedelta) -> None:
        if duration > timedelta(0):
            time.sleep(duration.total_seconds())
