"""`dialer users`: who may sign in, and as what."""

import getpass
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from dialer.cli.exits import WrongUsage
from dialer.cli.output import AsJson, Yes, confirm, print_json, print_rows, say
from dialer.cli.worlds import actor, load_settings, opened_database
from dialer.domain.roles import Role

app = typer.Typer(no_args_is_help=True, help="People who may sign in to the web pages.")

COLUMNS = ("name", "role", "created_at")

Name = Annotated[str, typer.Argument(help="Name to sign in with.", metavar="NAME")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@app.callback()
def users() -> None:
    """Work with people."""


@app.command()
def add(
    name: Name,
    *,
    role: Annotated[Role, typer.Option("--role", help="What they may do.")] = Role.VIEWER,
    password_stdin: FromStdin = False,
) -> None:
    """Add a person; the password is asked for twice, or read from standard input."""
    from dialer.actions import people

    password = _read_password(from_stdin=password_stdin)
    with opened_database(load_settings()) as database:
        people.add(database, name, password=password, role=role, actor=actor(), now=_now())
    say(f"{name} may sign in as {role}")


@app.command("list")
def list_users(*, as_json: AsJson = False) -> None:
    """Show who may sign in."""
    from dialer.actions import people

    with opened_database(load_settings()) as database:
        found = people.everybody(database)
    rows = [{"name": row.name, "role": row.role, "created_at": row.created_at} for row in found]
    if as_json:
        print_json(rows)
    else:
        print_rows(COLUMNS, rows)


@app.command("set-password")
def set_password(name: Name, *, password_stdin: FromStdin = False) -> None:
    """Give a person another password; they are signed out everywhere."""
    from dialer.actions import people

    password = _read_password(from_stdin=password_stdin)
    with opened_database(load_settings()) as database:
        people.set_password(database, name, password=password, actor=actor(), now=_now())
    say(f"{name} has another password, and is signed out everywhere")


@app.command("set-role")
def set_role(
    name: Name, role: Annotated[Role, typer.Argument(help="What they may do.", metavar="ROLE")]
) -> None:
    """Give a person another role: viewer, operator or admin."""
    from dialer.actions import people

    with opened_database(load_settings()) as database:
        people.set_role(database, name, role=role, actor=actor(), now=_now())
    say(f"{name} is {role}")


@app.command()
def remove(name: Name, *, yes: Yes = False) -> None:
    """Remove a person; what they did stays in the activity log."""
    from dialer.actions import people

    confirm(f"Let {name} sign in no more?", yes=yes, declined=f"{name} stays")
    with opened_database(load_settings()) as database:
        people.remove(database, name, actor=actor(), now=_now())
    say(f"{name} may not sign in any more")


@app.command("first-link")
def first_link() -> None:
    """Print a one-time link for the first admin, as long as nobody may sign in."""
    from dialer.actions import people
    from dialer.cli.first_link import address_of

    settings = load_settings()
    with opened_database(settings) as database:
        token = people.first_link(database, now=_now())
    if token is None:
        say("somebody may sign in already: dialer users list")
        raise typer.Exit(1)
    sys.stdout.write(f"{address_of(settings, token)}\n")


def _now() -> datetime:
    return datetime.now(UTC)


def _read_password(*, from_stdin: bool) -> str:
    """Read a password where nobody sees it, and never from the arguments, which others can."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise WrongUsage(
            "this needs a password, and there is no terminal to ask at", fix="add --password-stdin"
        )
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise WrongUsage("the two passwords are not the same")
    return password
