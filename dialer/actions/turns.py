"""Taking turns at the database: how many rows an import stores in one transaction."""

from dataclasses import dataclass
from datetime import timedelta

FIRST_ROWS = 500
FEWEST_ROWS = 100

TURN = timedelta(milliseconds=20)
"""About how long a transaction takes beside a running campaign, whose claims may wait for it."""

BREATH = timedelta(milliseconds=5)
"""Between two transactions beside a running campaign; without it a claim may wait for several."""


@dataclass(slots=True)
class Turns:
    """Finds the number of rows that this machine stores in one turn, as busy as it is now."""

    most: int  # while nobody waits
    rows: int = FIRST_ROWS

    def learn(self, took: timedelta, *, somebody_waits: bool) -> None:
        """Hear how long storing `rows` took."""
        if not somebody_waits:
            self.rows = self.most
        elif took > timedelta(0):
            self.rows = max(FEWEST_ROWS, min(self.most, int(self.rows * (TURN / took))))
