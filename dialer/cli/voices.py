"""`dialer voices`: the voices that agents may have."""

from typing import Annotated

import typer

from dialer.cli.output import AsJson, print_fields, print_json, print_rows, say
from dialer.cli.worlds import load_settings, opened_world

app = typer.Typer(no_args_is_help=True, help="Look at voices.")

COLUMNS = ("voice_id", "voice_name", "provider", "gender", "accent", "age", "preview_audio_url")


@app.callback()
def voices() -> None:
    """Look at voices."""


@app.command("list")
def list_(
    *,
    provider: Annotated[str | None, typer.Option(help="Such as elevenlabs.")] = None,
    gender: Annotated[str | None, typer.Option(help="male or female.")] = None,
    accent: Annotated[str | None, typer.Option(help="Such as American.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the voices, with the addresses at which they can be heard."""
    from dialer.actions.workspace_agents import list_voices

    with opened_world(load_settings()) as world:
        found = list_voices(world)
    wanted = {"provider": provider, "gender": gender, "accent": accent}
    given = {name: value.lower() for name, value in wanted.items() if value is not None}
    rows = [
        one.raw
        for one in found
        if all((getattr(one, name) or "").lower() == value for name, value in given.items())
    ]
    if as_json:
        print_json(rows)
        return
    print_rows(COLUMNS, rows)
    if not rows:
        say("no such voice")


@app.command()
def show(
    voice_id: Annotated[str, typer.Argument(help="Voice, by Retell's id.", metavar="VOICE_ID")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show one voice."""
    from dialer.actions.workspace_agents import show_voice

    with opened_world(load_settings()) as world:
        found = show_voice(world, voice_id)
    print_json(found.raw) if as_json else print_fields(found.raw)
