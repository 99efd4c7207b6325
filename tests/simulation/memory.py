"""Memory: what is remembered of sends beside the database, by processes and on the disk."""

from collections.abc import Sequence
from datetime import datetime

from dialer.witness import MOST, Memory, Noted


class Notes:
    """The notes of all sends; they outlive every process, and the database."""

    def __init__(self) -> None:
        self.sends: dict[str, Noted] = {}

    def latest(self) -> list[Noted]:
        """Give the latest ones."""
        return sorted(self.sends.values(), key=lambda one: one.at)[-MOST:]


class ProcessMemory(Memory):
    """What one process remembers: the turn as long as it lives, the sends for good."""

    def __init__(self, notes: Notes) -> None:
        super().__init__()
        self._notes = notes

    def note(self, install: str, attempt_id: str, *, at: datetime) -> None:
        self._notes.sends[attempt_id] = Noted(attempt_id, at)

    def noted(self, install: str) -> list[Noted]:
        return self._notes.latest()

    def keep(self, install: str, sends: Sequence[Noted]) -> None:
        for one in sends:
            self._notes.sends.setdefault(one.attempt_id, one)
