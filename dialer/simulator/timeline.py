"""What is to happen later, in order of time."""

import heapq
from collections.abc import Callable
from itertools import count

Action = Callable[[int], None]
"""Something that happens; it is given the moment it was planned for, in epoch milliseconds."""


class Timeline:
    """A heap of planned actions; two for the same moment happen in the order of planning."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Action]] = []
        self._serial = count()

    def at(self, moment_ms: int, action: Action) -> None:
        """Plan `action` for a moment."""
        heapq.heappush(self._heap, (moment_ms, next(self._serial), action))

    def next_moment(self) -> int | None:
        """Give the moment of the next action, or None when nothing is planned."""
        return self._heap[0][0] if self._heap else None

    def run_until(self, now_ms: int) -> None:
        """Let everything planned up to `now_ms` happen, and what that plans in turn."""
        while self._heap and self._heap[0][0] <= now_ms:
            moment_ms, _, action = heapq.heappop(self._heap)
            action(moment_ms)
