"""The commands, put together."""

import sys
from typing import Annotated

import typer

from dialer.cli import (
    agents,
    audit,
    calls,
    campaigns,
    config,
    demo,
    dnc,
    dnc_import,
    doctor,
    functions,
    incidents,
    leads,
    lists,
    migrate,
    numbers,
    results,
    schedules,
    sim,
    slots,
    tokens,
    up,
    users,
    voices,
    webhooks,
)

app = typer.Typer(
    name="dialer",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"dialer {version('dialer')}\n")
        raise typer.Exit


@app.callback()
def dialer(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Call every lead of a list through Retell AI, and prove how each call came out."""


app.command()(demo.demo)
app.command()(up.up)
app.add_typer(campaigns.app, name="campaigns")
app.add_typer(schedules.app, name="schedules")
app.add_typer(lists.app, name="lists")
app.add_typer(leads.app, name="leads")
dnc.app.command("import")(dnc_import.import_file)
app.add_typer(dnc.app, name="dnc")
app.add_typer(calls.app, name="calls")
app.add_typer(numbers.app, name="numbers")
app.add_typer(agents.app, name="agents")
app.add_typer(functions.app, name="functions")
app.add_typer(slots.app, name="slots")
app.add_typer(voices.app, name="voices")
app.command()(doctor.doctor)
app.command()(audit.audit)
app.add_typer(incidents.app, name="incidents")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(results.app, name="results")
app.command()(audit.restored)
app.add_typer(users.app, name="users")
app.add_typer(tokens.app, name="tokens")
app.add_typer(config.app, name="config")
app.command()(migrate.migrate)
app.add_typer(sim.app, name="sim")
