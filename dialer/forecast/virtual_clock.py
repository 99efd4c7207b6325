"""A clock that shows what it is told, and jumps where the real one would wait."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Give a moment in epoch milliseconds, rounded up: nothing happens before its time."""
    return -((_EPOCH - moment) // _MILLISECOND)


def from_ms(moment_ms: int) -> datetime:
    """Give the moment of epoch milliseconds."""
    return _EPOCH + moment_ms * _MILLISECOND


class VirtualClock:
    """The clock of one run; it counts in milliseconds and never goes back."""

    def __init__(self, start: datetime) -> None:
        self._moment = start
        self.jump_to(to_ms(start))

    def now(self) -> datetime:
        """Give the moment the run has come to."""
        return self._moment

    def now_ms(self) -> int:
        """Give the same in epoch milliseconds."""
        return self._moment_ms

    def sleep(self, duration: timedelta) -> None:
        """Jump over `duration`."""
        self.jump_to(to_ms(self._moment + duration))

    def jump_to(self, moment_ms: int) -> None:
        """Show this moment, unless it has passed."""
        moment = from_ms(moment_ms)
        if moment >= self._moment:
            self._moment, self._moment_ms = moment, moment_ms
