"""A Retell at the wire that does exactly what the test says, under the test's own clock.

The production client talks to it through a transport; nothing of the dialer is replaced.
"""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from dialer.clock import Clock
from dialer.config import SIMULATOR_KEY
from dialer.retell.client import RetellClient
from dialer.retell.wire import HEADERS_STARTED

Act = Callable[["ScriptedRetell", dict[str, Any]], httpx.Response]


@dataclass
class ScriptedRetell(httpx.BaseTransport):
    """Retell, its calls, and how it answers the next requests for a call.

    `acts` are used up one by one; after the last one each request is answered with a call.
    """

    clock: Clock
    acts: deque[Act] = field(default_factory=deque)
    posted: list[dict[str, Any]] = field(default_factory=list)  # every body that was written
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    batches: dict[str, str] = field(default_factory=dict)  # of calls, by their id
    hidden: set[str] = field(default_factory=set)  # calls that lists do not show yet
    list_cut: bool = False  # lists never come to an end
    list_shuffled: bool = False  # lists are in no order
    numbers_cut: bool = False  # lists of a number's calls never do
    down: bool = False  # every question is refused
    knows_few_paths: bool = False  # it cannot be asked for numbers
    numbers: dict[str, str] = field(default_factory=dict)  # the path of each of the workspace
    unknown_numbers: set[str] = field(default_factory=set)  # those the workspace has not
    unbound: set[str] = field(default_factory=set)  # those no agent calls from
    number_fields: dict[str, Any] = field(default_factory=dict)  # more of every number
    changes: deque[Act] = field(default_factory=deque)  # how it answers the next changes
    lines: int = 1000
    foreign: int = 0
    before_sending: Callable[[], None] | None = None  # runs between connecting and writing
    meanwhile: deque[Callable[[], None]] = field(default_factory=deque)  # one runs per question
    asked: list[str] = field(default_factory=list)  # the paths of all questions
    workspace: str | None = None  # a simulator that has its numbers, agents and voices

    def then(self, *acts: Act) -> None:
        """Answer the next requests for a call in these ways."""
        self.acts.extend(acts)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2/create-phone-call":
            return self._create(request)
        self.asked.append(request.url.path)
        if self.meanwhile:
            self.meanwhile.popleft()()
        if self.down:
            # So long a wait is not waited for: the client gives up at once.
            return httpx.Response(503, json={"message": "later"}, headers={"Retry-After": "99"})
        if request.url.path == "/v3/list-calls":
            return self._list(json.loads(request.content))
        if request.url.path == "/get-concurrency":
            busy = sum(call["call_status"] == "ongoing" for call in self.calls.values())
            return httpx.Response(
                200,
                json={
                    "concurrency_limit": self.lines,
                    "current_concurrency": busy + self.foreign,
                },
            )
        if request.url.path == "/v2/list-phone-numbers" and self.workspace is None:
            shown = [{"phone_number": n, "phone_number_type": p} for n, p in self.numbers.items()]
            return httpx.Response(200, json={"items": shown, "has_more": False})
        if request.url.path.startswith("/get-phone-number/"):
            return self._number(request.url.path.rpartition("/")[2])
        call = self.calls.get(request.url.path.rpartition("/")[2])
        if call is None and self.workspace is not None:
            return self._beyond(request, self.workspace)
        if call is None:
            return httpx.Response(404, json={"message": "no such call"})
        if request.method in ("PATCH", "DELETE") and self.changes:
            return self.changes.popleft()(self, call)
        return self._change(call, request)

    def _beyond(self, request: httpx.Request, address: str) -> httpx.Response:
        path = request.url.raw_path.decode()
        headers = {"authorization": f"Bearer {SIMULATOR_KEY}", "content-type": "application/json"}
        body = request.content
        answer = httpx.request(request.method, address + path, content=body, headers=headers)
        return httpx.Response(answer.status_code, content=answer.content)

    def _change(self, call: dict[str, Any], request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            del self.calls[call["call_id"]]
            return httpx.Response(204)
        if request.method == "PATCH":
            body = json.loads(request.content)
            call["metadata"] = body.get("fields_to_override", body)["metadata"]
            is_live = request.url.path.startswith("/v2/update-live-call/")
            return httpx.Response(200, json={"success": True} if is_live else call)
        if request.url.path.startswith("/v2/stop-call/"):
            call |= {"call_status": "ended", "disconnection_reason": "manual_stopped"}
            return httpx.Response(204)
        return httpx.Response(200, json=call)

    def _number(self, number: str) -> httpx.Response:
        """Show a number as bound to an agent, whichever it is, unless a test says otherwise."""
        if self.knows_few_paths:
            return httpx.Response(404, json={"message": "Not Found"})
        if number in self.unknown_numbers:
            return httpx.Response(404, json={"message": f"Item {number} not found"})
        agents = [] if number in self.unbound else [{"agent_id": "agent_1", "weight": 1}]
        shown = {"phone_number": number, "phone_number_type": "custom", "outbound_agents": agents}
        return httpx.Response(200, json={**shown, **self.number_fields})

    def _create(self, request: httpx.Request) -> httpx.Response:
        if self.acts and self.acts[0] in NEVER_WRITTEN:
            return self.acts.popleft()(self, {})
        if self.before_sending is not None:
            self.before_sending()
        if "trace" in request.extensions:
            request.extensions["trace"](HEADERS_STARTED, {})
        body = json.loads(request.content)
        self.posted.append(body)
        act = self.acts.popleft() if self.acts else placed
        return act(self, body)

    def _list(self, question: dict[str, Any]) -> httpx.Response:
        criteria = question["filter_criteria"]
        found = [call for key, call in self.calls.items() if key not in self.hidden]
        for wanted in criteria.get("metadata", []):
            found = [call for call in found if _named(call, wanted["key"]) == wanted["value"]]
        if "batch_call_id" in criteria:  # no call says it, so the tests do
            batch = criteria["batch_call_id"]["value"]
            found = [call for call in found if self.batches.get(call["call_id"]) == batch]
        if "to_number" in criteria:
            found = [call for call in found if call["to_number"] == criteria["to_number"]["value"]]
        if "start_timestamp" in criteria:
            earliest = criteria["start_timestamp"]["value"]
            found = [call for call in found if call.get("start_timestamp", 0) >= earliest]
            # No other question depends on the order.
            found.sort(key=lambda call: call["start_timestamp"], reverse=self.list_shuffled)
        cut = self.list_cut or (self.numbers_cut and "to_number" in criteria)
        return httpx.Response(200, json={"items": found, "has_more": cut})

    def place(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make a call, whatever the answer will be."""
        call = {
            "call_id": f"call_{len(self.calls) + 1}",
            "call_type": "phone_call",
            "call_status": "registered",
            "direction": "outbound",
            "from_number": body["from_number"],
            "to_number": body["to_number"],
            "agent_id": "agent_1",
            "agent_version": 3,
            "metadata": body["metadata"],
        }
        self.calls[call["call_id"]] = call
        return call

    def place_for_others(
        self, to_number: str, *, metadata: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Make a call of another system that starts now."""
        body = {"from_number": "+12125559999", "to_number": to_number, "metadata": metadata}
        call = self.place(body)
        call["start_timestamp"] = _ms(self.clock.now())
        return call

    def call_of(self, attempt_id: str) -> dict[str, Any]:
        """Give the one call of an attempt."""
        (call,) = self.calls_of(attempt_id)
        return call

    def calls_of(self, attempt_id: str) -> list[dict[str, Any]]:
        """Give all calls of an attempt; more than one must never be."""
        return [c for c in self.calls.values() if _named(c, "attempt_id") == attempt_id]

    def answer(self, attempt_id: str) -> bytes:
        """Let somebody pick up; gives the webhook call_started."""
        call = self.call_of(attempt_id)
        call |= {"call_status": "ongoing", "start_timestamp": _ms(self.clock.now())}
        return _webhook("call_started", call)

    def end(self, attempt_id: str, reason: str | None = "user_hangup", **changes: Any) -> bytes:
        """End a call; gives the webhook call_ended."""
        call = self.call_of(attempt_id)
        started = call.get("start_timestamp", _ms(self.clock.now()))
        call |= {
            "call_status": "ended",
            "start_timestamp": started,
            "end_timestamp": _ms(self.clock.now() + timedelta(seconds=1)),
            "disconnection_reason": reason,
            "recording_url": "https://recordings.invalid/1.wav",
        }
        call |= changes
        return _webhook("call_ended", call)

    def analyze(self, attempt_id: str, **changes: Any) -> bytes:
        """Analyze a call that ended; gives the webhook call_analyzed."""
        call = self.call_of(attempt_id)
        call["call_analysis"] = {
            "call_summary": "They talked.",
            "user_sentiment": "Positive",
            "call_successful": True,
            "in_voicemail": False,
            "custom_analysis_data": {"wants": "an offer"},
        }
        call["call_cost"] = {"combined_cost": 12.5}
        call |= changes
        return _webhook("call_analyzed", call)


def placed(retell: ScriptedRetell, body: dict[str, Any]) -> httpx.Response:
    """Place the call and say so."""
    return httpx.Response(201, json=retell.place(body))


def refused(status: int, message: str = "refused", **headers: str) -> Act:
    """Place nothing and answer with this status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda retell, body: httpx.Response(status, json={"message": message}, headers=named)


def executed_then(status: int) -> Act:
    """Place the call, and answer as if something went wrong."""

    def act(retell: ScriptedRetell, body: dict[str, Any]) -> httpx.Response:
        retell.place(body)
        return httpx.Response(status, json={"message": "sorry"})

    return act


def silent(retell: ScriptedRetell, body: dict[str, Any]) -> httpx.Response:
    """Place nothing, and never answer."""
    raise httpx.ReadTimeout("no answer")


def executed_then_silent(retell: ScriptedRetell, body: dict[str, Any]) -> httpx.Response:
    """Place the call, and never answer."""
    retell.place(body)
    raise httpx.ReadTimeout("no answer")


def unreachable(retell: ScriptedRetell, body: dict[str, Any]) -> httpx.Response:
    """Refuse the connection."""
    raise httpx.ConnectError("connection refused")


def no_connection(retell: ScriptedRetell, body: dict[str, Any]) -> httpx.Response:
    """Have no connection to spare."""
    raise httpx.PoolTimeout("no connection free")


def unanswered_connection(retell: ScriptedRetell, body: dict[str, Any]) -> httpx.Response:
    """Never finish connecting."""
    raise httpx.ConnectTimeout("no connection")


NEVER_WRITTEN = (unreachable, no_connection, unanswered_connection)


def raising(error: httpx.HTTPError) -> Act:
    """Read the request and then fail with this error."""

    def act(retell: ScriptedRetell, body: dict[str, Any]) -> httpx.Response:
        raise error

    return act


def saying(status: int, content: bytes) -> Act:
    """Place nothing and answer with these bytes."""
    return lambda retell, body: httpx.Response(status, content=content)


def open_client(retell: ScriptedRetell, *, clock: Clock) -> RetellClient:
    """Open the production client upon a scripted Retell."""
    return RetellClient("http://retell.invalid", "key", clock=clock, transport=retell)


def _named(call: dict[str, Any], key: str) -> Any:
    return (call["metadata"] or {}).get(key)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _webhook(event: str, call: dict[str, Any]) -> bytes:
    return json.dumps({"event": event, "call": call}).encode()
