"""The agents at Retell, for people: looked at, checked, told where our webhooks are, made."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dialer.actions.agent_variables import AgentVariables, variables_of_agent
from dialer.actions.retell_trouble import told_of
from dialer.actions.world import World
from dialer.config import Settings
from dialer.domain.agent_check import AgentFacts, Checked, Verdict, Wanted, check_agent
from dialer.errors import RefusedByRule, UserError
from dialer.log import get_logger
from dialer.retell.agent_desk import AgentVersion, ListedAgent
from dialer.retell.agents import Agent
from dialer.retell.mapping import NEEDED_EVENTS, WEBHOOK_EVENTS
from dialer.retell.voices import Voice
from dialer.store.ledger import log_action

log = get_logger(__name__)


def list_agents(world: World, *, query: str | None = None) -> tuple[ListedAgent, ...]:
    """Tell the voice agents. Raises KeyRefused or Unreachable."""
    with told_of("the list of agents"):
        return world.provider.agent_desk.every(query=query)


def show_agent(world: World, agent_id: str, *, version: int | str | None = None) -> Agent:
    """Tell all of an agent. Raises NotFound, KeyRefused or Unreachable."""
    with told_of(f"agent {agent_id}"):
        return world.provider.agent_desk.show(agent_id, version=version)


def list_versions(world: World, agent_id: str) -> tuple[AgentVersion, ...]:
    """Tell the versions of an agent. Raises NotFound, KeyRefused or Unreachable."""
    with told_of(f"agent {agent_id}"):
        return world.provider.agent_desk.versions(agent_id)


def list_voices(world: World) -> tuple[Voice, ...]:
    """Tell all voices. Raises KeyRefused or Unreachable."""
    with told_of("the list of voices"):
        return world.provider.voice_desk.every()


def show_voice(world: World, voice_id: str) -> Voice:
    """Tell one voice. Raises NotFound, KeyRefused or Unreachable."""
    with told_of(f"voice {voice_id}"):
        return world.provider.voice_desk.show(voice_id)


def wanted_of(settings: Settings) -> Wanted:
    """Give what we expect of agents, by the settings of this machine."""
    url = settings.webhook_url if settings.public_url else None
    by_call, rehearsal = settings.webhook_by == "call", settings.mode != "live"
    return Wanted(url, NEEDED_EVENTS, by_call=by_call, rehearsal=rehearsal)


def our_webhook(settings: Settings) -> str:
    """Give the address at which Retell reaches us.

    Raises:
        RefusedByRule: a live Retell is not told of an address that is good on this machine only.
    """
    if settings.public_url is None and settings.mode == "live":
        raise RefusedByRule(
            "nobody has said how Retell reaches us",
            why="DIALER_PUBLIC_URL is not set",
            fix="set it, and start again; or name an address",
        )
    return settings.webhook_url


def check(
    world: World, agent_id: str, *, wanted: Wanted, version: int | str | None = None
) -> list[Checked]:
    """Compare what Retell has of an agent with what we expect.

    Raises:
        NotFound, KeyRefused, Unreachable: Retell does not tell.
    """
    agent = show_agent(world, agent_id, version=version)
    facts = AgentFacts(
        agent_id, agent.version, agent.is_published, agent.webhook_url, agent.webhook_events
    )
    found = variables_of_agent(world, agent_id, version=version)
    return [*check_agent(facts, wanted), _prompt(found)]


def set_webhook(
    world: World, agent_id: str, *, url: str, events: Sequence[str], actor: str
) -> Agent:
    """Write our webhook address and events into the draft of an agent; give the draft.

    Raises:
        NotFound, KeyRefused, Unreachable, UserError: it was not changed, as far as we know.
    """
    changes = {"webhook_url": url, "webhook_events": list(events)}
    with told_of(f"agent {agent_id}"):
        changed = world.provider.agent_desk.change(agent_id, changes)
    _note(world, agent_id, action="set_webhook", after=changes, actor=actor)
    return changed


def publish(world: World, agent_id: str, *, version: int, actor: str) -> None:
    """Publish a draft: calls have it from now on. Raises: as `set_webhook`."""
    with told_of(f"agent {agent_id}"):
        world.provider.agent_desk.publish(agent_id, version=version)
    _note(world, agent_id, action="publish_agent", after={"version": version}, actor=actor)


def publish_latest(world: World, agent_id: str, *, actor: str) -> tuple[int, bool]:
    """Publish the latest draft; give its version, and False where it was published before.

    Raises: as `set_webhook`.
    """
    latest = show_agent(world, agent_id)
    version = latest.version or 0
    if latest.is_published:
        return version, False
    publish(world, agent_id, version=version, actor=actor)
    return version, True


@dataclass(frozen=True, slots=True)
class AgentFile:
    """What an agent is made from: the fields of the agent, and those of its prompt."""

    agent: Mapping[str, Any]
    llm: Mapping[str, Any] | None  # None: the file names a prompt that is there


def read_agent_file(path: Path) -> AgentFile:
    """Read an agent file.

    Raises:
        UserError: it cannot be read, or lacks what every agent needs.
    """
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path} cannot be read", why=str(error), fix=f"correct {path}") from error
    return agent_file_of(written, named=str(path))


def agent_file_of(written: Mapping[str, Any], *, named: str) -> AgentFile:
    """Take what an agent file says; `named` is how people know it. Raises: as `read_agent_file`."""
    agent, llm = written.get("agent"), written.get("llm")
    if others := sorted(set(written) - {"agent", "llm"}):
        raise UserError(
            f"{named} has [{others[0]}]", why="an agent file has [agent] and [llm]", fix="remove it"
        )
    if not isinstance(agent, dict) or not agent.get("voice_id"):
        raise UserError(
            f"{named} names no voice",
            why="under [agent] every agent needs voice_id",
            fix="dialer voices list shows the voices",
        )
    has_prompt = isinstance(llm, dict) and bool(llm.get("general_prompt"))
    if has_prompt is ("response_engine" in agent):
        raise UserError(
            f"{named} must say in one way what the agent says",
            why="[llm] makes a prompt, response_engine names one that is there",
            fix='write [llm] general_prompt = "…", or response_engine, and not both',
        )
    return AgentFile(agent, llm if has_prompt else None)


def with_our_webhook(file: AgentFile, settings: Settings) -> AgentFile:
    """Add our webhook address, where Retell can reach it and the file names none."""
    if settings.public_url is None:
        return file
    ours = {"webhook_url": settings.webhook_url, "webhook_events": list(WEBHOOK_EVENTS)}
    return AgentFile({**ours, **file.agent}, file.llm)


def create_agent(world: World, file: AgentFile, *, actor: str) -> Agent:
    """Make an agent from a file, its prompt first; it is a draft.

    Raises:
        KeyRefused, Unreachable, UserError: it was not made, as far as we know.
    """
    if file.llm is None:
        return _make(world, dict(file.agent), actor=actor)
    with told_of("making the prompt"):
        llm_id = world.provider.agent_desk.make_llm(file.llm).llm_id
    engine = {"type": "retell-llm", "llm_id": llm_id}
    try:
        return _make(world, {**file.agent, "response_engine": engine}, actor=actor)
    except UserError as error:
        error.fix = f"{error.fix}; the prompt is there already, as {llm_id}: name it instead of"
        error.fix += f' [llm]: response_engine = {{type = "retell-llm", llm_id = "{llm_id}"}}'
        raise


def _make(world: World, fields: Mapping[str, Any], *, actor: str) -> Agent:
    with told_of("making the agent"):
        made = world.provider.agent_desk.make(fields)
    after = {"agent_name": made.agent_name}
    _note(world, made.agent_id or "", action="create_agent", after=after, actor=actor)
    return made


def _prompt(found: AgentVariables) -> Checked:
    if not found.checked:
        return Checked("prompt", Verdict.WARN, found.sentence, "look at the agent at Retell")
    return Checked("prompt", Verdict.OK, found.sentence)


def _note(
    world: World, agent_id: str, *, action: str, after: Mapping[str, Any], actor: str
) -> None:
    write = partial(
        log_action,
        actor=actor,
        action=action,
        subject=f"agent:{agent_id}",
        now=world.clock.now(),
        after=dict(after),
    )
    world.db.transact(write)
    log.info(action, agent_id=agent_id)
