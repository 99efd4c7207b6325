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
    found = []
    for campaign_id, name in ended_numbers.campaigns_of_late(
        tx, since=now - LATELY, most=MOST_CAMPAIGNS
    ):
        seen = ledger.latest(tx, f"campaign:{campaign_id}", action=SEEN)
        after = max(now - LATELY, seen.at) if seen is not None else now - LATELY
        leads, since = ended_numbers.wrong(tx, campaign_id, after=after)
        if since is not None:
            found.append(WrongNumbers(campaign_id, name, leads, since))
    return found


def acknowledge(world: World, campaign_id: int, *, actor: str, note: str) -> None:
    """Say that somebody has seen the wrong numbers of a campaign; later ones are told again.

    Raises:
        NotFound: there is no such campaign.
    """
    now = world.clock.now()

    def body(tx: Connection) -> None:
        find(tx, campaign_id)
        subject = f"campaign:{campaign_id}"
        log_action(tx, actor=actor, action=SEEN, subject=subject, now=now, after={"note": note})

    world.db.transact(body)
