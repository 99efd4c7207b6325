"""The queue of a virtual run: what workers are asked to do, and when they do it."""

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count

from dialer.actions.dial import dial
from dialer.actions.plan import plan
from dialer.actions.settle import settle
from dialer.actions.world import World
from dialer.forecast.virtual_clock import to_ms
from dialer.store import outlook
from dialer.store.database import Database

Task = Callable[[World], object]


class Messages:
    """Delivers every message, in order: at once, or at the moment for which its attempt is paced.

    A real worker takes a message at once and waits for that moment itself, which comes to the same.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._at_once: deque[Task] = deque()
        self._paced: list[tuple[int, int, str]] = []  # moment, serial number, attempt
        self._serial = count()

    @property
    def unsent(self) -> int:
        """The number of attempts that wait for their moment."""
        return len(self._paced)

    def dial(self, attempt_id: str, *, label: str) -> None:
        """Ask for an attempt to be sent."""
        send_at = self._db.read(lambda tx: outlook.send_at(tx, attempt_id))
        heapq.heappush(self._paced, (to_ms(send_at), next(self._serial), attempt_id))

    def settle(self, event_row: int) -> None:
        """Ask for a webhook event to be settled."""
        self._at_once.append(lambda world: settle(world, event_row))

    def plan(self) -> None:
        """Ask for what is due to be claimed."""
        self._at_once.append(plan)

    def run_errands(self) -> None:
        """Forget it: nobody asks for anything in a virtual run."""

    def next_moment_ms(self, *, now_ms: int) -> int | None:
        """Say when the next message is taken; None when there is none."""
        if self._at_once:
            return now_ms
        return self._paced[0][0] if self._paced else None

    def take_due(self, now_ms: int) -> Iterator[Task]:
        """Give what is to be done now, and what that asks for in turn."""
        while True:
            if self._at_once:
                yield self._at_once.popleft()
            elif self._paced and self._paced[0][0] <= now_ms:
                yield _dialing(heapq.heappop(self._paced)[2])
            else:
                return


def _dialing(attempt_id: str) -> Task:
    return lambda world: dial(world, attempt_id)
