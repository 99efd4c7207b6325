"""Incidents: opened once about one thing, and told so, on both databases."""

from factories import NOW

from dialer.store import incidents
from dialer.store.database import Connection, Database


def test_only_the_first_opening_of_an_incident_is_new(database: Database) -> None:
    def opened(tx: Connection) -> bool:
        return incidents.open_incident(tx, "late_call", subject="call_1", sentence="It.", now=NOW)

    assert [database.transact(opened) for _ in range(3)] == [True, False, False]
