"""Scrub: close every waiting lead whose number is not to be called."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from dialer.actions.world import World
from dialer.log import get_logger
from dialer.store import campaigns, suppressions
from dialer.store.database import Connection

log = get_logger(__name__)

STRETCH_IDS = {"sqlite": 5_000, "postgresql": 20_000}
"""Leads looked through in one transaction: what a running campaign may have to wait for."""

BREATH = timedelta(milliseconds=5)
"""Between two transactions while a campaign is running; without it a claim may wait for long."""

Tell = Callable[[int, float | None], None]
"""Hears how far a file is read: rows, and the fraction of it; None where nobody knows."""


def say_nothing(rows: int, fraction: float | None) -> None:
    """Tell nobody how far it is."""


def scrub(world: World) -> int:
    """Close the waiting leads of all campaigns that a list forbids to call, and give how many.

    Not needed for the law: the gates ask again. It makes the counts of the campaigns true at once.
    """
    bounds = world.db.read(suppressions.lead_ids_between)
    if bounds is None:
        return 0
    first, last = bounds
    size = STRETCH_IDS["sqlite" if world.db.is_sqlite else "postgresql"]
    closed = 0
    for after in range(first - 1, last, size):
        stretch = partial(_close, world=world, after=after, until=min(after + size, last))
        closed += world.db.transact(stretch)
        breathe(world)
    log.info("scrubbed", closed=closed)
    return closed


def breathe(world: World) -> None:
    """Let those who wait for the database go first, if a campaign is running."""
    if world.db.read(campaigns.any_running):
        world.clock.sleep(BREATH)


def _close(tx: Connection, *, world: World, after: int, until: int) -> int:
    return suppressions.close_suppressed(tx, after=after, until=until, now=world.clock.now())
