"""What is stored once says so: the second time it counts nothing, on both databases."""

from typing import Any

from factories import NOW, make_spec, make_world

from dialer.actions import control
from dialer.domain.states import LeadStatus
from dialer.domain.zones import ZoneSource
from dialer.store import incidents, leads, other_calls
from dialer.store.database import Database


def twice(database: Database, body: Any) -> list[Any]:
    return [database.transact(body) for _ in range(2)]


def test_an_incident_is_new_once(database: Database) -> None:
    told = {"subject": "7", "sentence": "Two calls.", "now": NOW}
    opened = twice(database, lambda tx: incidents.open_incident(tx, "second_call", **told))
    assert opened == [True, False]


def test_a_call_of_another_system_is_new_once(database: Database) -> None:
    row = {"call_id": "call_theirs", "phone": "+12125550100", "started_at": NOW}
    assert twice(database, lambda tx: other_calls.add(tx, [row])) == [1, 0]


def test_a_lead_is_new_once(database_url: str) -> None:
    world = make_world(database_url)
    campaign_id = control.create(world, make_spec(), actor="test")
    row = {
        "campaign_id": campaign_id,
        "phone": "+12122000777",
        "zones": "",
        "zone_source": ZoneSource.NONE,
        "variables": {},
        "status": LeadStatus.READY,
        "due_at": NOW,
        "attempts": 0,
        "free_tries": 0,
        "tries": 0,
        "created_at": NOW,
    }
    assert twice(world.db, lambda tx: leads.add(tx, [row])) == [1, 0]
    world.db.close()
