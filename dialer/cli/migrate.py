"""`dialer migrate`: bring the database to this release."""

from dialer.cli.output import say
from dialer.cli.worlds import load_settings


def migrate() -> None:
    """Bring the database to the newest revision; may be run twice."""
    from dialer.config import hide_password
    from dialer.store import migrate as migrations

    settings = load_settings()
    settings.create_home()
    revision = migrations.upgrade(settings.database_url)
    say(f"{hide_password(settings.database_url)} is at revision {revision}, the newest")
