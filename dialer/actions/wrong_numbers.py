"""Numbers that turned out to be none, by campaign, until somebody has seen them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialer.actions.control import find
from dialer.actions.world import World
from dialer.store import ended_numbers, ledger
from dialer.store.database import Connection
from dialer.store.ledger import log_action

LATELY = timedelta(days=7)
"""Older ones are nobody's problem any more."""
MOST_CAMPAIGNS = 50
SEEN = "acknowledge_wrong_numbers"


@dataclass(frozen=True, slots=True)
class WrongNumbers:
    """How many leads of a campaign closed of late as their numbers do not exist."""

    campaign_id: int
    campaign: str
    leads: int
    since: datetime


def of_late(tx: Connection, *, now: datetime) -> Sequence[WrongNumbers]:
    """Give the campaigns that had some, the newest first; without what somebody has seen."""
    since = now - LATELY
    names = dict(ended_numbers.campaigns_of_late(tx, since=since, most=MOST_CAMPAIGNS))
    counted = ended_numbers.wrong(tx, names, after=since)
    seen = _seen_until(tx, counted)
    for campaign_id in [one for one in counted if seen.get(one, since) > since]:
        del counted[campaign_id]
        counted |= ended_numbers.wrong(tx, [campaign_id], after=seen[campaign_id])
    return [
        WrongNumbers(campaign_id, name, *counted[campaign_id])
        for campaign_id, name in names.items()
        if campaign_id in counted
    ]


def _seen_until(tx: Connection, campaign_ids: Iterable[int]) -> dict[int, datetime]:
    """Give for each campaign up to when somebody has seen its wrong numbers, where anybody has."""
    by_subject = {_subject(one): one for one in campaign_ids}
    rows = ledger.entries_about(tx, list(by_subject), action=SEEN)
    return {
        by_subject[row.subject]: datetime.fromisoformat(row.after["until"])
        for row in rows
        if row.after is not None
    }


def _subject(campaign_id: int) -> str:
    return f"campaign:{campaign_id}"


def acknowledge(world: World, campaign_id: int, *, until: datetime, actor: str, note: str) -> None:
    """Say that somebody has seen the wrong numbers of a campaign until a moment.

    Raises:
        NotFound: there is no such campaign.
    """
    now = world.clock.now()
    seen: dict[str, object] = {"note": note, "until": until.isoformat()}

    def body(tx: Connection) -> None:
        find(tx, campaign_id)
        subject = _subject(campaign_id)
        log_action(tx, actor=actor, action=SEEN, subject=subject, now=now, after=seen)

    world.db.transact(body)
