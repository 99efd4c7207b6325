"""A PostgreSQL that lost its last seconds, or was read back from a dump, on real servers."""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import structlog
from chaos.postgres import PostgresServer
from house import House, assert_nobody_was_called_twice

from dialer.store import incidents
from dialer.store.migrate import upgrade

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PEOPLE = 30


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    usual = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(wrapper_class=usual)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that the server's user may enter, which those of pytest are not."""
    made = Path(tempfile.mkdtemp(prefix="dialer-failover-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def server(folder: Path) -> Iterator[PostgresServer]:
    made = PostgresServer(folder / "first")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def house(server: PostgresServer, tmp_path: Path) -> Iterator[House]:
    url = with_driver(server.address)
    upgrade(url)
    made = House(tmp_path, url)
    yield made
    made.stop()


def with_driver(address: str) -> str:
    return address.replace("postgresql://", "postgresql+psycopg://")


def assert_that_it_mends_itself(house: House) -> None:
    """See that nobody is called while in doubt, and that all end well without a person."""
    calls = house.truth()["calls"]
    house.pass_minutes(2)
    assert house.is_doubted
    assert house.truth()["calls"] == calls
    house.pass_until_finished(PEOPLE)
    assert not house.is_doubted
    assert_nobody_was_called_twice(house)
    known = house.count("SELECT count(*) FROM attempt WHERE call_id IS NOT NULL")
    assert known == house.truth()["calls"]
    assert house.broken() == set()
    assert house.world.db.read(incidents.unclosed) == []


def follow(server: PostgresServer, folder: Path) -> PostgresServer:
    """Start a standby that knows everything the server knows."""
    standby = PostgresServer(folder / "second", copy_of=server)
    standby.start()
    with psycopg.connect(server.address) as asking:
        (position,) = asking.execute("SELECT pg_current_wal_lsn()::text").fetchone() or ("0/0",)
    while not standby.has_caught_up(position):
        pass
    return standby


def test_a_failover_that_lost_the_last_calls_stops_the_processes_that_live_on(
    house: House, server: PostgresServer, folder: Path
) -> None:
    house.start(PEOPLE)
    house.pass_minutes(3)
    standby = follow(server, folder)
    try:
        standby.stop_following()
        before = house.truth()["calls"]
        house.pass_minutes(1)
        lost = house.truth()["calls"] - before
        assert lost > 0
        server.kill()
        standby.take_over(port=server.port)
        (known,) = (house.count("SELECT count(*) FROM attempt WHERE call_id IS NOT NULL"),)
        assert known < house.truth()["calls"]
        # The same process goes on, over new connections: nothing was started again.
        assert_that_it_mends_itself(house)
    finally:
        standby.stop()


def test_a_failover_that_lost_nothing_is_compared_all_the_same(
    house: House, server: PostgresServer, folder: Path
) -> None:
    house.start(PEOPLE)
    house.pass_minutes(3)
    standby = follow(server, folder)
    try:
        server.kill()
        standby.take_over(port=server.port)
        assert_that_it_mends_itself(house)
    finally:
        standby.stop()


@pytest.mark.parametrize("is_noted", [True, False], ids=["sends noted", "no note left"])
def test_a_dump_that_is_read_back_starts_in_doubt(
    house: House, server: PostgresServer, tmp_path: Path, *, is_noted: bool
) -> None:
    house.start(PEOPLE)
    house.pass_minutes(3)
    dump = server.dump()
    house.pass_minutes(3)
    house.stop()
    server.read_back(dump)
    if not is_noted:
        (tmp_path / "sends.log").unlink()
    house.open()
    assert house.is_doubted
    assert_that_it_mends_itself(house)
