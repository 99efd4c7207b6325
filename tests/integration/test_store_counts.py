"""What is stored once is counted once, on both databases."""

from factories import NOW

from dialer.store import other_calls
from dialer.store.database import Connection, Database

ROWS = [
    {"call_id": f"call_{n}", "phone": f"+1212234000{n}", "started_at": NOW} for n in range(1, 4)
]


def test_calls_of_others_that_are_known_already_are_not_counted_again(database: Database) -> None:
    def add(tx: Connection, count: int) -> int:
        return other_calls.add(tx, ROWS[:count])

    assert database.transact(lambda tx: add(tx, 2)) == 2
    assert database.transact(lambda tx: add(tx, 3)) == 1
    assert database.transact(lambda tx: add(tx, 3)) == 0
