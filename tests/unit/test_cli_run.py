"""Errors become three lines and an exit code; nothing becomes a traceback."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
import typer

from dialer.cli import app as commands
from dialer.cli.exits import Declined, ExitCode, KeyMissing, WrongUsage
from dialer.cli.run import all_commands, run
from dialer.errors import (
    AccountProblem,
    IllegalMove,
    NotFound,
    ProviderUnavailable,
    RefusedByRule,
    TransportUnfit,
    Unreachable,
    UserError,
)


class Failing:
    """What the command `fail` raises."""

    error: BaseException = RuntimeError()


@pytest.fixture(autouse=True)
def failing_command(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    app = typer.Typer()

    @app.callback()
    def group() -> None:
        """Keep the command's name."""

    @app.command()
    def fail() -> None:
        raise Failing.error

    monkeypatch.setattr(commands, "app", app)
    all_commands.cache_clear()
    yield
    all_commands.cache_clear()
    Failing.error = RuntimeError()


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """Put the log back as it was; a command sends it to the stderr of its test."""
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UserError("x"), 1),
        (Declined("x"), 1),
        (TransportUnfit("x"), 1),
        (IllegalMove("x"), 1),
        (RuntimeError("x"), 1),
        (BrokenPipeError(), 1),
        (WrongUsage("x"), 2),
        (typer.BadParameter("x"), 2),
        (NotFound("x"), 3),
        (KeyMissing("x"), 4),
        (AccountProblem("bad key", code="http_401", status=401), 4),
        (RefusedByRule("x"), 5),
        (Unreachable("x"), 6),
        (ProviderUnavailable("x", code="connect_error"), 6),
        (KeyboardInterrupt(), 130),
        (typer.Abort(), 130),
        (typer.Exit(7), 7),
    ],
    ids=repr,
)
def test_every_error_has_its_exit_code(error: BaseException, code: int) -> None:
    Failing.error = error
    assert run(["fail"]) == code


def test_an_error_says_what_why_and_how_to_mend_it(capsys: pytest.CaptureFixture[str]) -> None:
    Failing.error = UserError("it broke", why="too old\nand too cold", fix="buy a new one")
    run(["fail"])
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "error: it broke\nwhy: too old\n     and too cold\nfix: buy a new one\n"


def test_an_unexpected_error_is_no_traceback_and_hides_phones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Failing.error = RuntimeError("cannot dial +14155552671\nmore")
    run(["fail"])
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert "RuntimeError: cannot dial +1415•••2671" in told
    assert "DIALER_LOG_LEVEL=debug" in told


def test_the_traceback_is_logged_on_request(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALER_LOG_LEVEL", "debug")
    Failing.error = RuntimeError("x")
    run(["fail"])
    assert "Traceback" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    Failing.error = PermissionError(13, "Permission denied", str(tmp_path / "x.csv"))
    assert run(["fail"]) == ExitCode.FAILED
    assert capsys.readouterr().err == f"error: {tmp_path / 'x.csv'}: Permission denied\n"


def test_wrong_usage_points_to_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fail", "--loudly"]) == ExitCode.USAGE
    told = capsys.readouterr().err
    assert told.startswith("error: no such option: --loudly")
    assert told.endswith("fix: dialer fail --help\n")


def test_a_misspelled_command_is_corrected(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fial"]) == ExitCode.USAGE
    assert "Did you mean 'fail'?" in capsys.readouterr().err


def test_an_outage_of_the_database_is_told_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    from dialer.store.database import Database

    database = Database("sqlite:////nowhere/at/all.db")
    with pytest.raises(Exception, match="unable to open") as caught:
        database.ping()
    database.close()
    Failing.error = caught.value
    assert run(["fail"]) == ExitCode.UNREACHABLE
    assert capsys.readouterr().err == (
        "error: the database does not answer\n"
        "why: unable to open database file\nfix: dialer doctor\n"
    )
    assert "dialer.store.database" in sys.modules
