"""Migrations: a migrated database is the one the models describe, however often it was tried."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from factories import make_stage
from sqlalchemy import Connection, inspect, text
from sqlmodel import SQLModel

from dialer.domain.states import OPEN_STATUSES
from dialer.store.database import Database
from dialer.store.migrate import newest, revision_of, upgrade

PARTIAL = {
    "one_open_per_lead": "status",
    "one_open_per_phone": "status",
    "one_call": "call_id",
    "attempt_check": "check_at",
    "webhook_new": "status",
}

MIGRATE = "import sys; from dialer.store.migrate import upgrade; upgrade(sys.argv[1])"


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("bare_postgres_url")
    return url


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            yield connection
    finally:
        database.close()


def differences(url: str) -> list[Any]:
    """Compare a database with the models."""
    with connected(url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = list(compare_metadata(context, SQLModel.metadata))
    return [one for one in found if not (url.startswith("sqlite") and is_key_of_leads(one))]


def is_key_of_leads(difference: Any) -> bool:
    """Tell one of the two foreign keys that SQLite keeps and only PostgreSQL had to lose."""
    action, what = difference[:2] if isinstance(difference, tuple) else ("", None)
    keys = (["campaign_id"], ["list_id"])
    return action == "remove_fk" and what.table.name == "lead" and what.column_keys in keys


def table_names(url: str) -> set[str]:
    with connected(url) as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_a_migrated_database_is_the_one_the_models_describe(empty_url: str) -> None:
    assert upgrade(empty_url) == newest()
    assert differences(empty_url) == []
    assert table_names(empty_url) == set(SQLModel.metadata.tables)
    with connected(empty_url) as connection:
        assert revision_of(connection) == newest()


def test_a_database_never_migrated_has_no_revision(empty_url: str) -> None:
    with connected(empty_url) as connection:
        assert revision_of(connection) is None


def test_migrating_twice_is_harmless(empty_url: str) -> None:
    upgrade(empty_url)
    stage = make_stage(empty_url)
    lead_id = stage.lead()
    stage.world.db.close()
    upgrade(empty_url)
    database = Database(empty_url)
    with database.engine.connect() as connection:
        ids = connection.execute(text("SELECT id FROM lead")).scalars().all()
    database.close()
    assert ids == [lead_id]


def test_indexes_that_forbid_something_hold_for_the_rows_they_name(empty_url: str) -> None:
    upgrade(empty_url)
    with connected(empty_url) as connection:
        rows = connection.execute(text(_DEFINITIONS[connection.dialect.name])).all()
        found = {row[0]: row[1] for row in rows}
    for name, column in PARTIAL.items():
        where = found[name].partition(" WHERE ")[2]
        assert column in where, name
    for name in ("one_open_per_lead", "one_open_per_phone", "one_call"):
        assert "UNIQUE" in found[name]
    for name in ("one_open_per_lead", "one_open_per_phone"):
        assert [status for status in OPEN_STATUSES if f"'{status}'" not in found[name]] == []
        assert "ENDED" not in found[name]


_DEFINITIONS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


@pytest.mark.parametrize("step", [1, 2, 5, 9, 13])
def test_a_migration_killed_in_the_middle_is_done_again_from_its_beginning(
    empty_url: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0
    create_table = Operations.create_table

    def create_until_killed(self: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal steps
        made = create_table(self, *arguments, **options)
        steps += 1
        if steps == step:
            raise Killed
        return made

    with monkeypatch.context() as patch:
        patch.setattr(Operations, "create_table", create_until_killed)
        with pytest.raises(Killed):
            upgrade(empty_url)
    assert table_names(empty_url) == set()
    upgrade(empty_url)
    assert differences(empty_url) == []


def test_two_processes_that_migrate_at_once_do_not_clash(empty_url: str) -> None:
    command = [sys.executable, "-c", MIGRATE, empty_url]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    errors = [one.communicate(timeout=60)[1] for one in running]
    assert [one.returncode for one in running] == [0, 0, 0], errors
    assert differences(empty_url) == []
