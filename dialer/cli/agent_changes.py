"""`dialer agents set-webhook`, `create`, `publish`: what we change at Retell."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli.agent_checks import AgentId
from dialer.cli.exits import WrongUsage
from dialer.cli.output import AsJson, print_fields, print_json, say, say_mode
from dialer.cli.worlds import actor, load_settings, opened_world

if TYPE_CHECKING:
    from dialer.actions.world import World
    from dialer.config import Settings
    from dialer.retell.agents import Agent

Publish = Annotated[bool, typer.Option("--publish", help="Publish it at once.")]


def set_webhook(
    agent_id: AgentId,
    *,
    url: Annotated[
        str | None, typer.Option(help="Address; without it ours, by DIALER_PUBLIC_URL.")
    ] = None,
    event: Annotated[
        list[str] | None, typer.Option(help="Event to be told of; repeat. Without it all we need.")
    ] = None,
    publish: Publish = False,
    as_json: AsJson = False,
) -> None:
    """Write our webhook address and events into an agent.

    A published version is not changed: a draft is made from it, which counts once it is
    published.
    """
    from dialer.actions.workspace_agents import set_webhook as write
    from dialer.retell.mapping import NEEDED_EVENTS, WEBHOOK_EVENTS

    settings = load_settings()
    say_mode(settings)
    address = _address(settings, url)
    events = event or list(WEBHOOK_EVENTS)
    with opened_world(settings) as world:
        changed = write(world, agent_id, url=address, events=events, actor=actor())
        _finish(world, changed, publish=publish, as_json=as_json)
    if missing := [one for one in NEEDED_EVENTS if one not in events]:
        say(f"warning: without {', '.join(missing)} calls close late, or by look-ups only")


def create(
    file: Annotated[Path, typer.Argument(help="Agent file (TOML).", metavar="FILE")],
    *,
    publish: Publish = False,
    as_json: AsJson = False,
) -> None:
    """Make an agent from a file: a voice, a prompt, and our webhook address."""
    from dialer.actions.workspace_agents import create_agent, read_agent_file, with_our_webhook

    settings = load_settings()
    say_mode(settings)
    wished = with_our_webhook(read_agent_file(file), settings)
    with opened_world(settings) as world:
        made = create_agent(world, wished, actor=actor())
        _finish(world, made, publish=publish, as_json=as_json)
    say(f"let numbers call with it: dialer numbers update NUMBER --outbound {made.agent_id}")


def publish(
    agent_id: AgentId,
    *,
    version: Annotated[
        int | None, typer.Option(help="The draft; without it the latest.", min=0)
    ] = None,
) -> None:
    """Publish a draft of an agent; calls have it from now on."""
    from dialer.actions.workspace_agents import publish as bring_out
    from dialer.actions.workspace_agents import publish_latest

    is_new = True
    with opened_world(load_settings()) as world:
        if version is None:
            version, is_new = publish_latest(world, agent_id, actor=actor())
        else:
            bring_out(world, agent_id, version=version, actor=actor())
    say(f"version {version} of agent {agent_id} is published" + ("" if is_new else " already"))


def _finish(world: "World", agent: "Agent", *, publish: bool, as_json: bool) -> None:
    """Publish a draft where that is wished, print it, and say what is left to do."""
    from dialer.actions.workspace_agents import publish as bring_out

    agent_id, version = agent.agent_id or "", agent.version or 0
    if publish:
        bring_out(world, agent_id, version=version, actor=actor())
    fields = {
        "agent_id": agent_id,
        "agent_name": agent.agent_name,
        "version": version,
        "is_published": publish,
        "webhook_url": agent.webhook_url,
        "webhook_events": agent.webhook_events,
    }
    print_json(fields) if as_json else print_fields(fields)
    if not publish:
        say(f"it is a draft: dialer agents publish {agent_id} --version {version}")


def _address(settings: "Settings", url: str | None) -> str:
    from dialer.actions.workspace_agents import our_webhook

    if url is None:
        return our_webhook(settings)
    if not url.startswith(("https://", "http://")):
        raise WrongUsage(f"{url} is no address", fix="--url https://host/webhooks/retell")
    return url
