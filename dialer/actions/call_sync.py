"""Sync: bring in what Retell knows of calls and we do not. May be run as often as one likes.

1. Calls of ours: the comparison of the audit, over a longer span where that is wished.
2. Attempts that are over and still lack their cost or analysis are asked for once more.
3. Calls that other systems made from the workspace, for the caps per person.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialer.actions.audit import finish_comparison
from dialer.actions.bring_back import apply_call
from dialer.actions.other_calls import Learned, learn_other_calls
from dialer.actions.provider_audit import Compared, compare
from dialer.actions.retell_trouble import told_of
from dialer.actions.world import World
from dialer.errors import CallNotFound
from dialer.log import get_logger
from dialer.store import attempts, known_calls
from dialer.store.tables import Attempt

log = get_logger(__name__)

MOST_REFRESHED = 500
"""So many attempts are asked for in one run; the next one goes on."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did."""

    compared: Compared
    asked: int  # attempts that lacked something
    refreshed: int  # of these, about which something was learned
    others: Learned


def sync_calls(world: World, *, since: datetime | None = None) -> Synced:
    """Bring in calls since then, or since the last time.

    Raises:
        NotFound: nothing that dials was ever started here.
        KeyRefused, Unreachable: Retell does not tell; what was learned until then is kept.
    """
    began = world.clock.now()
    with told_of("the list of calls"):
        compared = compare(world, since=since)
        finish_comparison(world, compared, started_at=began)
        lacking = world.db.read(
            lambda tx: known_calls.lacking_details(tx, compared.since, most=MOST_REFRESHED)
        )
        refreshed = sum(_refresh(world, row) for row in lacking)
        others = learn_other_calls(world, since=since)
    log.info("calls_synced", refreshed=refreshed, others=others.new)
    return Synced(compared, len(lacking), refreshed, others)


def fields_of(synced: Synced) -> dict[str, Any]:
    """Tell what a sync did, as people and programs read it."""
    compared, others = synced.compared, synced.others
    return {
        "since": compared.since,
        "calls_of_ours": len(compared.shown),
        "brought_back": compared.brought_back,
        "without_lead": compared.without_lead,
        "asked_again": synced.asked,
        "refreshed": synced.refreshed,
        "others_since": others.since,
        "others_listed": others.listed,
        "others_new": others.new,
        "others_to_our_leads": others.to_leads,
        "complete": compared.complete and others.complete,
    }


def _refresh(world: World, row: Attempt) -> bool:
    """Ask for a call again. True when it told something new of its attempt."""
    try:
        call = world.provider.get_call(row.call_id or "")
    except CallNotFound:
        return False
    apply_call(world, row, call)
    after = world.db.read(lambda tx: attempts.get(tx, row.id))
    return after is not None and after != row
