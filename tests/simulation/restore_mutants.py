"""Deliberate bugs that only a database which goes back in time can show."""

from datetime import timedelta
from typing import Any

from dialer.actions import bring_back, provider_audit
from dialer.domain.lines import GateState
from dialer.store import leads
from simulation import plant
from simulation.bugs import Patches, mutant


@mutant
def nobody_looks_at_the_notes_when_a_process_starts() -> Patches:
    yield plant, "check_memory", lambda world: None


@mutant
def a_doubt_is_settled_without_bringing_back() -> Patches:
    def nothing(world: Any, call: Any) -> Any:
        return bring_back.Found.BROUGHT_BACK

    yield provider_audit, "bring_back", nothing


@mutant
def a_doubt_is_settled_by_the_first_answer() -> Patches:
    yield provider_audit, "LISTED_WITHIN", timedelta(0)


@mutant
def a_doubt_keeps_nobody_from_calling() -> Patches:
    yield GateState, "is_doubted", False


@mutant
def a_forgotten_call_is_attached_by_the_leads_id() -> Patches:
    def lead_of(tx: Any, call: Any) -> Any:
        lead_id = int(call.metadata_text("lead_id"))
        known = {row[0] for row in tx.exec_driver_sql("SELECT id FROM lead")}
        return leads.lock(tx, lead_id) if lead_id in known else None

    yield bring_back, "_lead_of", lead_of
