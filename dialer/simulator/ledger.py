"""The ground truth: what really happened, whatever anybody was told."""

from collections import Counter, deque
from typing import Any

from dialer.simulator.calls import Call
from dialer.simulator.outcomes import Outcome

SECOND_MS = 1000


class Ledger:
    """Counts calls as they are accepted and end. `active` are the calls that hold a line."""

    def __init__(self) -> None:
        self.active: dict[str, Call] = {}
        self.calls_by_number: Counter[str] = Counter()
        self.calls_by_attempt: Counter[str] = Counter()
        self.most_active = 0
        self.most_per_second = 0
        self.over_limit_calls = 0
        self.refused = Counter[str]()
        self._persons_in_two_calls: set[str] = set()
        self._calls_after_talk = 0
        self._talked: set[str] = set()
        self._recent: deque[int] = deque()

    def accept(self, call: Call) -> None:
        """Take note of a new call."""
        number = call.request.to_number
        self.calls_by_number[number] += 1
        if call.attempt_id is not None:
            self.calls_by_attempt[call.attempt_id] += 1
        if number in self._talked:
            self._calls_after_talk += 1
        self._count_second(call.created_ms)
        if not call.holds_line:
            self.over_limit_calls += 1
            return
        self._hold_line(call)

    def accept_inbound(self, call: Call) -> None:
        """Take note of somebody who calls us; they use a line too."""
        self._hold_line(call)

    def accept_in_browser(self, call: Call) -> None:
        """Take note of a web call; it uses a line, and is nobody's phone."""
        if not call.holds_line:
            self.over_limit_calls += 1
            return
        self._take_line(call)

    def _hold_line(self, call: Call) -> None:
        if any(other.number == call.number for other in self.active.values()):
            self._persons_in_two_calls.add(call.number)
        self._take_line(call)

    def _take_line(self, call: Call) -> None:
        self.active[call.call_id] = call
        self.most_active = max(self.most_active, len(self.active))

    def end(self, call: Call) -> None:
        """Take note of the end of a call."""
        self.active.pop(call.call_id, None)
        if call.in_browser:
            return
        if call.connected and call.script.outcome is not Outcome.VOICEMAIL:
            self._talked.add(call.number)

    def started_within(self, span_ms: int, *, now_ms: int) -> int:
        """Say how many calls were accepted in the last `span_ms`, up to a second."""
        return sum(1 for moment in self._recent if moment > now_ms - span_ms)

    def truth(self) -> dict[str, Any]:
        """Give the figures."""
        doubled = sorted(name for name, calls in self.calls_by_attempt.items() if calls > 1)
        return {
            "calls": self.calls_by_number.total(),
            "calls_by_number": dict(self.calls_by_number),
            "attempts": len(self.calls_by_attempt),
            "attempts_with_two_calls": len(doubled),
            "doubled_attempts": doubled,
            "persons_in_two_calls": len(self._persons_in_two_calls),
            "calls_after_talk": self._calls_after_talk,
            "active": len(self.active),
            "most_active": self.most_active,
            "most_per_second": self.most_per_second,
            "over_limit_calls": self.over_limit_calls,
            "refused": dict(self.refused),
        }

    def _count_second(self, now_ms: int) -> None:
        self._recent.append(now_ms)
        while self._recent[0] <= now_ms - SECOND_MS:
            self._recent.popleft()
        self.most_per_second = max(self.most_per_second, len(self._recent))
