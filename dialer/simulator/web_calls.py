"""Web calls: created like any call, joined in a browser, talked with by typing.

The kit that joins Retell's web calls knows only Retell's own host, so what a person says and
hears is typed and read here, at three paths of the simulator's own. Everything else is as at
Retell: the call uses a line, its token is good for thirty seconds, and webhooks tell of it.

https://docs.retellai.com/api-references/create-web-call
"""

import hashlib
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictStr

from dialer.simulator.agents import Agents
from dialer.simulator.answers import Answer, Refused, refusal
from dialer.simulator.calls import Call, Script
from dialer.simulator.conversation import opening, reply_to
from dialer.simulator.lines import Lines
from dialer.simulator.outcomes import ENDINGS, CallStatus, Outcome
from dialer.simulator.requests import (
    AgentOverride,
    AgentVersion,
    CreatePhoneCall,
    Metadata,
    read_body,
)
from dialer.simulator.settings import OverLimit, SimulatorSettings
from dialer.simulator.shapes import call_summary
from dialer.simulator.timeline import Timeline

TOKEN_MS = 30_000
"""A token must be used within so long; speed makes no difference to a person who clicks."""
SILENCE_MS = 600_000
"""A talk in which nobody says anything for so long is over; the same that agents show."""

Version = Literal["v2", "v3"]


class CreateWebCall(BaseModel):
    """POST /v2/create-web-call and /v3/create-web-call."""

    agent_id: Annotated[StrictStr, Field(min_length=1)]
    agent_version: AgentVersion | None = None
    agent_override: AgentOverride = AgentOverride()
    metadata: Metadata = None
    retell_llm_dynamic_variables: dict[str, StrictStr] | None = None
    current_node_id: StrictStr | None = None
    current_state: StrictStr | None = None


class Typed(BaseModel):
    """What a person does in a web call: shows the token, and perhaps says something."""

    model_config = ConfigDict(extra="forbid")

    access_token: StrictStr
    text: Annotated[StrictStr, Field(max_length=2000)] = ""


class WebCalls:
    """The web calls of the workspace."""

    def __init__(
        self, lines: Lines, *, timeline: Timeline, agents: Agents, settings: SimulatorSettings
    ) -> None:
        self._lines = lines
        self._timeline = timeline
        self._agents = agents
        self._settings = settings
        self._tokens: dict[str, Call] = {}

    def create(self, body: object, *, version: Version, now_ms: int) -> Answer:
        """Accept or refuse a web call."""
        try:
            call = self._accept(read_body(CreateWebCall, body), now_ms=now_ms)
        except Refused as refused:
            return refused.answer
        if version == "v2":
            return Answer(201, call_summary(call, now_ms=now_ms))
        shown: dict[str, Any] = {
            "call_id": call.call_id,
            "access_token": call.access_token,
            "expires_at": now_ms + TOKEN_MS,
            "ice_servers": [{"urls": "stun:stun.example:3478"}],
            "transport": "gateway",
        }
        return Answer(201, shown)

    def join(self, body: object, *, now_ms: int) -> dict[str, Any]:
        """Let a person in, once: the agent speaks first.

        Raises:
            Refused: nobody knows the token, or it was used, or its time is over.
        """
        call = self._call_of(read_body(Typed, body))
        if call.status is not CallStatus.REGISTERED:
            raise Refused(refusal(403, message="The access token is not good any more."))
        call.said.append(("agent", opening(self._prompt(call), variables=_variables(call))))
        self._lines.join(call, now_ms=now_ms)
        self._listen(call, now_ms)
        return _told(call)

    def say(self, body: object, *, now_ms: int) -> dict[str, Any]:
        """Say something and hear the answer; after the call is over nothing is added.

        Raises:
            Refused: nobody knows the token, or nothing was said.
        """
        typed = read_body(Typed, body)
        call = self._call_of(typed)
        if not typed.text.strip():
            raise Refused(refusal(400, message="text: nothing was said"))
        if call.status is not CallStatus.ONGOING:
            return _told(call)
        call.said.append(("user", " ".join(typed.text.split())))
        reply = reply_to(call.said, prompt=self._prompt(call), variables=_variables(call))
        call.said.append(("agent", reply.text))
        if reply.ends is not None:
            self._lines.hang_up(call, reason=reply.ends, now_ms=now_ms)
        else:
            self._listen(call, now_ms)
        return _told(call)

    def leave(self, body: object, *, now_ms: int) -> dict[str, Any]:
        """Hang up; may be asked twice.

        Raises:
            Refused: nobody knows the token.
        """
        call = self._call_of(read_body(Typed, body))
        if call.status is CallStatus.ONGOING:
            self._lines.hang_up(call, reason="user_hangup", now_ms=now_ms)
        return _told(call)

    def _accept(self, request: CreateWebCall, *, now_ms: int) -> Call:
        if not self._agents.has(request.agent_id):
            raise Refused(refusal(422))
        is_free = self._lines.one_is_free
        if not is_free and self._settings.over_limit is OverLimit.REFUSE:
            raise Refused(refusal(429))
        outcome = Outcome.TALK if is_free else Outcome.OVER_LIMIT
        call = self._lines.open_in_browser(
            _as_phone_call(request),
            script=_script(outcome),
            agent_id=request.agent_id,
            now_ms=now_ms,
        )
        call.access_token = _token_of(call)
        self._tokens[call.access_token] = call
        if outcome is Outcome.TALK:
            self._timeline.at(now_ms + TOKEN_MS, partial(self._lines.give_up_joining, call))
        return call

    def _call_of(self, typed: Typed) -> Call:
        call = self._tokens.get(typed.access_token)
        if call is None:
            raise Refused(refusal(401, message="Nobody knows this access token."))
        return call

    def _prompt(self, call: Call) -> dict[str, Any]:
        return self._agents.prompt_of(call.agent_id)

    def _listen(self, call: Call, now_ms: int) -> None:
        """Wait for the next word; whoever has closed the page does not keep the line for ever."""
        so_far = len(call.said)

        def give_up(moment_ms: int) -> None:
            if call.status is CallStatus.ONGOING and len(call.said) == so_far:
                self._lines.hang_up(call, reason="inactivity", now_ms=moment_ms)

        self._timeline.at(now_ms + SILENCE_MS, give_up)


def _script(outcome: Outcome) -> Script:
    return Script(outcome, ENDINGS[outcome].reasons[0], ring_ms=50, talk_ms=0, analysis_ms=500)


def _as_phone_call(request: CreateWebCall) -> CreatePhoneCall:
    """Give the request in the one shape that all calls have here; nobody has a number in it."""
    return CreatePhoneCall.model_construct(
        from_number="",
        to_number="",
        override_agent_id=request.agent_id,
        override_agent_version=request.agent_version,
        agent_override=request.agent_override,
        metadata=request.metadata,
        retell_llm_dynamic_variables=request.retell_llm_dynamic_variables,
    )


def _token_of(call: Call) -> str:
    subject = f"token|{call.call_id}|{call.created_ms}".encode()
    return f"web.{hashlib.sha256(subject).hexdigest()}"


def _variables(call: Call) -> dict[str, str]:
    return call.request.retell_llm_dynamic_variables or {}


def _told(call: Call) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "call_status": call.status.value,
        "disconnection_reason": call.reason,
        "lines": [{"role": role, "content": text} for role, text in call.said],
    }
