"""create-phone-call: what is refused, what is accepted, and how the answer fails."""

from collections import Counter
from dataclasses import replace

from dialer.simulator.agents import Agents
from dialer.simulator.answers import Answer, Refused, Travel, refusal
from dialer.simulator.calls import Call, script_without_line, write_script
from dialer.simulator.chance import chance
from dialer.simulator.faults import CreateFault
from dialer.simulator.lines import Lines
from dialer.simulator.numbers import Numbers, unknown_number
from dialer.simulator.requests import CreatePhoneCall, read_body
from dialer.simulator.settings import Idempotency, OverLimit, SimulatorSettings
from dialer.simulator.shapes import call_summary
from dialer.simulator.timeline import Timeline

CPS_SPAN_MS = 900  # a second, less a tenth of grace for the jitter of the way
PAGE = "<html><body>Bad gateway</body></html>"


class Intake:
    """The desk at which calls are ordered."""

    def __init__(
        self,
        lines: Lines,
        *,
        timeline: Timeline,
        numbers: Numbers,
        agents: Agents,
        settings: SimulatorSettings,
    ) -> None:
        self._lines = lines
        self._numbers = numbers
        self._agents = agents
        self._timeline = timeline
        self._settings = settings
        self._requests: Counter[str] = Counter()
        self._keys: dict[str, Call] = {}

    def create_call(self, body: object, *, now_ms: int) -> Answer:
        """Accept or refuse a call, as well or as badly as the faults demand."""
        number = str(body.get("to_number")) if isinstance(body, dict) else ""
        self._requests[number] += 1
        faults = self._lines.faults
        dice = chance(self._settings.seed, "create", number, self._requests[number])
        fault = faults.draw_create(dice)
        delay_s = dice.uniform(*faults.answer_delay_s)
        if fault is None:
            answer = self._place(body, now_ms)
        elif isinstance(fault, int):
            answer = _fixed(fault)
        else:
            late_ms = round(dice.uniform(*faults.acceptance_delay_s) * 1000)
            answer = self._fail(fault, body=body, late_ms=late_ms, now_ms=now_ms)
        return replace(answer, delay_s=delay_s)

    def _fail(self, fault: CreateFault, *, body: object, late_ms: int, now_ms: int) -> Answer:
        match fault:
            case CreateFault.ANSWER_429:
                return refusal(429)
            case CreateFault.ANSWER_429_RETRY_AFTER:
                wait = {"Retry-After": str(self._lines.faults.retry_after_s)}
                return replace(refusal(429), headers=wait)
            case CreateFault.ANSWER_500_NOT_EXECUTED:
                return refusal(500)
            case CreateFault.TIMEOUT_BEFORE_ACCEPTANCE:
                return Answer(500, travel=Travel.NEVER)
            case CreateFault.RESET_BEFORE_ACCEPTANCE:
                return Answer(500, travel=Travel.RESET)
            case CreateFault.ACCEPTED_LATE:
                self._timeline.at(now_ms + late_ms, lambda moment: self._place_late(body, moment))
                return Answer(500, travel=Travel.NEVER)
        answer = self._place(body, now_ms)
        match fault:
            case CreateFault.ANSWER_500_EXECUTED:
                return refusal(500)
            case CreateFault.TIMEOUT_AFTER_ACCEPTANCE:
                return replace(answer, travel=Travel.NEVER)
            case CreateFault.RESET_AFTER_ACCEPTANCE:
                return replace(answer, travel=Travel.RESET)
            case CreateFault.HALF_ANSWER:
                return replace(answer, travel=Travel.HALF)
            case CreateFault.NOT_JSON:
                return replace(answer, body=PAGE)
            case CreateFault.WITHOUT_CALL_ID:
                return replace(answer, body={"call_status": "registered"})

    def _place_late(self, body: object, moment_ms: int) -> None:
        self._place(body, moment_ms)

    def _place(self, body: object, now_ms: int) -> Answer:
        try:
            request = read_body(CreatePhoneCall, body)
            call = self._remembered(request, now_ms) or self._accept(request, now_ms)
        except Refused as refused:
            self._lines.ledger.refused[str(refused.answer.status)] += 1
            return refused.answer
        return Answer(201, call_summary(call, now_ms=now_ms))

    def _remembered(self, request: CreatePhoneCall, now_ms: int) -> Call | None:
        if request.idempotency_key is None or self._settings.idempotency is Idempotency.IGNORE:
            return None
        call = self._keys.get(request.idempotency_key)
        memory_ms = self._settings.idempotency_memory_s * 1000
        return call if call is not None and now_ms - call.created_ms < memory_ms else None

    def _accept(self, request: CreatePhoneCall, now_ms: int) -> Call:
        self._check(request, now_ms=now_ms)
        nth = self._lines.ledger.calls_by_number[request.to_number] + 1
        agent_id = request.override_agent_id or self._drawn_agent(request, nth=nth)
        if self._lines.one_is_free:
            script = write_script(request.to_number, nth=nth, settings=self._settings)
        elif self._settings.over_limit is OverLimit.REFUSE:
            raise Refused(refusal(429))
        else:
            script = script_without_line(request.to_number, nth=nth, settings=self._settings)
        call = self._lines.start(request, script=script, agent_id=agent_id, now_ms=now_ms)
        if request.idempotency_key is not None:
            self._keys[request.idempotency_key] = call
        return call

    def _drawn_agent(self, request: CreatePhoneCall, *, nth: int) -> str:
        agent_id = self._numbers.draw_agent(
            request.from_number, to_number=request.to_number, nth=nth
        )
        if agent_id is None:
            message = f"No outbound agent id set up for phone number {request.from_number}."
            raise Refused(refusal(400, message=message))
        return agent_id

    def _check(self, request: CreatePhoneCall, *, now_ms: int) -> None:
        settings = self._settings
        if self._numbers.find(request.from_number) is None:
            raise Refused(unknown_number(request.from_number))
        agent_id = request.override_agent_id
        if agent_id is not None and not self._agents.has(agent_id):
            raise Refused(refusal(422))
        if request.honor_internal_dnc and request.to_number in self._lines.do_not_call:
            message = f"Contact {request.to_number} is marked as do not call."
            raise Refused(refusal(400, message=message))
        if settings.cps is not None:
            started = self._lines.ledger.started_within(CPS_SPAN_MS, now_ms=now_ms)
            if started >= settings.cps:
                raise Refused(refusal(429))


def _fixed(status: int) -> Answer:
    answer = refusal(status)
    if 300 <= status < 400:
        return replace(answer, headers={"Location": "/v2/create-phone-call"})
    return answer
