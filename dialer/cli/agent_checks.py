"""`dialer agents list`, `show`, `versions`, `check`: what Retell has of our agents."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.exits import ExitCode, WrongUsage
from dialer.cli.output import AsJson, print_fields, print_json, print_rows, say
from dialer.cli.worlds import load_settings, opened_world

if TYPE_CHECKING:
    from dialer.actions.world import World
    from dialer.domain.agent_check import Checked

AgentId = Annotated[str, typer.Argument(help="Agent, by Retell's id.", metavar="AGENT_ID")]
Version = Annotated[
    str | None, typer.Option(help="A number, or a tag such as prod; else the latest.")
]
VERSION_COLUMNS = ("version", "is_published", "base_version", "version_title", "changed_at")
_SHOWN = (
    *("agent_id", "agent_name", "version", "is_published", "voice_id", "language"),
    *("webhook_url", "webhook_events", "webhook_timeout_ms", "response_engine"),
    *("max_call_duration_ms", "ring_duration_ms", "end_call_after_silence_ms"),
    *("voicemail_option", "ivr_option", "enable_dnc_detection", "timezone"),
    *("data_storage_setting", "data_storage_retention_days"),
)


def list_(
    *,
    query: Annotated[str | None, typer.Option(help="Only those with this in name or id.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the voice agents."""
    from dialer.actions.workspace_agents import list_agents
    from dialer.retell.models import moment_of

    with opened_world(load_settings()) as world:
        found = list_agents(world, query=query)
    rows: list[dict[str, Any]] = [
        {
            "agent_id": one.agent_id,
            "agent_name": one.agent_name,
            "is_suspended": one.is_suspended,
            "tags": sorted(one.tags or {}),
            "changed_at": moment_of(one.user_modified_timestamp),
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
        return
    print_rows(("agent_id", "agent_name", "is_suspended", "tags", "changed_at"), rows)
    if not rows:
        say("no agent: dialer agents create campaigns/agents/renewal.toml")


def show(agent_id: AgentId, *, version: Version = None, as_json: AsJson = False) -> None:
    """Show an agent; with --json every field that Retell has."""
    from dialer.actions.workspace_agents import show_agent

    with opened_world(load_settings()) as world:
        agent = show_agent(world, agent_id, version=version)
    if as_json:
        print_json(agent.raw)
    else:
        print_fields({name: agent.raw[name] for name in _SHOWN if agent.raw.get(name) is not None})


def versions(agent_id: AgentId, *, as_json: AsJson = False) -> None:
    """List the versions of an agent; a published one can be called with."""
    from dialer.actions.workspace_agents import list_versions
    from dialer.retell.models import moment_of

    with opened_world(load_settings()) as world:
        found = list_versions(world, agent_id)
    rows = [
        {**one.model_dump(), "changed_at": moment_of(one.last_modification_timestamp)}
        for one in found
    ]
    print_json(rows) if as_json else print_rows(VERSION_COLUMNS, rows)


def check(
    agent_id: Annotated[
        str | None, typer.Argument(help="Agent, by Retell's id.", metavar="AGENT_ID")
    ] = None,
    *,
    version: Version = None,
    campaign: Annotated[
        int | None, typer.Option(help="Instead: the agent of this campaign.", min=1)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare what Retell has of an agent with what we expect.

    Webhook address and events, whether its version is published, its prompt. Exit code 1 when
    something must be mended.
    """
    from dialer.actions.workspace_agents import check as compare
    from dialer.actions.workspace_agents import wanted_of
    from dialer.domain.agent_check import Verdict

    if (agent_id is None) is (campaign is None):
        raise WrongUsage("name an agent or a campaign", fix="dialer agents check AGENT_ID")
    settings = load_settings()
    with opened_world(settings) as world:
        if campaign is not None:
            agent_id, version = _agent_of(world, campaign)
        found = compare(world, agent_id or "", wanted=wanted_of(settings), version=version)
    _print(found, as_json=as_json)
    if any(one.verdict is Verdict.FAIL for one in found):
        raise typer.Exit(ExitCode.FAILED)


def _agent_of(world: "World", campaign_id: int) -> tuple[str, str | None]:
    from dialer.actions.control import find
    from dialer.errors import UserError
    from dialer.store import campaigns

    spec = world.db.read(lambda tx: campaigns.spec_of(find(tx, campaign_id)))
    if spec.agent_id is None:
        raise UserError(
            f"campaign {campaign_id} names no agent",
            why="its calls have the agents of its numbers",
            fix="dialer numbers list shows them",
        )
    return spec.agent_id, None if spec.agent_version is None else str(spec.agent_version)


def _print(found: "list[Checked]", *, as_json: bool) -> None:
    rows = [
        {
            "name": one.name,
            "status": one.verdict.value,
            "sentence": one.sentence,
            "fix": one.fix,
        }
        for one in found
    ]
    print_json(rows) if as_json else print_rows(("status", "name", "sentence", "fix"), rows)
