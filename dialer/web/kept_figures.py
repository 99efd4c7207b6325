"""Figures shared by all who look: counting a long list costs time, whoever asks.

A question that took t is not asked again before 20 t, so counting never takes more than a
twentieth of a database connection's time, however many pages are open.
"""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

T = TypeVar("T")

TIMES = 20
CHEAP_S = 0.01
"""What takes less is asked each time."""
MOST_KEPT = 1_000
THREADS = 2
SOON_S = 0.1
"""So long a page waits for a count; then it shows the last one, or that there is none yet."""


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """An answer, and the moment it is from."""

    value: T
    as_of: datetime
    until_s: float  # of the monotonic clock


class KeptFigures:
    """Answers of one web process, by question."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, Kept[Any]] = {}
        self._asking: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()
        self._coming: dict[Hashable, Future[Any]] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="figures")

    def close(self) -> None:
        """Ask nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def forget(self, question: Hashable) -> None:
        """Ask anew the next time: what was told may have changed."""
        with self._lock:
            self._answers.pop(question, None)
            self._coming.pop(question, None)

    def soon(
        self, question: Hashable, ask: Callable[[], T], *, now: datetime, within_s: float = SOON_S
    ) -> Kept[T] | None:
        """Give a new answer if it comes in time, else the kept one; None when there is neither.

        What is asked goes on beside: who comes next has the answer.
        """
        with self._lock:
            kept: Kept[T] | None = self._answers.get(question)
            if kept is not None and time.monotonic() < kept.until_s:
                return kept
            coming = self._coming.get(question)
            if coming is None or coming.done():
                coming = self._threads.submit(self.get, question, ask, now=now)
                self._coming[question] = coming
        try:
            answer: Kept[T] = coming.result(timeout=within_s)
        except TimeoutError:
            return kept
        return answer

    def get(self, question: Hashable, ask: Callable[[], T], *, now: datetime) -> Kept[T]:
        """Give the kept answer, or ask; while one asks anew, the others get the old answer."""
        with self._lock:
            kept: Kept[T] | None = self._answers.get(question)
            asking = self._asking.setdefault(question, threading.Lock())
        if kept is not None and time.monotonic() < kept.until_s:
            return kept
        if not asking.acquire(blocking=kept is None):
            assert kept is not None
            return kept
        try:
            return self._ask(question, ask, now=now)
        finally:
            asking.release()

    def _ask(self, question: Hashable, ask: Callable[[], T], *, now: datetime) -> Kept[T]:
        with self._lock:
            newer: Kept[T] | None = self._answers.get(question)
        if newer is not None and time.monotonic() < newer.until_s:
            return newer  # somebody asked while we waited
        began = time.monotonic()
        value = ask()
        ended = time.monotonic()
        took = ended - began
        wait = took * TIMES if took >= CHEAP_S else 0.0
        answer = Kept(value, now, ended + wait)
        with self._lock:
            if len(self._answers) >= MOST_KEPT:
                self._answers.clear()
                self._asking.clear()
                self._coming.clear()
            self._answers[question] = answer
        return answer
