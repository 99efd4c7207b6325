"""A database that was put back: nobody is called until Retell's calls were compared."""

import logging
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from house import RETELL, House, assert_nobody_was_called_twice

from dialer.actions import control
from dialer.actions.audit import audit
from dialer.domain.states import LeadStatus
from dialer.simulator.engine import Exchange
from dialer.store import gate, incidents


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    usual = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(wrapper_class=usual)


def database_file(house: House) -> Path:
    return Path(house.url.removeprefix("sqlite:///"))


def back_up(house: House, to: Path) -> None:
    house.stop()
    shutil.copy(database_file(house), to)
    house.open()


def put_back(house: House, backup: Path) -> None:
    house.stop()
    file = database_file(house)
    for leftover in file.parent.glob(f"{file.name}-*"):
        leftover.unlink()
    shutil.copy(backup, file)
    house.open()


@pytest.fixture
def house(tmp_path: Path, sqlite_url: str) -> Iterator[House]:
    made = House(tmp_path, sqlite_url)
    yield made
    made.stop()


def test_a_copy_put_back_is_seen_mended_and_goes_on_by_itself(house: House, tmp_path: Path) -> None:
    house.start(30)
    house.pass_minutes(3)
    back_up(house, tmp_path / "backup.db")
    assert not house.is_doubted
    before = house.truth()["calls"]
    house.pass_minutes(4)
    assert house.truth()["calls"] - before > 5
    assert 0 < house.progress().finished < 30

    put_back(house, tmp_path / "backup.db")
    assert house.is_doubted
    calls = house.truth()["calls"]
    house.pass_minutes(4)
    assert house.is_doubted
    assert house.truth()["calls"] == calls  # nobody is called meanwhile
    house.pass_minutes(2)
    assert not house.is_doubted
    assert house.count("SELECT count(*) FROM attempt WHERE reason = 'forgotten' OR late") > 0

    house.pass_until_finished(30)
    assert_nobody_was_called_twice(house)
    known = house.count("SELECT count(*) FROM attempt WHERE call_id IS NOT NULL")
    assert known == house.truth()["calls"]
    assert house.broken() == set()
    assert house.world.db.read(incidents.unclosed) == []


def test_a_person_who_opted_out_in_a_forgotten_call_is_not_called_again(
    house: House, tmp_path: Path
) -> None:
    house.start(30)
    back_up(house, tmp_path / "backup.db")
    house.pass_minutes(7)
    opted_out = house.opted_out()
    assert opted_out
    put_back(house, tmp_path / "backup.db")
    assert not house.opted_out()
    house.pass_minutes(7)
    assert not house.is_doubted
    assert house.opted_out() >= opted_out


def test_a_persons_resume_does_not_lift_the_doubt(house: House, tmp_path: Path) -> None:
    house.start(30)
    back_up(house, tmp_path / "backup.db")
    house.pass_minutes(3)
    put_back(house, tmp_path / "backup.db")
    calls = house.truth()["calls"]
    control.pause_everything(house.world, actor="ann")
    control.resume_everything(house.world, actor="ann")
    control.pause(house.world, house.campaign_id, actor="ann")
    control.resume(house.world, house.campaign_id, actor="ann")
    house.pass_minutes(2)
    assert house.is_doubted
    assert house.truth()["calls"] == calls


def test_a_pause_of_a_person_outlasts_the_doubt(house: House, tmp_path: Path) -> None:
    house.start(30)
    house.pass_minutes(1)
    control.pause_everything(house.world, actor="ann")
    house.pass_minutes(4)
    back_up(house, tmp_path / "backup.db")
    control.resume_everything(house.world, actor="ann")
    house.pass_minutes(2)
    put_back(house, tmp_path / "backup.db")
    calls = house.truth()["calls"]
    house.pass_minutes(8)
    assert not house.is_doubted
    assert house.world.db.read(gate.peek).everything_paused
    assert house.truth()["calls"] == calls


def test_a_database_that_was_silent_for_days_is_no_restore(house: House) -> None:
    house.start(5)
    house.pass_minutes(10)
    house.stop()
    house.clock.jump_to(house.clock.now_ms() + 3 * 24 * 3_600_000)
    house.open()
    assert not house.is_doubted


def test_a_fresh_install_begins_at_once(house: House) -> None:
    assert not house.is_doubted
    house.start(1)
    house.pass_minutes(1)
    assert house.truth()["calls"] == 1


def test_a_new_database_in_an_old_home_is_another_installation(
    house: House, sqlite_template: Path
) -> None:
    house.start(5)
    house.pass_minutes(3)
    put_back(house, sqlite_template)
    assert not house.is_doubted


def test_a_restore_where_no_file_is_left_is_seen_by_its_calls(house: House, tmp_path: Path) -> None:
    house.start(20)
    house.pass_minutes(2)
    back_up(house, tmp_path / "backup.db")
    house.pass_minutes(3)
    (tmp_path / "sends.log").unlink()
    put_back(house, tmp_path / "backup.db")
    assert not house.is_doubted  # nothing on this machine tells
    house.clock.sleep(timedelta(hours=1))  # nor did anybody until the hourly comparison
    audit(house.world)
    assert house.is_doubted
    house.pass_minutes(8)
    assert not house.is_doubted
    house.pass_until_finished(20)
    assert_nobody_was_called_twice(house)


def test_a_lead_that_is_forgotten_as_well_is_told_and_its_call_counts_for_its_number(
    house: House, tmp_path: Path
) -> None:
    back_up(house, tmp_path / "backup.db")
    house.start(4)
    house.pass_minutes(8)
    calls = house.truth()["calls"]
    put_back(house, tmp_path / "backup.db")
    assert house.is_doubted
    house.pass_minutes(8)
    assert not house.is_doubted
    assert house.count("SELECT count(*) FROM other_call") == calls
    told = house.world.db.read(incidents.unclosed)
    assert {one.code for one in told} == {"I19"}
    house.clock.sleep(timedelta(hours=1))
    house.pass_minutes(2)  # and it casts no further doubt
    assert not house.is_doubted


def test_a_retell_that_knows_none_of_our_calls_settles_nothing(
    house: House, tmp_path: Path
) -> None:
    house.start(15)
    house.pass_minutes(3)
    back_up(house, tmp_path / "backup.db")
    house.pass_minutes(2)
    house.exchange = Exchange(RETELL)
    put_back(house, tmp_path / "backup.db")
    house.pass_minutes(10)
    assert house.is_doubted
    assert "workspace" in {one.subject for one in house.world.db.read(incidents.unclosed)}


def test_leads_wait_while_the_database_is_doubted(house: House, tmp_path: Path) -> None:
    house.start(30)
    back_up(house, tmp_path / "backup.db")
    house.pass_minutes(3)
    put_back(house, tmp_path / "backup.db")
    house.pass_minutes(3)
    waiting = f"SELECT count(*) FROM lead WHERE status = '{LeadStatus.READY}'"
    assert house.count(waiting) > 0
    assert house.count("SELECT count(*) FROM attempt WHERE status = 'INTENT'") == 0
