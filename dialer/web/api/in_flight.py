"""Requests with an idempotency key that this process is working on.

Only so that a program that asks again too early is told so at once. What makes a second request
harmless is the row in the database: one that reaches another process waits for it, and finds the
answer.
"""

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from dialer.errors import DialerError


class StillInFlight(DialerError):
    """The same request is being worked on."""


class InFlight:
    """The keys that are being worked on."""

    def __init__(self) -> None:
        self._keys: set[Hashable] = set()
        self._lock = threading.Lock()

    @contextmanager
    def held(self, key: Hashable) -> Iterator[None]:
        """Hold a key until the work is done.

        Raises:
            StillInFlight: somebody holds it.
        """
        with self._lock:
            if key in self._keys:
                raise StillInFlight("the same request is being worked on")
            self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key)
