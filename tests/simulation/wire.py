"""The way to the simulated Retell: connections that fail, requests on their way when we die."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import orjson

from dialer.simulator.answers import Answer, Travel
from dialer.simulator.engine import Exchange
from dialer.simulator.in_process import HEADERS_STARTED, InProcess
from simulation.perils import Perils
from simulation.points import CrashPoint, Fault

CREATE = "/v2/create-phone-call"
ON_THE_WAY_MS = (1, 1, 5, 20, 100)
READ_LIMIT_MS = {CREATE: 120_000}
CONNECT_LIMIT_MS = 5_000


@dataclass(frozen=True, slots=True)
class Written:
    """A request for a call whose first byte left our machine."""

    attempt_id: str
    campaign_id: str
    lead_id: str
    number: str
    at_ms: int


class Wire(httpx.BaseTransport):
    """Carries requests in virtual time. What is on its way arrives although its sender dies."""

    def __init__(
        self,
        exchange: Exchange,
        perils: Perils,
        *,
        dice: random.Random,
        executed: Callable[[], None],
    ) -> None:
        self.written: list[Written] = []
        self._exchange = exchange
        self._perils = perils
        self._hub = perils.hub
        self._dice = dice
        self._executed = executed
        self._desk = InProcess(exchange, now_ms=lambda: self._hub.now_ms)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        perils, creating = self._perils, request.url.path == CREATE
        self._before(request, creating=creating)
        if creating:
            self._write_down(request)
            perils.pass_by(CrashPoint.HEADERS_SENT)
        answers: list[Answer] = []
        wake = self._hub.wait() if self._hub.current is not None else None

        def arrive() -> None:
            before = len(self._exchange.calls)
            answer = self._desk.answer(request)
            self._count(answer, creating=creating, executed=len(self._exchange.calls) > before)
            self._executed()
            answers.append(answer)
            if wake is not None:
                self._hub.after(self._travel_ms(answer, creating=creating), wake)

        if wake is None:
            arrive()
        else:
            self._hub.after(self._dice.choice(ON_THE_WAY_MS), arrive)
            if creating and perils.is_target(CrashPoint.BODY_SENT):
                perils.die(CrashPoint.BODY_SENT)
            self._hub.sleep()
        if not creating and self._hub.current is not None:
            self._hub.current.looked_up = request.method == "GET" or "list-calls" in str(
                request.url
            )
        return self._response(answers[0], request, creating=creating)

    def _before(self, request: httpx.Request, *, creating: bool) -> None:
        """Connect, and begin to write."""
        perils = self._perils
        if creating:
            perils.pass_port()
        else:
            perils.pass_by(CrashPoint.BEFORE_LOOK_UP)
        if perils.strikes(perils.dangers.not_connected, Fault.NOT_CONNECTED):
            if self._dice.random() < 0.5:
                raise httpx.ConnectError("refused", request=request)
            self._hub.pause(CONNECT_LIMIT_MS)
            raise httpx.ConnectTimeout("no connection", request=request)
        if creating and perils.strikes(perils.dangers.late_start):
            self._hub.pause(self._dice.randrange(1_000, 20_000))
        trace = request.extensions.get("trace")
        if trace is not None:
            trace(HEADERS_STARTED, {})

    def _write_down(self, request: httpx.Request) -> None:
        body = orjson.loads(request.read())
        told = body["metadata"]
        self.written.append(
            Written(
                attempt_id=told["attempt_id"],
                campaign_id=told["campaign_id"],
                lead_id=told["lead_id"],
                number=body["to_number"],
                at_ms=self._hub.now_ms,
            )
        )
        self._hub.note(f"POST {told['attempt_id'][:8]} to lead {told['lead_id']}")

    def _count(self, answer: Answer, *, creating: bool, executed: bool) -> None:
        """Count what the exchange did to us."""
        hits, arrives = self._perils.hits, answer.travel is Travel.WHOLE
        if not creating:
            hits[Fault.LIST_FAILS] += answer.status >= 500 or not arrives
            hits[Fault.LIST_LAGS] += self._exchange.faults.list_lag_s > 0
        elif answer.status in (401, 402, 403, 404, 422):
            hits[Fault.REFUSED_ACCOUNT] += 1
        elif answer.status in (400, 429):
            hits[Fault.REFUSED_NUMBER if answer.status == 400 else Fault.BUSY_429] += 1
        elif answer.status >= 500 or not arrives or isinstance(answer.body, str):
            hits[Fault.FAILED_EXECUTED if executed else Fault.FAILED_NOT_EXECUTED] += 1
        hits[Fault.SLOW_ANSWER] += creating and answer.delay_s >= 30

    def _travel_ms(self, answer: Answer, *, creating: bool) -> float:
        limit_ms = 120_000 if creating else 15_000
        if answer.travel is Travel.NEVER:
            return limit_ms
        return min(answer.delay_s * 1000 + self._dice.choice(ON_THE_WAY_MS), limit_ms)

    def _response(
        self, answer: Answer, request: httpx.Request, *, creating: bool
    ) -> httpx.Response:
        match answer.travel:
            case Travel.NEVER:
                raise httpx.ReadTimeout("no answer in time", request=request)
            case Travel.RESET:
                raise httpx.ReadError("connection reset", request=request)
            case Travel.HALF:
                raise httpx.RemoteProtocolError("the answer was cut", request=request)
        if isinstance(answer.body, str):
            content = answer.body.encode()
        else:
            content = b"" if answer.body is None else orjson.dumps(answer.body)
        return httpx.Response(answer.status, headers=dict(answer.headers), content=content)
