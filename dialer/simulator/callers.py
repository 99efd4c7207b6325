"""People who call us: announced, picked up by the agent, and over after a talk.

https://docs.retellai.com/features/inbound-call-webhook
"""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from dialer.simulator.agents import Agents
from dialer.simulator.answers import Refused, refusal
from dialer.simulator.calls import Call, Script, write_script
from dialer.simulator.lines import Lines
from dialer.simulator.outbox import Outbox
from dialer.simulator.outcomes import ENDINGS, Outcome
from dialer.simulator.requests import CreatePhoneCall, read_body
from dialer.simulator.settings import Asking, SimulatorSettings
from dialer.simulator.tools import beside


class CallIn(BaseModel):
    """Who calls, and which of our numbers: left out, the one that called them last."""

    model_config = ConfigDict(extra="forbid")

    from_number: str
    to_number: str | None = None


class Callers:
    """Lets people call in."""

    def __init__(
        self, lines: Lines, *, agents: Agents, outbox: Outbox, settings: SimulatorSettings
    ) -> None:
        self._lines = lines
        self._agents = agents
        self._outbox = outbox
        self._settings = settings

    def call_in(self, body: object, *, now_ms: int) -> dict[str, Any]:
        """Let somebody call; the agent picks up when the announcement is answered.

        Raises:
            Refused: it is unknown who calls whom.
        """
        wanted = read_body(CallIn, body)
        to_number = wanted.to_number or self._called_from(wanted.from_number)
        if to_number is None:
            raise Refused(refusal(400, message="to_number: nobody has called this person yet"))
        request = read_body(
            CreatePhoneCall, {"from_number": wanted.from_number, "to_number": to_number}
        )
        script = self._script(wanted.from_number)
        call = self._lines.ring_in(
            request, agent_id=self._agents.default, script=script, now_ms=now_ms
        )
        url = self._settings.inbound_url or beside(
            self._settings.webhook_url, "/webhooks/retell/inbound"
        )
        if url is None:
            self._lines.pick_up(call, now_ms)
        else:
            told = {
                "call_id": call.call_id,
                "agent_id": call.agent_id,
                "from_number": wanted.from_number,
                "to_number": to_number,
            }
            payload = {"event": "call_inbound", "event_timestamp": now_ms, "call_inbound": told}
            self._outbox.ask(Asking.INBOUND, call=call, payload=payload, url=url)
        return {"call_id": call.call_id, "from_number": wanted.from_number, "to_number": to_number}

    def answered(self, call: Call, *, body: bytes, now_ms: int) -> None:
        """Let the agent pick up, with what it was told; without an answer it knows nothing."""
        with suppress(orjson.JSONDecodeError, Refused, AttributeError, TypeError):
            told = orjson.loads(body).get("call_inbound", {})
            given = call.request.model_dump(exclude_none=True) | {
                "metadata": told.get("metadata"),
                "retell_llm_dynamic_variables": told.get("dynamic_variables"),
                "agent_override": told.get("agent_override") or {},
            }
            call.request = read_body(CreatePhoneCall, given)
            call.metadata = call.request.metadata
        self._lines.pick_up(call, now_ms)

    def _called_from(self, person: str) -> str | None:
        ours = (
            call.request.from_number
            for call in reversed(self._lines.calls.values())
            if call.number == person and call.direction == "outbound"
        )
        return next(ours, None)

    def _script(self, person: str) -> Script:
        """Whoever calls has time to talk; the agent ends it."""
        drawn = write_script(person, nth=0, settings=self._settings)
        if drawn.outcome in (Outcome.OPT_OUT, Outcome.CALLBACK):
            return drawn
        low, high = self._settings.talk_s
        reason = ENDINGS[Outcome.LONG_TALK].reasons[0]
        talk_ms = round((low + high) / 2 * 1000)
        return replace(drawn, outcome=Outcome.TALK, reason=reason, talk_ms=talk_ms)
