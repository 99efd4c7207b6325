"""Agents as people work with them: listed with their versions, made, changed, published.

A published version is what calls have; a change goes into a draft. Where the latest version is
published, the draft is made from it first.

https://docs.retellai.com/api-references/list-agents and its neighbours
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from dialer.errors import AgentNotFound
from dialer.retell.agents import Agent, Prompt, WholeVersion
from dialer.retell.models import Received
from dialer.retell.outcomes import naming_one, read_as, read_change_as
from dialer.retell.requests import Requests

MAX_PAGE = 1000
MAX_PAGES = 20
VOICE_AGENTS = {"channel": {"type": "string", "op": "eq", "value": "voice"}}


class ListedAgent(Received):
    """An agent as lists show it."""

    agent_id: str
    agent_name: str | None = None
    channel: str | None = None
    is_suspended: bool | None = None
    tags: dict[str, Any] | None = None
    user_modified_timestamp: int | None = None


class AgentPage(Received):
    """One page of list-agents. A page without `items` is unreadable, never empty."""

    items: list[ListedAgent]
    has_more: bool | None = None
    pagination_key: str | None = None


class AgentVersion(Received):
    """A version of an agent."""

    version: WholeVersion
    is_published: bool | None = None
    base_version: WholeVersion | None = None
    version_title: str | None = None
    version_description: str | None = None
    last_modification_timestamp: int | None = None


class VersionPage(Received):
    """One page of list-agent-versions."""

    items: list[AgentVersion]
    has_more: bool | None = None
    pagination_key: str | None = None


class AgentDesk:
    """What people do with agents.

    Each question raises AccountProblem or ProviderUnavailable, each change as
    `Requests.change` besides; where one agent is named, AgentNotFound.
    """

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def every(self, *, query: str | None = None) -> tuple[ListedAgent, ...]:
        """Ask for the voice agents, or those whose name or id has `query` in it."""
        criteria = {**VOICE_AGENTS, **({} if query is None else {"query": query})}
        content = orjson.dumps({"filter_criteria": criteria})
        found: list[ListedAgent] = []
        key: str | None = None
        for _ in range(MAX_PAGES):
            path = "/v2/list-agents" + _page_query(key)
            page = read_as(AgentPage, self._requests.ask("POST", path, content=content))
            found += page.items
            if not page.has_more or not page.pagination_key or page.pagination_key == key:
                break
            key = page.pagination_key
        return tuple(found)

    def show(self, agent_id: str, *, version: int | str | None = None) -> Agent:
        """Ask for an agent, by default in its latest version."""
        query = "" if version is None else f"?version={quote(str(version), safe='')}"
        with naming_one(AgentNotFound):
            answer = self._requests.ask("GET", _path("get-agent", agent_id) + query)
        return read_as(Agent, answer)

    def versions(self, agent_id: str) -> tuple[AgentVersion, ...]:
        """Ask for the versions of an agent."""
        found: list[AgentVersion] = []
        key: str | None = None
        for _ in range(MAX_PAGES):
            path = _path("list-agent-versions", agent_id) + _page_query(key)
            with naming_one(AgentNotFound):
                answer = self._requests.ask("GET", path)
            page = read_as(VersionPage, answer)
            found += page.items
            if not page.has_more or not page.pagination_key or page.pagination_key == key:
                break
            key = page.pagination_key
        return tuple(found)

    def change(self, agent_id: str, changes: Mapping[str, Any]) -> Agent:
        """Change the draft of an agent, and make one first where the latest is published."""
        latest = self.show(agent_id)
        if latest.is_published and latest.version is not None:
            body = {"base_version": latest.version}
            path = _path("create-agent-version", agent_id)
            latest = read_change_as(Agent, self._requests.change("POST", path, body=body))
        query = "" if latest.version is None else f"?version={latest.version}"
        path = _path("update-agent", agent_id) + query
        with naming_one(AgentNotFound, statuses=(404,)):
            answer = self._requests.change("PATCH", path, body=changes)
        return read_change_as(Agent, answer)

    def publish(self, agent_id: str, *, version: int) -> None:
        """Publish a draft: calls have it from now on."""
        with naming_one(AgentNotFound, statuses=(404,)):
            self._requests.change(
                "POST", _path("publish-agent-version", agent_id), body={"version": version}
            )

    def make_llm(self, fields: Mapping[str, Any]) -> Prompt:
        """Make a Retell LLM: the prompt of an agent that is made next."""
        return read_change_as(
            Prompt, self._requests.change("POST", "/create-retell-llm", body=fields)
        )

    def make(self, fields: Mapping[str, Any]) -> Agent:
        """Make an agent as a draft."""
        return read_change_as(Agent, self._requests.change("POST", "/create-agent", body=fields))


def _path(verb: str, agent_id: str) -> str:
    return f"/{verb}/{quote(agent_id, safe='')}"


def _page_query(key: str | None) -> str:
    more = "" if key is None else f"&pagination_key={quote(key, safe='')}"
    return f"?limit={MAX_PAGE}{more}"
