"""`dialer agents`: what agents say, and what Retell has of them."""

from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli import agent_changes, agent_checks
from dialer.cli.exits import ExitCode, WrongUsage
from dialer.cli.output import AsJson, print_json, print_rows, say, say_mode
from dialer.cli.worlds import load_settings, opened_world

if TYPE_CHECKING:
    from dialer.actions.agent_variables import AgentVariables
    from dialer.actions.world import World

app = typer.Typer(no_args_is_help=True, help="Look at agents, check, make, publish them.")

app.command("list")(agent_checks.list_)
app.command()(agent_checks.show)
app.command()(agent_checks.versions)
app.command()(agent_checks.check)
app.command("set-webhook")(agent_changes.set_webhook)
app.command()(agent_changes.create)
app.command()(agent_changes.publish)


@app.callback()
def agents() -> None:
    """Work with agents."""


@app.command("variables")
def variables(
    *,
    campaign: Annotated[int | None, typer.Option(help="Campaign whose agent is meant.")] = None,
    agent: Annotated[
        str | None, typer.Option(help="Agent id; with --campaign, instead of its own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the variables of an agent's prompt, and who fills each.

    Exit code 1 when the prompt could not be read.
    """
    if campaign is None and not agent:
        raise WrongUsage("no agent is named", fix="add --campaign ID or --agent AGENT_ID")
    settings = load_settings()
    say_mode(settings)
    with opened_world(settings) as world:
        found = _find(world, campaign=campaign, agent=agent)
    if as_json:
        print_json(_fields(found))
    else:
        print_rows(("name", "filled_by"), _rows(found))
    say(found.sentence)
    raise typer.Exit(ExitCode.DONE if found.checked else ExitCode.FAILED)


def _find(world: "World", *, campaign: int | None, agent: str | None) -> "AgentVariables":
    from dialer.actions.agent_variables import required_variables, variables_of_agent
    from dialer.actions.control import find
    from dialer.store import campaigns

    if campaign is None:
        return variables_of_agent(world, agent or "")
    spec = world.db.read(lambda tx: campaigns.spec_of(find(tx, campaign)))
    if agent:
        spec = spec.model_copy(update={"agent_id": agent, "agent_version": None})
    return required_variables(world, spec)


def _rows(found: "AgentVariables") -> list[dict[str, object]]:
    sources = {"lead": found.needed, "campaign": found.given, "agent": found.defaults}
    return [
        {"name": name, "filled_by": source}
        for source, names in sources.items()
        for name in sorted(names)
    ]


def _fields(found: "AgentVariables") -> dict[str, object]:
    return {
        "checked": found.checked,
        "sentence": found.sentence,
        "needed": sorted(found.needed),
        "given": sorted(found.given),
        "defaults": sorted(found.defaults),
    }
