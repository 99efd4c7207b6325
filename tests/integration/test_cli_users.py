"""`dialer users` and `dialer tokens`."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_desk import Desk, kept_log

from dialer.cli.exits import ExitCode
from dialer.config import Settings

PASSWORD = "four words without sense"


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    with kept_log():
        yield Desk(tmp_path, capsys)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a password come from standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))


@pytest.mark.usefixtures("typed")
def test_a_person_is_added_listed_changed_and_removed(desk: Desk) -> None:
    added = desk.type("users", "add", "Ann", "--role", "admin", "--password-stdin")
    assert (added.code, added.err) == (ExitCode.DONE, "Ann may sign in as admin\n")
    (person,) = desk.type("users", "list", "--json").json
    assert (person["name"], person["role"]) == ("ann", "admin")
    assert "password" not in str(person)
    assert desk.type("users", "remove", "ann", "--yes").code == ExitCode.REFUSED
    assert desk.type("users", "set-role", "ann", "viewer").code == ExitCode.REFUSED
    assert desk.type("users", "set-role", "eve", "viewer").code == ExitCode.NOT_FOUND


def test_a_short_password_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    answer = desk.type("users", "add", "ann", "--password-stdin")
    assert answer.code == ExitCode.FAILED
    assert answer.err.startswith("error: the password is too short")


def test_without_a_terminal_a_password_must_come_from_standard_input(desk: Desk) -> None:
    answer = desk.type("users", "add", "ann")
    assert answer.code == ExitCode.USAGE
    assert "--password-stdin" in answer.err


@pytest.mark.usefixtures("typed")
def test_the_first_link_is_printed_as_long_as_nobody_is_there(desk: Desk) -> None:
    answer = desk.type("users", "first-link")
    assert answer.out.startswith(f"{Settings.load().web_url}/welcome/")
    desk.type("users", "add", "ann", "--role", "admin", "--password-stdin")
    assert desk.type("users", "first-link").code == ExitCode.FAILED


def test_a_token_is_shown_once_and_revoked(desk: Desk) -> None:
    made = desk.type("tokens", "create", "ci", "--scope", "read", "--scope", "operate", "--json")
    token = made.json["token"]
    listed = desk.type("tokens", "list", "--json")
    assert token not in listed.out
    assert listed.json[0]["scopes"] == ["read", "operate"]
    assert listed.json[0]["revoked_at"] is None
    assert desk.type("tokens", "revoke", 1, "--yes").code == ExitCode.DONE
    assert desk.type("tokens", "revoke", 1, "--yes").code == ExitCode.NOT_FOUND
    assert desk.type("tokens", "list", "--json").json[0]["revoked_at"] is not None


def test_a_token_of_the_api_has_narrow_scopes_and_an_end(desk: Desk) -> None:
    scopes = ("--scope", "leads:write", "--scope", "results:read")
    made = desk.type("tokens", "create", "crm", *scopes, "--expires", "90d", "--json")
    assert made.json["scopes"] == ["leads:write", "results:read"]
    (listed,) = desk.type("tokens", "list", "--json").json
    assert (listed["expires_at"] is None, listed["last_used_at"]) == (False, None)
    past = desk.type("tokens", "create", "crm", "--expires", "2020-01-01 00:00 UTC")
    assert past.code == ExitCode.FAILED
    assert "is past" in past.err
    assert desk.type("tokens", "create", "crm", "--expires", "x").code == ExitCode.USAGE
    assert desk.type("tokens", "create", "crm", "--scope", "leads:steal").code == ExitCode.USAGE
