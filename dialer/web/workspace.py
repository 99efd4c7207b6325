"""The workspace at Retell: its agents and numbers, asked once for whatever page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from dialer.actions.workspace_agents import list_agents
from dialer.actions.workspace_numbers import list_numbers
from dialer.actions.world import World
from dialer.retell.models import moment_of
from dialer.web.retell_says import SOON_S, Told, told
from dialer.web.site import Site

AGENTS = "agents"
NUMBERS = "numbers"
WITHIN_S = 0.3
"""A form waits for so long: nobody likes to type what could be chosen."""
MOST_NUMBERS = 12
"""More than these are typed, not ticked."""
NOT_YET = "Retell has not answered yet: load the page again to choose, or type it."


@dataclass(frozen=True, slots=True)
class Offered:
    """What a form offers, or the sentence why it does not."""

    found: Sequence[Any] = field(default_factory=tuple)
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """What may be chosen."""

    agents: Offered
    numbers: Offered


def agents_of(site: Site, *, now: datetime, within_s: float = SOON_S) -> Told[list[dict[str, Any]]]:
    """Ask for the agents that talk."""
    return told(site, AGENTS, partial(_agents, site.world()), now=now, within_s=within_s)


def numbers_of(
    site: Site, *, now: datetime, within_s: float = SOON_S
) -> Told[list[dict[str, Any]]]:
    """Ask for the numbers."""
    return told(site, NUMBERS, partial(list_numbers, site.world()), now=now, within_s=within_s)


def workspace(site: Site, *, now: datetime) -> Workspace:
    """Ask for agents and numbers, and wait no longer than a page may."""
    agents = agents_of(site, now=now, within_s=WITHIN_S)
    numbers = numbers_of(site, now=now, within_s=WITHIN_S)
    few = [one for one in numbers.value or () if one["number"]]
    return Workspace(
        Offered([(one["id"], one["name"] or "") for one in agents.value or ()], _why_not(agents)),
        Offered(few if len(few) <= MOST_NUMBERS else (), _why_not(numbers)),
    )


def _agents(world: World) -> list[dict[str, Any]]:
    return [
        {
            "id": one.agent_id,
            "name": one.agent_name,
            "suspended": bool(one.is_suspended),
            "tags": sorted(one.tags or {}),
            "changed_at": moment_of(one.user_modified_timestamp),
        }
        for one in list_agents(world)
    ]


def _why_not(answer: Told[Any]) -> str | None:
    if answer.error is not None:
        return f"{answer.error.what[:1].upper()}{answer.error.what[1:]}: type it."
    return NOT_YET if answer.asking else None
