"""The workspace at Retell, as a form offers it: agents and numbers, if Retell tells in time."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dialer.actions.workspace_agents import list_agents
from dialer.actions.workspace_numbers import list_numbers
from dialer.actions.world import World
from dialer.errors import UserError
from dialer.web.site import Site

WITHIN_S = 0.3
MOST_NUMBERS = 12
"""More than these are typed, not ticked."""
NOT_YET = "Retell has not answered yet: load the page again to choose, or type it."


@dataclass(frozen=True, slots=True)
class Told:
    """What Retell told, or the sentence why it did not."""

    found: Sequence[Any] = field(default_factory=tuple)
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """What may be chosen."""

    agents: Told
    numbers: Told


def workspace(site: Site, *, now: datetime) -> Workspace:
    """Ask for agents and numbers, and wait no longer than a page may."""
    world = site.world()
    return Workspace(
        _ask(site, "agents", lambda: _agents(world), now=now),
        _ask(site, "numbers", lambda: _numbers(world), now=now),
    )


def _ask(site: Site, question: Hashable, ask: Callable[[], Told], *, now: datetime) -> Told:
    kept = site.retell_says.soon(question, ask, now=now, within_s=WITHIN_S)
    return Told(sentence=NOT_YET) if kept is None else kept.value


def _agents(world: World) -> Told:
    try:
        return Told([(one.agent_id, one.agent_name or "") for one in list_agents(world)])
    except UserError as error:
        return Told(sentence=_sentence(error))


def _numbers(world: World) -> Told:
    try:
        found = [one for one in list_numbers(world) if one["number"]]
        return Told(found if len(found) <= MOST_NUMBERS else ())
    except UserError as error:
        return Told(sentence=_sentence(error))


def _sentence(error: UserError) -> str:
    return f"{error.what[:1].upper()}{error.what[1:]}: type it."
