"""A desk at which tests type commands: in this process, or as people do, in one of their own."""

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import structlog

from dialer.cli.run import run
from dialer.store import migrate

NOBODY_LISTENS = "redis://127.0.0.1:1/0"

CAMPAIGN = """
name = "Spring"
leads = "leads.csv"
from_numbers = ["+14155550198"]

[window]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
opens = "00:00"
closes = "24:00"
holidays = false
legal_override = "Nobody's phone rings in a test."
"""
LEADS = """First Name,Mobile Phone,Plan
Ada,(415) 555-2671,Team
Ben,+1 212 555 3144,Starter
Cleo,415-555-2671,Team
Dan,12345,Team
"""


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def fields(self) -> dict[str, str]:
        """The names and values of a list of fields."""
        pairs = (line.partition("\t") for line in self.out.splitlines())
        return {name: value for name, _, value in pairs}


class Desk:
    """Runs commands in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        _put_database(folder / "var")
        self.campaign_file = self.write("spring.toml", CAMPAIGN)
        self.lead_file = self.write("leads.csv", LEADS)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def type(self, *arguments: object) -> Answer:
        """Run one command and give what it said."""
        self._capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        said = self._capsys.readouterr()
        return Answer(code, said.out, said.err)

    def without_database(self) -> None:
        """Be a desk at which nothing was ever done."""
        home = self.folder / "var"
        (home / "dialer.db").unlink()
        with suppress(OSError):  # somebody has put more into it
            home.rmdir()

    def create(self) -> int:
        """Make the campaign of this desk and give its id."""
        answer = self.type("campaigns", "create", self.campaign_file, "--json")
        campaign_id: int = answer.json["campaign_id"]
        return campaign_id


def _put_database(home: Path) -> None:
    """Put an embedded database there that is migrated; that a command makes one is tested once."""
    home.mkdir(exist_ok=True)
    with suppress(FileExistsError):
        (home / "dialer.db").touch(exist_ok=False)
        (home / "dialer.db").write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    """Give the bytes of an empty database as the migrations make it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dialer.db"
        migrate.upgrade(f"sqlite:///{path}")
        return path.read_bytes()


@contextmanager
def kept_log() -> Iterator[None]:
    """Put the log back as it was; a command sends it to the stderr of its test."""
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**config)


def command(*arguments: object) -> list[str]:
    """Give the command line of a process of its own."""
    return [sys.executable, "-m", "dialer.cli", *map(str, arguments)]


def ran(*arguments: object, **environment: str) -> Answer:
    """Run one command in a process of its own, without a terminal."""
    done = subprocess.run(
        command(*arguments),
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return Answer(done.returncode, done.stdout, done.stderr)
