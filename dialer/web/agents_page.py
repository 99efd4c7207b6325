"""Agents and voices: what Retell has of them, and whether they tell us of their calls."""

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dialer.actions import workspace_agents
from dialer.actions.agent_variables import variables_of_agent
from dialer.actions.world import World
from dialer.domain.agent_check import Verdict
from dialer.domain.roles import Role
from dialer.retell.mapping import WEBHOOK_EVENTS
from dialer.retell.models import moment_of
from dialer.web.access import actor_of, requires
from dialer.web.pages import page
from dialer.web.retell_says import told
from dialer.web.sign_in import see
from dialer.web.site import Site, site_of
from dialer.web.workspace import agents_of

viewing = requires(Role.OPERATOR)
changing = requires(Role.ADMIN)

PATH = "/settings/agents"
VOICES = "/settings/voices"


@viewing.get(PATH)
def agents_page(request: Request) -> Response:
    """Show the voice agents."""
    site = site_of(request)
    now = site.world().clock.now()
    found = agents_of(site, now=now)
    return page(request, "agents.html", told=found, webhook=_webhook(site), now=now)


@viewing.get(PATH + "/{agent_id}")
def agent_page(request: Request, agent_id: str) -> Response:
    """Show one agent: versions, whether it tells us, and what its prompt needs."""
    site = site_of(request)
    world = site.world()
    now = world.clock.now()
    found = told(site, ("agent", agent_id), lambda: _agent(site, world, agent_id), now=now)
    return page(
        request,
        "agent.html",
        told=found,
        agent_id=agent_id,
        webhook=_webhook(site),
        fails=Verdict.FAIL,
        is_admin=actor_of(request).role.includes(Role.ADMIN),
        now=now,
    )


def _agent(site: Site, world: World, agent_id: str) -> dict[str, Any]:
    agent = workspace_agents.show_agent(world, agent_id)
    versions = workspace_agents.list_versions(world, agent_id)
    needs = variables_of_agent(world, agent_id)
    wanted = workspace_agents.wanted_of(site.settings)
    return {
        "name": agent.agent_name or agent_id,
        "version": agent.version,
        "is_published": agent.is_published,
        "voice": agent.voice_id,
        "language": str(agent.language) if agent.language else None,
        "webhook_url": agent.webhook_url,
        "checks": workspace_agents.check(world, agent_id, wanted=wanted),
        "versions": [
            {
                **one.model_dump(include={"version", "is_published", "version_title"}),
                "changed_at": moment_of(one.last_modification_timestamp),
            }
            for one in versions
        ],
        "needs": {**asdict(needs), "needed": sorted(needs.needed)},
        "defaults": sorted(needs.defaults),
    }


def _webhook(site: Site) -> dict[str, Any]:
    settings = site.settings
    return {
        "url": settings.webhook_url,
        "is_public": settings.public_url is not None,
        "by_call": settings.webhook_of_calls is not None,
    }


@changing.post(PATH + "/{agent_id}/webhook")
def set_webhook(request: Request, agent_id: str) -> Response:
    """Write our webhook address into an agent's draft."""
    site = site_of(request)
    workspace_agents.set_webhook(
        site.world(),
        agent_id,
        url=workspace_agents.our_webhook(site.settings),
        events=list(WEBHOOK_EVENTS),
        actor=actor_of(request).name,
    )
    site.retell_says.forget(("agent", agent_id))
    return see(f"{PATH}/{agent_id}")


@changing.post(PATH + "/{agent_id}/publish/{version}")
def publish(request: Request, agent_id: str, version: int) -> Response:
    """Publish a draft: calls have it from now on."""
    site = site_of(request)
    actor = actor_of(request).name
    workspace_agents.publish(site.world(), agent_id, version=version, actor=actor)
    site.retell_says.forget(("agent", agent_id))
    return see(f"{PATH}/{agent_id}")


@viewing.get(VOICES)
def voices_page(request: Request, find: str = "") -> Response:
    """Show the voices that agents may have."""
    site = site_of(request)
    world = site.world()
    now = world.clock.now()
    found = told(site, "voices", lambda: _voices(world), now=now)
    wanted = find.strip().casefold()[:60]
    rows = [one for one in found.value or () if wanted in " ".join(one.values()).casefold()]
    return page(request, "voices.html", told=found, voices=rows, find=find.strip()[:60], now=now)


def _voices(world: World) -> list[dict[str, str]]:
    names = ("voice_id", "voice_name", "provider", "gender", "accent", "age")
    return [
        {name: getattr(one, name) or "" for name in names}
        for one in workspace_agents.list_voices(world)
    ]
