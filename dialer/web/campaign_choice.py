"""The campaigns that a form offers to choose from."""

from dialer.store import figures
from dialer.store.database import Connection
from dialer.store.tables import Campaign

MOST_CAMPAIGNS = 200


def campaigns_to_choose(tx: Connection) -> list[Campaign]:
    """Read the newest campaigns, as many as a list can hold that somebody looks through."""
    return figures.newest_campaigns(tx, most=MOST_CAMPAIGNS)
