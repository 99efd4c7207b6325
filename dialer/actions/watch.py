"""Watch: see a campaign move until it is over. Reads only."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from dialer.actions.control import find
from dialer.clock import Clock
from dialer.domain.states import CampaignStatus
from dialer.store import report
from dialer.store.database import Connection, Database
from dialer.store.report import Progress

LOOK_EVERY = timedelta(milliseconds=500)
_ENDS = (CampaignStatus.FINISHED, CampaignStatus.STOPPED, CampaignStatus.ARCHIVED)


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at a campaign."""

    campaign_id: int
    name: str
    status: CampaignStatus
    held_text: str | None
    progress: Progress

    @property
    def is_over(self) -> bool:
        """True when nothing will change: it ended, and so did its last call."""
        return self.status in _ENDS and not self.progress.open_attempts


def look(db: Database, campaign_id: int) -> Sight:
    """Look once.

    Raises:
        NotFound: there is no such campaign.
    """

    def body(tx: Connection) -> Sight:
        row = find(tx, campaign_id)
        return Sight(row.id, row.name, row.status, row.held_text, report.progress(tx, row.id))

    return db.read(body)


def watch(
    db: Database, campaign_id: int, *, clock: Clock, every: timedelta = LOOK_EVERY
) -> Iterator[Sight]:
    """Give a sight at once, then one whenever something changed; the last one is over.

    Raises:
        NotFound: there is no such campaign.
    """
    seen: Sight | None = None
    while seen is None or not seen.is_over:
        if seen is not None:
            clock.sleep(every)
        sight = look(db, campaign_id)
        if sight != seen:
            seen = sight
            yield sight


def percentiles(values: list[float]) -> dict[str, float | None]:
    """Give p50 and p95; None when there are too few values to say."""
    if len(values) < 2:
        return {"p50": None, "p95": None}
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1)}
