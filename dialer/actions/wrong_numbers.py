"""Numbers that turned out to be none, by campaign, until somebody has seen them."""

from collections.abc import Sequence
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
    seen = ledger.last_done(tx, [_subject(one) for one in counted], action=SEEN)
    for campaign_id in [one for one in counted if seen.get(_subject(one), since) > since]:
        del counted[campaign_id]
        counted |= ended_numbers.wrong(tx, [campaign_id], after=seen[_subject(campaign_id)])
    return [
        WrongNumbers(campaign_id, name, *counted[campaign_id])
        for campaign_id, name in names.items()
        if campaign_id in counted
    ]


def _subject(campaign_id: int) -> str:
    return f"campaign:{campaign_id}"


def acknowledge(world: World, campaign_id: int, *, actor: str, note: str) -> None:
    """Say that somebody has seen the wrong numbers of a campaign; later ones are told again.

    Raises:
        NotFound: there is no such campaign.
    """
    now = world.clock.now()

    def body(tx: Connection) -> None:
        find(tx, campaign_id)
        subject = _subject(campaign_id)
        log_action(tx, actor=actor, action=SEEN, subject=subject, now=now, after={"note": note})

    world.db.transact(body)
