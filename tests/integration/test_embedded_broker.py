"""The broker we bring ourselves."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from dialer.embedded import broker as broker_module
from dialer.embedded.broker import EmbeddedBroker
from dialer.errors import Unreachable

pytestmark = pytest.mark.processes


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(tmp_path)
    yield broker
    broker.stop()


def test_it_is_a_valkey_server_that_keeps_nothing_on_disk(
    broker: EmbeddedBroker, tmp_path: Path
) -> None:
    url = broker.start()
    assert broker.kind.startswith("valkey ")
    with redis.Redis.from_url(url) as client:
        client.set("a", "b")
        assert client.get("a") == b"b"
        assert client.config_get("save") == {"save": ""}
        assert client.config_get("appendonly") == {"appendonly": "no"}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}
    broker.stop()
    assert [path.name for path in (tmp_path / "broker").iterdir()] == ["broker.log"]


def test_its_address_stands_in_the_home_directory_while_it_runs(
    broker: EmbeddedBroker, tmp_path: Path
) -> None:
    url = broker.start()
    assert (tmp_path / "broker.url").read_text().strip() == url
    broker.stop()
    assert not (tmp_path / "broker.url").exists()
    broker.stop()


def test_a_port_that_somebody_took_first_is_given_up_for_another(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = iter([taken.getsockname()[1], broker_module.free_port()])
        monkeypatch.setattr(broker_module, "free_port", lambda: next(ports))
        url = broker.start()
        assert str(taken.getsockname()[1]) not in url
    with redis.Redis.from_url(url) as client:
        assert client.ping()


def test_another_server_on_the_port_is_not_taken_for_ours(
    broker: EmbeddedBroker, tmp_path: Path
) -> None:
    broker.start()
    other = EmbeddedBroker(tmp_path / "other")
    other._port = broker._port
    assert broker.answers()
    assert not other.answers()


def test_fakeredis_stands_in_where_no_valkey_runs_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(broker_module, "valkey_binary", lambda: None)
    broker = EmbeddedBroker(tmp_path)
    url = broker.start()
    assert broker.kind == "fakeredis"
    assert "using fakeredis" in capsys.readouterr().err
    with redis.Redis.from_url(url, protocol=2) as client:
        client.lpush("dial", "message")
        assert client.brpop(["dial"], timeout=5) == (b"dial", b"message")
    broker.stop()


def test_a_server_that_never_starts_is_an_error_that_names_the_log(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker._binary = Path("/bin/false")
    with pytest.raises(Unreachable) as failed:
        broker.start()
    assert "broker.log" in str(failed.value.why)


HOLDER = """
import sys, time
from pathlib import Path
from dialer.embedded.broker import EmbeddedBroker
broker = EmbeddedBroker(Path(sys.argv[1]))
broker.start()
print(broker.process().running.pid, flush=True)
time.sleep(600)
"""


def test_it_ends_when_its_owner_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        server = psutil.Process(int(owner.stdout.readline()))
        assert server.name() == "valkey-server"
        os.kill(owner.pid, signal.SIGKILL)
    psutil.wait_procs([server], timeout=20)
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE
