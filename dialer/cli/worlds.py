"""What commands work with: settings, an opened database at the newest revision, a world."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dialer.cli.exits import KeyMissing
from dialer.errors import UserError

if TYPE_CHECKING:
    from dialer.actions.world import World
    from dialer.config import Settings
    from dialer.store.database import Database


def load_settings() -> "Settings":
    """Read the settings, and log only what a person who types commands wants to see.

    Raises:
        KeyMissing: live mode has no key.
        UserError: a setting is not valid.
    """
    from dialer import log
    from dialer.config import Settings

    try:
        settings = Settings.load()
    except UserError as error:
        if "API key" in error.what:
            raise KeyMissing(error.what, why=error.why, fix=error.fix) from error
        raise
    chosen = "log_level" in settings.model_fields_set
    log.configure(settings.log_level if chosen else "error", settings.log_format)
    return settings


@contextmanager
def opened_database(settings: "Settings") -> Iterator["Database"]:
    """Open the database of these settings, with the tables of this release in it.

    Raises:
        UserError: it must be migrated first.
    """
    from dialer.store.database import Database

    settings.create_home()
    database = Database(settings.database_url)
    try:
        _bring_to_newest(settings, database)
        yield database
    finally:
        database.close()


@contextmanager
def opened_world(settings: "Settings") -> Iterator["World"]:
    """Open the world of a person's command; see `bootstrap.build_desk`.

    Raises:
        UserError: the database must be migrated first.
    """
    from dialer.bootstrap import build_desk

    with opened_database(settings) as database:
        world = build_desk(settings, database)
        try:
            yield world
        finally:
            world.provider.close()


def actor() -> str:
    """Name the person for the activity log."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a user id without a name, as containers have
        return "cli"


def _bring_to_newest(settings: "Settings", database: "Database") -> None:
    """Migrate the embedded database; another one belongs to somebody who decides when."""
    from dialer.store import migrate

    revision, newest = database.read(migrate.revision_of), migrate.newest()
    if revision == newest:
        return
    if settings.is_embedded:
        migrate.upgrade(settings.database_url)
        return
    state = f"is at revision {revision}" if revision else "has no tables yet"
    raise UserError(
        f"the database {state}", why=f"this release needs revision {newest}", fix="dialer migrate"
    )
