"""Books: what the dialer wrote down, held against what the simulator knows."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from chaos.people import AGAIN, People
from chaos.simulated import Simulated
from dialer.domain.states import CampaignStatus
from dialer.store.database import Connection
from dialer.store.invariants import violations


@dataclass(frozen=True, slots=True)
class Books:
    """What was found at the end; everything but the first four must be zero or empty."""

    leads: int
    calls: int
    unknown: int
    most_active: int
    double_dials: int
    lost_leads: int
    overruns: int
    unrecorded_calls: int
    unfinished: list[str]
    violations: list[str]

    def failures(self) -> list[str]:
        """Name what must not be."""
        must_be_nothing = ("double_dials", "lost_leads", "overruns", "unrecorded_calls")
        must_be_nothing += ("unfinished", "violations")
        return [f"{one}: {found}" for one in must_be_nothing if (found := getattr(self, one))]


def audit(people: People, simulated: Simulated, *, lines: int) -> Books:
    """Compare everything. The campaigns must be over."""
    truth, calls = simulated.truth(), simulated.calls()
    db = people.world.db
    rows = db.read(_leads)
    known = db.read(lambda tx: {row[0] for row in tx.execute(text(CALL_IDS))})
    called = {call["to_number"] for call in calls}
    closed_uncalled = [
        phone
        for phone, status, closed_as in rows
        if status == "CLOSED"
        and phone not in called
        and closed_as != "suppressed"
        and phone not in people.held_open
    ]
    not_closed = [phone for phone, status, _ in rows if status != "CLOSED"]
    refused = db.read(lambda tx: {row[0] for row in tx.execute(text(STRUCK_OFF))})
    missing = set(people.fed) - {phone for phone, _, _ in rows} - refused
    now = people.world.clock.now()
    return Books(
        leads=len(rows),
        calls=truth["calls"],
        unknown=db.read(lambda tx: int(tx.execute(text(UNKNOWNS)).scalar_one())),
        most_active=truth["most_active"],
        double_dials=truth["attempts_with_two_calls"]
        + truth["persons_in_two_calls"]
        + truth["calls_after_talk"]
        + called_twice(calls),
        lost_leads=len(closed_uncalled) + len(not_closed) + len(missing),
        overruns=max(0, truth["most_active"] - lines) + truth["over_limit_calls"],
        unrecorded_calls=sum(call["call_id"] not in known for call in calls),
        unfinished=[
            f"campaign {row.id}: {row.status} {row.held_text or ''}".strip()
            for row in people.standing()
            if row.status is not CampaignStatus.FINISHED
        ],
        violations=[
            f"{one.name}: {one.sentence} ({len(one.ids)}: {', '.join(one.ids[:5])})"
            for one in db.read(lambda tx: violations(tx, now=now))
        ],
    )


def called_twice(calls: list[dict[str, Any]]) -> int:
    """Count people with two calls of a campaign that calls everybody once."""
    once = Counter(
        call["to_number"] for call in calls if call["metadata"]["campaign_id"] != str(AGAIN)
    )
    return sum(number > 1 for number in once.values())


CALL_IDS = "SELECT call_id FROM attempt WHERE call_id IS NOT NULL"
STRUCK_OFF = "SELECT phone FROM do_not_call"
UNKNOWNS = "SELECT count(*) FROM attempt_event WHERE to_status = 'UNKNOWN'"


def _leads(tx: Connection) -> list[tuple[str, str, str | None]]:
    found = tx.execute(text("SELECT phone, status, closed_as FROM lead"))
    return [(row[0], row[1], row[2]) for row in found]
