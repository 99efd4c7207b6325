"""Retell's paths, and the simulator's own under `/_sim`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, RootModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dialer.simulator import workspace
from dialer.simulator.answers import Answer, Refused, refusal
from dialer.simulator.engine import Exchange
from dialer.simulator.faults import Faults
from dialer.simulator.prompts import AgentPrompt, Engine
from dialer.simulator.pulse import Pulse
from dialer.simulator.requests import read_body
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.wire import deliver, json_response

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Question:
    """One request, read and ready to be answered."""

    exchange: Exchange
    now_ms: int
    name: str  # the last part of a path that names something
    body: Any
    limit: int
    key: str | None
    version: str | None

    @property
    def settings(self) -> SimulatorSettings:
        """The settings of the workspace."""
        return self.exchange.settings


Reply = Callable[[Question], Answer]

RETELL: dict[tuple[str, str], Reply] = {
    ("POST", "/v2/create-phone-call"): lambda q: q.exchange.create_call(q.body, now_ms=q.now_ms),
    ("GET", "/v2/get-call/{name}"): lambda q: q.exchange.get_call(q.name, now_ms=q.now_ms),
    ("POST", "/v3/list-calls"): lambda q: q.exchange.list_calls(q.body, now_ms=q.now_ms),
    ("POST", "/v2/stop-call/{name}"): lambda q: q.exchange.stop_call(q.name, now_ms=q.now_ms),
    ("PATCH", "/v2/update-call/{name}"): lambda q: q.exchange.update_call(
        q.name, q.body, now_ms=q.now_ms
    ),
    ("DELETE", "/v2/delete-call/{name}"): lambda q: q.exchange.delete_call(q.name, now_ms=q.now_ms),
    ("GET", "/get-concurrency"): lambda q: q.exchange.get_concurrency(now_ms=q.now_ms),
    ("GET", "/get-api-key-info"): lambda q: workspace.api_key(),
    ("GET", "/v2/list-phone-numbers"): lambda q: workspace.list_numbers(
        settings=q.settings, limit=q.limit, key=q.key
    ),
    ("GET", "/get-phone-number/{name}"): lambda q: workspace.get_number(
        q.name, settings=q.settings
    ),
    ("GET", "/get-agent/{name}"): lambda q: workspace.get_agent(
        q.name, settings=q.settings, prompts=q.exchange.prompts, version=q.version
    ),
    ("GET", "/get-retell-llm/{name}"): lambda q: _prompt(q, Engine.RETELL_LLM),
    ("GET", "/get-conversation-flow/{name}"): lambda q: _prompt(q, Engine.CONVERSATION_FLOW),
    ("POST", "/v2/list-agents"): lambda q: workspace.list_agents(
        settings=q.settings, prompts=q.exchange.prompts, limit=q.limit, key=q.key
    ),
}
"""Retell's interface; the paths it has withdrawn are missing here too and answer 404."""


def _prompt(question: Question, engine: Engine) -> Answer:
    return workspace.get_prompt(
        question.name,
        engine=engine,
        settings=question.settings,
        prompts=question.exchange.prompts,
        version=question.version,
    )


class NewLimit(BaseModel):
    """The body of POST /_sim/limit."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=0)]


class NewPrompts(RootModel[dict[str, AgentPrompt | None]]):
    """The body of POST /_sim/prompts: prompts by agent id; null gives back the default one."""


def _show_faults(question: Question) -> dict[str, Any]:
    return question.exchange.faults.model_dump(mode="json")


def _change_faults(question: Question) -> dict[str, Any]:
    """Merge the body into the faults in force; null sets one back to its default."""
    changes = question.body if isinstance(question.body, dict) else {}
    merged = question.exchange.faults.model_dump() | changes
    kept = {name: value for name, value in merged.items() if value is not None}
    question.exchange.set_faults(read_body(Faults, kept))
    return _show_faults(question)


def _change_limit(question: Question) -> dict[str, Any]:
    question.exchange.set_limit(read_body(NewLimit, question.body).limit)
    return {"limit": question.exchange.limit}


def _show_prompts(question: Question) -> dict[str, Any]:
    prompts = question.exchange.prompts
    return {agent_id: prompt.model_dump(mode="json") for agent_id, prompt in prompts.items()}


def _change_prompts(question: Question) -> dict[str, Any]:
    """Merge the body into the prompts in force."""
    prompts = question.exchange.prompts
    for agent_id, prompt in read_body(NewPrompts, question.body).root.items():
        prompts.pop(agent_id, None)
        if prompt is not None:
            prompts[agent_id] = prompt
    return _show_prompts(question)


CONTROL: dict[tuple[str, str], Callable[[Question], Any]] = {
    ("GET", "/_sim/truth"): lambda q: q.exchange.truth(now_ms=q.now_ms),
    ("GET", "/_sim/calls"): lambda q: q.exchange.every_call(now_ms=q.now_ms),
    ("GET", "/_sim/faults"): _show_faults,
    ("POST", "/_sim/faults"): _change_faults,
    ("POST", "/_sim/limit"): _change_limit,
    ("POST", "/_sim/inbound"): lambda q: q.exchange.call_in(q.body, now_ms=q.now_ms),
    ("GET", "/_sim/prompts"): _show_prompts,
    ("POST", "/_sim/prompts"): _change_prompts,
}
"""The simulator's own interface: no key, no faults."""


def all_routes() -> list[Route]:
    """Give every path of the simulator."""
    provider = [
        Route(path, _retell_endpoint(reply), methods=[method])
        for (method, path), reply in RETELL.items()
    ]
    control = [
        Route(path, _control_endpoint(show), methods=[method])
        for (method, path), show in CONTROL.items()
    ]
    return provider + control


def _retell_endpoint(reply: Reply) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        pulse: Pulse = request.app.state.pulse
        exchange = pulse.exchange
        if request.headers.get("authorization") != f"Bearer {exchange.settings.api_key}":
            raise Refused(refusal(401))
        answer = reply(await _read(request, pulse=pulse))
        pulse.beat()
        return await deliver(answer, request=request, hang_s=exchange.faults.hang_s)

    return endpoint


def _control_endpoint(show: Callable[[Question], Any]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        pulse: Pulse = request.app.state.pulse
        shown = show(await _read(request, pulse=pulse))
        pulse.beat()
        return json_response(shown)

    return endpoint


async def _read(request: Request, *, pulse: Pulse) -> Question:
    raw = await request.body()
    limit = request.query_params.get("limit", "50")
    if not limit.isdigit():
        raise Refused(refusal(400))
    try:
        body = orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError as error:
        raise Refused(refusal(400)) from error
    return Question(
        exchange=pulse.exchange,
        now_ms=pulse.now_ms(),
        name=request.path_params.get("name", ""),
        body=body,
        limit=int(limit),
        key=request.query_params.get("pagination_key"),
        version=request.query_params.get("version"),
    )
