"""`dialer webhooks`: do they reach us, are they Retell's, and which could nobody settle."""

from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.exits import ExitCode
from dialer.cli.output import AsJson, print_fields, print_json, print_rows, say
from dialer.cli.worlds import actor, load_settings, opened_database, opened_world
from dialer.errors import BadSignature, UserError

app = typer.Typer(
    help="Try webhooks, and see those that could not be settled.", no_args_is_help=True
)

EventId = Annotated[int, typer.Argument(metavar="ID", help="As `webhooks dead` shows it.", min=1)]
_COLUMNS = ("id", "event_id", "received_at", "tries", "error")


@app.command()
def dead(
    *,
    bodies: Annotated[bool, typer.Option("--bodies", help="Their bodies as they came.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the dead letters nobody has acknowledged."""
    from dialer.store import webhooks

    with opened_database(load_settings()) as database:
        found = database.read(webhooks.dead)
    columns = (*_COLUMNS, "raw") if bodies else _COLUMNS
    rows = [{name: getattr(one, name) for name in columns} for one in found]
    if as_json:
        print_json(rows)
    else:
        print_rows(columns, rows)


@app.command()
def trigger(
    *,
    url: Annotated[
        str | None, typer.Option("--url", help="Address; without it ours, by DIALER_PUBLIC_URL.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send a test webhook to our own address, signed as Retell signs, and look whether it came.

    It is of no call, and changes nothing. Exit code 1 unless it came.
    """
    from dialer.actions.own_webhook import send_to_ourselves

    settings = load_settings()
    keys = tuple(key.get_secret_value() for key in settings.webhook_keys)
    with opened_world(settings) as world:
        address = url or settings.webhook_url
        echo = send_to_ourselves(world, address=address, keys=keys, actor=actor())
    fields = {
        "address": echo.address,
        "status": echo.status,
        "kept": echo.kept,
        "took_ms": round(echo.took.total_seconds() * 1000),
        "error": echo.error,
    }
    print_json(fields) if as_json else print_fields(fields)
    say(echo.sentence)
    if not echo.kept:
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def verify(
    body: Annotated[Path, typer.Argument(help="File with the body, byte for byte as it came.")],
    *,
    signature: Annotated[
        str, typer.Option("--signature", help="Its x-retell-signature.", metavar="v=…,d=…")
    ],
) -> None:
    """Tell whether one of our keys signed a body, however long ago. Exit code 1 says no."""
    from dialer.retell.signature import signed_at
    from dialer.retell.signature import verify as check

    settings = load_settings()
    keys = [key.get_secret_value() for key in settings.webhook_keys]
    try:
        content = body.read_bytes()
    except OSError as error:
        raise UserError(f"{body} cannot be read", why=str(error), fix="correct its name") from error
    try:
        at = signed_at(signature)
        check(content, signature, keys=keys, now=at)
    except BadSignature as error:
        say(f"not ours: {_WHY[error.reason]}")
        raise typer.Exit(ExitCode.FAILED) from error
    say(f"one of our {len(keys)} keys signed it at {at:%Y-%m-%d %H:%M:%S} UTC")


_WHY = {
    "mismatch": "another key signed it, or the body is not byte for byte what came",
    "malformed": "the signature is not written v=<milliseconds>,d=<64 hexadecimal digits>",
    "no_keys": "set DIALER_WEBHOOK_KEYS",
}


@app.command()
def replay(event_id: EventId) -> None:
    """Settle a dead letter again."""
    from dialer.actions import dead_letters

    with opened_world(load_settings()) as world:
        dead_letters.replay(world, event_id, actor=actor())
    say(f"webhook {event_id} is new again; it is settled within seconds")


@app.command()
def acknowledge(
    event_id: EventId,
    *,
    note: Annotated[str, typer.Option(help="What it was, for the activity log.")],
) -> None:
    """Say that a dead letter was seen and is to stay as it is."""
    from dialer.actions import dead_letters

    with opened_world(load_settings()) as world:
        dead_letters.acknowledge(world, event_id, actor=actor(), note=note)
    say(f"webhook {event_id} is acknowledged")
