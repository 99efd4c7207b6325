"""Migrations: bring a database to the tables of this release."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from dialer.store.database import Database

FOLDER = Path(__file__).parent / "migrations"


def upgrade(url: str) -> str:
    """Bring the database at `url` to the newest revision and give its name.

    May be called twice; a step that was interrupted is done again from its beginning.
    """
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        return newest()
    finally:
        database.close()


@cache
def newest() -> str:
    """Give the name of the newest revision; to know it all of them are read."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def revision_of(connection: Connection) -> str | None:
    """Give the revision a database is at; None when it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
