"""Feed: attempts that came to an end, for programs that ask again and again. Reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dialer.actions.control import find
from dialer.actions.lead_history import attempt_told, call_told
from dialer.actions.world import World
from dialer.domain.states import state_of
from dialer.errors import NotFound
from dialer.store import attempts, feed
from dialer.store.database import Connection
from dialer.store.feed import Horizon, Told

WAIT = timedelta(milliseconds=10)
WAITS = 50
EARLIER = timedelta(minutes=1)
"""Ids rise with time but for transactions that were under way at once."""

LEFT_OUT = ("transcript", "scrubbed_transcript")
"""What is long; one attempt shows it."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some ends, the place after which the next ones stand, and whether there are more now."""

    items: list[dict[str, Any]]
    place: int
    more: bool


def read_on(
    world: World,
    *,
    after: int | None,
    since: datetime | None,
    most: int,
    campaign_id: int | None,
) -> Page:
    """Give the ends that follow a place, or those since a moment, or the first ones.

    1. note the newest id
    2. wait for the transactions that are under way: they may yet write before it
    3. read up to that id; nothing yet, should they take long

    Raises:
        NotFound: there is no such campaign.
    """
    if campaign_id is not None:
        world.db.read(partial(find, campaign_id=campaign_id))
    seen = world.db.read(feed.horizon)
    place = after if after is not None else _first(world, since)
    if not _wait_for_writers(world, seen):
        return Page([], place, more=True)

    def body(tx: Connection) -> Page:
        told, next_place = feed.page(
            tx, after=place, until=seen.newest, most=most, campaign_id=campaign_id
        )
        return Page([_fields(one) for one in told], next_place, next_place < seen.newest)

    return world.db.read(body)


def show(world: World, attempt_id: str) -> dict[str, Any]:
    """Tell all of one attempt.

    Raises:
        NotFound: there is no such attempt.
    """

    def body(tx: Connection) -> dict[str, Any]:
        row = attempts.get(tx, attempt_id)
        if row is None:
            raise NotFound(f"there is no attempt {attempt_id}", fix="ask for results")
        found = {"lead_id": row.lead_id, "campaign_id": row.campaign_id, "phone": row.phone}
        return {**found, "analysis": row.analysis.value, **call_told(tx, row)}

    return world.db.read(body)


def _wait_for_writers(world: World, seen: Horizon) -> bool:
    for _ in range(WAITS):
        if world.db.read(partial(feed.is_settled, seen=seen)):
            return True
        world.clock.sleep(WAIT)
    return False


def _first(world: World, since: datetime | None) -> int:
    if since is None:
        return 0
    return world.db.read(partial(feed.place_of, since=since - EARLIER))


def _fields(one: Told) -> dict[str, Any]:
    row, lead = one.attempt, one.lead
    told = {name: value for name, value in attempt_told(row).items() if name not in LEFT_OUT}
    return {
        "id": one.event_id,
        "at": one.at,
        "became": one.status.value,
        "campaign_id": row.campaign_id,
        "lead": {
            "id": lead.id,
            "phone": lead.phone,
            "name": lead.name,
            "external_ref": lead.external_ref,
            "state": state_of(lead.status, tries=lead.tries, closed_as=lead.closed_as).value,
            "closed_as": lead.closed_as,
            "disposition": lead.disposition,
        },
        "attempt": {**told, "analysis": row.analysis.value},
    }
