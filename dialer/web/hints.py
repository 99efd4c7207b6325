"""Hints to the workers, sent beside the answers to Retell so that the broker delays none."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from dialer.log import get_logger

log = get_logger(__name__)

THREADS = 4
MOST_WAITING = 1_000
"""Beyond this hints are dropped: the broker is away, and `reconcile` finds the work."""


class Hints:
    """Sends hints from threads of its own, in about the order they were given.

    The threads end with the process even when the broker keeps them waiting.
    """

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._send, name=f"hints-{n}", daemon=True)
            for n in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def give(self, hint: Callable[[], None]) -> bool:
        """Have `hint` called soon; returns at once. False when it was dropped."""
        if self._waiting.qsize() >= MOST_WAITING:
            return False
        self._waiting.put(hint)
        return True

    def close(self, *, within_s: float = 2.0) -> None:
        """Send what waits, for a short while; what is lost then is found by `reconcile`."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(timeout=within_s / THREADS)

    def _send(self) -> None:
        while (hint := self._waiting.get()) is not None:
            try:
                hint()
            except Exception:  # outermost edge of this thread, which must live on
                log.exception("hint_failed")
