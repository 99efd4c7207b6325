"""Retell's paths, and the simulator's own under `/_sim`."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from dialer.simulator import workspace
from dialer.simulator.answers import Answer, Refused, refusal
from dialer.simulator.faults import Faults
from dialer.simulator.pulse import Pulse
from dialer.simulator.requests import read_body
from dialer.simulator.wire import deliver


async def _pulse(request: Request) -> Pulse:
    pulse: Pulse = request.app.state.pulse
    return pulse


async def _check_key(request: Request) -> None:
    settings = request.app.state.pulse.exchange.settings
    if request.headers.get("authorization") != f"Bearer {settings.api_key}":
        raise Refused(refusal(401))


async def _json(request: Request) -> Any:
    raw = await request.body()
    if not raw:
        return None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Refused(refusal(400)) from error


PulseOf = Annotated[Pulse, Depends(_pulse)]
JsonBody = Annotated[Any, Depends(_json)]

retell = APIRouter(dependencies=[Depends(_check_key)])
control = APIRouter(prefix="/_sim")


async def _send(answer: Answer, *, request: Request, pulse: Pulse) -> Response:
    pulse.beat()
    return await deliver(answer, request=request, hang_s=pulse.exchange.faults.hang_s)


@retell.post("/v2/create-phone-call")
async def create_phone_call(request: Request, pulse: PulseOf, body: JsonBody) -> Response:
    answer = pulse.exchange.create_call(body, now_ms=pulse.now_ms())
    return await _send(answer, request=request, pulse=pulse)


@retell.get("/v2/get-call/{call_id}")
async def get_call(request: Request, pulse: PulseOf, call_id: str) -> Response:
    answer = pulse.exchange.get_call(call_id, now_ms=pulse.now_ms())
    return await _send(answer, request=request, pulse=pulse)


@retell.post("/v3/list-calls")
async def list_calls(request: Request, pulse: PulseOf, body: JsonBody) -> Response:
    answer = pulse.exchange.list_calls(body, now_ms=pulse.now_ms())
    return await _send(answer, request=request, pulse=pulse)


@retell.post("/v2/stop-call/{call_id}")
async def stop_call(request: Request, pulse: PulseOf, call_id: str) -> Response:
    answer = pulse.exchange.stop_call(call_id, now_ms=pulse.now_ms())
    return await _send(answer, request=request, pulse=pulse)


@retell.patch("/v2/update-call/{call_id}")
async def update_call(request: Request, pulse: PulseOf, call_id: str, body: JsonBody) -> Response:
    answer = pulse.exchange.update_call(call_id, body, now_ms=pulse.now_ms())
    return await _send(answer, request=request, pulse=pulse)


@retell.delete("/v2/delete-call/{call_id}")
async def delete_call(request: Request, pulse: PulseOf, call_id: str) -> Response:
    answer = pulse.exchange.delete_call(call_id, now_ms=pulse.now_ms())
    return await _send(answer, request=request, pulse=pulse)


@retell.get("/get-concurrency")
async def get_concurrency(request: Request, pulse: PulseOf) -> Response:
    answer = pulse.exchange.get_concurrency(now_ms=pulse.now_ms())
    return await _send(answer, request=request, pulse=pulse)


@retell.get("/get-api-key-info")
async def get_api_key_info(request: Request, pulse: PulseOf) -> Response:
    return await _send(workspace.api_key(), request=request, pulse=pulse)


@retell.get("/v2/list-phone-numbers")
async def list_phone_numbers(
    request: Request, pulse: PulseOf, limit: int = 50, pagination_key: str | None = None
) -> Response:
    answer = workspace.list_numbers(
        settings=pulse.exchange.settings, limit=limit, key=pagination_key
    )
    return await _send(answer, request=request, pulse=pulse)


@retell.get("/get-phone-number/{number}")
async def get_phone_number(request: Request, pulse: PulseOf, number: str) -> Response:
    answer = workspace.get_number(number, settings=pulse.exchange.settings)
    return await _send(answer, request=request, pulse=pulse)


@retell.get("/get-agent/{agent_id}")
async def get_agent(request: Request, pulse: PulseOf, agent_id: str) -> Response:
    answer = workspace.get_agent(agent_id, settings=pulse.exchange.settings)
    return await _send(answer, request=request, pulse=pulse)


@retell.post("/v2/list-agents")
async def list_agents(
    request: Request, pulse: PulseOf, limit: int = 50, pagination_key: str | None = None
) -> Response:
    answer = workspace.list_agents(
        settings=pulse.exchange.settings, limit=limit, key=pagination_key
    )
    return await _send(answer, request=request, pulse=pulse)


class NewLimit(BaseModel):
    """The body of POST /_sim/limit."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=0)]


@control.get("/truth")
async def truth(pulse: PulseOf) -> dict[str, Any]:
    return pulse.exchange.truth(now_ms=pulse.now_ms())


@control.get("/calls")
async def calls(pulse: PulseOf) -> list[dict[str, Any]]:
    return pulse.exchange.every_call(now_ms=pulse.now_ms())


@control.get("/faults")
async def show_faults(pulse: PulseOf) -> dict[str, Any]:
    return pulse.exchange.faults.model_dump(mode="json")


@control.post("/faults")
async def change_faults(pulse: PulseOf, body: JsonBody) -> dict[str, Any]:
    """Merge the body into the faults in force; null sets a fault back to its default."""
    merged = pulse.exchange.faults.model_dump() | (body if isinstance(body, dict) else {})
    kept = {name: value for name, value in merged.items() if value is not None}
    pulse.exchange.set_faults(read_body(Faults, kept))
    return await show_faults(pulse)


@control.post("/limit")
async def change_limit(pulse: PulseOf, body: JsonBody) -> dict[str, Any]:
    pulse.exchange.set_limit(read_body(NewLimit, body).limit)
    return {"limit": pulse.exchange.limit}
