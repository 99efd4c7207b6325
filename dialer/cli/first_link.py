"""The one-time link for the first admin, as commands print it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dialer.config import Settings


def address_of(settings: "Settings", token: str) -> str:
    """Give the address of the page that lets the first admin in."""
    return f"{settings.public_url or settings.web_url}/welcome/{token}"


def first_link(settings: "Settings") -> str | None:
    """Make a link for the first admin; None when somebody may sign in already."""
    from dialer.actions import people
    from dialer.store.database import Database

    database = Database(settings.database_url, pool_size=1)
    try:
        token = people.first_link(database, now=datetime.now(UTC))
    finally:
        database.close()
    return None if token is None else address_of(settings, token)
