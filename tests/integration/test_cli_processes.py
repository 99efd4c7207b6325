"""Commands as people and scripts run them: in a process of their own."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from cli_desk import CAMPAIGN, LEADS, NOBODY_LISTENS, command, ran

from dialer.cli.exits import ExitCode
from dialer.config import Settings

HEAVY = {"alembic", "celery", "fastapi", "httpx", "pydantic", "redis", "rich", "sqlalchemy"}


@pytest.fixture
def campaign_file(tmp_path: Path) -> Path:
    home = Settings.load().create_home()
    (home / "broker.url").write_text(NOBODY_LISTENS, encoding="utf-8")
    (tmp_path / "leads.csv").write_text(LEADS, encoding="utf-8")
    path = tmp_path / "spring.toml"
    path.write_text(CAMPAIGN, encoding="utf-8")
    return path


def test_the_help_loads_nothing_heavy() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, dialer.cli.app; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert HEAVY & set(loaded.stdout.split()) == set()


def test_the_version_is_told() -> None:
    answer = ran("--version")
    assert (answer.code, answer.out.split()[0]) == (ExitCode.DONE, "dialer")


@pytest.mark.slow
def test_scripts_can_tell_what_went_wrong(campaign_file: Path) -> None:
    """The other codes are tried within one process, where it is quicker."""
    expected = {
        ("campaigns", "create", campaign_file): ExitCode.REJECTED_ROWS,
        ("campaigns", "start", 1): ExitCode.USAGE,
        ("campaigns", "pause", 1): ExitCode.REFUSED,
    }
    for arguments, code in expected.items():
        answer = ran(*arguments)
        assert answer.code == code, (arguments, answer)
        assert "Traceback" not in answer.err


def test_live_mode_without_a_key_is_told_apart() -> None:
    assert ran("campaigns", "list", DIALER_MODE="live").code == ExitCode.KEY


def test_a_database_that_does_not_answer_is_told_apart() -> None:
    answer = ran("campaigns", "list", DATABASE_URL="postgresql://ann:hush@127.0.0.1:1/dialer")
    assert answer.code == ExitCode.UNREACHABLE
    assert answer.err.startswith("error: the database does not answer\nwhy: ")
    assert "hush" not in answer.err


@pytest.mark.slow
def test_an_interrupted_watch_exits_with_130(campaign_file: Path) -> None:
    ran("campaigns", "create", campaign_file)
    watching = subprocess.Popen(
        command("campaigns", "watch", 1, "--json"),
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # What a shell starts in the background ignores the signal, and so do its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert watching.stdout is not None
    assert json.loads(watching.stdout.readline())["status"] == "draft"
    watching.send_signal(signal.SIGINT)
    _, told = watching.communicate(timeout=30)
    assert watching.returncode == ExitCode.INTERRUPTED
    assert "Traceback" not in told


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    listing = subprocess.Popen(
        command("config", "show"),
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert listing.stdout is not None
    listing.stdout.close()
    assert listing.stderr is not None
    assert listing.stderr.read() == ""
    listing.stderr.close()
    listing.wait(30)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_simulator_tells_its_address_and_takes_it_back_when_it_ends(
    end: signal.Signals, tmp_path: Path
) -> None:
    faults = tmp_path / "faults.toml"
    faults.write_text("webhook_dropped = 0.5\n", encoding="utf-8")
    simulator = subprocess.Popen(
        command(
            *("sim", "--port", 0, "--limit", 7, "--seed", 3, "--speed", 10, "--cps", 5),
            *("--faults", faults, "--fault", "statuses.404=0.1", "--set", "ring_s=1,2"),
        ),
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert simulator.stdout is not None
    url = simulator.stdout.readline().strip()
    try:
        assert Settings.load().retell_base_url == url
        with urllib.request.urlopen(f"{url}/_sim/truth", timeout=10) as answer:
            assert json.load(answer)["limit"] == 7
    finally:
        simulator.send_signal(end)
        simulator.communicate(timeout=30)
    assert simulator.returncode == ExitCode.DONE
    assert not Settings.load().simulator_file.exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--port", "99999"), "--port"),
        (("--over-limit", "hang-up"), "--over-limit"),
        (("--fault", "answer_42=1"), "--fault answer_42"),
        (("--fault", "answer_429=2"), "--fault answer_429"),
        (("--fault", "answer_429"), "--fault answer_429"),
        (("--set", "rings=1,2"), "--set rings"),
    ],
)
def test_a_setting_the_simulator_does_not_know_is_named(
    arguments: tuple[str, ...], named: str
) -> None:
    answer = ran("sim", *arguments)
    assert answer.code == ExitCode.USAGE
    assert answer.err.startswith(f"error: {named}")
