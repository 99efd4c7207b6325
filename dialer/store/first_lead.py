"""The first lead: whether a campaign that is to call only one has called it."""

from sqlalchemy import Connection

from dialer.store import attempts
from dialer.store.tables import Campaign


def is_called(tx: Connection, row: Campaign) -> bool:
    """Tell whether a campaign calls nobody more until a person lets it call the others, too.

    What never rang anywhere was no call.
    """
    if not row.first_only or row.started_at is None:
        return False
    return attempts.any_since(tx, row.id, since=row.started_at)
