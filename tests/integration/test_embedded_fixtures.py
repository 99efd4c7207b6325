"""The servers the other tests rely on are real, empty and ours."""

import socket

import psycopg
import pytest
import redis
from sqlalchemy import text

from dialer.store.database import Database


def test_a_test_gets_an_empty_database_with_all_tables(database: Database) -> None:
    def count(connection) -> int:  # type: ignore[no-untyped-def]
        rows: int = connection.execute(text("SELECT count(*) FROM attempt")).scalar_one()
        return rows

    assert database.read(count) == 0


@pytest.mark.parametrize("turn", [1, 2])
def test_nothing_of_the_test_before_is_left_in_postgresql(postgres_url: str, turn: int) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        row = connection.execute(
            "INSERT INTO incident (code, subject, sentence, opened_at)"
            " VALUES ('late', '7', 'late', now()) RETURNING id"
        ).fetchone()
    assert row == (1,), turn


def test_postgresql_is_a_real_server(bare_postgres_url: str) -> None:
    with psycopg.connect(bare_postgres_url.replace("+psycopg", "")) as connection:
        version = connection.execute("SHOW server_version_num").fetchone()
    assert version is not None
    assert int(version[0]) >= 140000


def test_two_databases_of_one_test_run_share_nothing(postgres_url: str, sqlite_url: str) -> None:
    assert postgres_url.startswith("postgresql+psycopg://")
    assert sqlite_url.startswith("sqlite:///")


def test_valkey_is_a_real_server_and_empty(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        assert client.info("server")["server_name"] == "valkey"
        assert client.dbsize() == 0


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.com", 443)])
def test_no_test_reaches_beyond_this_machine(address: tuple[str, int]) -> None:
    with pytest.raises(RuntimeError, match="tried to connect"):
        socket.create_connection(address, timeout=1)
