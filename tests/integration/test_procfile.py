"""The files for production start what they name, with the commands people know."""

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dialer.config import Settings
from dialer.embedded import processes
from dialer.embedded.broker import free_port
from dialer.embedded.processes import web_answers
from dialer.retell.wire import CREATE_TIMEOUT

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
NAMES = ["web", "worker", "worker-files", "beat", "flower"]
WITHIN_S = 60


def exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture
def environment(valkey_url: str, sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "DIALER_ENV_FILE": os.devnull,
        "DIALER_HOME": str(tmp_path / "var"),
        "DIALER_WEB_PORT": str(free_port()),
        "DIALER_FLOWER_PORT": str(free_port()),
        "DIALER_WORKER_THREADS": "4",
        "DATABASE_URL": sqlite_url,
        "REDIS_URL": valkey_url,
    }


class Honcho:
    """The Procfile, running; its output is kept for the one who has to find out what went wrong."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self._lines: list[str] = []
        empty = Path(environment["DIALER_HOME"]).with_name("no.env")
        empty.touch()
        self.process = subprocess.Popen(
            ["honcho", "-f", "Procfile", "-e", str(empty), "--no-colour", "start", *NAMES],
            cwd=ROOT,
            env=environment,  # its PATH starts with the tools beside our own Python
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self._lines.extend(self.process.stdout)

    @property
    def output(self) -> str:
        return "".join(self._lines)

    def answers(self, worker: str) -> bool:
        ping = subprocess.run(
            ["celery", "-A", "workers.app", "inspect", "--json", "ping", "-t", "2"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
        )
        return ping.returncode == 0 and any(
            name.startswith(f"{worker}@") for name in json.loads(ping.stdout)
        )

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(WITHIN_S)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def honcho(environment: dict[str, str]) -> Iterator[Honcho]:
    for module in ("workers.app", "dialer.web.app"):
        if not exists(module):
            pytest.skip(f"{module} is not written yet")
    running = Honcho(environment)
    yield running
    running.stop()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_procfile_starts_every_process(honcho: Honcho) -> None:
    port = int(honcho.environment["DIALER_WEB_PORT"])
    flower = int(honcho.environment["DIALER_FLOWER_PORT"])
    assert until(lambda: web_answers("127.0.0.1", port)), honcho.output
    assert until(lambda: honcho.answers("worker")), honcho.output
    assert until(lambda: honcho.answers("files")), honcho.output
    assert until(lambda: "beat: Starting" in honcho.output), honcho.output
    assert until(lambda: web_answers("127.0.0.1", flower, path="/healthcheck")), honcho.output
    assert honcho.process.poll() is None, honcho.output


def test_the_procfile_names_the_five_processes() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "honcho", "check"], cwd=ROOT, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
    lines = (ROOT / "Procfile").read_text().splitlines()
    assert [line.partition(":")[0] for line in lines] == NAMES


@pytest.mark.parametrize("file", ["Procfile", "docker-compose.yml"])
def test_the_queues_are_the_same_wherever_workers_are_started(file: str) -> None:
    settings = Settings.load()
    text = (ROOT / file).read_text()
    for process in (processes.worker(settings), processes.worker_files(settings)):
        argv = list(process.argv)
        queues, pool = argv[argv.index("-Q") + 1], argv[argv.index("--pool") + 1]
        command = rf"worker --pool {pool}\b.{{0,120}}?-Q {queues} "
        assert re.search(command, text, re.DOTALL), process.name


def test_a_worker_is_given_the_time_its_calls_may_take() -> None:
    given = re.findall(r"stop_grace_period: (\d+)s", (ROOT / "docker-compose.yml").read_text())
    workers_stop_within = processes.WORKER_STOPS_WITHIN.total_seconds()
    assert [int(seconds) >= workers_stop_within for seconds in given[:2]] == [True, True]
    longest = sum(CREATE_TIMEOUT.as_dict()[step] or 0 for step in ("connect", "write", "read"))
    assert workers_stop_within > longest


def compose() -> list[str] | None:
    """Give the command of Docker's compose client, None where there is none."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) is None:
            continue
        if subprocess.run([*command, "version"], capture_output=True).returncode == 0:
            return command
    return None


def test_docker_compose_accepts_its_file_and_names_every_process() -> None:
    command = compose()
    if command is None:
        pytest.skip("Docker's compose client is not on this machine")
    shown = subprocess.run(
        [*command, "-f", "docker-compose.yml", "config", "--services"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert shown.returncode == 0, shown.stderr
    assert set(shown.stdout.split()) == {*NAMES, "migrate", "redis", "postgres"}
