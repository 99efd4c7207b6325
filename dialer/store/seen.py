"""The numbers of a file, to find those that come twice without holding a million in memory."""

import sqlite3
from collections.abc import Sequence
from typing import Self


class SeenPhones:
    """Which row had a number first. A temporary file that vanishes with its connection."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("CREATE TABLE seen (phone INTEGER PRIMARY KEY, row INTEGER)")
        self._connection.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def first_rows(self, phones: Sequence[tuple[str, int]]) -> dict[int, int]:
        """Take numbers with their rows, and give the rows whose number came before, with which."""
        numbered = [(int(phone[1:]), row) for phone, row in phones]
        self._connection.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", numbered)
        firsts = {}
        for number, row in numbered:
            found = self._connection.execute("SELECT row FROM seen WHERE phone = ?", (number,))
            (first,) = found.fetchone()
            if first != row:
                firsts[row] = first
        return firsts
