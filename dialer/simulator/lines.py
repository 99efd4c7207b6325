"""The life of a call: ringing, picked up, over, analysed."""

from collections.abc import Callable
from functools import partial

from dialer.simulator.calls import ACTIVE, Call, Script, new_call_id
from dialer.simulator.ledger import Ledger
from dialer.simulator.outbox import Outbox
from dialer.simulator.outcomes import CallStatus, Outcome
from dialer.simulator.requests import CreatePhoneCall
from dialer.simulator.settings import Event, SimulatorSettings
from dialer.simulator.timeline import Timeline
from dialer.simulator.tools import Tools


class Lines:
    """All calls of the workspace and the lines they use."""

    def __init__(
        self, timeline: Timeline, *, outbox: Outbox, tools: Tools, settings: SimulatorSettings
    ) -> None:
        self._timeline = timeline
        self._outbox = outbox
        self._settings = settings
        self._tools = tools
        self.ledger = Ledger()
        self.calls: dict[str, Call] = {}
        self.do_not_call: set[str] = set()
        self.limit = settings.limit
        self.faults = settings.faults

    @property
    def one_is_free(self) -> bool:
        """Whether one more call may start."""
        settings = self._settings
        in_use = len(self.ledger.active) + settings.foreign_calls + settings.reserved_inbound
        return in_use < self.limit

    def start(
        self, request: CreatePhoneCall, *, script: Script, agent_id: str, now_ms: int
    ) -> Call:
        """Accept a call and let it ring."""
        number = request.to_number
        nth = self.ledger.calls_by_number[number] + 1
        call = Call(
            call_id=new_call_id(number, nth=nth, seed=self._settings.seed, now_ms=now_ms),
            serial=len(self.calls) + 1,
            nth=nth,
            request=request,
            script=script,
            created_ms=now_ms,
            agent_id=agent_id,
            metadata=request.metadata,
            recordings=self._settings.recordings,
            link_ms=round(self._settings.recording_link_s * 1000),
        )
        self.calls[call.call_id] = call
        self.ledger.accept(call)
        after_ring = self.pick_up if script.ending.connects else self._end
        self._later(call, wait_ms=script.ring_ms, step=after_ring, now_ms=now_ms)
        return call

    def ring_in(
        self, request: CreatePhoneCall, *, agent_id: str, script: Script, now_ms: int
    ) -> Call:
        """Let somebody call us; nothing happens before it is picked up."""
        caller, count = request.from_number, len(self.calls) + 1
        call = Call(
            call_id=new_call_id(
                f"from {caller}", nth=count, seed=self._settings.seed, now_ms=now_ms
            ),
            serial=count,
            nth=sum(1 for one in self.calls.values() if one.number == caller) + 1,
            request=request,
            script=script,
            created_ms=now_ms,
            agent_id=agent_id,
            metadata=None,
            direction="inbound",
            recordings=self._settings.recordings,
            link_ms=round(self._settings.recording_link_s * 1000),
        )
        self.calls[call.call_id] = call
        self.ledger.accept_inbound(call)
        return call

    def open_in_browser(
        self, request: CreatePhoneCall, *, script: Script, agent_id: str, now_ms: int
    ) -> Call:
        """Accept a web call; without a free line it ends in a moment, else a browser may join."""
        nth = sum(1 for one in self.calls.values() if one.in_browser) + 1
        call = Call(
            call_id=new_call_id("web", nth=nth, seed=self._settings.seed, now_ms=now_ms),
            serial=len(self.calls) + 1,
            nth=nth,
            request=request,
            script=script,
            created_ms=now_ms,
            agent_id=agent_id,
            metadata=request.metadata,
            in_browser=True,
            recordings=self._settings.recordings,
            link_ms=round(self._settings.recording_link_s * 1000),
        )
        self.calls[call.call_id] = call
        self.ledger.accept_in_browser(call)
        if not call.holds_line:
            self._later(call, wait_ms=script.ring_ms, step=self._end, now_ms=now_ms)
        return call

    def join(self, call: Call, *, now_ms: int) -> None:
        """Let the talk of a web call begin."""
        call.status = CallStatus.ONGOING
        call.started_ms = now_ms
        self._outbox.post(Event.STARTED, call=call, faults=self.faults, now_ms=now_ms)

    def give_up_joining(self, call: Call, now_ms: int) -> None:
        """End a web call that nobody joined; does nothing when somebody did."""
        if call.status is CallStatus.REGISTERED:
            reason = "error_user_not_joined"
            self._finish(call, status=CallStatus.ERROR, reason=reason, now_ms=now_ms)

    def hang_up(self, call: Call, *, reason: str, now_ms: int) -> None:
        """End the talk of a web call."""
        call.duration_ms = now_ms - (now_ms if call.started_ms is None else call.started_ms)
        self._finish(call, status=CallStatus.ENDED, reason=reason, now_ms=now_ms)

    def stop(self, call: Call, *, now_ms: int) -> None:
        """End a call from our side; does nothing when it is over."""
        if call.status in ACTIVE:
            talked_ms = now_ms - (now_ms if call.started_ms is None else call.started_ms)
            speed = 1 if call.in_browser else self._settings.speed  # a person types as they do
            call.duration_ms = round(talked_ms * speed)
            self._finish(call, status=CallStatus.ENDED, reason="manual_stopped", now_ms=now_ms)

    def pick_up(self, call: Call, now_ms: int) -> None:
        """Let the talk begin; does nothing when it has."""
        if call.status is not CallStatus.REGISTERED:
            return
        call.status = CallStatus.ONGOING
        call.started_ms = now_ms
        self._outbox.post(Event.STARTED, call=call, faults=self.faults, now_ms=now_ms)
        self._tools.plan(call, now_ms)
        self._later(call, wait_ms=call.script.talk_ms, step=self._end, now_ms=now_ms)

    def _end(self, call: Call, now_ms: int) -> None:
        if call.status not in ACTIVE:
            return
        if call.script.outcome is Outcome.OPT_OUT:
            self.do_not_call.add(call.number)
        call.duration_ms = call.script.talk_ms
        ending = call.script.ending
        self._finish(call, status=ending.status, reason=call.script.reason, now_ms=now_ms)

    def _finish(self, call: Call, *, status: CallStatus, reason: str, now_ms: int) -> None:
        call.status = status
        call.reason = reason
        call.ended_ms = now_ms
        self.ledger.end(call)
        self._outbox.post(Event.ENDED, call=call, faults=self.faults, now_ms=now_ms)
        self._later(call, wait_ms=call.script.analysis_ms, step=self._analyse, now_ms=now_ms)

    def _analyse(self, call: Call, now_ms: int) -> None:
        call.analyzed = True
        self._outbox.post(Event.ANALYZED, call=call, faults=self.faults, now_ms=now_ms)

    def _later(
        self, call: Call, *, wait_ms: int, step: Callable[[Call, int], None], now_ms: int
    ) -> None:
        self._timeline.at(now_ms + round(wait_ms / self._settings.speed), partial(step, call))
