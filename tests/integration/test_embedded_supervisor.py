"""Processes are kept running, and end when and in the order they should."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import redis

from dialer.cli import stack
from dialer.embedded.broker import EmbeddedBroker
from dialer.embedded.processes import Process
from dialer.embedded.supervisor import Supervisor
from dialer.errors import Unreachable, UserError

pytestmark = pytest.mark.processes

SOON = timedelta(seconds=20)

# Says when it is up, notes its end in a file, and stops on SIGTERM.
POLITE = """
import pathlib, signal, sys, time
name, diary = sys.argv[1], pathlib.Path(sys.argv[2])
def stop(*_):
    with diary.open("a") as page:
        page.write(name + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
diary.with_name(name + ".up").write_text("up")
print(name, "is up")
time.sleep(600)
"""
DEAF = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).write_text("up")
time.sleep(600)
"""


class Report:
    """Collects what the supervisor says, and lets a test wait for it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._said = threading.Condition()

    def __call__(self, line: str) -> None:
        with self._said:
            self.lines.append(line)
            self._said.notify_all()

    def wait_for(self, text: str) -> None:
        with self._said:
            assert self._said.wait_for(
                lambda: any(text in line for line in self.lines), SOON.total_seconds()
            ), self.lines


@pytest.fixture
def report() -> Report:
    return Report()


@pytest.fixture
def supervisor(tmp_path: Path, report: Report) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path, report=report, first_pause=timedelta(milliseconds=20))
    yield supervisor
    supervisor.stop()


def polite(name: str, home: Path) -> Process:
    return Process(
        name=name,
        argv=[sys.executable, "-c", POLITE, name, str(home / "diary")],
        ready=(home / f"{name}.up").exists,
    )


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SOON.total_seconds()
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_processes_stop_in_the_opposite_order_of_their_start(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    for name in ("broker", "web", "worker", "beat"):
        supervisor.add(polite(name, tmp_path))
    supervisor.start()
    supervisor.wait_ready(SOON)
    pids = supervisor.pids()
    assert list(pids) == ["broker", "web", "worker", "beat"]
    supervisor.stop()
    assert (tmp_path / "diary").read_text().split() == ["beat", "worker", "web", "broker"]
    assert not any(psutil.pid_exists(pid) for pid in pids.values())
    assert supervisor.pids() == {}
    supervisor.stop()


def test_everybody_can_see_which_process_is_which(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.add(polite("web", tmp_path)).start()
    written = json.loads((tmp_path / "pids.json").read_text())
    assert written == {"supervisor": os.getpid(), **supervisor.pids()}
    supervisor.stop()
    assert not (tmp_path / "pids.json").exists()


def test_output_goes_to_a_file_of_its_own(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.add(polite("web", tmp_path)).start()
    supervisor.wait_ready(SOON)
    assert until(lambda: "web is up" in (tmp_path / "log" / "web.log").read_text())


def test_a_killed_process_starts_again_and_it_is_said(
    supervisor: Supervisor, tmp_path: Path, report: Report
) -> None:
    supervisor.add(polite("worker", tmp_path)).start()
    supervisor.wait_ready(SOON)
    before = supervisor.pids()["worker"]
    (tmp_path / "worker.up").unlink()
    os.kill(before, signal.SIGKILL)
    report.wait_for("worker ended (SIGKILL); starting it again")
    assert until((tmp_path / "worker.up").exists)
    assert until(
        lambda: json.loads((tmp_path / "pids.json").read_text()).get("worker", before) != before
    )
    assert supervisor.pids()["worker"] != before


def test_a_process_that_keeps_ending_is_started_less_and_less_often(
    supervisor: Supervisor, report: Report
) -> None:
    supervisor.add(Process(name="web", argv=["/bin/sh", "-c", "exit 3"])).start()
    report.wait_for("web ended (exit code 3); starting it again in 0.02 s")
    report.wait_for("in 0.04 s")
    report.wait_for("in 0.08 s")


def test_what_was_stopped_does_not_start_again(tmp_path: Path, report: Report) -> None:
    supervisor = Supervisor(tmp_path, report=report, first_pause=timedelta(hours=1))
    supervisor.add(Process(name="web", argv=["/bin/false"])).start()
    report.wait_for("starting it again")
    supervisor.stop()
    assert supervisor.pids() == {}


def test_a_process_that_does_not_stop_is_killed(
    supervisor: Supervisor, tmp_path: Path, report: Report
) -> None:
    supervisor.add(
        Process(
            name="worker",
            argv=[sys.executable, "-c", DEAF, str(tmp_path / "deaf")],
            ready=(tmp_path / "deaf").exists,
            stops_within=timedelta(milliseconds=100),
        )
    ).start()
    supervisor.wait_ready(SOON)
    pid = supervisor.pids()["worker"]
    supervisor.stop()
    report.wait_for("worker does not stop; killing it")
    assert not psutil.pid_exists(pid)


def test_a_process_that_is_not_ready_in_time_is_named_with_its_last_words(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.add(polite("broker", tmp_path))
    supervisor.add(
        Process(
            name="web",
            argv=["/bin/sh", "-c", f"echo no such table; touch {tmp_path / 'said'}; sleep 600"],
            ready=lambda: False,
        )
    ).start()
    assert until((tmp_path / "said").exists)
    assert until((tmp_path / "broker.up").exists)
    with pytest.raises(Unreachable) as failed:
        supervisor.wait_ready(timedelta(milliseconds=50))
    assert failed.value.what.startswith("web did not become ready")
    assert failed.value.why == "no such table"
    assert "web.log" in str(failed.value.fix)


def test_two_dialers_do_not_run_in_one_home(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start()
    with pytest.raises(UserError, match="already runs"):
        Supervisor(tmp_path).start()
    supervisor.stop()
    again = Supervisor(tmp_path)
    again.start()
    again.stop()


def test_a_second_dialer_in_a_home_takes_nothing_away_from_the_first(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    broker = EmbeddedBroker(tmp_path, leash=supervisor.leash)
    url = broker.start()
    supervisor.add(broker.process()).start()
    running = (tmp_path / "pids.json").read_text()
    with (
        pytest.raises(UserError, match="already runs"),
        stack.running_stack(
            tmp_path,
            environment={"DIALER_HOME": str(tmp_path)},
            simulator=None,
            say=lambda line: None,
        ),
    ):
        pytest.fail("two run in one home")
    assert (tmp_path / "broker.url").read_text().strip() == url
    assert (tmp_path / "pids.json").read_text() == running


# Writes down at its end whether the address of the broker is still there.
LOOKING = """
import pathlib, signal, sys, time
home = pathlib.Path(sys.argv[1])
def stop(*_):
    (home / "seen").write_text(str((home / "broker.url").exists()))
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
(home / "looking").write_text("up")
time.sleep(600)
"""


def test_processes_that_are_ended_still_know_their_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was just starting would else take the broker at the usual address."""
    looking = Process(
        name="looking",
        argv=[sys.executable, "-c", LOOKING, str(tmp_path)],
        ready=(tmp_path / "looking").exists,
    )
    monkeypatch.setattr(
        stack, "_add_processes", lambda supervisor, *_, **__: supervisor.add(looking)
    )
    monkeypatch.setenv("DIALER_HOME", str(tmp_path))
    with stack.running_stack(tmp_path, environment={}, simulator=None, say=lambda line: None):
        pass
    assert (tmp_path / "seen").read_text() == "True"
    assert not (tmp_path / "broker.url").exists()


def test_a_broker_in_use_is_taken_over_and_comes_back_at_its_address(
    supervisor: Supervisor, tmp_path: Path, report: Report
) -> None:
    broker = EmbeddedBroker(tmp_path, leash=supervisor.leash)
    url = broker.start()
    supervisor.add(broker.process()).start()
    supervisor.wait_ready(SOON)
    os.kill(supervisor.pids()["broker"], signal.SIGKILL)
    report.wait_for("broker ended (SIGKILL)")
    assert until(broker.answers)
    with redis.Redis.from_url(url) as client:
        assert client.ping()
    supervisor.stop()
    assert not broker.answers()
    broker.stop()
    assert not (tmp_path / "broker.url").exists()


MAIN = f"""
import sys
from datetime import timedelta
from pathlib import Path
from dialer.embedded.processes import Process
from dialer.embedded.supervisor import Supervisor
home = Path(sys.argv[1])
POLITE, DEAF = {POLITE!r}, {DEAF!r}
supervisor = Supervisor(home)
supervisor.add(Process(name="web", argv=[sys.executable, "-c", POLITE, "web", str(home / "diary")],
                       ready=(home / "web.up").exists))
if "deaf" in sys.argv:
    supervisor.add(Process(name="worker", argv=[sys.executable, "-c", DEAF, str(home / "deaf")],
                           ready=(home / "deaf").exists, stops_within=timedelta(hours=1)))
supervisor.start()
supervisor.wait_ready(timedelta(seconds=20))
sys.exit(100 + supervisor.run_until_interrupted())
"""


def run_main(home: Path, *arguments: str) -> "subprocess.Popen[str]":
    main = subprocess.Popen(
        [sys.executable, "-c", MAIN, str(home), *arguments], stderr=subprocess.PIPE, text=True
    )
    assert main.stderr is not None
    assert main.stderr.readline().startswith("running")
    return main


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_in_order(number: signal.Signals, tmp_path: Path) -> None:
    with run_main(tmp_path) as main:
        main.send_signal(number)
        assert main.wait(SOON.total_seconds()) == 100 + number
    assert (tmp_path / "diary").read_text().split() == ["web"]
    assert not (tmp_path / "pids.json").exists()


def test_a_second_signal_ends_the_patience(tmp_path: Path) -> None:
    with run_main(tmp_path, "deaf") as main:
        main.send_signal(signal.SIGINT)
        assert main.stderr is not None
        assert main.stderr.readline().startswith("stopping")
        main.send_signal(signal.SIGINT)
        assert main.wait(SOON.total_seconds()) == 100 + signal.SIGINT


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    with run_main(tmp_path) as main:
        web = psutil.Process(json.loads((tmp_path / "pids.json").read_text())["web"])
        main.kill()
    assert until(lambda: not web.is_running() or web.status() == psutil.STATUS_ZOMBIE)
