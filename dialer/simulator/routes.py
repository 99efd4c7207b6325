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
from dialer.simulator.recordings import RECORDINGS, is_good, wave
from dialer.simulator.requests import read_body
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.voices import get_voice, list_voices
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
    falling: bool = False

    @property
    def settings(self) -> SimulatorSettings:
        """The settings of the workspace."""
        return self.exchange.settings


Reply = Callable[[Question], Answer]

NUMBERS: dict[tuple[str, str], Reply] = {
    ("GET", "/v2/list-phone-numbers"): lambda q: q.exchange.numbers.list(
        limit=q.limit, key=q.key, falling=q.falling
    ),
    ("GET", "/get-phone-number/{name}"): lambda q: q.exchange.numbers.show(q.name),
    ("POST", "/create-phone-number"): lambda q: q.exchange.numbers.buy(q.body, now_ms=q.now_ms),
    ("POST", "/import-phone-number"): lambda q: q.exchange.numbers.import_one(
        q.body, now_ms=q.now_ms
    ),
    ("PATCH", "/update-phone-number/{name}"): lambda q: q.exchange.numbers.update(
        q.name, q.body, now_ms=q.now_ms
    ),
    ("DELETE", "/delete-phone-number/{name}"): lambda q: q.exchange.numbers.release(q.name),
}
AGENTS: dict[tuple[str, str], Reply] = {
    ("POST", "/v2/list-agents"): lambda q: q.exchange.agents.list(
        q.body, limit=q.limit, key=q.key, falling=q.falling
    ),
    ("GET", "/get-agent/{name}"): lambda q: q.exchange.agents.show(q.name, version=q.version),
    ("POST", "/create-agent"): lambda q: q.exchange.agents.make(q.body, now_ms=q.now_ms),
    ("PATCH", "/update-agent/{name}"): lambda q: q.exchange.agents.update(
        q.name, q.body, version=q.version, now_ms=q.now_ms
    ),
    ("DELETE", "/delete-agent/{name}"): lambda q: q.exchange.agents.delete(q.name),
    ("GET", "/list-agent-versions/{name}"): lambda q: q.exchange.agents.list_versions(
        q.name, limit=q.limit, key=q.key, falling=q.falling
    ),
    ("POST", "/create-agent-version/{name}"): lambda q: q.exchange.agents.make_version(
        q.name, q.body, now_ms=q.now_ms
    ),
    ("POST", "/publish-agent-version/{name}"): lambda q: q.exchange.agents.publish(
        q.name, q.body, now_ms=q.now_ms
    ),
    ("POST", "/create-retell-llm"): lambda q: q.exchange.agents.make_llm(q.body, now_ms=q.now_ms),
    ("GET", "/get-retell-llm/{name}"): lambda q: q.exchange.agents.show_prompt(
        q.name, engine=Engine.RETELL_LLM, version=q.version
    ),
    ("GET", "/get-conversation-flow/{name}"): lambda q: q.exchange.agents.show_prompt(
        q.name, engine=Engine.CONVERSATION_FLOW, version=q.version
    ),
}
RETELL: dict[tuple[str, str], Reply] = {
    ("POST", "/v2/create-phone-call"): lambda q: q.exchange.create_call(q.body, now_ms=q.now_ms),
    ("POST", "/v2/create-web-call"): lambda q: q.exchange.create_web_call(
        q.body, version="v2", now_ms=q.now_ms
    ),
    ("POST", "/v3/create-web-call"): lambda q: q.exchange.create_web_call(
        q.body, version="v3", now_ms=q.now_ms
    ),
    ("GET", "/v2/get-call/{name}"): lambda q: q.exchange.get_call(q.name, now_ms=q.now_ms),
    ("POST", "/v3/list-calls"): lambda q: q.exchange.list_calls(q.body, now_ms=q.now_ms),
    ("POST", "/v2/stop-call/{name}"): lambda q: q.exchange.stop_call(q.name, now_ms=q.now_ms),
    ("PATCH", "/v2/update-call/{name}"): lambda q: q.exchange.update_call(
        q.name, q.body, now_ms=q.now_ms
    ),
    ("DELETE", "/v2/delete-call/{name}"): lambda q: q.exchange.delete_call(q.name, now_ms=q.now_ms),
    ("GET", "/get-concurrency"): lambda q: q.exchange.get_concurrency(now_ms=q.now_ms),
    ("GET", "/get-api-key-info"): lambda q: workspace.api_key(),
    ("PATCH", "/v2/update-live-call/{name}"): lambda q: q.exchange.update_live_call(
        q.name, q.body, now_ms=q.now_ms
    ),
    **NUMBERS,
    **AGENTS,
    ("GET", "/list-voices"): lambda q: list_voices(),
    ("GET", "/get-voice/{name}"): lambda q: get_voice(q.name),
}
"""Retell's interface; the paths it has withdrawn are missing here too and answer 404."""


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
    ("POST", "/_sim/web-call/join"): lambda q: q.exchange.talk("join", q.body, now_ms=q.now_ms),
    ("POST", "/_sim/web-call/say"): lambda q: q.exchange.talk("say", q.body, now_ms=q.now_ms),
    ("POST", "/_sim/web-call/leave"): lambda q: q.exchange.talk("leave", q.body, now_ms=q.now_ms),
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
    recordings = Route(RECORDINGS, _recording_endpoint, methods=["GET"])
    return [*provider, *control, recordings]


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


async def _recording_endpoint(request: Request) -> Response:
    """Give out a recording to whoever has a link that is still good; no key is asked for."""
    pulse: Pulse = request.app.state.pulse
    call = pulse.exchange.get_recording(request.path_params["name"], now_ms=pulse.now_ms())
    pulse.beat()
    if call is None:
        raise Refused(refusal(404))
    if not is_good(request.query_params, call=call, now_ms=pulse.now_ms()):
        raise Refused(refusal(403))
    return Response(wave(call), media_type="audio/wav")


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
        falling=request.query_params.get("sort_order") == "descending",
    )
