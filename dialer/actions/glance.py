"""Campaigns at a glance: what the first page tells of each of them. Reads only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialer.actions.campaign_live import Counted
from dialer.actions.health import Health, health
from dialer.domain.lines import GateState, LinesInForce, lines_in_force
from dialer.domain.pulse import MINUTES, by_minute
from dialer.domain.states import CampaignStatus
from dialer.store import figures, gate, pulse, registries
from dialer.store.database import Connection, Database
from dialer.store.tables import Campaign


@dataclass(frozen=True, slots=True)
class Glance:
    """What is quickly read, however long the lists are."""

    campaigns: Sequence[Campaign]  # one more than were asked for where there are more
    by_status: Mapping[CampaignStatus, int]
    state: GateState
    lines: LinesInForce
    in_use: int
    in_use_by: Mapping[int, int]  # campaign
    health: Health
    registries: int


def look_over(
    db: Database,
    statuses: Collection[CampaignStatus],
    *,
    before: int | None,
    most: int,
    now: datetime,
) -> Glance:
    """Read the campaigns in some statuses, the newest first, and what is around them."""

    def body(tx: Connection) -> Glance:
        state, open_now = gate.peek(tx), gate.count_open(tx)
        return Glance(
            figures.campaigns_in(tx, statuses, before=before, most=most + 1),
            figures.campaigns_by_status(tx),
            state,
            lines_in_force(state, now=now),
            open_now.total,
            open_now.by_campaign,
            health(tx, now=now),
            len(registries.every(tx)),
        )

    return db.read(body)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of a campaign waits, and for whom."""

    leads: int  # for their time
    held: Mapping[str, int]  # for a person, by reason


def what_waits(db: Database, campaign_ids: Sequence[int]) -> Mapping[int, Waiting]:
    """Count what waits in some campaigns; each has an entry."""

    def body(tx: Connection) -> Mapping[int, Waiting]:
        done = figures.progress(tx, campaign_ids)
        return {
            one: Waiting(done[one].pending + done[one].retry_later, pulse.held_reasons(tx, one))
            for one in campaign_ids
        }

    return db.read(body)


def count_each(
    db: Database, campaign_ids: Sequence[int], *, now: datetime
) -> Mapping[int, Counted]:
    """Count leads and calls of some campaigns; each has an entry."""

    def body(tx: Connection) -> Mapping[int, Counted]:
        progress = figures.progress(tx, campaign_ids)
        ends = figures.dispositions(tx, campaign_ids)
        since = now - timedelta(minutes=MINUTES)
        sent = pulse.sent_by_campaign(tx, campaign_ids, since=since)
        return {
            one: Counted(progress[one], ends[one], by_minute(sent[one], now=now), {}, ())
            for one in campaign_ids
        }

    return db.read(body)
