"""Readable: campaigns whose settings can be read; one that cannot stops nothing of the others."""

from collections.abc import Iterable

from pydantic import ValidationError

from dialer.log import get_logger
from dialer.store import campaigns
from dialer.store.tables import Campaign

log = get_logger(__name__)


def readable(rows: Iterable[Campaign]) -> list[Campaign]:
    """Leave out the campaigns whose settings cannot be read, as those of another version."""
    found = []
    for row in rows:
        try:
            campaigns.spec_of(row)
        except ValidationError:
            log.error("settings_unreadable", campaign_id=row.id, exc_info=True)
        else:
            found.append(row)
    return found
