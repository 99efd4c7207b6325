"""`dialer tokens`: keys for programs that use the API."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from dialer.cli.output import AsJson, Yes, confirm, print_json, print_rows, say
from dialer.cli.reading import read_ahead
from dialer.cli.worlds import actor, load_settings, opened_database
from dialer.domain.roles import Scope

app = typer.Typer(no_args_is_help=True, help="Tokens for programs that use the API.")

COLUMNS = ("id", "name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")


@app.callback()
def tokens() -> None:
    """Work with tokens."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for.", metavar="NAME")],
    *,
    scope: Annotated[
        list[Scope] | None,
        typer.Option("--scope", help="What it may do; may be given several times. [default: read]"),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(help='When it ends: "90d", or "2027-12-31 00:00 UTC". [default: never]'),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token. It is shown once, and only its hash is kept."""
    from dialer.actions import api_tokens

    scopes, now = scope or [Scope.READ], datetime.now(UTC)
    ends = None if expires is None else read_ahead(expires, option="--expires", now=now)
    with opened_database(load_settings()) as database:
        token_id, token = api_tokens.create(
            database, name, scopes=scopes, actor=actor(), now=now, expires_at=ends
        )
    if as_json:
        found = {"id": token_id, "name": name, "scopes": scopes, "expires_at": ends}
        print_json({**found, "token": token})
    else:
        sys.stdout.write(f"{token}\n")
    say(f"token {token_id} may {', '.join(scopes)}; it is not shown again")


@app.command("list")
def list_tokens(*, as_json: AsJson = False) -> None:
    """Show tokens, revoked ones too; never themselves."""
    from dialer.actions import api_tokens

    with opened_database(load_settings()) as database:
        found = api_tokens.everything(database)
    rows = [{column: getattr(row, column) for column in COLUMNS} for row in found]
    if as_json:
        print_json(rows)
    else:
        print_rows(COLUMNS, rows)


@app.command()
def revoke(
    token: Annotated[int, typer.Argument(help="Token, by its number.", min=1)], *, yes: Yes = False
) -> None:
    """Refuse a token from now on."""
    from dialer.actions import api_tokens

    confirm(f"Refuse token {token} from now on?", yes=yes, declined=f"token {token} still holds")
    with opened_database(load_settings()) as database:
        name = api_tokens.revoke(database, token, actor=actor(), now=datetime.now(UTC))
    say(f"token {token} ({name}) is revoked")
