"""The exchange: everything the simulated Retell knows and does, without sockets or a clock.

Every method takes the moment in epoch milliseconds. Whoever holds an exchange

1. passes requests in and lets the answers travel as they say,
2. asks `next_moment` when to call `advance` next, and
3. sends what `advance` returns, and tells `acknowledge` how each sending went.

The server does so with the real clock; a simulation may do it with a virtual one.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, replace
from itertools import takewhile
from typing import Any, Literal

from dialer.simulator import workspace
from dialer.simulator.agents import Agents
from dialer.simulator.answers import Answer, Refused, Travel, refusal
from dialer.simulator.callers import Callers
from dialer.simulator.calls import ACTIVE, Call
from dialer.simulator.chance import chance
from dialer.simulator.faults import Faults
from dialer.simulator.filters import ListCalls, NumberFilter
from dialer.simulator.intake import Intake
from dialer.simulator.lines import Lines
from dialer.simulator.numbers import Numbers
from dialer.simulator.outbox import Delivery, Outbox
from dialer.simulator.requests import UpdateCall, UpdateLiveCall, read_body
from dialer.simulator.search import page
from dialer.simulator.settings import Asking, SimulatorSettings
from dialer.simulator.shapes import call_object
from dialer.simulator.timeline import Timeline
from dialer.simulator.tools import Tools
from dialer.simulator.web_calls import Version, WebCalls

Talking = Literal["join", "say", "leave"]
LONGEST_RING_MS = 3_600_000
"""No call starts later than so long after it was accepted."""


class Exchange:
    """One simulated workspace. Not for use by two threads at once."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self.settings = settings
        self.prompts = dict(settings.prompts)
        self.agents = Agents(settings, prompts=self.prompts)
        self.numbers = Numbers(settings, agent_id=self.agents.default, knows_agent=self.agents.has)
        self._timeline = Timeline()
        self._outbox = Outbox(self._timeline, agents=self.agents, settings=settings)
        self._tools = Tools(self._timeline, outbox=self._outbox, settings=settings)
        self._lines = Lines(
            self._timeline, outbox=self._outbox, tools=self._tools, settings=settings
        )
        self._callers = Callers(
            self._lines, agents=self.agents, outbox=self._outbox, settings=settings
        )
        self._intake = Intake(
            self._lines,
            timeline=self._timeline,
            numbers=self.numbers,
            agents=self.agents,
            settings=settings,
        )
        self.web_calls = WebCalls(
            self._lines, timeline=self._timeline, agents=self.agents, settings=settings
        )
        self._asked: Counter[str] = Counter()

    # Time

    def advance(self, now_ms: int) -> list[Delivery]:
        """Let everything due by now happen; give the webhooks to send, each sending once."""
        self._timeline.run_until(now_ms)
        return self._outbox.take_due()

    def next_moment(self, *, now_ms: int) -> int | None:
        """Say when to call `advance` next; None when nothing is going to happen by itself."""
        return now_ms if self._outbox.waiting else self._timeline.next_moment()

    def acknowledge(
        self, delivery: Delivery, *, status: int | None, now_ms: int, body: bytes = b""
    ) -> None:
        """Tell how a sending went: the receiver's status, or None for no answer in time."""
        self._outbox.acknowledge(delivery, status=status, now_ms=now_ms)
        call = self._lines.calls[delivery.call_id]
        if delivery.event is Asking.FUNCTION:
            self._tools.answered(call, status=status, body=body)
        elif delivery.event is Asking.INBOUND and (_is_good(status) or not delivery.backoff_s):
            self._callers.answered(call, body=body, now_ms=now_ms)

    # Retell's interface

    def create_call(self, body: object, *, now_ms: int) -> Answer:
        """POST /v2/create-phone-call."""
        self._timeline.run_until(now_ms)
        return self._intake.create_call(body, now_ms=now_ms)

    def create_web_call(self, body: object, *, version: Version, now_ms: int) -> Answer:
        """POST /v2/create-web-call, or /v3/create-web-call, whose answer has another shape."""
        self._timeline.run_until(now_ms)
        return self.web_calls.create(body, version=version, now_ms=now_ms)

    def get_call(self, call_id: str, *, now_ms: int) -> Answer:
        """GET /v2/get-call/{call_id}."""
        self._timeline.run_until(now_ms)
        if self._roll("get") < self.faults.get_fails:
            return refusal(500)
        return self._with_call(call_id, lambda call: Answer(200, self._shown(call, now_ms)))

    def list_calls(self, body: object, *, now_ms: int) -> Answer:
        """POST /v3/list-calls."""
        self._timeline.run_until(now_ms)
        luck = self._roll("list")
        if luck < self.faults.list_fails:
            return refusal(500)
        try:
            wanted = read_body(ListCalls, {} if body is None else body)
            shown = (call for call in self._recent(wanted) if self._listed(call, now_ms))
            answer = Answer(200, page(shown, wanted=wanted, now_ms=now_ms))
        except Refused as refused:
            return refused.answer
        cut = luck < self.faults.list_fails + self.faults.list_cut
        return replace(answer, travel=Travel.HALF) if cut else answer

    def stop_call(self, call_id: str, *, now_ms: int) -> Answer:
        """POST /v2/stop-call/{call_id}; a call that is over stays as it is."""
        self._timeline.run_until(now_ms)

        def stop(call: Call) -> Answer:
            self._lines.stop(call, now_ms=now_ms)
            return Answer(204)

        return self._with_call(call_id, stop)

    def update_call(self, call_id: str, body: object, *, now_ms: int) -> Answer:
        """PATCH /v2/update-call/{call_id}; only calls that are over can be changed."""
        self._timeline.run_until(now_ms)

        def update(call: Call) -> Answer:
            changes = read_body(UpdateCall, body)
            if call.status in ACTIVE:
                return refusal(400, message="Only ended calls can be updated.")
            call.metadata = call.metadata if changes.metadata is None else changes.metadata
            call.data_storage_setting = changes.data_storage_setting or call.data_storage_setting
            call.custom_attributes |= changes.custom_attributes or {}
            return Answer(200, self._shown(call, now_ms))

        try:
            return self._with_call(call_id, update)
        except Refused as refused:
            return refused.answer

    def update_live_call(self, call_id: str, body: object, *, now_ms: int) -> Answer:
        """PATCH /v2/update-live-call/{call_id}; only calls that go on can be changed so."""
        self._timeline.run_until(now_ms)

        def update(call: Call) -> Answer:
            changes = read_body(UpdateLiveCall, body).fields_to_override
            if call.status not in ACTIVE:
                return refusal(400, message="Only ongoing calls can be updated.")
            call.metadata = call.metadata if changes.metadata is None else changes.metadata
            call.data_storage_setting = changes.data_storage_setting or call.data_storage_setting
            return Answer(200, {"success": True})

        try:
            return self._with_call(call_id, update)
        except Refused as refused:
            return refused.answer

    def get_recording(self, call_id: str, *, now_ms: int) -> Call | None:
        """Give the call whose recording is asked for; None when there is none of it."""
        self._timeline.run_until(now_ms)
        call = self._lines.calls.get(call_id)
        has_one = call is not None and call.connected and call.ended_ms is not None
        return call if has_one and call is not None and not call.deleted else None

    def delete_call(self, call_id: str, *, now_ms: int) -> Answer:
        """DELETE /v2/delete-call/{call_id}; the ground truth forgets nothing."""
        self._timeline.run_until(now_ms)

        def delete(call: Call) -> Answer:
            call.deleted = True
            return Answer(204)

        return self._with_call(call_id, delete)

    def get_concurrency(self, *, now_ms: int) -> Answer:
        """GET /get-concurrency."""
        self._timeline.run_until(now_ms)
        return workspace.concurrency(
            settings=self.settings, limit=self.limit, active=len(self._lines.ledger.active)
        )

    # Control and truth

    def call_in(self, body: object, *, now_ms: int) -> dict[str, Any]:
        """Let somebody call us.

        Raises:
            Refused: it is unknown who calls whom.
        """
        self._timeline.run_until(now_ms)
        return self._callers.call_in(body, now_ms=now_ms)

    def talk(self, what: Talking, body: object, *, now_ms: int) -> dict[str, Any]:
        """Let a person join a web call, say something in it, or leave it.

        Raises:
            Refused: the token is not good.
        """
        self._timeline.run_until(now_ms)
        do = {"join": self.web_calls.join, "say": self.web_calls.say, "leave": self.web_calls.leave}
        return do[what](body, now_ms=now_ms)

    @property
    def limit(self) -> int:
        """The number of lines."""
        return self._lines.limit

    @property
    def lines_in_use(self) -> int:
        """The number of lines that calls hold now."""
        return len(self._lines.ledger.active)

    @property
    def calls(self) -> Collection[Call]:
        """All calls ever accepted, in the order of acceptance."""
        return self._lines.calls.values()

    def set_limit(self, limit: int) -> None:
        """Change the number of lines; calls in progress go on."""
        self._lines.limit = limit

    @property
    def faults(self) -> Faults:
        """What may go wrong now."""
        return self._lines.faults

    def set_faults(self, faults: Faults) -> None:
        """Change what may go wrong from now on."""
        self._lines.faults = faults

    def truth(self, *, now_ms: int) -> dict[str, Any]:
        """Give the ground truth; nothing that was said to anybody plays a part."""
        self._timeline.run_until(now_ms)
        counts = self._outbox.counts
        return {
            **self._lines.ledger.truth(),
            "limit": self.limit,
            "webhooks_sent": counts["sent"],
            "webhooks": dict(counts),
            "do_not_call": sorted(self._lines.do_not_call),
        }

    def every_call(self, *, now_ms: int) -> list[dict[str, Any]]:
        """Give all calls ever accepted, with what the simulator knows besides."""
        self._timeline.run_until(now_ms)
        return [
            {
                **self._shown(call, now_ms),
                "simulated": {
                    "attempt_id": call.attempt_id,
                    "outcome": call.script.outcome.value,
                    "nth": call.nth,
                    "created_ms": call.created_ms,
                    "deleted": call.deleted,
                    "idempotency_key": call.request.idempotency_key,
                    "functions": [asdict(one) for one in call.tool_calls],
                },
            }
            for call in self._lines.calls.values()
        ]

    def _shown(self, call: Call, now_ms: int) -> dict[str, Any]:
        return call_object(call, now_ms=now_ms)

    def _with_call(self, call_id: str, do: Callable[[Call], Answer]) -> Answer:
        call = self._lines.calls.get(call_id)
        return refusal(422) if call is None or call.deleted else do(call)

    def _recent(self, wanted: ListCalls) -> Iterator[Call]:
        """Give all calls that may pass the filters, the newest first.

        Whoever asks for the latest ones again and again must not wait for all there ever were.
        """
        started = wanted.filter_criteria.start_timestamp
        earliest_ms = 0.0
        if isinstance(started, NumberFilter) and started.op in ("ge", "gt"):
            earliest_ms = started.value - LONGEST_RING_MS
        newest_first = reversed(self._lines.calls.values())
        return takewhile(lambda call: call.created_ms >= earliest_ms, newest_first)

    def _listed(self, call: Call, now_ms: int) -> bool:
        if call.deleted or call.created_ms + self.faults.list_lag_s * 1000 > now_ms:
            return False
        return call.status != "registered" or self.settings.list_shows_registered

    def _roll(self, what: str) -> float:
        self._asked[what] += 1
        return chance(self.settings.seed, what, self._asked[what]).random()


def _is_good(status: int | None) -> bool:
    return status is not None and 200 <= status < 300
