"""The functions that agents ask for while they talk; a share of the talks, always the same ones.

https://docs.retellai.com/build/single-multi-prompt/custom-function
"""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from dialer.simulator.calls import Call, ToolCall
from dialer.simulator.chance import chance
from dialer.simulator.outbox import Outbox
from dialer.simulator.outcomes import CallStatus, Outcome
from dialer.simulator.settings import Asking, SimulatorSettings
from dialer.simulator.shapes import call_object
from dialer.simulator.timeline import Timeline

ASKED_IN: dict[Outcome, tuple[str, dict[str, Any]]] = {
    Outcome.OPT_OUT: ("do_not_call", {"reason": "Please take me off your list."}),
    Outcome.CALLBACK: ("schedule_callback", {"when": "tomorrow at ten"}),
}
ASKED_OTHERWISE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("lookup_lead", {}),
    ("book_appointment", {"when": "tomorrow at three", "note": "A short meeting."}),
    ("transfer_note", {"note": "Wants to know what it costs."}),
)
TALKS = (Outcome.TALK, Outcome.LONG_TALK, Outcome.OPT_OUT, Outcome.CALLBACK)


class Tools:
    """Plans what agents ask for, and keeps what they are told."""

    def __init__(self, timeline: Timeline, *, outbox: Outbox, settings: SimulatorSettings) -> None:
        self._timeline = timeline
        self._outbox = outbox
        self._settings = settings

    def plan(self, call: Call, now_ms: int) -> None:
        """Plan the function of a call that was just picked up, if it is one of the share."""
        settings, script = self._settings, call.script
        dice = chance(settings.seed, "function", call.number, call.direction, call.nth)
        if dice.random() >= settings.function_share or script.outcome not in TALKS:
            return
        name, args = ASKED_IN.get(script.outcome) or dice.choice(ASKED_OTHERWISE)
        wait_ms = script.talk_ms * dice.uniform(0.2, 0.7) / settings.speed
        self._timeline.at(now_ms + round(wait_ms), partial(self._ask, call, name, args))

    def answered(self, call: Call, *, status: int | None, body: bytes) -> None:
        """Keep what an agent was told."""
        tool = call.tool_calls[-1]
        tool.status = status
        tool.content = body.decode(errors="replace")

    def _ask(self, call: Call, name: str, args: dict[str, Any], now_ms: int) -> None:
        url = self._url(call)
        if call.status is not CallStatus.ONGOING or url is None:
            return
        tool = ToolCall(f"tool_{call.call_id[5:13]}", name, args, now_ms)
        payload = {"name": name, "args": args, "call": call_object(call, now_ms=now_ms)}
        call.tool_calls.append(tool)
        self._outbox.ask(Asking.FUNCTION, call=call, payload=payload, url=f"{url}/{name}")

    def _url(self, call: Call) -> str | None:
        given = self._settings.functions_url
        webhooks = call.request.agent_override.agent.webhook_url or self._settings.webhook_url
        return given or beside(webhooks, "/functions")


def beside(url: str | None, path: str) -> str | None:
    """Give another path of the server that takes the webhooks."""
    if not url:
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{path}"
